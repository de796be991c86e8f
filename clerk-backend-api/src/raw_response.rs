use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::{DeserializeOwned, Error as _};

use crate::{
    decode_error::{DecodeError, Reason},
    error::Error,
    json::from_json,
    trace_id::trace_id,
};

/// A successful response.
#[derive(Clone)]
pub struct RawResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl RawResponse {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            status,
            headers,
            body,
        }
    }

    /// Returns the status, which is always 2xx.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the body, which may be empty.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns the trace ID, which Clerk's support team can use to find the request.
    #[must_use]
    pub fn trace_id(&self) -> Option<String> {
        trace_id(&self.headers)
    }

    /// Parses the body as JSON, regardless of its declared content type.
    ///
    /// # Errors
    /// Returns [`Error::Decode`] if the body is not JSON or does not have the form of a `T`.
    #[inline]
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        from_json(&self.body)
            .map_err(|source| self.decode_error(std::any::type_name::<T>(), source))
    }

    #[cold]
    pub(crate) fn decode_error(&self, expected: &'static str, source: serde_json::Error) -> Error {
        self.unusable(expected, Reason::Form, source)
    }

    /// Creates the error for a response about a different object than the requested one.
    #[cold]
    pub(crate) fn other_object(&self) -> Error {
        let source = serde_json::Error::custom("`id`: is not the requested one");
        self.unusable("object", Reason::OtherObject, source)
    }

    /// Creates the error for a page that was already received.
    #[cold]
    pub(crate) fn repeated_page(&self) -> Error {
        let source = serde_json::Error::custom("the server ignored the start of the page");
        self.unusable("page", Reason::RepeatedPage, source)
    }

    fn unusable(&self, expected: &'static str, reason: Reason, source: serde_json::Error) -> Error {
        Error::Decode(Box::new(DecodeError::new(
            self.status,
            &self.headers,
            self.body.clone(),
            expected,
            reason,
            source,
        )))
    }
}

impl std::fmt::Debug for RawResponse {
    // The body may contain secrets and personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body_length", &self.body.len())
            .finish()
    }
}
