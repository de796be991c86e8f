//! What authentication found out, and what the response must carry.

use std::borrow::Cow;
use std::sync::Arc;

use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::auth::{Auth, SignedOut};
use crate::protect::SignInHint;
use crate::token::TokenType;

/// Where a token stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenCarrier {
    Header,
    Cookie,
}

impl TokenCarrier {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

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
#[derive(Clone, Debug)]
pub struct RequestState {
    status: AuthStatus,
    reason: Option<Cow<'static, str>>,
    message: Cow<'static, str>,
    auth: Auth,
    headers: HeaderMap,
}

pub(crate) const AUTH_STATUS: HeaderName = HeaderName::from_static("x-clerk-auth-status");
pub(crate) const AUTH_REASON: HeaderName = HeaderName::from_static("x-clerk-auth-reason");
pub(crate) const AUTH_MESSAGE: HeaderName = HeaderName::from_static("x-clerk-auth-message");

impl RequestState {
    /// The outcome.
    #[must_use]
    pub fn status(&self) -> AuthStatus {
        self.status
    }

    /// Why the request is not signed in, in the words of Clerk's SDKs; `None` when it is.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
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

    /// Remembers with a signed-out request what it is to be told, for guards that no longer see the request. `hint` is
    /// told whether somebody is signed in who has tasks to do first.
    pub(crate) fn with_hint(mut self, hint: impl FnOnce(bool) -> SignInHint) -> Self {
        if let (Auth::SignedOut(signed_out), true) =
            (&mut self.auth, self.status != AuthStatus::Handshake)
        {
            signed_out.hint = Some(Arc::new(hint(signed_out.pending.is_some())));
        }
        self
    }

    pub(crate) fn signed_in(auth: Auth, headers: HeaderMap) -> Self {
        Self {
            status: AuthStatus::SignedIn,
            reason: None,
            message: Cow::Borrowed(""),
            auth,
            headers,
        }
    }

    pub(crate) fn signed_out(
        signed_out: SignedOut,
        message: impl Into<Cow<'static, str>>,
        headers: HeaderMap,
    ) -> Self {
        Self::not_signed_in(AuthStatus::SignedOut, signed_out, message.into(), headers)
    }

    pub(crate) fn handshake(
        reason: Cow<'static, str>,
        message: Cow<'static, str>,
        location: HeaderValue,
        cookie: HeaderValue,
    ) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, location);
        // Browsers would otherwise keep the redirect and loop.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(http::header::SET_COOKIE, cookie);
        let nobody = SignedOut::new(Some(TokenType::SessionToken), reason);
        Self::not_signed_in(AuthStatus::Handshake, nobody, message, headers)
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
        if let Ok(value) = HeaderValue::from_str(&reason) {
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

/// A request that cannot be authenticated at all. Frameworks answer 500.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticateError {
    /// A satellite's sign-in URL is not absolute.
    #[error(
        "the sign-in URL of a satellite must be absolute; set CLERK_SIGN_IN_URL to a URL of the primary application"
    )]
    SignInUrlNotAbsolute,
    /// A satellite's sign-in URL lies on the satellite itself.
    #[error(
        "the sign-in URL of a satellite must lie on another origin than the satellite; set CLERK_SIGN_IN_URL to a URL of the primary application"
    )]
    SignInUrlOnSatellite,
    /// The satellite to answer (`__clerk_redirect_url`) is not an absolute URL.
    #[error("the URL of the satellite to answer (__clerk_redirect_url) is not absolute")]
    SyncTargetNotAbsolute,
    /// A handshake token did not verify, on a development instance. In production the request goes on without it.
    #[error(
        "the handshake token was refused: {0}; if the keys of another Clerk instance were used on this host before, \
         clear the browser's cookies and try again"
    )]
    Handshake(String),
}
