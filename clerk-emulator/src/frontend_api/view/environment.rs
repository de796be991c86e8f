use serde_json::{Map, Value, json};

use super::View;
use crate::model::authentication_settings::{AuthenticationSettings, PROVIDERS, Requirement};
use crate::model::billing::PayerKind;
use crate::model::settings::Settings;
use crate::rules::billing::plans;
use crate::rules::{lockouts, passwords};
use crate::store::tables::Tables;

/// The location of an application's pages.
#[derive(Debug, Clone, Copy)]
pub(in crate::frontend_api) struct Place<'a> {
    /// The origin of the application, if it is known.
    pub(in crate::frontend_api) origin: Option<&'a str>,
}

impl View<'_> {
    /// Renders the settings of the instance that browsers need.
    pub(in crate::frontend_api) fn environment(
        self,
        settings: &Settings,
        place: Place<'_>,
    ) -> Value {
        json!({
            "auth_config": self.auth_config(settings),
            "display_config": self.display_config(settings, place),
            "user_settings": user_settings(self.tables, settings),
            "organization_settings": organization_settings(settings),
            "fraud_settings": {
                "object": "fraud_settings",
                "native": { "device_attestation_mode": "disabled" },
            },
            "commerce_settings": {
                "billing": {
                    "stripe_publishable_key": null,
                    "free_trial_requires_payment_method": false,
                    "user": self.billing_of(PayerKind::User),
                    "organization": self.billing_of(PayerKind::Org),
                },
            },
            "api_keys_settings": {
                "enabled": true,
                "user_api_keys_enabled": true,
                "orgs_api_keys_enabled": true,
            },
            "protect_config": {},
            "client_debug_mode": false,
            "partitioned_cookies": false,
            "maintenance_mode": false,
        })
    }

    /// Returns the billing settings, which include whether a paid plan is available to these payers.
    fn billing_of(self, payer: PayerKind) -> Value {
        let has_paid_plans = plans::list(self.tables, Some(payer))
            .iter()
            .any(|plan| plan.publicly_visible && !plan.is_default);
        json!({ "enabled": has_paid_plans, "has_paid_plans": has_paid_plans })
    }

    fn auth_config(self, settings: &Settings) -> Value {
        let set = &settings.authentication;
        let identifiers = identifiers(set);
        let url_based = settings
            .url_based_session_syncing
            .unwrap_or(!self.app.instance.production);
        let second_factors = second_factors(set);
        json!({
            "object": "auth_config",
            "id": "aconf_emulator",
            "first_name": requirement(set.first_name),
            "last_name": requirement(set.last_name),
            "email_address": requirement(set.email_address),
            "phone_number": requirement(set.phone_number),
            "username": requirement(set.username),
            "password": requirement(set.password),
            "identification_requirements": [identifiers],
            "identification_strategies": identifiers,
            "first_factors": first_factors(set),
            "second_factors": second_factors,
            "email_address_verification_strategies": set.email_strategies(),
            "single_session_mode": set.single_session,
            "enhanced_email_deliverability": false,
            "test_mode": settings.test_mode,
            "cookieless_dev": url_based,
            "url_based_session_syncing": url_based,
            "claimed_at": null,
            "reverification": set.reverification,
            "native_settings": {
                "object": "native_settings",
                "api_enabled": true,
                "trusted_device_sign_in_enabled": true,
                "trusted_device_enrollment_prompt_after_sign_in_enabled": false,
                "trusted_device_enrollment_prompt_after_sign_up_enabled": false,
            },
        })
    }

    fn display_config(self, settings: &Settings, place: Place<'_>) -> Value {
        let set = &settings.authentication;
        let emulator = &self.app.instance.url;
        let home = place.origin.unwrap_or(emulator);
        let page = |path: &str| format!("{home}/{path}");
        let home_url = page("");
        let preferred = match settings.preferred_sign_in_strategy.as_deref() {
            Some(chosen) if set.password.is_required() => chosen,
            _ if set.password.is_on() => "password",
            _ => "otp",
        };
        json!({
            "object": "display_config",
            "id": "dconf_emulator",
            "instance_environment_type": self.app.instance.environment_type(),
            "application_name": set.application_name,
            "theme": {},
            "preferred_sign_in_strategy": preferred,
            "home_url": home_url,
            "sign_in_url": self.app.instance.sign_in_url(),
            "sign_up_url": self.app.instance.sign_up_url(),
            "user_profile_url": page("user"),
            "waitlist_url": page("waitlist"),
            "oauth_consent_url": page("oauth-consent"),
            "after_sign_in_url": home_url,
            "after_sign_up_url": home_url,
            "after_sign_out_one_url": home_url,
            "after_sign_out_all_url": home_url,
            "after_switch_session_url": home_url,
            "after_join_waitlist_url": home_url,
            "organization_profile_url": page("organization"),
            "create_organization_url": page("create-organization"),
            "after_leave_organization_url": home_url,
            "after_create_organization_url": home_url,
            "logo_link_url": home_url,
            "support_email": settings.support_email,
            "branded": false,
            "experimental_force_oauth_first": false,
            "clerk_js_version": settings.clerk_js_version,
            "show_devmode_warning": false,
            "google_one_tap_client_id": null,
            "help_url": null,
            "privacy_policy_url": null,
            "terms_url": null,
            "logo_url": null,
            "favicon_url": null,
            "logo_image": null,
            "favicon_image": null,
            "captcha_public_key": null,
            "captcha_widget_type": null,
            "captcha_public_key_invisible": null,
            "captcha_provider": null,
            "captcha_oauth_bypass": [],
            "captcha_heartbeat": false,
        })
    }
}

