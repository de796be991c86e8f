use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::random;
use crate::secret::Secret;

/// An API key, an opaque M2M token or an opaque OAuth access token.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credential {
    pub(crate) id: String,
    pub(crate) kind: CredentialKind,
    pub(crate) secret: Secret,
    pub(crate) subject: String,
    pub(crate) scopes: Vec<String>,
    /// Custom claims, or null if there are none.
    pub(crate) claims: Value,
    pub(crate) revoked: bool,
    pub(crate) revocation_reason: Option<String>,
    pub(crate) expiration: Option<i64>,
    pub(crate) last_used_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// The kind of a credential, with the data that is specific to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CredentialKind {
    ApiKey {
        name: String,
        description: Option<String>,
        created_by: Option<String>,
    },
    M2mToken,
    OAuthToken {
        client_id: String,
        /// The organization that the user chose, if the scopes allow one.
        #[serde(default)]
        organization_id: Option<String>,
    },
}

impl CredentialKind {
    /// Returns the prefix of IDs and secrets.
    fn prefix(&self) -> &'static str {
        match self {
            Self::ApiKey { .. } => "ak",
            Self::M2mToken => "mt",
            Self::OAuthToken { .. } => "oat",
        }
    }

    pub(crate) fn is_api_key(&self) -> bool {
        matches!(self, Self::ApiKey { .. })
    }

    pub(crate) fn is_m2m_token(&self) -> bool {
        matches!(self, Self::M2mToken)
    }

    pub(crate) fn is_oauth_token(&self) -> bool {
        matches!(self, Self::OAuthToken { .. })
    }

    /// Returns the organization of an OAuth token.
    pub(crate) fn organization_id(&self) -> Option<&str> {
        match self {
            Self::OAuthToken {
                organization_id, ..
            } => organization_id.as_deref(),
            Self::ApiKey { .. } | Self::M2mToken => None,
        }
    }

    /// Returns true if this is an OAuth token issued to the client with this ID.
    pub(crate) fn is_oauth_token_of(&self, client: &str) -> bool {
        matches!(self, Self::OAuthToken { client_id, .. } if client_id == client)
    }
}

impl Credential {
    /// Creates a credential with a fresh secret and without scopes, which never expires.
    pub(crate) fn new(kind: CredentialKind, subject: String, now: i64) -> Self {
        let prefix = kind.prefix();
        Self {
            id: random::hex_id(prefix),
            secret: Secret(format!("{prefix}_{}", random::alphanumeric(38))),
            kind,
            subject,
            scopes: Vec::new(),
            claims: Value::Null,
            revoked: false,
            revocation_reason: None,
            expiration: None,
            last_used_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn is_expired(&self, now: i64) -> bool {
        self.expiration.is_some_and(|expiration| expiration <= now)
    }

    /// Returns true while the credential is neither revoked nor expired.
    pub(crate) fn is_valid(&self, now: i64) -> bool {
        !self.revoked && !self.is_expired(now)
    }
}
