use std::{error::Error as StdError, fmt, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use crate::{error_code::ErrorCode, lenient::model, trace_id::trace_id};

/// Longest part of a refused answer's body that an error keeps.
const MAX_KEPT_BODY: usize = 64 * 1024;

/// A call that the server refused.
///
/// The list of errors is empty when the body was not Clerk's JSON, as with a gateway's HTML page;
/// status and body are always there.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiError {
    /// The status of the answer.
    pub status: StatusCode,
    /// What was wrong, one entry per complaint.
    pub errors: Vec<ApiErrorItem>,
    /// Details about the answer as a whole.
    pub meta: Map<String, Value>,
    /// The identifier under which Clerk's support finds the call.
    pub trace_id: Option<String>,
    /// How long the server asked to wait.
    pub retry_after: Option<Duration>,
    /// The headers of the answer.
    pub headers: HeaderMap,
    /// The body as it came, cut after 64 KiB.
    pub body: Bytes,
}

#[derive(Default)]
struct ErrorBody {
    errors: Vec<ApiErrorItem>,
    meta: Map<String, Value>,
    clerk_trace_id: Option<String>,
}

model! {
    ErrorBody
    lenient {
        "errors" => errors,
        "meta" => meta,
        "clerk_trace_id" => clerk_trace_id,
    }
}

impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        headers: &HeaderMap,
        retry_after: Option<Duration>,
        body: &Bytes,
    ) -> Self {
        let parsed: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
        Self {
            status,
            errors: parsed.errors,
            meta: parsed.meta,
            trace_id: parsed
                .clerk_trace_id
                .filter(|id| !id.is_empty())
                .or_else(|| trace_id(headers)),
            retry_after,
            headers: headers.clone(),
            // A copy, so that a short error does not keep a long answer in memory.
            body: Bytes::copy_from_slice(&body[..body.len().min(MAX_KEPT_BODY)]),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the clerk api answered {}", self.status)?;
        if let Some(item) = self.errors.first() {
            write!(f, ": {item}")?;
        }
        if let Some(trace_id) = &self.trace_id {
            write!(f, " (trace id {trace_id})")?;
        }
        Ok(())
    }
}

impl StdError for ApiError {}

/// One complaint of a refused call.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ApiErrorItem {
    /// What kind of complaint this is; compare it with the constants of [`ErrorCode`].
    pub code: ErrorCode,
    /// A short text for developers.
    pub message: String,
    /// A longer text, fit for users.
    pub long_message: Option<String>,
    /// Details; the keys depend on the code.
    pub meta: Map<String, Value>,
}

model! {
    ApiErrorItem
    lenient {
        "code" => code,
        "message" => message,
        "long_message" => long_message,
        "meta" => meta,
    }
}

impl ApiErrorItem {
    /// The request parameter that the complaint is about.
    #[must_use]
    pub fn param_name(&self) -> Option<&str> {
        self.meta.get("param_name")?.as_str()
    }

    /// The session that the complaint is about.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.meta.get("session_id")?.as_str()
    }
}

impl fmt::Display for ApiErrorItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.long_message.as_deref().unwrap_or(&self.message);
        write!(f, "{}: {text}", self.code)
    }
}
