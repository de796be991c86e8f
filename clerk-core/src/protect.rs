//! The verdict: may this request go on, and if not, what is it told?
//!
//! Three refusals never blur: not signed in (401, or a redirect to the sign-in page for documents), signed in but not
//! allowed (403), and unable to decide because Clerk is out of reach (503).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use crate::auth::{Auth, SessionAuth, SignedOut};
use crate::authenticate::{AcceptedTokens, Facts, RequestView, joined_header};
use crate::authorization::{Require, Reverification};
use crate::clerk::Clerk;
use crate::redirect::{RedirectError, ReturnBack};
use crate::route_matcher::RouteMatcher;
use crate::routed_path::RoutedPath;
use crate::token::TokenType;

/// What kind of answer a request expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestKind {
    /// A page that a browser shows.
    Page,
    /// A server action of a JavaScript front end.
    ServerAction,
    /// Everything else: fetch, API clients, machines.
    Api,
}

impl RequestKind {
    /// Reads the kind from the request's headers.
    #[must_use]
    pub fn of(request: &(impl RequestView + ?Sized)) -> Self {
        let header = |name: &str| joined_header(request, name).filter(|value| !value.is_empty());
        let contains =
            |name: &str, text: &str| header(name).is_some_and(|value| value.contains(text));
        let has_next_url = header("next-url").is_some();
        let is_action = has_next_url
            && (contains("accept", "text/x-component")
                || contains("content-type", "multipart/form-data")
                || header("next-action").is_some());
        if matches!(
            header("sec-fetch-dest").as_deref(),
            Some("document" | "iframe")
        ) || contains("accept", "text/html")
            || (has_next_url && !is_action)
            || header("x-nextjs-data").is_some()
        {
            Self::Page
        } else if is_action {
            Self::ServerAction
        } else {
            Self::Api
        }
    }
}

/// What a signed-out request is told: kept with the auth object, so that a handler can refuse without the request.
#[derive(Clone, Debug)]
pub(crate) struct SignInHint {
    kind: RequestKind,
    /// The sign-in page with the way back.
    sign_in: Option<HeaderValue>,
}

impl SignInHint {
    pub(crate) fn of(clerk: &Clerk, kind: RequestKind, facts: &Facts, is_pending: bool) -> Self {
        let sign_in = match kind {
            RequestKind::Page => clerk
                .sign_in_redirect(facts, is_pending, ReturnBack::Here)
                .ok()
                .and_then(|url| HeaderValue::from_str(&url).ok()),
            RequestKind::ServerAction | RequestKind::Api => None,
        };
        Self { kind, sign_in }
    }
}

type Predicate = dyn Fn(&Auth) -> bool + Send + Sync;

/// Which requests a guard looks at.
#[derive(Clone, Debug, Default)]
enum Scope {
    #[default]
    All,
    Only(RouteMatcher),
    Except(RouteMatcher),
}

/// What a guard demands and how it refuses: the options of `auth.protect()` in the official SDKs.
///
/// The adapters wrap it in their framework's middleware; nothing but this decides.
#[derive(Clone, Default)]
#[must_use]
pub struct Protect {
    require: Option<Require>,
    predicate: Option<Arc<Predicate>>,
    token: AcceptedTokens,
    unauthenticated_url: Option<HeaderValue>,
    unauthorized_url: Option<HeaderValue>,
    hides: bool,
    scope: Scope,
}

impl Protect {
    /// Demands a session, and nothing more of it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Demands all of this; replaces earlier demands.
    pub fn require(mut self, require: Require) -> Self {
        self.require = Some(require);
        self
    }

    /// Demands a role in the active organization.
    pub fn role(self, role: impl Into<String>) -> Self {
        self.also(|require| require.and_role(role))
    }

    /// Demands a permission in the active organization.
    pub fn permission(self, permission: impl Into<String>) -> Self {
        self.also(|require| require.and_permission(permission))
    }

