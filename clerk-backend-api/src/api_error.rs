use std::{error::Error as StdError, fmt, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, value::RawValue};

use crate::{
    error_code::ErrorCode,
    json::{member, mended},
    lenient::{Lenient, model},
    trace_id::trace_id,
};

/// The maximum number of bytes of a response body that an error keeps.
const MAX_KEPT_BODY: usize = 64 * 1024;

/// A request that the server refused.
///
/// `errors` is empty if the body is not Clerk's JSON, for example the HTML page of a gateway. The
/// status and the body are always available.
#[derive(Clone)]
#[non_exhaustive]
pub struct ApiError {
    /// The response status.
    pub status: StatusCode,
    /// The individual errors.
    pub errors: Vec<ApiErrorItem>,
    /// Details that apply to the response as a whole.
    pub meta: Map<String, Value>,
    /// The trace ID, which Clerk's support team can use to find the request.
    pub trace_id: Option<String>,
    /// How long the server asked the client to wait.
    pub retry_after: Option<Duration>,
    /// The response headers.
    pub headers: HeaderMap,
    /// The raw body, truncated to 64 KiB.
    pub body: Bytes,
}

/// The body of an error response. Each part is parsed separately, so that an unexpected value in
/// one part does not lose the others.
#[derive(Default)]
struct ErrorBody {
    errors: Vec<ApiErrorItem>,
    meta: Map<String, Value>,
    trace_id: Option<String>,
}

impl ErrorBody {
    fn read(body: &[u8]) -> Self {
        let mended = mended(body);
        let Ok(text) = std::str::from_utf8(mended.as_deref().unwrap_or(body)) else {
            return Self::default();
        };
        let errors = part::<Rows>(text, "errors").unwrap_or_default().0;
        Self {
            errors: errors.iter().map(|row| item(row.get())).collect(),
            meta: part(text, "meta").unwrap_or_default(),
            trace_id: part(text, "clerk_trace_id"),
        }
    }
}

fn item(text: &str) -> ApiErrorItem {
    ApiErrorItem {
        code: part(text, "code").unwrap_or_default(),
        message: part(text, "message").unwrap_or_default(),
        long_message: part(text, "long_message"),
        meta: part(text, "meta").unwrap_or_default(),
    }
}

/// Reads one part of an object, or returns `None` if it cannot be read.
fn part<T>(text: &str, key: &str) -> Option<T>
where
    T: for<'de> Lenient<'de>,
{
    let value = member(text, key).ok()??;
    T::read(&mut serde_json::Deserializer::from_str(value.get())).ok()?
}

/// Returns the unparsed entries of a list; a single object counts as a list of one.
#[derive(Default)]
struct Rows(Vec<Box<RawValue>>);

impl<'de> Lenient<'de> for Rows {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Ok(
            match serde_json::from_str::<Vec<Box<RawValue>>>(text.get()) {
                Ok(rows) => Some(Self(
                    rows.into_iter().filter(|row| row.get() != "null").collect(),
                )),
                Err(_) if matches!(member(text.get(), "code"), Ok(Some(_))) => {
                    Some(Self(vec![text]))
                }
                Err(_) => None,
            },
        )
    }
}

impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        headers: &HeaderMap,
        retry_after: Option<Duration>,
        body: &Bytes,
    ) -> Self {
        let parsed = ErrorBody::read(body);
        Self {
            status,
            errors: parsed.errors,
            meta: parsed.meta,
            trace_id: parsed
                .trace_id
                .filter(|id| !id.is_empty())
                .or_else(|| trace_id(headers)),
            retry_after,
            headers: headers.clone(),
            // A copy, so that a short error does not keep a long response in memory.
            body: Bytes::copy_from_slice(&body[..body.len().min(MAX_KEPT_BODY)]),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the clerk api responded with {}", self.status)?;
        if let Some(item) = self.errors.first() {
            write!(f, ": {item}")?;
        }
        if let Some(trace_id) = &self.trace_id {
            write!(f, " (trace id {trace_id})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ApiError {
    // Details and the body may contain email addresses and other identifiers, so their text is not
    // shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<_> = self.errors.iter().map(|item| item.code.as_str()).collect();
        f.debug_struct("ApiError")
            .field("status", &self.status)
            .field("codes", &codes)
            .field("trace_id", &self.trace_id)
            .field("retry_after", &self.retry_after)
            .field("body_length", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl StdError for ApiError {}

/// One error of a refused request.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ApiErrorItem {
    /// The error code; compare it with the constants of [`ErrorCode`].
    pub code: ErrorCode,
    /// A short message for developers.
    pub message: String,
    /// A longer message, suitable for end users.
    pub long_message: Option<String>,
    /// Further details; the keys depend on the code.
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
    /// Returns the name of the request parameter that the error is about.
    #[must_use]
    pub fn param_name(&self) -> Option<&str> {
        self.meta.get("param_name")?.as_str()
    }

    /// Returns the ID of the session that the error is about.
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
