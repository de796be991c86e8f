//! Lookups of users and organizations through the Backend API, with a short-lived cache.

mod cache;
mod error;
mod evictions;
mod generations;
mod handle;
mod object;
mod settings;

pub use error::LookupError;
pub(crate) use handle::LookupCaches;
pub use handle::Lookups;
pub use object::LookedUp;
pub(crate) use settings::LookupSettings;
