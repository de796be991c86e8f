use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::trace_id::trace_id;

/// An answer that could not be read.
///
/// The body is kept whole: read it as [`serde_json::Value`] to go on without the typed form.
#[derive(thiserror::Error)]
#[error("the clerk api answered {status} with a body that is not the promised {expected}")]
#[non_exhaustive]
pub struct DecodeError {
    /// The status of the answer.
    pub status: StatusCode,
    /// The name of the type that was expected.
    pub expected: &'static str,
    /// The identifier under which Clerk's support finds the call.
    pub trace_id: Option<String>,
    /// The body as it came.
    pub body: Bytes,
    source: serde_json::Error,
}

impl DecodeError {
    pub(crate) fn new(
        status: StatusCode,
        headers: &HeaderMap,
        body: Bytes,
        expected: &'static str,
        source: serde_json::Error,
    ) -> Self {
        Self {
            status,
            expected,
            trace_id: trace_id(headers),
            body,
            source,
        }
    }

    /// Line and column of the body where reading stopped, both from 1.
    #[must_use]
    pub fn position(&self) -> (usize, usize) {
        (self.source.line(), self.source.column())
    }
}

impl fmt::Debug for DecodeError {
    // The body of a successful answer may hold secrets: only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("status", &self.status)
            .field("expected", &self.expected)
            .field("trace_id", &self.trace_id)
            .field("body_length", &self.body.len())
            .field("source", &self.source)
            .finish()
    }
}
