use std::time::Duration;

use http::StatusCode;

use crate::{
    api_error::{ApiError, ApiErrorItem},
    decode_error::DecodeError,
    error_code::ErrorCode,
    invalid_request::InvalidRequest,
    retry::Cause,
    transport_error::{TimeoutError, TransportError},
};

/// The error of a request.
///
/// ```
/// use clerk_backend_api::{ClerkClient, Error, ErrorCode};
///
/// # async fn run(client: ClerkClient) -> Result<(), Error> {
/// match client.users().create().email_address(["ada@example.com"]).send().await {
///     Ok(user) => println!("created {}", user.id),
///     Err(error) if error.has_code(ErrorCode::FORM_IDENTIFIER_EXISTS) => println!("already there"),
///     Err(error) if error.retry_after().is_some() => println!("busy, later"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server responded with a status other than 2xx.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The server accepted the request, but its response does not have the expected form.
    #[error(transparent)]
    Decode(Box<DecodeError>),
    /// No complete response arrived.
    #[error(transparent)]
    Transport(TransportError),
    /// No complete response arrived in time.
    #[error(transparent)]
    Timeout(TimeoutError),
    /// The request is invalid and was not sent.
    #[error(transparent)]
    InvalidRequest(InvalidRequest),
}

impl Error {
    /// Returns the response status, if there was a response.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Decode(error) => Some(error.status),
            _ => None,
        }
    }

    /// Returns the first error code of a refused request.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.items().first().map(|item| &item.code)
    }

    /// Returns true if any of the error codes of a refused request is `code`.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers pass constants")]
    pub fn has_code(&self, code: ErrorCode) -> bool {
        self.items().iter().any(|item| item.code == code)
    }

    /// Returns the trace ID, which Clerk's support team can use to find the request.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.trace_id.as_deref(),
            Self::Decode(error) => error.trace_id.as_deref(),
            _ => None,
        }
    }

    /// Returns how long the server asked the client to wait before the next request.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api(error) => error.retry_after,
            _ => None,
        }
    }

    /// Returns true if the server responded with 401, that is, rejected the key.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.answered(StatusCode::UNAUTHORIZED)
    }

    /// Returns true if the server responded with 403, that is, does not allow this request.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.answered(StatusCode::FORBIDDEN)
    }

    /// Returns true if connecting or receiving the response took too long.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout(_))
    }

    /// Returns true if the server responded with 404.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.answered(StatusCode::NOT_FOUND)
    }

    /// Returns true if the server responded with 429.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.answered(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Returns true if the same request may succeed later: rate limits, server errors, lost
    /// connections and timeouts. Whether a retry is safe depends on the request.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api(error) => Cause::of_status(error.status) != Cause::Final,
            Self::Transport(_) | Self::Timeout(_) => true,
            Self::Decode(_) | Self::InvalidRequest(_) => false,
        }
    }

    fn answered(&self, status: StatusCode) -> bool {
        matches!(self, Self::Api(error) if error.status == status)
    }

    fn items(&self) -> &[ApiErrorItem] {
        match self {
            Self::Api(error) => &error.errors,
            _ => &[],
        }
    }
}

impl From<InvalidRequest> for Error {
    fn from(error: InvalidRequest) -> Self {
        Self::InvalidRequest(error)
    }
}

/// Converts "not found" errors to `None`.
///
/// ```
/// use clerk_backend_api::{ClerkClient, Error, Optional, User};
///
/// # async fn run(client: ClerkClient) -> Result<(), Error> {
/// let user: Option<User> = client.users().get("user_1").send().await.optional()?;
/// # Ok(())
/// # }
/// ```
pub trait Optional<T>: sealed::Sealed {
    /// Converts a 404 response to `Ok(None)`.
    ///
    /// # Errors
    /// Returns every other error unchanged.
    fn optional(self) -> Result<Option<T>, Error>;
}

impl<T> Optional<T> for Result<T, Error> {
    fn optional(self) -> Result<Option<T>, Error> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "this seals the trait")]
    pub trait Sealed {}
    impl<T> Sealed for Result<T, super::Error> {}
}
