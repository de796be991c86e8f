//! The authentication state of a request.

mod machine;
mod session;
mod signed_out;

use std::sync::Arc;

use serde::{Serialize, Serializer};

pub use self::machine::{ApiKeyAuth, M2mTokenAuth, OAuthTokenAuth};
pub use self::session::{SessionAuth, SessionOrganization};
pub use self::signed_out::SignedOut;
pub(crate) use self::signed_out::{RedirectWay, SignInPage};
use crate::authorization::Require;
use crate::reason::Reason;
use crate::refusal_page::RefusalPages;
use crate::token::TokenType;
use crate::token::machine::VerifiedMachineToken;

/// Who sent a request, as [`Clerk::authenticate_request`](crate::Clerk::authenticate_request) found out.
///
/// Serializes to what a client may see: IDs, roles and claims, but never the token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Auth {
    /// The request is not signed in.
    SignedOut(SignedOut),
    /// A signed-in user.
    Session(SessionAuth),
    /// A client with an API key.
    ApiKey(ApiKeyAuth),
    /// A machine with an M2M token.
    M2mToken(M2mTokenAuth),
    /// An OAuth client that acts for a user.
    OAuthToken(OAuthTokenAuth),
}

impl Auth {
    /// Creates the state of a request that is not signed in, for tests.
    ///
    /// `None` is a token of a type that is not accepted.
    #[must_use]
    pub fn signed_out(token_type: Option<TokenType>) -> Self {
        Self::SignedOut(SignedOut::new(
            token_type,
            Reason::SessionTokenAndUatMissing,
        ))
    }

    /// Creates the state of a request with a machine token of this ID and subject, for tests.
    ///
    /// # Security
    /// Nothing is verified.
    #[must_use]
    pub fn dangerous_machine(token_type: TokenType, id: &str, subject: &str) -> Self {
        let verified = VerifiedMachineToken {
            id: id.to_owned(),
            subject: subject.to_owned(),
            name: None,
            scopes: Vec::new(),
            claims: None,
            client_id: None,
            actor: None,
            audience: Vec::new(),
            token_kind: None,
            expires: None,
        };
        Self::machine(token_type, "".into(), verified.into(), false)
    }

    pub(crate) fn machine(
        token_type: TokenType,
        token: Arc<str>,
        verified: Arc<VerifiedMachineToken>,
        is_of_development: bool,
    ) -> Self {
        match token_type {
            TokenType::ApiKey => Self::ApiKey(ApiKeyAuth::new(token, verified, is_of_development)),
            TokenType::OAuthToken => {
                Self::OAuthToken(OAuthTokenAuth::new(token, verified, is_of_development))
            }
            TokenType::M2mToken | TokenType::SessionToken => {
                Self::M2mToken(M2mTokenAuth::new(token, verified, is_of_development))
            }
        }
    }

