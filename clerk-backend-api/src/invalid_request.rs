use std::error::Error as StdError;

/// A call that was refused before it was sent.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct InvalidRequest {
    reason: InvalidRequestReason,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl InvalidRequest {
    pub(crate) fn new(reason: InvalidRequestReason) -> Self {
        Self {
            reason,
            source: None,
        }
    }

    pub(crate) fn caused(
        reason: InvalidRequestReason,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self {
            reason,
            source: Some(Box::new(source)),
        }
    }

    /// What is wrong with the call.
    #[must_use]
    pub fn reason(&self) -> InvalidRequestReason {
        self.reason
    }
}

/// What is wrong with an [`InvalidRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRequestReason {
    /// An id or another path segment is empty.
    #[error("a path segment is empty, give the id of an existing resource")]
    EmptyPathSegment,
    /// A path segment is, or decodes to, `.` or `..`.
    #[error("a path segment is or decodes to a dot segment, which would address another resource")]
    DotPathSegment,
    /// A path segment is percent-encoded more than ten times.
    #[error("a path segment is percent-encoded more than ten times")]
    OverEncodedPathSegment,
    /// The call needs the instance's secret key and the client has none.
    #[error("this call needs a secret key, set one on the client or on the request")]
    MissingSecretKey,
    /// The call needs a machine secret key and the client has none.
    #[error("this call needs a machine secret key, set one on the client or on the request")]
    MissingMachineSecretKey,
    /// A key or an extra header holds characters that no header may hold.
    #[error("a key or header holds characters that no http header may hold")]
    InvalidHeader,
    /// The body could not be written as JSON.
    #[error("the body cannot be written as json")]
    InvalidBody,
    /// The file name or media type of an upload is not a valid one.
    #[error("the media type of the upload is not valid")]
    InvalidUpload,
    /// The call was made outside of a tokio runtime.
    #[error("the call was made outside of a tokio runtime, which sends it and measures its time")]
    NoRuntime,
    /// API URL and path do not form a URL.
    #[error("api url and path do not form a url")]
    InvalidUrl,
}
