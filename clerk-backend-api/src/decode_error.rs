use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::{lenient::field_of, trace_id::trace_id};

/// A successful response that could not be parsed, or that does not match the request.
///
/// The complete body is kept, so that it can be parsed as [`serde_json::Value`] instead.
#[derive(thiserror::Error)]
#[error("{}", self.text())]
#[non_exhaustive]
pub struct DecodeError {
    /// The response status.
    pub status: StatusCode,
    /// The name of the type that was expected.
    pub expected: &'static str,
    /// The trace ID, which Clerk's support team can use to find the request.
    pub trace_id: Option<String>,
    /// The raw body.
    pub body: Bytes,
    reason: Reason,
    source: serde_json::Error,
}

/// Why a response is unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It does not have the expected form.
    Form,
    /// It describes a different object.
    OtherObject,
    /// It is the previous page again.
    RepeatedPage,
}

impl DecodeError {
    pub(crate) fn new(
        status: StatusCode,
        headers: &HeaderMap,
        body: Bytes,
        expected: &'static str,
        reason: Reason,
        source: serde_json::Error,
    ) -> Self {
        Self {
            status,
            expected,
            trace_id: trace_id(headers),
            body,
            reason,
            source,
        }
    }

    /// Returns the path of the field that could not be read, such as
    /// `email_addresses[0].created_at`, if it is a single field.
    #[must_use]
    pub fn field(&self) -> Option<String> {
        field_of(&self.source.to_string()).map(str::to_owned)
    }

    /// Returns the line and column of the body at which parsing failed, starting from 1, or zeros if
    /// the error has no single position.
    #[must_use]
    pub fn position(&self) -> (usize, usize) {
        (self.source.line(), self.source.column())
    }

    /// Returns true if the response was parsed, but describes a different object than the one that
    /// was requested.
    #[must_use]
    pub fn is_other_object(&self) -> bool {
        self.reason == Reason::OtherObject
    }

    fn text(&self) -> String {
        let Self {
            status, expected, ..
        } = self;
        match self.reason {
            Reason::Form => format!(
                "the clerk api responded with {status} and a body that is not the expected {expected}"
            ),
            Reason::OtherObject => format!(
                "the clerk api responded with {status} and a different {expected} than the requested one"
            ),
            Reason::RepeatedPage => format!(
                "the clerk api responded with {status} and the same page again instead of the next page"
            ),
        }
    }
}

impl fmt::Debug for DecodeError {
    // The body of a successful response may contain secrets, so only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("status", &self.status)
            .field("expected", &self.expected)
            .field("reason", &self.reason)
            .field("trace_id", &self.trace_id)
            .field("body_length", &self.body.len())
            .field("source", &self.source)
            .finish()
    }
}
