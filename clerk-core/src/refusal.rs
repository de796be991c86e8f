//! Refusals: the complete response to a request that a guard refuses.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use crate::auth::{Auth, RedirectWay, SessionAuth};
use crate::authorization::Require;
use crate::explanation::Explanation;
use crate::headers::{AUTH_REASON, PRIVATE, VARIES};
use crate::reason::Reason;
use crate::redirect::RedirectError;
pub use crate::refusal_page::RefusalKind;
use crate::refusal_page::{RefusalPage, RefusalPages, Remedy};
use crate::token::{AcceptedTokens, TokenType};
use crate::webhook::WebhookError;

/// The response to a request that was refused, independent of any framework: status, headers and body.
#[derive(Clone, thiserror::Error)]
#[error("the request was refused with status {}", .status.as_u16())]
pub struct Refusal {
    kind: RefusalKind,
    status: StatusCode,
    headers: Box<HeaderMap>,
    body: Bytes,
    /// What a 401 advises.
    remedy: Remedy,
    /// What the log says when the response is sent.
    explanation: Option<Box<Explanation>>,
}

/// Omits the headers, because a redirect may contain the token of a development browser.
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("kind", &self.kind)
            .field("status", &self.status.as_u16())
            .finish_non_exhaustive()
    }
}

/// How long clients should wait before they repeat a request that could not be authenticated.
const RETRY_UNDECIDED_AFTER: Duration = Duration::from_secs(5);

