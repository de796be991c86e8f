use serde::{Deserialize, Serialize};

/// The way sign-up treats a field: unused, optional or required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Requirement {
    /// The field is not used.
    Off,
    /// The field may be filled in.
    Optional,
    /// The field must be filled in.
    Required,
}

impl Requirement {
    pub(crate) fn is_on(self) -> bool {
        self != Self::Off
    }

    pub(crate) fn is_required(self) -> bool {
        self == Self::Required
    }
}

/// The people who may sign up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SignUpMode {
    /// Anyone.
    Public,
    /// Only people who have been invited.
    Restricted,
    /// Only people who have been invited; others may join the waitlist.
    Waitlist,
}

impl SignUpMode {
    /// Returns the name in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Restricted => "restricted",
            Self::Waitlist => "waitlist",
        }
    }
}

/// The settings that determine how people sign up and sign in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthenticationSettings {
    pub(crate) application_name: String,
    pub(crate) sign_up_mode: SignUpMode,
    pub(crate) email_address: Requirement,
    pub(crate) phone_number: Requirement,
    pub(crate) username: Requirement,
    pub(crate) first_name: Requirement,
    pub(crate) last_name: Requirement,
    pub(crate) password: Requirement,
    /// Links in emails are offered in addition to codes.
    pub(crate) email_links: bool,
    pub(crate) passkeys: bool,
    pub(crate) authenticator_app: bool,
    pub(crate) backup_codes: bool,
    /// Phone numbers may be second factors.
    pub(crate) phone_second_factor: bool,
    pub(crate) second_factor_required: bool,
    /// A browser has one session at a time.
    pub(crate) single_session: bool,
    /// Sessions are pending until an organization is chosen.
    pub(crate) force_organization_selection: bool,
    /// Terms must be accepted at sign-up.
    pub(crate) legal_consent: bool,
    /// Sensitive changes require a recent verification.
    pub(crate) reverification: bool,
    /// The number of wrong passwords and codes in a row that locks an account. Files of earlier versions lack it.
    #[serde(default = "default_max_failed_attempts")]
    pub(crate) max_failed_attempts: u32,
    /// Providers whose buttons are shown.
    pub(crate) social: Vec<String>,
}

fn default_max_failed_attempts() -> u32 {
    100
}

impl AuthenticationSettings {
    /// Returns the names of the strategies offered for verifying an email address.
    pub(crate) fn email_strategies(&self) -> &'static [&'static str] {
        if self.email_links {
            &["email_code", "email_link"]
        } else {
            &["email_code"]
        }
    }
}

impl Default for AuthenticationSettings {
    fn default() -> Self {
        Self {
            application_name: "Clerk emulator".to_owned(),
            sign_up_mode: SignUpMode::Public,
            email_address: Requirement::Required,
            phone_number: Requirement::Optional,
            username: Requirement::Optional,
            first_name: Requirement::Optional,
            last_name: Requirement::Optional,
            password: Requirement::Required,
            email_links: false,
            passkeys: true,
            authenticator_app: true,
            backup_codes: true,
            phone_second_factor: true,
            second_factor_required: false,
            single_session: true,
            force_organization_selection: false,
            legal_consent: false,
            reverification: false,
            max_failed_attempts: default_max_failed_attempts(),
            social: ["google", "github"].map(str::to_owned).to_vec(),
        }
    }
}

/// The providers that Clerk supports, besides those that an application defines itself (`custom_...`).
pub(crate) const PROVIDERS: &[&str] = &[
    "apple",
    "atlassian",
    "bitbucket",
    "box",
    "coinbase",
    "discord",
    "dropbox",
    "enstall",
    "expressen",
    "facebook",
    "github",
    "gitlab",
    "google",
    "hubspot",
    "huggingface",
    "instagram",
    "line",
    "linear",
    "linkedin",
    "linkedin_oidc",
    "microsoft",
    "mock",
    "notion",
    "slack",
    "spotify",
    "tiktok",
    "twitch",
    "twitter",
    "x",
    "xero",
];