    /// Demands a feature of the organization's or the user's plan.
    pub fn feature(self, feature: impl Into<String>) -> Self {
        self.also(|require| require.and_feature(feature))
    }

    /// Demands a plan of the organization or the user.
    pub fn plan(self, plan: impl Into<String>) -> Self {
        self.also(|require| require.and_plan(plan))
    }

    /// Demands credentials that were verified recently. The refusal is one that Clerk's browser SDK understands and
    /// answers by asking for them.
    pub fn reverification(self, reverification: Reverification) -> Self {
        self.also(|require| require.and_reverification(reverification))
    }

    fn also(mut self, add: impl FnOnce(Require) -> Require) -> Self {
        self.require = Some(add(self.require.unwrap_or_default()));
        self
    }

    /// Demands that this holds, beside whatever else is demanded.
    pub fn predicate(mut self, predicate: impl Fn(&Auth) -> bool + Send + Sync + 'static) -> Self {
        self.predicate = Some(Arc::new(predicate));
        self
    }

    /// Accepts these kinds of tokens: session tokens unless set. A machine token never meets a demand for a role, a
    /// permission, a feature, a plan or an age: those belong to people. Use a predicate to look at its scopes.
    pub fn token(mut self, token: impl Into<AcceptedTokens>) -> Self {
        self.token = token.into();
        self
    }

    /// Redirects whoever is not signed in there, documents and API requests alike.
    ///
    /// Text that cannot stand in a header is ignored; the guard then refuses as if nothing was set.
    pub fn unauthenticated_url(mut self, url: impl AsRef<str>) -> Self {
        self.unauthenticated_url = HeaderValue::from_str(url.as_ref()).ok();
        self
    }

    /// Redirects whoever is signed in but not allowed there.
    ///
    /// Text that cannot stand in a header is ignored; the guard then refuses as if nothing was set.
    pub fn unauthorized_url(mut self, url: impl AsRef<str>) -> Self {
        self.unauthorized_url = HeaderValue::from_str(url.as_ref()).ok();
        self
    }

    /// Answers 404 instead of 401 and 403, so that nobody learns what exists: what the Next.js SDK does.
    pub fn not_found(mut self) -> Self {
        self.hides = true;
        self
    }

    /// Guards only the paths that match, in any reading of them ([`RoutedPath`]).
    ///
    /// # Security
    /// Whatever does not match is open. Prefer guarding a router or a scope, or [`except`](Self::except).
    pub fn only(mut self, routes: RouteMatcher) -> Self {
        self.scope = Scope::Only(routes);
        self
    }

    /// Guards everything but the paths that match exactly, and in every reading of them ([`RoutedPath`]).
    ///
    /// A public path in another spelling, such as `/Public`, `/public/`, `/%70ublic` or `//public`, is guarded: routers
    /// take these for other paths.
    pub fn except(mut self, routes: RouteMatcher) -> Self {
        self.scope = Scope::Except(routes);
        self
    }

