//! The authentication state of requests that are not signed in.

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

/// A request that is not signed in, and why.
#[derive(Clone, Debug)]
pub struct SignedOut {
    pub(crate) token_type: Option<TokenType>,
    pub(crate) reason: Reason,
    pub(crate) pending: Option<SessionAuth>,
    pub(crate) sign_in: Option<Arc<SignInPage>>,
}

/// The sign-in page for a signed-out request, kept with its state so that handlers can refuse without the request.
#[derive(Clone)]
pub(crate) struct SignInPage {
    pub(crate) kind: RequestKind,
    /// The URL of the sign-in page, which names the URL to return to. `None` if the request cannot be redirected.
    pub(crate) location: Option<HeaderValue>,
    pub(crate) way: RedirectWay,
    /// The renderer of refusal pages. `Some` if a browser asked for a page.
    pub(crate) refusal_pages: Option<RefusalPages>,
    /// Whether the request was sent to a development instance, whose developer reads the log.
    pub(crate) is_of_development: bool,
}

/// How a request is redirected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectWay {
    /// With `Location` and this status.
    Status(StatusCode),
    /// With `HX-Redirect`, which makes htmx load the whole page from there. A script's fetch could not follow a `Location`
    /// to another origin.
    Htmx,
}

/// Omits the location, because it may contain the token of a development browser.
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

    /// Returns why the request is not signed in.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// Returns true if the request has a token that could not be verified, because Clerk could not be reached or refused
    /// the keys of this application.
    ///
    /// Guards respond with 503 in this case. A public page can treat the request like that of a visitor.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.reason.is_undecided()
    }

    /// Returns the session if its status is `pending`: the user signed in, but has to complete tasks first.
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
