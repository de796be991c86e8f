//! The kinds of tokens.

use std::fmt;

/// The kinds of tokens that a request can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenType {
    /// The short-lived JWT of a signed-in person.
    SessionToken,
    /// An API key (`ak_...`), acting for a user or an organization.
    ApiKey,
    /// A machine-to-machine token (`mt_...` or a JWT).
    M2mToken,
    /// An OAuth access token (`oat_...` or a JWT).
    OAuthToken,
}

impl TokenType {
    /// The name that Clerk's SDKs use: `session_token`, `api_key`, `m2m_token`, `oauth_token`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionToken => "session_token",
            Self::ApiKey => "api_key",
            Self::M2mToken => "m2m_token",
            Self::OAuthToken => "oauth_token",
        }
    }
}

impl fmt::Display for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