    /// The verdict on a request that is routed by `path`.
    ///
    /// # Errors
    /// The [`Refusal`] with which to answer.
    pub fn check<'p>(
        &self,
        clerk: &Clerk,
        auth: &Auth,
        request: &(impl RequestView + ?Sized),
        path: impl Into<RoutedPath<'p>>,
    ) -> Result<(), Refusal> {
        let is_guarded = match &self.scope {
            Scope::All => Ok(true),
            Scope::Only(routes) => path.into().may_match(routes),
            Scope::Except(routes) => path.into().surely_matches(routes).map(|is_open| !is_open),
        }
        .map_err(|_| Refusal::malformed_path())?;
        if is_guarded {
            self.verdict(clerk, auth, request)
        } else {
            Ok(())
        }
    }

    fn verdict(
        &self,
        clerk: &Clerk,
        auth: &Auth,
        request: &(impl RequestView + ?Sized),
    ) -> Result<(), Refusal> {
        if let Auth::SignedOut(SignedOut {
            undecided: true, ..
        }) = auth
        {
            return Err(Refusal::undecided());
        }
        let kind = auth.token_type();
        if !kind.is_some_and(|kind| self.token.accepts(kind)) {
            return Err(Refusal::unauthorized(clerk, auth));
        }
        match auth {
            Auth::SignedOut(_) if kind != Some(TokenType::SessionToken) => {
                Err(Refusal::unauthorized(clerk, auth))
            }
            Auth::SignedOut(_) => Err(self.unauthenticated(clerk, auth, request)),
            Auth::Session(session) if session.is_pending() || session.user_id().is_empty() => {
                Err(self.unauthenticated(clerk, auth, request))
            }
            Auth::Session(session) => {
                let missing = self
                    .require
                    .as_ref()
                    .filter(|require| !session.has(require));
                if missing.is_none()
                    && self
                        .predicate
                        .as_ref()
                        .is_none_or(|predicate| predicate(auth))
                {
                    return Ok(());
                }
                Err(if !self.token.accepts(TokenType::SessionToken) {
                    Refusal::unauthorized(clerk, auth)
                } else if let Some(url) = &self.unauthorized_url {
                    Refusal::redirect(RefusalKind::Forbidden, url.clone())
                } else if self.hides {
                    Refusal::not_found()
                } else {
                    Refusal::forbidden(session, missing)
                })
            }
            // Roles, plans and ages belong to people: a machine token never meets them.
            Auth::ApiKey(_) | Auth::M2mToken(_) | Auth::OAuthToken(_) => {
                if self.require.is_none()
                    && self
                        .predicate
                        .as_ref()
                        .is_none_or(|predicate| predicate(auth))
                {
                    Ok(())
                } else {
                    Err(Refusal::unauthorized(clerk, auth))
                }
            }
        }
    }

    fn unauthenticated(
        &self,
        clerk: &Clerk,
        auth: &Auth,
        request: &(impl RequestView + ?Sized),
    ) -> Refusal {
        if let Some(url) = &self.unauthenticated_url {
            return Refusal::redirect(RefusalKind::Unauthenticated, url.clone());
        }
        let hint = match auth {
            Auth::SignedOut(SignedOut {
                hint: Some(hint), ..
            }) => Arc::clone(hint),
            _ => {
                let facts = Facts::read(request, &clerk.inner().config);
                let is_pending = auth.session().is_some_and(SessionAuth::is_pending);
                Arc::new(SignInHint::of(
                    clerk,
                    RequestKind::of(request),
                    &facts,
                    is_pending,
                ))
            }
        };
        match (&hint.sign_in, hint.kind) {
            (Some(sign_in), RequestKind::Page) => {
                Refusal::redirect(RefusalKind::Unauthenticated, sign_in.clone())
            }
            (_, RequestKind::ServerAction) => Refusal::unauthenticated(auth),
            _ if self.hides => Refusal::not_found(),
            _ => Refusal::unauthenticated(auth),
        }
    }
}

impl fmt::Debug for Protect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protect")
            .field("require", &self.require)
            .field("has_predicate", &self.predicate.is_some())
            .field("token", &self.token)
            .field("unauthenticated_url", &self.unauthenticated_url)
            .field("unauthorized_url", &self.unauthorized_url)
            .field("not_found", &self.hides)
            .field("scope", &self.scope)
            .finish()
    }
}

impl Auth {
    /// The session, when one is signed in.
    ///
    /// # Errors
    /// The [`Refusal`] that a guard would give: a redirect to the sign-in page for documents, else 401; 503 when the
    /// request could not be judged.
    pub fn signed_in(&self) -> Result<&SessionAuth, Refusal> {
        match self {
            Self::Session(session) if !session.is_pending() && !session.user_id().is_empty() => {
                Ok(session)
            }
            Self::SignedOut(SignedOut {
                undecided: true, ..
            }) => Err(Refusal::undecided()),
            Self::SignedOut(SignedOut {
                hint: Some(hint), ..
            }) => Err(match &hint.sign_in {
                Some(sign_in) => Refusal::redirect(RefusalKind::Unauthenticated, sign_in.clone()),
                None => Refusal::unauthenticated(self),
            }),
            _ => Err(Refusal::unauthenticated(self)),
        }
    }

