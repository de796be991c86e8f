use std::error::Error as StdError;

/// A request that is invalid and was not sent.
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

    /// Returns what is wrong with the request.
    #[must_use]
    pub fn reason(&self) -> InvalidRequestReason {
        self.reason
    }
}

/// What is wrong with an [`InvalidRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRequestReason {
    /// An ID or another path segment is empty.
    #[error("a path segment is empty, give the id of an existing resource")]
    EmptyPathSegment,
    /// A path segment is, or decodes to, `.` or `..`.
    #[error("a path segment is or decodes to a dot segment, which would address another resource")]
    DotPathSegment,
    /// A path segment is percent-encoded more than ten times.
    #[error("a path segment is percent-encoded more than ten times")]
    OverEncodedPathSegment,
    /// The request needs the secret key of the instance, and the client has none.
    #[error("this request needs a secret key, set one on the client or on the request")]
    MissingSecretKey,
    /// The request needs a machine secret key, and the client has none.
    #[error("this request needs a machine secret key, set one on the client or on the request")]
    MissingMachineSecretKey,
    /// A key or an extra header contains characters that are not allowed in a header.
    #[error("a key or header contains characters that are not allowed in an http header")]
    InvalidHeader,
    /// The body cannot be represented in JSON.
    #[error("the body cannot be represented in json; numbers must be finite and map keys strings")]
    InvalidBody,
    /// The media type of an upload is invalid.
    #[error("the media type of the upload is invalid")]
    InvalidUpload,
    /// The request was sent outside of a tokio runtime.
    #[error("requests must be sent from within a tokio runtime")]
    NoRuntime,
    /// The API URL and the path do not form a valid URL.
    #[error("the api url and the path do not form a valid url")]
    InvalidUrl,
}
