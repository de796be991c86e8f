use super::authentication_settings::AuthenticationSettings;
use serde::{Deserialize, Serialize};

/// The settings of the instance, stored as a single row.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) id: String,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) test_mode: bool,
    #[serde(default = "yes")]
    pub(crate) refuses_breached_passwords: bool,
    #[serde(default)]
    pub(crate) support_email: Option<String>,
    #[serde(default)]
    pub(crate) clerk_js_version: Option<String>,
    /// `password` or `otp`, or `None` for what the instance has.
    #[serde(default)]
    pub(crate) preferred_sign_in_strategy: Option<String>,
    /// True if the sessions of a development instance are carried by URLs, or `None` for what its kind of instance does.
    pub(crate) url_based_session_syncing: Option<bool>,
    /// The origin of the application during development, which is empty if nobody has set it.
    pub(crate) development_origin: String,
    pub(crate) authentication: AuthenticationSettings,
    pub(crate) restrictions: Restrictions,
    pub(crate) protect_rules_enabled: bool,
    pub(crate) specter_enabled: bool,
    pub(crate) blocked_country_codes: Vec<String>,
    pub(crate) oauth: OAuthSettings,
    pub(crate) organizations: OrganizationSettings,
    pub(crate) progressive_sign_up: bool,
    pub(crate) from_email_address: String,
    /// True if the instance has an account with the service that delivers webhooks.
    pub(crate) svix_app: bool,
}

/// The restrictions on who may sign up.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restrictions {
    pub(crate) allowlist: bool,
    pub(crate) blocklist: bool,
    pub(crate) allowlist_blocklist_disabled_on_sign_in: bool,
    pub(crate) block_email_subaddresses: bool,
    pub(crate) block_disposable_email_domains: bool,
}

impl Default for Restrictions {
    fn default() -> Self {
        Self {
            allowlist: false,
            blocklist: false,
            // Only older applications apply the lists to users who sign in.
            allowlist_blocklist_disabled_on_sign_in: true,
            block_email_subaddresses: false,
            block_disposable_email_domains: false,
        }
    }
}

/// The settings for OAuth applications.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuthSettings {
    pub(crate) dynamic_oauth_client_registration: bool,
    pub(crate) default_scopes: Option<Vec<String>>,
    pub(crate) oauth_jwt_access_tokens: bool,
    pub(crate) client_id_metadata_documents_advertised: bool,
    pub(crate) client_id_metadata_documents_only_allow_pre_registered_clients: bool,
    pub(crate) client_id_metadata_documents_block_implicitly_allowed_clients: bool,
}

/// The settings for organizations.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganizationSettings {
    pub(crate) enabled: bool,
    pub(crate) max_allowed_memberships: i64,
    pub(crate) admin_delete_enabled: bool,
    pub(crate) domains_enabled: bool,
    pub(crate) slug_disabled: bool,
    pub(crate) domains_enrollment_modes: Vec<String>,
    /// The key of a role.
    pub(crate) creator_role: String,
    /// The key of a role.
    pub(crate) domains_default_role: String,
}

/// The ID of the only row.
pub(crate) const SETTINGS_ID: &str = "settings";

/// What files of earlier versions mean.
fn yes() -> bool {
    true
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            id: SETTINGS_ID.to_owned(),
            allowed_origins: Vec::new(),
            test_mode: true,
            refuses_breached_passwords: true,
            support_email: None,
            clerk_js_version: None,
            preferred_sign_in_strategy: None,
            url_based_session_syncing: None,
            development_origin: String::new(),
            authentication: AuthenticationSettings::default(),
            restrictions: Restrictions::default(),
            protect_rules_enabled: false,
            specter_enabled: false,
            blocked_country_codes: Vec::new(),
            oauth: OAuthSettings::default(),
            organizations: OrganizationSettings {
                enabled: true,
                max_allowed_memberships: 0,
                admin_delete_enabled: true,
                domains_enabled: true,
                slug_disabled: false,
                domains_enrollment_modes: [
                    "manual_invitation",
                    "automatic_invitation",
                    "automatic_suggestion",
                ]
                .map(str::to_owned)
                .to_vec(),
                creator_role: super::role::ADMIN.to_owned(),
                domains_default_role: super::role::MEMBER.to_owned(),
            },
            progressive_sign_up: true,
            from_email_address: "noreply".to_owned(),
            svix_app: false,
        }
    }
}
