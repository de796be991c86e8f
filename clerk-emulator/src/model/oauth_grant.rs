use crate::random;
use serde::{Deserialize, Serialize};

/// The time for which a code can be exchanged: ten minutes, the most that RFC 6749 recommends.
const CODE_LIFETIME_MS: i64 = 10 * 60_000;

/// A code that an application exchanges for tokens (RFC 6749 section 4.1).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthorizationCode {
    pub(crate) code: String,
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) organization_id: Option<String>,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    /// The PKCE challenge (RFC 7636), always of method S256.
    pub(crate) code_challenge: Option<String>,
    pub(crate) issued_at: i64,
}

impl AuthorizationCode {
    /// Returns a fresh code.
    pub(crate) fn fresh() -> String {
        random::alphanumeric(40)
    }

    pub(crate) fn is_expired(&self, now: i64) -> bool {
        now >= self.issued_at + CODE_LIFETIME_MS
    }
}

/// A refresh token issued to an application.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefreshGrant {
    pub(crate) token: String,
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) organization_id: Option<String>,
    pub(crate) scopes: Vec<String>,
    /// The ID of the access token that was issued with it.
    pub(crate) credential_id: String,
    pub(crate) issued_at: i64,
}

impl RefreshGrant {
    /// Returns a fresh token.
    pub(crate) fn fresh() -> String {
        format!("rt_{}", random::alphanumeric(38))
    }
}

/// The consent that a user has given to an application.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuthConsent {
    /// The client ID and the user ID.
    pub(crate) id: String,
    pub(crate) scopes: Vec<String>,
}

impl OAuthConsent {
    /// Returns the ID of the consent that a user has given to an application.
    pub(crate) fn id_of(client_id: &str, user_id: &str) -> String {
        format!("{client_id}|{user_id}")
    }

    pub(crate) fn client_id(&self) -> &str {
        self.id.split('|').next().unwrap_or_default()
    }

    pub(crate) fn user_id(&self) -> &str {
        self.id.split('|').next_back().unwrap_or_default()
    }
}
