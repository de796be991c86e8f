//! What authentication found out, and what the response must carry.

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

/// The three outcomes of request authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthStatus {
    /// The request carries a valid token.
    SignedIn,
    /// It does not.
    SignedOut,
    /// The browser must be sent to Clerk and back first.
    Handshake,
}

impl AuthStatus {
    /// The status as it stands in `x-clerk-auth-status`.
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
/// Whatever the status is: when [`location`](Self::location) is set, the response is a 307 redirect there, with all of
/// [`headers`](Self::headers). Otherwise the headers are appended to the application's response.
#[derive(Clone)]
pub struct RequestState {
    status: AuthStatus,
    reason: Option<Reason>,
    message: Cow<'static, str>,
    auth: Auth,
    headers: HeaderMap,
}

/// The headers may hold session tokens.
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
    /// The outcome.
    #[must_use]
    pub fn status(&self) -> AuthStatus {
        self.status
    }

    /// Returns why the request is not signed in; `None` when it is.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }

    /// The reason for people, often empty.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Who is asking. During a handshake: nobody yet.
    #[must_use]
    pub fn auth(&self) -> &Auth {
        &self.auth
    }

    /// Takes the outcome apart into who is asking and what the response must carry.
    #[must_use]
    pub fn into_parts(self) -> (Auth, HeaderMap) {
        (self.auth, self.headers)
    }

    /// Headers of the response. `Set-Cookie` may stand in it several times.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Where the browser must go before anything else.
    #[must_use]
    pub fn location(&self) -> Option<&HeaderValue> {
        self.headers.get(LOCATION)
    }

    /// Makes the state of an outcome: with a pending session it is signed in, but its auth object is signed out.
    /// `sign_in_page` returns where a signed-out request would sign in, where that is known; its argument tells whether a
    /// session is pending. `refusal_pages` returns how refusals of a signed-in request are shown to people.
    pub(crate) fn of(
        outcome: Outcome,
        client: &ClerkClient,
        refusal_pages: impl FnOnce() -> Option<RefusalPages>,
        sign_in_page: impl FnOnce(PendingSession) -> Option<SignInPage>,
    ) -> Self {
        match outcome {
            Outcome::Session { session, headers } => {
                let session = SessionAuth::new(session, client.clone(), refusal_pages());
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
            } => Self::signed_in(Auth::machine(token_type, token, verified), HeaderMap::new()),
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
        // A value that cannot stand in a header is left out.
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
