//! The public outcome of request authentication.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use clerk_backend_api::ClerkClient;
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue};

use super::outcome::Outcome;
use crate::auth::{Auth, SessionAuth, SignInPage, SignedOut};
use crate::headers::{AUTH_MESSAGE, AUTH_REASON, AUTH_STATUS};
use crate::reason::Reason;
use crate::refusal_page::RefusalPages;
use crate::sign_in::PendingSession;
use crate::token::TokenType;

/// The status of an authenticated request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthStatus {
    /// The request has a valid token.
    SignedIn,
    /// The request has no valid token.
    SignedOut,
    /// The browser must complete a handshake with Clerk first.
    Handshake,
}

impl AuthStatus {
    /// Returns the status as it is sent in `x-clerk-auth-status`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed-in",
            Self::SignedOut => "signed-out",
            Self::Handshake => "handshake",
        }
    }
}

/// The outcome of [`Clerk::authenticate_request`](crate::Clerk::authenticate_request).
///
/// If [`location`](Self::location) is set, whatever the status, respond with a 307 redirect and all
/// [`headers`](Self::headers). Otherwise, append the headers to the application's response.
#[derive(Clone)]
pub struct RequestState {
    status: AuthStatus,
    reason: Option<Reason>,
    message: Cow<'static, str>,
    auth: Auth,
    headers: HeaderMap,
}

/// Omits the headers, because they may contain session tokens.
impl fmt::Debug for RequestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestState")
            .field("status", &self.status)
            .field("reason", &self.reason)
            .field("message", &self.message)
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

impl RequestState {
    /// Returns the status of the request.
    #[must_use]
    pub fn status(&self) -> AuthStatus {
        self.status
    }

    /// Returns why the request is not signed in, or `None` if it is signed in.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }

    /// Returns a description of the reason, which is often empty.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns who sent the request. During a handshake, the request is signed out.
    #[must_use]
    pub fn auth(&self) -> &Auth {
        &self.auth
    }

    /// Splits the outcome into who sent the request and the headers of the response.
    #[must_use]
    pub fn into_parts(self) -> (Auth, HeaderMap) {
        (self.auth, self.headers)
    }

    /// Returns the headers of the response. It may have several `Set-Cookie` headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the URL that the browser must be redirected to.
    #[must_use]
    pub fn location(&self) -> Option<&HeaderValue> {
        self.headers.get(LOCATION)
    }

    /// Creates the state from an outcome. With a pending session, its status is signed in and its auth is signed out.
    ///
    /// `sign_in_page` returns the sign-in page for a signed-out request, given whether it has a pending session.
    /// `refusal_pages` returns the renderer of refusal pages for a signed-in request.
    pub(crate) fn of(
        outcome: Outcome,
        client: &ClerkClient,
        is_of_development: bool,
        refusal_pages: impl FnOnce() -> Option<RefusalPages>,
        sign_in_page: impl FnOnce(PendingSession) -> Option<SignInPage>,
    ) -> Self {
        match outcome {
            Outcome::Session { session, headers } => {
                let session =
                    SessionAuth::new(session, client.clone(), refusal_pages(), is_of_development);
                let auth = if session.is_pending() {
                    let mut signed_out =
                        SignedOut::new(Some(TokenType::SessionToken), Reason::SessionPending);
                    signed_out.pending = Some(session);
                    signed_out.sign_in = sign_in_page(PendingSession::Present).map(Arc::new);
                    Auth::SignedOut(signed_out)
                } else {
                    Auth::Session(session)
                };
                Self::signed_in(auth, headers)
            }
            Outcome::Machine {
                token_type,
                token,
                verified,
            } => {
                let auth = Auth::machine(token_type, token, verified, is_of_development);
                Self::signed_in(auth, HeaderMap::new())
            }
            Outcome::SignedOut {
                token_type,
                reason,
                message,
                headers,
            } => {
                let mut signed_out = SignedOut::new(token_type, reason);
                signed_out.sign_in = sign_in_page(PendingSession::Absent).map(Arc::new);
                Self::not_signed_in(AuthStatus::SignedOut, signed_out, message, headers)
            }
            Outcome::Handshake {
                reason,
                message,
                headers,
            } => {
                let nobody = SignedOut::new(Some(TokenType::SessionToken), reason);
                Self::not_signed_in(AuthStatus::Handshake, nobody, message, headers)
            }
        }
    }

    fn signed_in(auth: Auth, headers: HeaderMap) -> Self {
        Self {
            status: AuthStatus::SignedIn,
            reason: None,
            message: Cow::Borrowed(""),
            auth,
            headers,
        }
    }

    fn not_signed_in(
        status: AuthStatus,
        signed_out: SignedOut,
        message: Cow<'static, str>,
        mut headers: HeaderMap,
    ) -> Self {
        let reason = signed_out.reason.clone();
        headers.insert(AUTH_STATUS, HeaderValue::from_static(status.as_str()));
        // Omit values that are not valid in headers.
        if let Ok(value) = HeaderValue::from_str(reason.as_str()) {
            headers.insert(AUTH_REASON, value);
        }
        if !message.is_empty()
            && let Ok(value) = HeaderValue::from_str(&message)
        {
            headers.insert(AUTH_MESSAGE, value);
        }
        Self {
            status,
            reason: Some(reason),
            message,
            auth: Auth::SignedOut(signed_out),
            headers,
        }
    }
}
