//! clerk-core
