//! The error of lookups.

use std::sync::Arc;
use std::time::Duration;

use clerk_backend_api::Error;

/// Why a lookup failed. All lookups that waited for the same load get the same error.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// The instance has no such object.
    #[error("there is no object with this ID")]
    NotFound,
    /// The Backend API could not be reached or returned an error.
    #[error("the Backend API did not return the object")]
    Unavailable(#[source] Arc<Error>),
    /// The Backend API returned an object with another ID.
    #[error("the Backend API returned another object than the requested one")]
    OtherObject,
    /// The object was not loaded within [`ClerkBuilder::lookup_wait`](crate::ClerkBuilder::lookup_wait). The load continues, so
    /// a later lookup may find the object.
    #[error("the object was not loaded in time; a later lookup may find it")]
    TimedOut,
}

impl LookupError {
    pub(super) fn from_api(error: Error) -> Self {
        if error.is_not_found() {
            Self::NotFound
        } else {
            Self::Unavailable(Arc::new(error))
        }
    }

    /// Returns true if the object does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound)
    }

    /// Returns how long the Backend API asked to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable(error) => error.retry_after(),
            _ => None,
        }
    }
}
