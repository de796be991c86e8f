use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserializer;
use serde_json::{Map, Value};

use crate::{
    lenient::{Lenient, model},
    retry::Cause,
};

/// Longest part of a refused answer's body that an error keeps.
const MAX_KEPT_BODY: usize = 64 * 1024;

/// Why a call gave no result.
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
    /// The server answered with a status other than 2xx.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The server accepted the call, but its answer does not have the promised form.
    #[error(transparent)]
    Decode(Box<DecodeError>),
    /// No complete answer arrived.
    #[error(transparent)]
    Transport(TransportError),
    /// No complete answer arrived in time.
    #[error(transparent)]
    Timeout(TimeoutError),
    /// The call was not sent, because it cannot be right.
    #[error(transparent)]
    InvalidRequest(InvalidRequest),
}

impl Error {
    /// The status of the answer, when there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Decode(error) => Some(error.status),
            _ => None,
        }
    }

    /// The first error code of a refused call.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.items().first().map(|item| &item.code)
    }

    /// Whether any of the error codes of a refused call is `code`.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers pass constants")]
    pub fn has_code(&self, code: ErrorCode) -> bool {
        self.items().iter().any(|item| item.code == code)
    }

    /// The identifier under which Clerk's support finds the call.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.trace_id.as_deref(),
            Self::Decode(error) => error.trace_id.as_deref(),
            _ => None,
        }
    }

    /// How long the server asked to wait before the next call.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api(error) => error.retry_after,
            _ => None,
        }
    }

    /// Whether the server answered 404.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Api(error) if error.status == StatusCode::NOT_FOUND)
    }

    /// Whether the server answered 429.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        matches!(self, Self::Api(error) if error.status == StatusCode::TOO_MANY_REQUESTS)
    }

    /// Whether the same call may succeed later: rate limits, server errors, lost connections and
    /// timeouts. Whether repeating it is harmless depends on the call.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api(error) => Cause::of_status(error.status) != Cause::Final,
            Self::Transport(_) | Self::Timeout(_) => true,
            Self::Decode(_) | Self::InvalidRequest(_) => false,
        }
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

/// The kind of an [`ApiErrorItem`], an open set of names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ErrorCode(Cow<'static, str>);

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        impl ErrorCode {
            $($(#[$doc])* pub const $name: Self = Self(Cow::Borrowed($text));)*
        }
    };
}

error_codes! {
    /// The credentials of the call were refused.
    AUTHENTICATION_INVALID = "authentication_invalid";
    /// The secret key is not one of an existing instance.
    CLERK_KEY_INVALID = "clerk_key_invalid";
    /// Another user or invitation already has the identifier.
    FORM_IDENTIFIER_EXISTS = "form_identifier_exists";
    /// Nobody has the identifier.
    FORM_IDENTIFIER_NOT_FOUND = "form_identifier_not_found";
    /// The one-time code or password is wrong.
    FORM_CODE_INCORRECT = "form_code_incorrect";
    /// A parameter has the wrong form.
    FORM_PARAM_FORMAT_INVALID = "form_param_format_invalid";
    /// A parameter is missing.
    FORM_PARAM_MISSING = "form_param_missing";
    /// A parameter is null where a value is needed.
    FORM_PARAM_NIL = "form_param_nil";
    /// A parameter is not known to the operation.
    FORM_PARAM_UNKNOWN = "form_param_unknown";
    /// A parameter has a value that is not allowed.
    FORM_PARAM_VALUE_INVALID = "form_param_value_invalid";
    /// The password is wrong.
    FORM_PASSWORD_INCORRECT = "form_password_incorrect";
    /// The password appears in a public list of stolen ones.
    FORM_PASSWORD_PWNED = "form_password_pwned";
    /// The nonce of a handshake was used, is unknown or too old.
    INVALID_NONCE = "invalid_nonce";
    /// The machine secret key is not one of an existing machine.
    MACHINE_SECRET_KEY_INVALID = "machine_secret_key_invalid";
    /// What the path names does not exist.
    RESOURCE_NOT_FOUND = "resource_not_found";
    /// The instance's quota of tokens is used up.
    TOKEN_QUOTA_EXCEEDED = "token_quota_exceeded";
    /// Too many calls in a short time.
    TOO_MANY_REQUESTS = "too_many_requests";
    /// The identifier is verified already.
    VERIFICATION_ALREADY_VERIFIED = "verification_already_verified";
}

