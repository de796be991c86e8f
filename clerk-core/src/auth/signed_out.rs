//! Nobody, and why.

use std::fmt;
use std::sync::Arc;

use http::{HeaderValue, StatusCode};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::session::SessionAuth;
use crate::reason::Reason;
use crate::refusal_page::RefusalPages;
use crate::request_kind::RequestKind;
use crate::token::TokenType;

/// Nobody is signed in.
#[derive(Clone, Debug)]
pub struct SignedOut {
    pub(crate) token_type: Option<TokenType>,
    pub(crate) reason: Reason,
    pub(crate) pending: Option<SessionAuth>,
    pub(crate) sign_in: Option<Arc<SignInPage>>,
}

/// Where a signed-out request would sign in: kept with the auth object, so that a handler can refuse without the request.
#[derive(Clone)]
pub(crate) struct SignInPage {
    pub(crate) kind: RequestKind,
    /// The sign-in page with the way back, for requests that can be sent there.
    pub(crate) location: Option<HeaderValue>,
    pub(crate) way: RedirectWay,
    /// For requests that want a page.
    pub(crate) refusal_pages: Option<RefusalPages>,
}

/// How a request is sent elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectWay {
    /// By `Location`, with this status.
    Status(StatusCode),
    /// By `HX-Redirect`: htmx then leads the whole page there, where a script's fetch could not follow a `Location`.
    Htmx,
}

/// The location may hold the token of a development browser.
impl fmt::Debug for SignInPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInPage")
            .field("kind", &self.kind)
            .field("has_location", &self.location.is_some())
            .finish_non_exhaustive()
    }
}

impl SignedOut {
    pub(crate) fn new(token_type: Option<TokenType>, reason: Reason) -> Self {
        Self {
            token_type,
            reason,
            pending: None,
            sign_in: None,
        }
    }

    /// Returns why nobody is signed in.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// Whether the request carried a token that could not be judged, because Clerk was out of reach.
    ///
    /// Guards answer 503 then; a page that is open to everybody may show itself as to a visitor.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.reason.is_undecided()
    }

    /// The session when its status is `pending`: the person signed in but has tasks to do first.
    #[must_use]
    pub fn pending_session(&self) -> Option<&SessionAuth> {
        self.pending.as_ref()
    }
}

impl Serialize for SignedOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("token_type", &self.token_type.map(TokenType::as_str))?;
        map.serialize_entry("is_authenticated", &false)?;
        if self.pending.is_some() {
            map.serialize_entry("session_status", "pending")?;
        }
        map.end()
    }
}
