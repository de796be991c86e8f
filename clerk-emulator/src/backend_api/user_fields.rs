//! The fields of the bodies that create and update users.

use super::identifiers::NOTIFY;
use crate::http::body::Body;
use crate::model::identifier::Proof;
use crate::model::patch::Patch;
use crate::rules::accounts::{NewUser, Profile, UserMetadata, UserUpdate};
use crate::rules::api_error::ApiError;
use crate::rules::passwords::{Checks, NewPassword};
use crate::secret::Secret;

pub(super) const CREATE_FIELDS: &[&str] = &[
    "external_id",
    "first_name",
    "last_name",
    "locale",
    "email_address",
    "email_address_identification_status",
    "phone_number",
    "phone_number_identification_status",
    "web3_wallet",
    "username",
    "password",
    "password_digest",
    "password_hasher",
    "skip_password_checks",
    "skip_password_requirement",
    "totp_secret",
    "backup_codes",
    "public_metadata",
    "private_metadata",
    "unsafe_metadata",
    "delete_self_enabled",
    "legal_accepted_at",
    "skip_legal_checks",
    "skip_user_requirement",
    "create_organization_enabled",
    "create_organizations_limit",
    "created_at",
    "bypass_client_trust",
    "banned",
    "locked",
];
pub(super) const UPDATE_FIELDS: &[&str] = &[
    "external_id",
    "first_name",
    "last_name",
    "locale",
    "primary_email_address_id",
    NOTIFY,
    "primary_phone_number_id",
    "primary_web3_wallet_id",
    "username",
    "profile_image_id",
    "password",
    "password_digest",
    "password_hasher",
    "skip_password_checks",
    "sign_out_of_other_sessions",
    "totp_secret",
    "backup_codes",
    "delete_self_enabled",
    "create_organization_enabled",
    "legal_accepted_at",
    "skip_legal_checks",
    "create_organizations_limit",
    "created_at",
    "bypass_client_trust",
];
pub(super) const METADATA_FIELDS: &[&str] =
    &["public_metadata", "private_metadata", "unsafe_metadata"];

pub(super) fn new_user(body: &Body) -> Result<NewUser, ApiError> {
    Ok(NewUser {
        email_addresses: identifiers(body, "email_address")?,
        phone_numbers: identifiers(body, "phone_number")?,
        web3_wallets: body
            .texts("web3_wallet")?
            .unwrap_or_default()
            .into_iter()
            .map(|address| (address, Proof::Admin))
            .collect(),
        username: body.text("username")?.filter(|name| !name.is_empty()),
        external_id: body.text("external_id")?.filter(|id| !id.is_empty()),
        metadata: user_metadata(body)?,
        banned: body.is_true("banned")?,
        locked: body.is_true("locked")?,
        skip_password_requirement: body.is_true("skip_password_requirement")?,
        skip_user_requirement: body.is_true("skip_user_requirement")?,
        profile: profile(body)?,
    })
}

/// Reads identifiers together with how each is verified.
fn identifiers(body: &Body, name: &str) -> Result<Vec<(String, Proof)>, ApiError> {
    let values = body.texts(name)?.unwrap_or_default();
    let status_name = format!("{name}_identification_status");
    let statuses = body.texts(&status_name)?.unwrap_or_default();
    if !statuses.is_empty() && statuses.len() != values.len() {
        return Err(ApiError::value(
            &status_name,
            &format!("must have as many entries as {name}"),
        ));
    }
    let mut statuses = statuses.into_iter();
    values
        .into_iter()
        .map(|value| match statuses.next().as_deref() {
            None | Some("verified") => Ok((value, Proof::Admin)),
            Some("reserved") => Ok((value, Proof::None)),
            Some(_) => Err(ApiError::value(
                &status_name,
                "must hold verified or reserved",
            )),
        })
        .collect()
}

pub(super) fn user_update(body: &Body) -> Result<UserUpdate, ApiError> {
    body.text("profile_image_id")?;
    Ok(UserUpdate {
        username: body.patch_text("username")?,
        external_id: body.patch_text("external_id")?,
        primary_email_address_id: body.text("primary_email_address_id")?,
        primary_phone_number_id: body.text("primary_phone_number_id")?,
        primary_web3_wallet_id: body.text("primary_web3_wallet_id")?,
        sign_out_of_other_sessions: body.is_true("sign_out_of_other_sessions")?,
        profile: profile(body)?,
    })
}

pub(super) fn user_metadata(body: &Body) -> Result<UserMetadata, ApiError> {
    Ok(UserMetadata {
        public: body.object("public_metadata")?,
        private: body.object("private_metadata")?,
        unsafe_: body.object("unsafe_metadata")?,
    })
}

fn profile(body: &Body) -> Result<Profile, ApiError> {
    let secret = |patch| match patch {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(text) => Patch::Set(Secret(text)),
    };
    body.boolean("skip_legal_checks")?;
    Ok(Profile {
        first_name: body.patch_text("first_name")?,
        last_name: body.patch_text("last_name")?,
        locale: body.patch_text("locale")?,
        delete_self_enabled: body.boolean("delete_self_enabled")?,
        create_organization_enabled: body.boolean("create_organization_enabled")?,
        create_organizations_limit: body.patch_integer("create_organizations_limit")?,
        bypass_client_trust: body.boolean("bypass_client_trust")?,
        legal_accepted_at: body.patch_time("legal_accepted_at")?,
        created_at: body.time("created_at")?,
        password: password(body)?,
        totp_secret: secret(body.patch_text("totp_secret")?),
        backup_codes: match body.patch_texts("backup_codes")? {
            Patch::Keep => Patch::Keep,
            Patch::Clear => Patch::Clear,
            Patch::Set(codes) => Patch::Set(codes.into_iter().map(Secret).collect()),
        },
    })
}

fn password(body: &Body) -> Result<Option<NewPassword>, ApiError> {
    let checks = if body.is_true("skip_password_checks")? {
        Checks::Skipped
    } else {
        Checks::Enforced
    };
    body.text("password_hasher")?;
    if let Some(password) = body.text("password")? {
        return Ok(Some(NewPassword::Text {
            password: Secret(password),
            checks,
        }));
    }
    match body.text("password_digest")? {
        None => Ok(None),
        Some(digest) => Ok(Some(NewPassword::Digest {
            hasher: body.required("password_hasher")?,
            digest: Secret(digest),
        })),
    }
}