impl ErrorCode {
    /// A code that has no constant here.
    #[must_use]
    pub fn new(code: impl Into<String>) -> Self {
        Self(Cow::Owned(code.into()))
    }

    /// The code as it travels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for ErrorCode {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for ErrorCode {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<'de> Lenient<'de> for ErrorCode {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::read(deserializer).map(Self::new)
    }
}

#[cfg(feature = "serialize")]
impl serde::Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

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

/// A connection that could not be made, or broke.
#[derive(Debug, thiserror::Error)]
#[error("{}", if *.connected { "the connection to the clerk api broke" } else { "no connection to the clerk api could be made" })]
pub struct TransportError {
    connected: bool,
    source: Box<dyn StdError + Send + Sync>,
}

impl TransportError {
    pub(crate) fn new(source: reqwest::Error) -> Self {
        // The address may carry personal data in its query.
        Self {
            connected: !source.is_connect(),
            source: Box::new(source.without_url()),
        }
    }

    /// Whether a connection was made, so that the server may have seen the call.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected
    }
}

/// An answer that did not arrive in time.
#[derive(Debug, thiserror::Error)]
#[error("{}", if *.connected { "the clerk api did not answer in time" } else { "no connection to the clerk api could be made in time" })]
pub struct TimeoutError {
    connected: bool,
    source: Box<dyn StdError + Send + Sync>,
}

impl TimeoutError {
    pub(crate) fn new(source: reqwest::Error) -> Self {
        Self {
            connected: !source.is_connect(),
            source: Box::new(source.without_url()),
        }
    }

    /// Whether a connection was made, so that the server may have seen the call.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected
    }
}

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
    /// Base URL and path do not form a URL.
    #[error("base url and path do not form a url")]
    InvalidUrl,
}

/// A configuration that no client can be built from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A required variable of the environment is not set.
    #[error("the environment variable {0} is not set")]
    MissingVariable(&'static str),
    /// A variable of the environment is not valid Unicode.
    #[error("the environment variable {0} is not valid unicode")]
    UnreadableVariable(&'static str),
    /// The secret key is empty.
    #[error("the secret key is empty, take it from the api keys page of the clerk dashboard")]
    EmptySecretKey,
    /// The machine secret key is empty.
    #[error("the machine secret key is empty")]
    EmptyMachineSecretKey,
    /// A key or default header holds characters that no header may hold.
    #[error("{0} holds characters that no http header may hold")]
    InvalidHeader(&'static str),
    /// The base URL is not an absolute `http` or `https` URL without query and fragment.
    #[error("the base url must be an absolute http or https url without user, query and fragment")]
    InvalidBaseUrl(#[source] Option<url::ParseError>),
    /// The base URL is `http` and leads off this machine.
    #[error(
        "the base url must be https unless its host is loopback, keys would travel in the clear"
    )]
    InsecureBaseUrl,
    /// The version segment is empty or not a single path segment.
    #[error("the api version must be one path segment such as v1")]
    InvalidApiVersion,
    /// The HTTP client could not be set up, for example without TLS support.
    #[error("the http client could not be set up")]
    HttpClient(#[source] Box<dyn StdError + Send + Sync>),
}

/// Turns "not found" into `None`.
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
    /// `Ok(None)` for a 404 answer, everything else unchanged.
    ///
    /// # Errors
    /// Every error but a 404 answer.
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
    #[expect(unnameable_types, reason = "that is what seals the trait")]
    pub trait Sealed {}
    impl<T> Sealed for Result<T, super::Error> {}
}

/// The trace id of an answer's headers: Clerk's own, else the one of the network in front of it.
pub(crate) fn trace_id(headers: &HeaderMap) -> Option<String> {
    ["clerk-trace-id", "cf-ray"]
        .iter()
        .find_map(|name| {
            headers
                .get(*name)?
                .to_str()
                .ok()
                .filter(|id| !id.is_empty())
        })
        .map(str::to_owned)
}