    /// The session, when it meets everything that is required (`auth.protect()` in the official SDKs).
    ///
    /// # Errors
    /// As [`signed_in`](Self::signed_in), and 403 for a session that does not meet the requirement.
    pub fn protect(&self, require: &Require) -> Result<&SessionAuth, Refusal> {
        let session = self.signed_in()?;
        if session.has(require) {
            Ok(session)
        } else {
            Err(Refusal::forbidden(session, Some(require)))
        }
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalKind {
    /// Nobody is signed in, or the token is not accepted here.
    Unauthenticated,
    /// Somebody is signed in, and may not.
    Forbidden,
    /// Refused without saying why.
    NotFound,
    /// Clerk is out of reach.
    Undecided,
    /// The path cannot be decoded.
    MalformedPath,
    /// The webhook does not verify.
    Webhook,
    /// The application is set up wrongly; the log says how.
    Misconfigured,
}

/// A refusal as the response that every framework gives: status, headers, body.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the request was refused with status {}", .status.as_u16())]
pub struct Refusal {
    kind: RefusalKind,
    status: StatusCode,
    headers: Box<HeaderMap>,
    body: Bytes,
}

/// When a request that could not be judged may be tried again.
const RETRY_UNDECIDED_AFTER: Duration = Duration::from_secs(5);

impl Refusal {
    /// Why.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        self.kind
    }

    /// 307, 400, 401, 403, 404, 500 or 503.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// `Location` for a redirect, `WWW-Authenticate` for 401 and 403 (RFC 6750 section 3), `Retry-After` for 503.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// JSON, or empty.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Takes being signed out for an answer, and nothing else: `None` where nobody is signed in.
    ///
    /// # Errors
    /// Every other refusal. Who could not be judged is not signed out.
    pub fn unless_signed_out<T>(result: Result<T, Self>) -> Result<Option<T>, Self> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(refusal) if refusal.kind == RefusalKind::Unauthenticated => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// The status code that a gRPC service answers with: `UNAUTHENTICATED` (16), `PERMISSION_DENIED` (7), `NOT_FOUND`
    /// (5), `UNAVAILABLE` (14), `INVALID_ARGUMENT` (3) or `INTERNAL` (13).
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

    /// The whole response as gRPC puts it: status 200, the verdict in headers, no body ("Trailers-Only").
    #[must_use]
    pub fn into_grpc_response(self) -> http::Response<()> {
        // Percent-encoding is not needed: the texts are plain ASCII.
        let message = match self.kind {
            RefusalKind::Unauthenticated => "sign in, or send a valid token",
            RefusalKind::Forbidden => "the session lacks what this method requires",
            RefusalKind::NotFound => "there is nothing here",
            RefusalKind::Undecided => {
                "the call cannot be authenticated right now; try again shortly"
            }
            RefusalKind::MalformedPath => "the path cannot be decoded",
            RefusalKind::Webhook => "the webhook's signature does not verify",
            RefusalKind::Misconfigured => "the server is set up wrongly",
        };
        let mut response = http::Response::new(());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", HeaderValue::from(self.grpc_code()));
        headers.insert("grpc-message", HeaderValue::from_static(message));
        response
    }

    /// The whole response.
    #[must_use]
    pub fn into_response(self) -> http::Response<Bytes> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = *self.headers;
        response
    }