fn requirement(requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::Off => "off",
        Requirement::Optional => "on",
        Requirement::Required => "required",
    }
}

fn identifiers(set: &AuthenticationSettings) -> Vec<String> {
    let mut names: Vec<String> = [
        ("email_address", set.email_address),
        ("phone_number", set.phone_number),
        ("username", set.username),
    ]
    .into_iter()
    .filter(|(_, requirement)| requirement.is_on())
    .map(|(name, _)| name.to_owned())
    .collect();
    names.extend(
        set.social
            .iter()
            .map(|provider| format!("oauth_{provider}")),
    );
    names
}

fn first_factors(set: &AuthenticationSettings) -> Vec<String> {
    let mut names = Vec::new();
    if set.password.is_on() {
        names.push("password".to_owned());
    }
    if set.email_address.is_on() {
        names.extend(set.email_strategies().iter().map(|name| (*name).to_owned()));
        names.push("reset_password_email_code".to_owned());
    }
    if set.phone_number.is_on() {
        names.extend(["phone_code", "reset_password_phone_code"].map(str::to_owned));
    }
    if set.passkeys {
        names.push("passkey".to_owned());
    }
    names.push("ticket".to_owned());
    names.extend(
        set.social
            .iter()
            .map(|provider| format!("oauth_{provider}")),
    );
    names
}

fn second_factors(set: &AuthenticationSettings) -> Vec<&'static str> {
    [
        ("totp", set.authenticator_app),
        ("backup_code", set.backup_codes),
        (
            "phone_code",
            set.phone_second_factor && set.phone_number.is_on(),
        ),
    ]
    .into_iter()
    .filter(|(_, on)| *on)
    .map(|(name, _)| name)
    .collect()
}

struct Attribute<'a> {
    requirement: Requirement,
    first_factors: &'a [&'a str],
    second_factors: &'a [&'a str],
    verifications: &'a [&'a str],
    verify_at_sign_up: bool,
}

impl Attribute<'_> {
    fn plain(requirement: Requirement) -> Self {
        Self {
            requirement,
            first_factors: &[],
            second_factors: &[],
            verifications: &[],
            verify_at_sign_up: false,
        }
    }

    fn show(self) -> Value {
        let on = self.requirement.is_on();
        json!({
            "enabled": on,
            "required": self.requirement.is_required(),
            "used_for_first_factor": on && !self.first_factors.is_empty(),
            "first_factors": self.first_factors,
            "used_for_second_factor": on && !self.second_factors.is_empty(),
            "second_factors": self.second_factors,
            "verifications": self.verifications,
            "verify_at_sign_up": on && self.verify_at_sign_up,
            "immutable": false,
        })
    }
}

fn optional(on: bool) -> Requirement {
    if on {
        Requirement::Optional
    } else {
        Requirement::Off
    }
}

fn attributes(set: &AuthenticationSettings) -> Value {
    let phone_second_factors: &[&str] = match set.phone_second_factor {
        true => &["phone_code"],
        false => &[],
    };
    json!({
        "email_address": Attribute {
            first_factors: set.email_strategies(),
            verifications: set.email_strategies(),
            verify_at_sign_up: true,
            ..Attribute::plain(set.email_address)
        }.show(),
        "phone_number": Attribute {
            first_factors: &["phone_code"],
            second_factors: phone_second_factors,
            verifications: &["phone_code"],
            verify_at_sign_up: true,
            ..Attribute::plain(set.phone_number)
        }.show(),
        "username": with_first_factor(set.username),
        "web3_wallet": Attribute::plain(Requirement::Off).show(),
        "first_name": Attribute::plain(set.first_name).show(),
        "last_name": Attribute::plain(set.last_name).show(),
        "password": Attribute::plain(set.password).show(),
        "authenticator_app": Attribute {
            second_factors: &["totp"],
            verifications: &["totp"],
            ..Attribute::plain(optional(set.authenticator_app))
        }.show(),
        "ticket": Attribute::plain(Requirement::Off).show(),
        "backup_code": Attribute {
            second_factors: &["backup_code"],
            ..Attribute::plain(optional(set.backup_codes))
        }.show(),
        "passkey": Attribute {
            first_factors: &["passkey"],
            verifications: &["passkey"],
            ..Attribute::plain(optional(set.passkeys))
        }.show(),
    })
}