    /// Returns true if the request is authenticated by a session or a machine token.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        !matches!(self, Self::SignedOut(_))
    }

    /// Returns the type of the token, or `None` if the request has a token of a type that is not accepted.
    #[must_use]
    pub fn token_type(&self) -> Option<TokenType> {
        match self {
            Self::SignedOut(signed_out) => signed_out.token_type,
            Self::Session(_) => Some(TokenType::SessionToken),
            Self::ApiKey(_) => Some(TokenType::ApiKey),
            Self::M2mToken(_) => Some(TokenType::M2mToken),
            Self::OAuthToken(_) => Some(TokenType::OAuthToken),
        }
    }

    /// Returns true if the request could not be authenticated, because Clerk could not be reached. See
    /// [`SignedOut::is_undecided`].
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        matches!(self, Self::SignedOut(signed_out) if signed_out.is_undecided())
    }

    /// Returns why a guard refuses the request as not signed in.
    pub(crate) fn reason_of_refusal(&self) -> &Reason {
        match self {
            Self::SignedOut(signed_out) => signed_out.reason(),
            Self::Session(session) if session.is_pending() => &Reason::SessionPending,
            Self::Session(_) | Self::ApiKey(_) | Self::M2mToken(_) | Self::OAuthToken(_) => {
                &Reason::TokenTypeMismatch
            }
        }
    }

    /// Returns true if a refusal of the request is to be explained to the developer of a development instance.
    pub(crate) fn is_of_development(&self) -> bool {
        match self {
            Self::SignedOut(_) => self
                .sign_in_page()
                .is_some_and(|page| page.is_of_development),
            Self::Session(session) => session.is_of_development(),
            Self::ApiKey(key) => key.is_of_development(),
            Self::M2mToken(token) => token.is_of_development(),
            Self::OAuthToken(token) => token.is_of_development(),
        }
    }

    /// Returns the sign-in page for this request.
    pub(crate) fn sign_in_page(&self) -> Option<&SignInPage> {
        match self {
            Self::SignedOut(signed_out) => signed_out.sign_in.as_deref(),
            _ => None,
        }
    }

    /// Returns the renderer of refusal pages if a browser asked for a page.
    pub(crate) fn refusal_pages(&self) -> Option<&RefusalPages> {
        match self {
            Self::SignedOut(signed_out) => signed_out.sign_in.as_ref()?.refusal_pages.as_ref(),
            Self::Session(session) => session.refusal_pages(),
            Self::ApiKey(_) | Self::M2mToken(_) | Self::OAuthToken(_) => None,
        }
    }

    /// Returns the session if a user is signed in.
    #[must_use]
    pub fn session(&self) -> Option<&SessionAuth> {
        match self {
            Self::Session(session) => Some(session),
            _ => None,
        }
    }

    /// Returns the ID of the user that the request acts for: the user of the session, the API key or the OAuth token.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        match self {
            Self::SignedOut(_) | Self::M2mToken(_) => None,
            Self::Session(session) => Some(session.user_id()),
            Self::ApiKey(key) => key.user_id(),
            Self::OAuthToken(token) => Some(token.user_id()),
        }
    }

    /// Returns the API key if the request is authenticated by one.
    #[must_use]
    pub fn api_key(&self) -> Option<&ApiKeyAuth> {
        match self {
            Self::ApiKey(key) => Some(key),
            _ => None,
        }
    }

    /// Returns the M2M token if the request is authenticated by one.
    #[must_use]
    pub fn m2m(&self) -> Option<&M2mTokenAuth> {
        match self {
            Self::M2mToken(token) => Some(token),
            _ => None,
        }
    }

    /// Returns the OAuth token if the request is authenticated by one.
    #[must_use]
    pub fn oauth(&self) -> Option<&OAuthTokenAuth> {
        match self {
            Self::OAuthToken(token) => Some(token),
            _ => None,
        }
    }

    /// Returns the scopes of a machine token, or an empty slice for every other request.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        match self {
            Self::SignedOut(_) | Self::Session(_) => &[],
            Self::ApiKey(key) => key.scopes(),
            Self::M2mToken(token) => token.scopes(),
            Self::OAuthToken(token) => token.scopes(),
        }
    }

    /// Returns true if the session or the machine token meets everything that is required (Clerk docs: "Authorization
    /// checks").
    ///
    /// Returns false if nothing is required, and for requests that are not signed in.
    #[must_use]
    pub fn has(&self, require: &Require) -> bool {
        match self {
            Self::SignedOut(_) => false,
            Self::Session(session) => session.has(require),
            Self::ApiKey(_) | Self::M2mToken(_) | Self::OAuthToken(_) => {
                require.is_met_by_scopes(self.scopes())
            }
        }
    }

    /// Treats a session with pending tasks as signed in.
    ///
    /// By default, a session whose status is `pending` counts as signed out (Clerk docs: "Session tasks").
    #[must_use]
    pub fn pending_as_signed_in(self) -> Self {
        match self {
            Self::SignedOut(SignedOut {
                pending: Some(session),
                ..
            }) => Self::Session(session),
            other => other,
        }
    }
}

impl Serialize for Auth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::SignedOut(auth) => auth.serialize(serializer),
            Self::Session(auth) => auth.serialize(serializer),
            Self::ApiKey(auth) => auth.serialize(serializer),
            Self::M2mToken(auth) => auth.serialize(serializer),
            Self::OAuthToken(auth) => auth.serialize(serializer),
        }
    }
}
