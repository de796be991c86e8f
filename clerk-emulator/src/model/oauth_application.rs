use super::user::Image;
use crate::random;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};

/// An application that signs its users in through this instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuthApplication {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    /// Separated by spaces.
    pub(crate) scopes: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) consent_screen_enabled: bool,
    pub(crate) pkce_required: bool,
    /// True for a public client, which has no secret.
    pub(crate) public: bool,
    /// True if devices may sign in their users with it (RFC 8628).
    pub(crate) device_authorization_grant_enabled: bool,
    /// True if the application registered itself (RFC 7591).
    pub(crate) dynamically_registered: bool,
    /// The website of the application.
    pub(crate) client_uri: Option<String>,
    pub(crate) logo: Option<Image>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl OAuthApplication {
    /// Creates a confidential application with the default scopes.
    pub(crate) fn new(name: String, now: i64) -> Self {
        Self {
            id: random::id("oauthapp"),
            name,
            client_id: random::alphanumeric(16),
            client_secret: Self::new_secret(),
            scopes: "profile email".to_owned(),
            redirect_uris: Vec::new(),
            consent_screen_enabled: true,
            pkce_required: false,
            public: false,
            device_authorization_grant_enabled: false,
            dynamically_registered: false,
            client_uri: None,
            logo: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Creates a client secret.
    pub(crate) fn new_secret() -> Secret {
        Secret(random::alphanumeric(32))
    }
}
