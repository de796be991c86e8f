//! clerk-backend-api
