//! Users and organizations, looked up through the Backend API and remembered for a short time.

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
