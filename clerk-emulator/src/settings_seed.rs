use serde::{Deserialize, Serialize};

use crate::model::authentication_settings::{AuthenticationSettings, Requirement, SignUpMode};

/// Instance settings: how people sign up and sign in. Settings that are not set keep their defaults.
///
/// By default, email addresses and passwords are required; phone numbers, usernames and names are optional;
/// authenticator applications, backup codes, codes by text message and passkeys work; the buttons of Google and GitHub
/// are shown. A browser has one session at a time.
///
/// ```
/// use clerk_emulator::{Requirement, SettingsSeed, SignUpMode};
///
/// let settings = SettingsSeed::new()
///     .username(Requirement::Required)
///     .phone_number(Requirement::Off)
///     .sign_up_mode(SignUpMode::Waitlist)
///     .multiple_sessions(true);
/// # let _ = settings;
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct SettingsSeed {
    application_name: Option<String>,
    sign_up_mode: Option<SignUpMode>,
    email_address: Option<Requirement>,
    phone_number: Option<Requirement>,
    username: Option<Requirement>,
    first_name: Option<Requirement>,
    last_name: Option<Requirement>,
    password: Option<Requirement>,
    email_links: Option<bool>,
    passkeys: Option<bool>,
    authenticator_app: Option<bool>,
    backup_codes: Option<bool>,
    phone_second_factor: Option<bool>,
    second_factor_required: Option<bool>,
    multiple_sessions: Option<bool>,
    force_organization_selection: Option<bool>,
    legal_consent: Option<bool>,
    reverification: Option<bool>,
    max_failed_attempts: Option<u32>,
    social: Option<Vec<String>>,
}

impl SettingsSeed {
    /// Creates settings that change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name that people see.
    pub fn application_name(mut self, name: impl Into<String>) -> Self {
        self.application_name = Some(name.into());
        self
    }

    /// Sets who may sign up.
    pub fn sign_up_mode(mut self, mode: SignUpMode) -> Self {
        self.sign_up_mode = Some(mode);
        self
    }

    /// Sets whether an email address is asked for.
    pub fn email_address(mut self, requirement: Requirement) -> Self {
        self.email_address = Some(requirement);
        self
    }

    /// Sets whether a phone number is asked for.
    pub fn phone_number(mut self, requirement: Requirement) -> Self {
        self.phone_number = Some(requirement);
        self
    }

    /// Sets whether a username is asked for.
    pub fn username(mut self, requirement: Requirement) -> Self {
        self.username = Some(requirement);
        self
    }

    /// Sets whether a first name is asked for.
    pub fn first_name(mut self, requirement: Requirement) -> Self {
        self.first_name = Some(requirement);
        self
    }

    /// Sets whether a last name is asked for.
    pub fn last_name(mut self, requirement: Requirement) -> Self {
        self.last_name = Some(requirement);
        self
    }

    /// Sets whether a password is asked for.
    pub fn password(mut self, requirement: Requirement) -> Self {
        self.password = Some(requirement);
        self
    }

    /// Sets whether emails offer links in addition to codes. The browser components prefer links if they are offered. A
    /// request for a link gets one, whether or not links are offered.
    pub fn email_links(mut self, on: bool) -> Self {
        self.email_links = Some(on);
        self
    }

    /// Sets whether passkeys are offered.
    pub fn passkeys(mut self, on: bool) -> Self {
        self.passkeys = Some(on);
        self
    }

    /// Sets whether authenticator applications are offered as second factors.
    pub fn authenticator_app(mut self, on: bool) -> Self {
        self.authenticator_app = Some(on);
        self
    }

    /// Sets whether backup codes are offered.
    pub fn backup_codes(mut self, on: bool) -> Self {
        self.backup_codes = Some(on);
        self
    }

    /// Sets whether codes by text message are offered as second factors.
    pub fn phone_second_factor(mut self, on: bool) -> Self {
        self.phone_second_factor = Some(on);
        self
    }

    /// Sets whether sessions are pending until the user has a second factor.
    pub fn second_factor_required(mut self, on: bool) -> Self {
        self.second_factor_required = Some(on);
        self
    }

    /// Sets whether a browser can have several sessions at a time.
    pub fn multiple_sessions(mut self, on: bool) -> Self {
        self.multiple_sessions = Some(on);
        self
    }

    /// Sets whether sessions are pending until an organization is chosen, so that there are no personal accounts.
    pub fn force_organization_selection(mut self, on: bool) -> Self {
        self.force_organization_selection = Some(on);
        self
    }

    /// Sets whether terms must be accepted at sign-up.
    pub fn legal_consent(mut self, on: bool) -> Self {
        self.legal_consent = Some(on);
        self
    }

    /// Sets whether sensitive changes require recent verification.
    pub fn reverification(mut self, on: bool) -> Self {
        self.reverification = Some(on);
        self
    }

    /// Sets how many wrong passwords and codes in a row lock an account for an hour. The default is 100.
    pub fn max_failed_attempts(mut self, attempts: u32) -> Self {
        self.max_failed_attempts = Some(attempts);
        self
    }

    /// Sets the providers whose buttons are shown, by names as in `google`. Every provider works, whether or not its
    /// button is shown.
    pub fn social<S: Into<String>>(mut self, providers: impl IntoIterator<Item = S>) -> Self {
        self.social = Some(providers.into_iter().map(Into::into).collect());
        self
    }

    /// Overrides these settings with those that another seed sets.
    pub(crate) fn merge(&mut self, other: Self) {
        macro_rules! later_wins {
            ($($field:ident),+ $(,)?) => {
                $(self.$field = other.$field.or(self.$field.take());)+
            };
        }
        later_wins!(
            application_name,
            sign_up_mode,
            email_address,
            phone_number,
            username,
            first_name,
            last_name,
            password,
            email_links,
            passkeys,
            authenticator_app,
            backup_codes,
            phone_second_factor,
            second_factor_required,
            multiple_sessions,
            force_organization_selection,
            legal_consent,
            reverification,
            max_failed_attempts,
            social,
        );
    }

    /// Applies the settings of this seed.
    pub(crate) fn apply(self, to: &mut AuthenticationSettings) {
        macro_rules! set {
            ($($field:ident),+ $(,)?) => {
                $(if let Some(value) = self.$field { to.$field = value; })+
            };
        }
        set!(
            application_name,
            sign_up_mode,
            email_address,
            phone_number,
            username,
            first_name,
            last_name,
            password,
            email_links,
            passkeys,
            authenticator_app,
            backup_codes,
            phone_second_factor,
            second_factor_required,
            force_organization_selection,
            legal_consent,
            reverification,
            max_failed_attempts,
            social,
        );
        if let Some(multiple) = self.multiple_sessions {
            to.single_session = !multiple;
        }
    }
}
