//! The templates of emails and text messages.

use serde::{Deserialize, Serialize};

/// The channel that a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TemplateKind {
    Email,
    Sms,
}

impl TemplateKind {
    /// Returns the name in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }
}

/// A template that every instance has.
#[derive(Debug)]
pub(crate) struct SystemTemplate {
    pub(crate) kind: TemplateKind,
    pub(crate) slug: &'static str,
    pub(crate) name: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) body: &'static str,
    pub(crate) variables: &'static [&'static str],
    /// The placeholders that the body must contain.
    pub(crate) required: &'static [&'static str],
}

/// The application's changes to a system template.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateOverride {
    /// `<kind>/<slug>`.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) subject: Option<String>,
    pub(crate) markup: String,
    pub(crate) body: String,
    pub(crate) from_email_name: String,
    pub(crate) reply_to_email_name: String,
    pub(crate) delivered_by_clerk: bool,
    /// False if only the delivery was switched on or off.
    pub(crate) edited: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl SystemTemplate {
    /// Returns the key of the override.
    pub(crate) fn override_id(&self) -> String {
        format!("{}/{}", self.kind.as_str(), self.slug)
    }
}

const CODE: &[&str] = &["app.name", "otp_code", "requested_at", "requested_from"];
const LINK: &[&str] = &["app.name", "magic_link", "requested_at", "requested_from"];
const INVITED: &[&str] = &["app.name", "action_url", "inviter_name", "expires_in_days"];
const ORGANIZATION: &[&str] = &["app.name", "org.name", "action_url", "inviter_name"];
const NOTICE: &[&str] = &["app.name", "user.name", "primary_email_address"];

const fn email(
    slug: &'static str,
    name: &'static str,
    subject: &'static str,
    body: &'static str,
    variables: &'static [&'static str],
    required: &'static [&'static str],
) -> SystemTemplate {
    SystemTemplate {
        kind: TemplateKind::Email,
        slug,
        name,
        subject,
        body,
        variables,
        required,
    }
}

const fn sms(
    slug: &'static str,
    name: &'static str,
    body: &'static str,
    variables: &'static [&'static str],
    required: &'static [&'static str],
) -> SystemTemplate {
    SystemTemplate {
        kind: TemplateKind::Sms,
        slug,
        name,
        subject: "",
        body,
        variables,
        required,
    }
}

/// The templates that every instance has, ordered by position.
pub(crate) const SYSTEM_TEMPLATES: &[SystemTemplate] = &[
    email(
        "verification_code",
        "Verification code",
        "{{otp_code}} is your {{app.name}} verification code",
        "<p>Your code is {{otp_code}}.</p>",
        CODE,
        &["otp_code"],
    ),
    email(
        "reset_password_code",
        "Reset password code",
        "{{otp_code}} is your {{app.name}} reset password code",
        "<p>Your code is {{otp_code}}.</p>",
        CODE,
        &["otp_code"],
    ),
    email(
        "magic_link_sign_in",
        "Sign-in link",
        "Sign in to {{app.name}}",
        "<p><a href=\"{{magic_link}}\">Sign in</a></p>",
        LINK,
        &["magic_link"],
    ),
    email(
        "magic_link_sign_up",
        "Sign-up link",
        "Sign up for {{app.name}}",
        "<p><a href=\"{{magic_link}}\">Sign up</a></p>",
        LINK,
        &["magic_link"],
    ),
    email(
        "magic_link_user_profile",
        "Verification link",
        "Verify your email address",
        "<p><a href=\"{{magic_link}}\">Verify</a></p>",
        LINK,
        &["magic_link"],
    ),
    email(
        "invitation",
        "Invitation",
        "You are invited to {{app.name}}",
        "<p><a href=\"{{action_url}}\">Accept the invitation</a></p>",
        INVITED,
        &["action_url"],
    ),
    email(
        "organization_invitation",
        "Organization invitation",
        "{{inviter_name}} invited you to {{org.name}}",
        "<p><a href=\"{{action_url}}\">Join {{org.name}}</a></p>",
        ORGANIZATION,
        &["action_url"],
    ),
    email(
        "organization_invitation_accepted",
        "Organization invitation accepted",
        "Your invitation to {{org.name}} was accepted",
        "<p>Your invitation to {{org.name}} was accepted.</p>",
        ORGANIZATION,
        &[],
    ),
    email(
        "organization_membership_requested",
        "Organization membership requested",
        "Somebody asks to join {{org.name}}",
        "<p>Somebody asks to join {{org.name}}.</p>",
        ORGANIZATION,
        &[],
    ),
    email(
        "waitlist_confirmation",
        "Waitlist confirmation",
        "You are on the waitlist of {{app.name}}",
        "<p>You are on the waitlist.</p>",
        NOTICE,
        &[],
    ),
    email(
        "waitlist_invitation",
        "Waitlist invitation",
        "You are invited to {{app.name}}",
        "<p><a href=\"{{action_url}}\">Accept the invitation</a></p>",
        INVITED,
        &["action_url"],
    ),
    email(
        "password_changed",
        "Password changed",
        "Your {{app.name}} password was changed",
        "<p>Your password was changed.</p>",
        NOTICE,
        &[],
    ),
    email(
        "password_removed",
        "Password removed",
        "Your {{app.name}} password was removed",
        "<p>Your password was removed.</p>",
        NOTICE,
        &[],
    ),
    email(
        "primary_email_address_changed",
        "Primary email address changed",
        "Your primary email address was changed",
        "<p>Your primary email address was changed.</p>",
        NOTICE,
        &[],
    ),
    email(
        "new_device_sign_in",
        "Sign-in from new device",
        "New device signed in to your {{app.name}} account",
        "<p>A new device signed in.</p>",
        NOTICE,
        &[],
    ),
    email(
        "passkey_added",
        "Passkey added",
        "A passkey was added to your account",
        "<p>A passkey was added.</p>",
        NOTICE,
        &[],
    ),
    email(
        "passkey_removed",
        "Passkey removed",
        "A passkey was removed from your account",
        "<p>A passkey was removed.</p>",
        NOTICE,
        &[],
    ),
    email(
        "account_locked",
        "Account locked",
        "Your {{app.name}} account is locked",
        "<p>Your account is locked.</p>",
        NOTICE,
        &[],
    ),
    sms(
        "verification_code",
        "Verification code",
        "{{otp_code}} is your {{app.name}} verification code.",
        CODE,
        &["otp_code"],
    ),
    sms(
        "reset_password_code",
        "Reset password code",
        "{{otp_code}} is your {{app.name}} reset password code.",
        CODE,
        &["otp_code"],
    ),
    sms(
        "invitation",
        "Invitation",
        "You are invited to {{app.name}}: {{action_url}}",
        INVITED,
        &["action_url"],
    ),
    sms(
        "organization_invitation",
        "Organization invitation",
        "You are invited to {{org.name}}: {{action_url}}",
        ORGANIZATION,
        &["action_url"],
    ),
    sms(
        "password_changed",
        "Password changed",
        "Your {{app.name}} password was changed.",
        NOTICE,
        &[],
    ),
];
