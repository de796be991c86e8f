//! Users and organizations, looked up through the Backend API and remembered for a short time.

mod cache;
mod error;
mod evictions;
mod generations;
mod handle;
mod object;

pub use error::LookupError;
pub use handle::Lookups;
pub(crate) use handle::{LookupCaches, LookupSettings};
pub use object::LookedUp;
