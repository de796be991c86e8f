//! clerk-actix
