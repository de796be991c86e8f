//! Why a look-up brought nothing.

use std::sync::Arc;
use std::time::Duration;

use clerk_backend_api::Error;

/// Why a look-up brought nothing. All who waited for it share it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// The instance has no such object.
    #[error("there is no object with this id")]
    NotFound,
    /// The Backend API refused, failed or could not be reached.
    #[error("the Backend API did not give the object")]
    Unavailable(#[source] Arc<Error>),
    /// The Backend API answered with an object of another id.
    #[error("the Backend API answered with another object than the one asked for")]
    OtherObject,
    /// No answer came within [`ClerkBuilder::lookup_wait`](crate::ClerkBuilder::lookup_wait). A later look-up may find that it
    /// has come.
    #[error("no answer came in time; a later look-up may have one")]
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

    /// Whether the object does not exist, as opposed to an outage.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound)
    }

    /// How long the Backend API asked to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable(error) => error.retry_after(),
            _ => None,
        }
    }
}