/// A username identifies a user without being verified.
fn with_first_factor(requirement: Requirement) -> Value {
    let mut json = Attribute::plain(requirement).show();
    json["used_for_first_factor"] = json!(requirement.is_on());
    json
}

fn social(set: &AuthenticationSettings) -> Map<String, Value> {
    let show = |provider: &str| {
        let strategy = format!("oauth_{provider}");
        let json = json!({
            "enabled": set.social.iter().any(|one| one == provider),
            "required": false,
            "authenticatable": true,
            "block_email_subaddresses": false,
            "strategy": strategy,
            "not_selectable": false,
            "deprecated": false,
            "name": title(provider),
            "logo_url": null,
        });
        (strategy, json)
    };
    let known = PROVIDERS.iter().copied();
    let custom = set.social.iter().map(String::as_str);
    let custom = custom.filter(|name| !PROVIDERS.contains(name));
    known.chain(custom).map(show).collect()
}

/// Returns the display name of a provider.
pub(in crate::frontend_api) fn title(provider: &str) -> String {
    match provider {
        "github" => "GitHub".to_owned(),
        "gitlab" => "GitLab".to_owned(),
        "hubspot" => "HubSpot".to_owned(),
        "huggingface" => "Hugging Face".to_owned(),
        "linkedin" | "linkedin_oidc" => "LinkedIn".to_owned(),
        "tiktok" => "TikTok".to_owned(),
        "x" => "X / Twitter".to_owned(),
        provider => {
            let mut letters = provider.trim_start_matches("custom_").chars();
            let first = letters
                .next()
                .map(|letter| letter.to_uppercase().to_string());
            first.unwrap_or_default() + letters.as_str()
        }
    }
}

fn user_settings(tables: &Tables, settings: &Settings) -> Value {
    let set = &settings.authentication;
    let restrictions = &settings.restrictions;
    let enabled = |on: bool| json!({ "enabled": on });
    let mut connections = tables.enterprise_connections.iter();
    let sso = json!({ "enabled": connections.any(|one| one.active), "self_serve_sso": true });
    let mut json = json!({
        "attributes": attributes(set),
        "social": social(set),
        "saml": sso,
        "enterprise_sso": sso,
        "sign_in": { "second_factor": { "required": set.second_factor_required } },
        "sign_up": {
            "captcha_enabled": false,
            "captcha_widget_type": "smart",
            "custom_action_required": false,
            "progressive": settings.progressive_sign_up,
            "mode": set.sign_up_mode.as_str(),
            "legal_consent_enabled": set.legal_consent,
        },
        "restrictions": {
            "allowlist": enabled(restrictions.allowlist),
            "blocklist": enabled(restrictions.blocklist),
            "allowlist_blocklist_disabled_on_sign_in":
                enabled(restrictions.allowlist_blocklist_disabled_on_sign_in),
            "block_email_subaddresses": enabled(restrictions.block_email_subaddresses),
            "block_disposable_email_domains": enabled(restrictions.block_disposable_email_domains),
        },
        "password_settings": {
            "disable_hibp": !settings.refuses_breached_passwords,
            "disable_password_reverification": true,
            "min_length": passwords::SHORTEST,
            "max_length": passwords::LONGEST,
            "require_special_char": false,
            "require_numbers": false,
            "require_uppercase": false,
            "require_lowercase": false,
            "show_zxcvbn": false,
            "min_zxcvbn_strength": 0,
            "enforce_hibp_on_sign_in": false,
            "allowed_special_characters": "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~",
        },
        "username_settings": {
            "min_length": 4,
            "max_length": 64,
            "allow_extended_special_characters": false,
            "allow_numeric_usernames": true,
        },
        "actions": {
            "delete_self": true,
            "create_organization": true,
            "create_organizations_limit": null,
        },
        "attack_protection": {
            "user_lockout": {
                "enabled": true,
                "max_attempts": set.max_failed_attempts,
                "duration_in_minutes": lockouts::MINUTES,
            },
            "pii": { "enabled": true },
            "email_link": { "require_same_client": false },
            "enumeration_protection": { "enabled": false },
        },
        "passkey_settings": {
            "allow_autofill": false,
            "show_sign_in_button": set.passkeys,
            "satisfies_second_factor": false,
        },
    });
    if set.second_factor_required {
        // Not in the document; the browser SDK reads it.
        json["sign_up"]["mfa"] = json!({ "required": true });
    }
    json
}

fn organization_settings(settings: &Settings) -> Value {
    let set = &settings.organizations;
    let mut json = json!({
        "enabled": set.enabled,
        "max_allowed_memberships": set.max_allowed_memberships,
        "actions": { "admin_delete": set.admin_delete_enabled },
        "domains": {
            "enabled": set.domains_enabled,
            "enrollment_modes": set.domains_enrollment_modes,
            "default_role": set.domains_default_role,
        },
        "slug": { "disabled": set.slug_disabled },
        "creator_role": set.creator_role,
    });
    if settings.authentication.force_organization_selection {
        // Not in the document; the browser SDK reads it.
        json["force_organization_selection"] = json!(true);
    }
    json
}