impl Refusal {
    /// Returns why the request was refused.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        self.kind
    }

    /// Returns the status of the response: 303, 307, 400, 401, 403, 404, 413, 500 or 503.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the headers of the response.
    ///
    /// Redirects have `Location` or `HX-Redirect`, 401 and 403 have `WWW-Authenticate` (RFC 6750 section 3), and 503 has
    /// `Retry-After`. All have `Cache-Control` and `Vary`.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the body of the response: an HTML page if a browser asked for a page, JSON otherwise, and nothing for
    /// redirects and [misconfiguration](RefusalKind::Misconfigured).
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Converts a signed-out refusal to `None` and returns every other refusal as an error.
    ///
    /// # Errors
    /// Returns every refusal that is not a signed-out one. A request that could not be authenticated is not treated as
    /// signed out.
    pub fn optional<T>(result: Result<T, Self>) -> Result<Option<T>, Self> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(refusal) if refusal.kind == RefusalKind::Unauthenticated => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Returns the status code for a gRPC service: `UNAUTHENTICATED` (16), `PERMISSION_DENIED` (7), `NOT_FOUND` (5),
    /// `UNAVAILABLE` (14), `INVALID_ARGUMENT` (3) or `INTERNAL` (13).
    #[must_use]
    pub fn grpc_code(&self) -> i32 {
        match self.kind {
            RefusalKind::Unauthenticated => 16,
            RefusalKind::Forbidden => 7,
            RefusalKind::NotFound => 5,
            RefusalKind::Undecided => 14,
            RefusalKind::MalformedPath | RefusalKind::Webhook => 3,
            RefusalKind::Misconfigured => 13,
        }
    }

    /// Converts the refusal into a gRPC response: status 200, with the outcome in headers and without a body
    /// ("Trailers-Only" in the gRPC over HTTP/2 protocol). Logs like [`into_response`](Self::into_response).
    #[must_use]
    pub fn into_grpc_response(self) -> http::Response<()> {
        self.explain();
        // The texts are plain ASCII, so they need no percent-encoding.
        let message = match self.kind {
            RefusalKind::Unauthenticated => self.remedy.message(),
            RefusalKind::Forbidden => "the caller lacks what this method requires",
            RefusalKind::NotFound => "not found",
            RefusalKind::Undecided => {
                "the call cannot be authenticated right now; try again shortly"
            }
            RefusalKind::MalformedPath => "the path cannot be decoded",
            RefusalKind::Webhook => "the webhook could not be verified",
            RefusalKind::Misconfigured => "the server is misconfigured",
        };
        let mut response = http::Response::new(());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", HeaderValue::from(self.grpc_code()));
        headers.insert("grpc-message", HeaderValue::from_static(message));
        response
    }

    /// Converts the refusal into a response.
    ///
    /// The log says why the status is 401 and what to do, unless it said so when a token was refused: at INFO on a
    /// development instance, at DEBUG otherwise.
    #[must_use]
    pub fn into_response(self) -> http::Response<Bytes> {
        self.explain();
        let mut response = http::Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = *self.headers;
        response
    }

    fn explain(&self) {
        if let Some(explanation) = &self.explanation {
            explanation.log();
        }
    }

    /// Explains a 401 to the developer of a development instance.
    pub(crate) fn explained_to_developers(mut self) -> Self {
        if let Some(explanation) = &mut self.explanation {
            explanation.is_for_developers = true;
        }
        self
    }

    /// Creates a refusal without a body.
    fn bare(kind: RefusalKind, status: StatusCode) -> Self {
        let mut headers = HeaderMap::new();
        // The response depends on who sent the request.
        headers.insert(CACHE_CONTROL, PRIVATE);
        headers.insert(VARY, VARIES);
        Self {
            kind,
            status,
            headers: Box::new(headers),
            body: Bytes::new(),
            remedy: Remedy::SignIn,
            explanation: None,
        }
    }

    fn json(kind: RefusalKind, status: StatusCode, body: &serde_json::Value) -> Self {
        let mut refusal = Self::bare(kind, status)
            .with(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        refusal.body = Bytes::from(body.to_string());
        refusal
    }

    /// Creates a refusal whose body is an HTML page if `pages` is given, and a JSON error otherwise.
    fn told(
        kind: RefusalKind,
        status: StatusCode,
        error: &ErrorText<'_>,
        pages: Option<&RefusalPages>,
    ) -> Self {
        Self::told_with(Remedy::SignIn, kind, status, error, pages)
    }

    fn told_with(
        remedy: Remedy,
        kind: RefusalKind,
        status: StatusCode,
        error: &ErrorText<'_>,
        pages: Option<&RefusalPages>,
    ) -> Self {
        let Some(pages) = pages else {
            return Self::json(kind, status, &error.body());
        };
        let mut refusal = Self::bare(kind, status).with(
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        let page = RefusalPage::new(kind, status, error.message, remedy);
        refusal.body = Bytes::from(pages.render(&page));
        refusal
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Creates a refusal that redirects. For htmx the status stays that of the refusal, because the redirect is in a header
    /// of its own.
    pub(crate) fn redirect(kind: RefusalKind, way: RedirectWay, location: HeaderValue) -> Self {
        let (refusal, header) = match way {
            RedirectWay::Status(status) => (Self::bare(kind, status), LOCATION),
            RedirectWay::Htmx => {
                let refusal = match kind {
                    RefusalKind::Forbidden => Self::bare(kind, StatusCode::FORBIDDEN)
                        .with(WWW_AUTHENTICATE, INSUFFICIENT_SCOPE),
                    _ => Self::bare(kind, StatusCode::UNAUTHORIZED)
                        .with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
                };
                (refusal, HX_REDIRECT)
            }
        };
        refusal.with(header, location)
    }

    /// Creates a redirect to the sign-in or sign-up page, for handlers that decide by themselves.
    pub(crate) fn redirect_to(way: RedirectWay, page: Result<String, RedirectError>) -> Self {
        match page.map(|url| HeaderValue::from_str(&url)) {
            Ok(Ok(location)) => Self::redirect(RefusalKind::Unauthenticated, way, location),
            Ok(Err(error)) => {
                tracing::error!(%error, "cannot redirect: the URL of the page is not a valid header value");
                Self::misconfigured()
            }
            Err(error) => {
                tracing::error!(%error, "cannot redirect to the sign-in or sign-up page");
                Self::misconfigured()
            }
        }
    }

    /// Refuses a request that is not signed in, or whose token is not of an accepted type.
    pub(crate) fn unauthenticated(auth: &Auth, accepted: &AcceptedTokens) -> Self {
        let reason = auth.reason_of_refusal();
        let remedy = match (reason, accepted.accepts(TokenType::SessionToken)) {
            (Reason::TokenTypeMismatch, true) => Remedy::SignInInstead,
            (Reason::TokenTypeMismatch, false) => Remedy::OtherToken,
            (_, true) => Remedy::SignIn,
            (_, false) => Remedy::MachineToken,
        };
        Self::unauthenticated_because(auth, Some(reason), remedy, Explanation::of(auth))
    }

    /// Refuses a session whose user no longer exists.
    #[cfg(feature = "lookups")]
    pub(crate) fn user_not_found(auth: &Auth) -> Self {
        let explanation = Explanation::user_not_found();
        Self::unauthenticated_because(auth, None, Remedy::SignIn, Some(explanation))
    }

    fn unauthenticated_because(
        auth: &Auth,
        reason: Option<&Reason>,
        remedy: Remedy,
        explanation: Option<Explanation>,
    ) -> Self {
        let challenge = if reason.is_some_and(Reason::is_bad_token) {
            "Bearer error=\"invalid_token\""
        } else {
            "Bearer"
        };
        let error = ErrorText {
            code: "authentication_required",
            message: remedy.message(),
            reason: reason.map(Reason::as_str),
        };
        let mut refusal = Self::told_with(
            remedy,
            RefusalKind::Unauthenticated,
            StatusCode::UNAUTHORIZED,
            &error,
            auth.refusal_pages(),
        )
        .with(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        refusal.remedy = remedy;
        refusal.explanation = explanation.map(Box::new);
        refusal
    }

    /// Adds the challenge for OAuth clients to `WWW-Authenticate` (RFC 6750 section 3, RFC 9728 section 5.1).
    pub(crate) fn challenging(mut self, challenge: &Challenge) -> Self {
        let Challenge {
            metadata_url,
            scope,
            names_error,
        } = challenge;
        if metadata_url.is_none() && scope.is_empty() {
            return self;
        }
        let own = self.headers.get(WWW_AUTHENTICATE);
        let error = own
            .and_then(|own| own.to_str().ok()?.strip_prefix("Bearer "))
            .filter(|_| *names_error || self.kind == RefusalKind::Forbidden);
        let mut parameters: Vec<String> = error.map(str::to_owned).into_iter().collect();
        // Valid scopes and URLs contain neither quotes nor backslashes (RFC 6749 section 3.3); invalid ones are omitted.
        for (name, value) in [
            (
                "scope",
                Some(scope.as_str()).filter(|scope| !scope.is_empty()),
            ),
            ("resource_metadata", metadata_url.as_deref()),
        ] {
            if let Some(value) = value.filter(|value| !value.contains(['"', '\\'])) {
                parameters.push(format!("{name}=\"{value}\""));
            }
        }
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer {}", parameters.join(", "))) {
            self.headers.insert(WWW_AUTHENTICATE, value);
        }
        self
    }

    /// Refuses a machine token of an accepted type that lacks a scope.
    pub(crate) fn insufficient_scope() -> Self {
        Self::told(
            RefusalKind::Forbidden,
            StatusCode::FORBIDDEN,
            &ErrorText::new(
                "insufficient_scope",
                "the token lacks a scope that this resource requires",
            ),
            None,
        )
        .with(WWW_AUTHENTICATE, INSUFFICIENT_SCOPE)
    }

    pub(crate) fn not_authorized(pages: Option<&RefusalPages>) -> Self {
        Self::told(
            RefusalKind::Forbidden,
            StatusCode::FORBIDDEN,
            &ErrorText::new(
                "not_authorized",
                "the session lacks what this resource requires",
            ),
            pages,
        )
        .with(WWW_AUTHENTICATE, INSUFFICIENT_SCOPE)
    }

    pub(crate) fn forbidden(session: &SessionAuth, missing: Option<&Require>) -> Self {
        let reverification = missing.and_then(|require| {
            let rest = require.without_reverification();
            require
                .required_reverification()
                .filter(|_| rest.is_empty() || session.has(&rest))
        });
        match (reverification, session.refusal_pages()) {
            // Clerk's browser SDK recognizes this form and asks the user for credentials.
            (Some(reverification), None) => Self::json(
                RefusalKind::Forbidden,
                StatusCode::FORBIDDEN,
                &json!({
                    "clerk_error": {
                        "type": "forbidden",
                        "reason": "reverification-error",
                        "metadata": { "reverification": reverification },
                    }
                }),
            )
            .with(WWW_AUTHENTICATE, INSUFFICIENT_SCOPE),
            (_, pages) => Self::not_authorized(pages),
        }
    }

    pub(crate) fn not_found(auth: &Auth) -> Self {
        Self::told(
            RefusalKind::NotFound,
            StatusCode::NOT_FOUND,
            &ErrorText::new("resource_not_found", "not found"),
            auth.refusal_pages(),
        )
        .with(AUTH_REASON, HeaderValue::from_static("protect-rewrite"))
    }

    pub(crate) fn undecided(auth: &Auth) -> Self {
        Self::told(
            RefusalKind::Undecided,
            StatusCode::SERVICE_UNAVAILABLE,
            &ErrorText::new(
                "authentication_unavailable",
                "the request cannot be authenticated right now; try again shortly",
            ),
            auth.refusal_pages(),
        )
        .with(
            RETRY_AFTER,
            HeaderValue::from(RETRY_UNDECIDED_AFTER.as_secs()),
        )
    }

    /// Creates the response for a guard or an extractor that the middleware does not enclose: 500, with one line in the log.
    #[must_use]
    pub fn missing_middleware(middleware: &'static str) -> Self {
        tracing::error!(
            "{middleware} has not processed this request, so it cannot be authenticated: the middleware is missing, or it is inside \
             the guard that needs it. Add it after the guard, because the middleware that is added last runs first"
        );
        Self::misconfigured()
    }

    /// Creates the response for a request that the middleware's resolver chose no instance for: 500, with one line in the
    /// log.
    #[must_use]
    pub fn no_instance() -> Self {
        tracing::error!("the resolver returned no Clerk instance for this request");
        Self::misconfigured()
    }

    /// Creates the response for a misconfigured application: an empty 500. Log what is wrong before using it.
    #[must_use]
    pub fn misconfigured() -> Self {
        Self::bare(
            RefusalKind::Misconfigured,
            StatusCode::INTERNAL_SERVER_ERROR,
        )
    }

    /// The answer to every webhook where no signing secret is configured.
    pub(crate) fn webhooks_unconfigured() -> Self {
        let error = ErrorText::new(
            "webhook_unconfigured",
            "no webhook signing secret is configured: set CLERK_WEBHOOK_SIGNING_SECRET",
        );
        Self::json(
            RefusalKind::Misconfigured,
            StatusCode::INTERNAL_SERVER_ERROR,
            &error.body(),
        )
    }

    /// Creates the response to a webhook that could not be verified, with the reason.
    pub(crate) fn webhook(error: &WebhookError) -> Self {
        let text = error.to_string();
        let error = ErrorText::new("webhook_invalid", &text);
        Self::json(RefusalKind::Webhook, StatusCode::BAD_REQUEST, &error.body())
    }

    /// Creates the response to a webhook whose body is longer than `limit` bytes.
    pub(crate) fn webhook_too_long(limit: usize) -> Self {
        let text = format!(
            "webhook body is longer than {limit} bytes: raise the limit with ClerkBuilder::webhook_body_limit"
        );
        let error = ErrorText::new("webhook_too_long", &text);
        Self::json(
            RefusalKind::Webhook,
            StatusCode::PAYLOAD_TOO_LARGE,
            &error.body(),
        )
    }

    /// Returns the message of the first error in the body.
    pub(crate) fn message(&self) -> String {
        serde_json::from_slice::<serde_json::Value>(&self.body)
            .ok()
            .and_then(|body| Some(body["errors"][0]["message"].as_str()?.to_owned()))
            .unwrap_or_else(|| self.to_string())
    }

    #[cfg(feature = "route-matcher")]
    pub(crate) fn malformed_path(pages: Option<&RefusalPages>) -> Self {
        Self::told(
            RefusalKind::MalformedPath,
            StatusCode::BAD_REQUEST,
            &ErrorText::new("path_malformed", "the path cannot be decoded"),
            pages,
        )
    }
}

/// What a refusal tells OAuth clients.
pub(crate) struct Challenge {
    /// The URL of the metadata that says how to get a token.
    pub(crate) metadata_url: Option<String>,
    /// The scopes that the token needs, separated by spaces.
    pub(crate) scope: String,
    /// Whether the challenge names the error. The reference SDK omits it when it names a metadata URL of Clerk's.
    pub(crate) names_error: bool,
}

const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
const INSUFFICIENT_SCOPE: HeaderValue =
    HeaderValue::from_static("Bearer error=\"insufficient_scope\"");

/// The body for programs: an error in the format of Clerk's APIs.
struct ErrorText<'a> {
    code: &'static str,
    message: &'a str,
    reason: Option<&'a str>,
}

impl<'a> ErrorText<'a> {
    fn new(code: &'static str, message: &'a str) -> Self {
        Self {
            code,
            message,
            reason: None,
        }
    }

    fn body(&self) -> serde_json::Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(reason) = self.reason {
            error["reason"] = json!(reason);
        }
        json!({ "errors": [error] })
    }
}
