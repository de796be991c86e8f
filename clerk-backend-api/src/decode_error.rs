use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::{lenient::field_of, trace_id::trace_id};

/// An answer that could not be read, or that answers something else than what was asked.
///
/// The body is kept whole: read it as [`serde_json::Value`] to go on without the typed form.
#[derive(thiserror::Error)]
#[error("{}", self.text())]
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
    reason: Reason,
    source: serde_json::Error,
}

/// Why an answer is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It does not have the promised form.
    Form,
    /// It is about another object.
    OtherObject,
    /// It is the page before.
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

    /// Returns the line and column of the body where reading stopped, both from 1; both 0 if the
    /// trouble is not at one place.
    #[must_use]
    pub fn position(&self) -> (usize, usize) {
        (self.source.line(), self.source.column())
    }

    /// Returns true if the answer has the promised form and is about another object than the one
    /// that was asked for.
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
                "the clerk api answered {status} with a body that is not the promised {expected}"
            ),
            Reason::OtherObject => format!(
                "the clerk api answered {status} with another {expected} than the one asked for"
            ),
            Reason::RepeatedPage => format!(
                "the clerk api answered {status} with the page before once more, so that the list has no end"
            ),
        }
    }
}

impl fmt::Debug for DecodeError {
    // The body of a successful answer may hold secrets: only its length is shown.
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
