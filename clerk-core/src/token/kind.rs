//! The types of tokens.

use std::fmt;

/// The type of a token in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenType {
    /// A session token, which is a short-lived JWT of a signed-in user.
    SessionToken,
    /// An API key (`ak_...`) of a user or an organization.
    ApiKey,
    /// An M2M token (`mt_...` or a JWT).
    M2mToken,
    /// An OAuth access token (`oat_...` or a JWT).
    OAuthToken,
}

impl TokenType {
    /// Returns the name that Clerk's SDKs use: `session_token`, `api_key`, `m2m_token` or `oauth_token`.
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