    fn new(kind: RefusalKind, status: StatusCode, body: Option<&serde_json::Value>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let body = match body {
            Some(body) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        Self {
            kind,
            status,
            headers: Box::new(headers),
            body,
        }
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    fn redirect(kind: RefusalKind, location: HeaderValue) -> Self {
        Self::new(kind, StatusCode::TEMPORARY_REDIRECT, None).with(LOCATION, location)
    }

    /// To a page to sign in or up on, for a handler that wants it.
    pub(crate) fn redirect_to(page: Result<String, RedirectError>) -> Self {
        match page.map(|url| HeaderValue::from_str(&url)) {
            Ok(Ok(location)) => Self::redirect(RefusalKind::Unauthenticated, location),
            Ok(Err(error)) => {
                tracing::error!(%error, "the page to redirect to cannot stand in a header");
                Self::misconfigured()
            }
            Err(error) => {
                tracing::error!(%error, "there is no page to redirect to");
                Self::misconfigured()
            }
        }
    }

    pub(crate) fn unauthenticated(auth: &Auth) -> Self {
        let reason = match auth {
            Auth::SignedOut(signed_out) => signed_out.reason(),
            _ => "token-type-mismatch",
        };
        let has_bad_token = [
            "token-",
            "jwk-",
            "session-token-expired",
            "session-token-nbf",
            "session-token-iat",
        ]
        .iter()
        .any(|prefix| reason.starts_with(prefix));
        let challenge = if has_bad_token {
            "Bearer error=\"invalid_token\""
        } else {
            "Bearer"
        };
        let body = error_body(
            "authentication_required",
            "sign in, or send a valid token",
            Some(reason),
        );
        Self::new(
            RefusalKind::Unauthenticated,
            StatusCode::UNAUTHORIZED,
            Some(&body),
        )
        .with(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// A token of a kind that is not accepted, or a machine token that did not verify.
    fn unauthorized(clerk: &Clerk, auth: &Auth) -> Self {
        let refusal = Self::unauthenticated(auth);
        if auth.token_type() != Some(TokenType::OAuthToken) {
            return refusal;
        }
        // RFC 9728 section 5.1: where an OAuth client learns how to get a token.
        let metadata = clerk.publishable_key().and_then(|key| {
            let value = format!(
                "Bearer resource_metadata=\"https://{}/.well-known/oauth-protected-resource\"",
                key.frontend_api()
            );
            HeaderValue::from_str(&value).ok()
        });
        match metadata {
            Some(metadata) => refusal.with(WWW_AUTHENTICATE, metadata),
            None => refusal,
        }
    }

    fn forbidden(session: &SessionAuth, missing: Option<&Require>) -> Self {
        let reverification = missing.and_then(|require| {
            let rest = require.without_reverification();
            require
                .required_reverification()
                .filter(|_| rest.is_empty() || session.has(&rest))
        });
        let body = match reverification {
            // The form by which Clerk's browser SDK recognises that it must ask for credentials.
            Some(reverification) => json!({
                "clerk_error": {
                    "type": "forbidden",
                    "reason": "reverification-error",
                    "metadata": { "reverification": reverification },
                }
            }),
            None => error_body(
                "not_authorized",
                "the session lacks what this resource requires",
                None,
            ),
        };
        Self::new(RefusalKind::Forbidden, StatusCode::FORBIDDEN, Some(&body)).with(
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer error=\"insufficient_scope\""),
        )
    }

    fn not_found() -> Self {
        let body = error_body("resource_not_found", "there is nothing here", None);
        Self::new(RefusalKind::NotFound, StatusCode::NOT_FOUND, Some(&body)).with(
            crate::authenticate::AUTH_REASON,
            HeaderValue::from_static("protect-rewrite"),
        )
    }

    pub(crate) fn undecided() -> Self {
        let body = error_body(
            "authentication_unavailable",
            "the request cannot be authenticated right now; try again shortly",
            None,
        );
        Self::new(
            RefusalKind::Undecided,
            StatusCode::SERVICE_UNAVAILABLE,
            Some(&body),
        )
        .with(
            RETRY_AFTER,
            HeaderValue::from(RETRY_UNDECIDED_AFTER.as_secs()),
        )
    }

    /// The answer where a guard or an extractor finds no middleware in front of it: 500, and one clear line in the log.
    #[must_use]
    pub fn missing_middleware(middleware: &'static str) -> Self {
        tracing::error!(
            "there is no {middleware} in front of this route: nobody can be authenticated here"
        );
        Self::misconfigured()
    }

    /// The answer where a middleware's resolver names no instance for a request: 500, and one clear line in the log.
    #[must_use]
    pub fn no_instance() -> Self {
        tracing::error!("no Clerk instance was resolved for this request");
        Self::misconfigured()
    }

    /// The answer where the application is set up wrongly: an empty 500. Say in the log what is wrong.
    #[must_use]
    pub fn misconfigured() -> Self {
        Self::new(
            RefusalKind::Misconfigured,
            StatusCode::INTERNAL_SERVER_ERROR,
            None,
        )
    }

    /// The answer to a webhook that does not verify, or whose body cannot be read.
    #[must_use]
    pub fn webhook() -> Self {
        let body = error_body(
            "webhook_invalid",
            "the webhook's signature does not verify",
            None,
        );
        Self::new(RefusalKind::Webhook, StatusCode::BAD_REQUEST, Some(&body))
    }

    fn malformed_path() -> Self {
        Self::new(RefusalKind::MalformedPath, StatusCode::BAD_REQUEST, None)
    }
}

fn error_body(code: &str, message: &str, reason: Option<&str>) -> serde_json::Value {
    let mut error = json!({ "code": code, "message": message });
    if let Some(reason) = reason {
        error["reason"] = json!(reason);
    }
    json!({ "errors": [error] })
}

/// The setters of [`Protect`] for a type of an adapter that wraps one in its field `protect`.
#[doc(hidden)]
#[macro_export]
macro_rules! protect_setters {
    ($wrapper:ty) => {
        impl $wrapper {
            $crate::protect_setters! { @setters
                /// Demands all of this; replaces earlier demands.
                require(require: Require);
                /// Demands a role in the active organization, such as `org:admin`.
                role(role: impl Into<String>);
                /// Demands a permission in the active organization, such as `org:invoices:create`.
                permission(permission: impl Into<String>);
                /// Demands a feature of the organization's or the user's plan.
                feature(feature: impl Into<String>);
                /// Demands a plan of the organization or the user.
                plan(plan: impl Into<String>);
                /// Demands credentials that were verified recently; Clerk's browser SDK answers the refusal by asking
                /// for them.
                reverification(reverification: Reverification);
                /// Demands that this holds, beside whatever else is demanded.
                predicate(predicate: impl Fn(&Auth) -> bool + Send + Sync + 'static);
                /// Accepts these kinds of tokens: session tokens unless set. A machine token never meets a demand for
                /// a role, a permission, a feature, a plan or an age.
                token(token: impl Into<AcceptedTokens>);
                /// Redirects whoever is not signed in there, documents and API requests alike.
                unauthenticated_url(url: impl AsRef<str>);
                /// Redirects whoever is signed in but not allowed there.
                unauthorized_url(url: impl AsRef<str>);
                /// Answers 404 instead of 401 and 403, so that nobody learns what exists.
                not_found();
                /// Guards only the paths that match, in any reading of them. Whatever does not match is open: prefer
                /// guarding a router or a scope, or [`except`](Self::except).
                only(routes: RouteMatcher);
                /// Guards everything but the paths that match exactly; a public path in another spelling, such as
                /// `/Public`, `/public/`, `/%70ublic` or `//public`, is guarded.
                except(routes: RouteMatcher);
            }
        }
    };
    (@setters $($(#[$docs:meta])* $name:ident($($argument:ident: $type:ty)?);)*) => {$(
        $(#[$docs])*
        pub fn $name(mut self $(, $argument: $type)?) -> Self {
            self.protect = self.protect.$name($($argument)?);
            self
        }
    )*};
}
