//! The operations that users perform on their own accounts.

use super::accounts;
use super::api_error::ApiError;
use super::codes;
use super::enterprise_accounts;
use super::inbox;
use super::passwords::{Checks, NewPassword, Policy};
use super::restrictions;
use super::sessions;
use super::settings;
use super::totp;
use super::user_identifiers::{self, IdentifierTraits, Others};
use super::verdict::Verdict;
use super::visit::Visit;
use crate::model::authentication_settings::Requirement;
use crate::model::challenge::Challenge;
use crate::model::identifier::{EmailAddress, PhoneNumber, Proof};
use crate::model::message::Channel;
use crate::model::patch::Patch;
use crate::model::session::{Session, SessionStatus};
use crate::model::strategy::Strategy;
use crate::model::user::User;
use crate::random;
use crate::secret::Secret;
use crate::store::tables::Tables;

const BACKUP_CODES: usize = 10;

/// Finds an email address of a user.
pub(crate) fn email<'a>(
    tables: &'a Tables,
    user_id: &str,
    id: &str,
) -> Result<&'a EmailAddress, ApiError> {
    let user = accounts::find(tables, user_id)?;
    let mut emails = user.email_addresses.iter();
    emails
        .find(|email| email.id == id)
        .ok_or_else(|| ApiError::not_found("email address", id))
}

/// Finds a phone number of a user.
pub(crate) fn phone<'a>(
    tables: &'a Tables,
    user_id: &str,
    id: &str,
) -> Result<&'a PhoneNumber, ApiError> {
    let user = accounts::find(tables, user_id)?;
    let mut phones = user.phone_numbers.iter();
    phones
        .find(|phone| phone.id == id)
        .ok_or_else(|| ApiError::not_found("phone number", id))
}

/// Adds an unverified email address to a user and returns its ID.
pub(crate) fn add_email(
    tables: &mut Tables,
    user_id: &str,
    address: String,
    now: i64,
) -> Result<String, ApiError> {
    enterprise_accounts::check_additional(tables, user_id)?;
    if !settings::get(tables)?.authentication.email_address.is_on() {
        return Err(ApiError::unknown("email_address"));
    }
    restrictions::check_identifier(tables, &address)?;
    let traits = IdentifierTraits::default();
    user_identifiers::add_email(tables, user_id, address, traits, Others::Kept, now)
        .map(|email| email.id.clone())
}

/// Adds an unverified phone number to a user and returns its ID.
pub(crate) fn add_phone(
    tables: &mut Tables,
    user_id: &str,
    number: String,
    reserved_for_second_factor: bool,
    now: i64,
) -> Result<String, ApiError> {
    enterprise_accounts::check_additional(tables, user_id)?;
    if !settings::get(tables)?.authentication.phone_number.is_on() {
        return Err(ApiError::unknown("phone_number"));
    }
    if reserved_for_second_factor {
        settings::check_on(settings::get(tables)?.authentication.phone_second_factor)?;
    }
    restrictions::check_identifier(tables, &number)?;
    let traits = IdentifierTraits {
        reserved_for_second_factor: Some(reserved_for_second_factor),
        ..IdentifierTraits::default()
    };
    user_identifiers::add_phone(tables, user_id, number, traits, Others::Kept, now)
        .map(|phone| phone.id.clone())
}

fn check_unproven(proof: &Proof) -> Result<(), ApiError> {
    if proof.is_given() {
        return Err(ApiError::bad_request(
            "verification_already_verified",
            "This verification has already been verified.",
        ));
    }
    Ok(())
}

/// Sends a code or a link to a user's email address, or the browser to the identity provider of its domain.
pub(crate) fn prepare_email(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    strategy: &Strategy,
    redirect_url: Option<String>,
    visit: &Visit,
) -> Result<(), ApiError> {
    let email = email(tables, user_id, id)?;
    check_unproven(&email.proof)?;
    let address = email.email_address.clone();
    if *strategy == Strategy::EnterpriseSso {
        let challenge =
            enterprise_accounts::challenge(tables, &address, None, redirect_url, visit)?;
        return user_identifiers::prove_email(tables, id, &challenge, &Proof::None, visit.now);
    }
    let mut challenge = Challenge::new(strategy.clone(), visit.now);
    challenge.answer = Some(match strategy {
        Strategy::EmailCode => {
            let kind = "verification_code";
            codes::send_code(tables, Channel::Email, &address, kind, visit.now)
        }
        Strategy::EmailLink => {
            challenge.redirect_url = redirect_url;
            let kind = "magic_link_user_profile";
            codes::send_link(tables, &address, kind, &visit.emulator_url, visit.now)
        }
        _ => return Err(codes::other_strategy()),
    });
    user_identifiers::prove_email(tables, id, &challenge, &Proof::None, visit.now)
}

/// Attempts to verify an email address with a code.
pub(crate) fn attempt_email(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    code: &str,
    now: i64,
) -> Result<Verdict, ApiError> {
    let email = email(tables, user_id, id)?;
    check_unproven(&email.proof)?;
    let mut challenge = email.challenge.clone().ok_or_else(codes::not_prepared)?;
    if challenge.strategy != Strategy::EmailCode {
        return Err(codes::other_strategy());
    }
    let tried = codes::answer_code(&mut challenge, code, now);
    let proof = tried.as_ref().map_or(Proof::None, |()| Proof::Code);
    user_identifiers::prove_email(tables, id, &challenge, &proof, now)?;
    Ok(Verdict::of(tried))
}

/// Sends a code to a user's phone number.
pub(crate) fn prepare_phone(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    now: i64,
) -> Result<(), ApiError> {
    let phone = phone(tables, user_id, id)?;
    check_unproven(&phone.proof)?;
    let number = phone.phone_number.clone();
    let mut challenge = Challenge::new(Strategy::PhoneCode, now);
    let kind = "verification_code";
    challenge.answer = Some(codes::send_code(tables, Channel::Sms, &number, kind, now));
    user_identifiers::prove_phone(tables, id, &challenge, &Proof::None, now)
}

/// Attempts to verify a phone number with a code.
pub(crate) fn attempt_phone(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    code: &str,
    now: i64,
) -> Result<Verdict, ApiError> {
    let phone = phone(tables, user_id, id)?;
    check_unproven(&phone.proof)?;
    let mut challenge = phone.challenge.clone().ok_or_else(codes::not_prepared)?;
    let tried = codes::answer_code(&mut challenge, code, now);
    let proof = tried.as_ref().map_or(Proof::None, |()| Proof::Code);
    user_identifiers::prove_phone(tables, id, &challenge, &proof, now)?;
    Ok(Verdict::of(tried))
}

/// Reserves a phone number for second factors or releases it, and can make it the default second factor. Returns the backup
/// codes that come with the first second factor.
pub(crate) fn update_phone(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    reserved: Option<bool>,
    is_default: Option<bool>,
    now: i64,
) -> Result<Option<Vec<Secret>>, ApiError> {
    let phone = phone(tables, user_id, id)?;
    let becomes_reserved = reserved.unwrap_or(phone.reserved_for_second_factor);
    if is_default == Some(false) && phone.default_second_factor {
        return Err(ApiError::param(
            "form_disable_default_second_factor_not_allowed",
            "default_second_factor",
            "Make another phone number the default second factor instead",
        ));
    }
    if is_default == Some(true) && phone.proof.is_given() && !becomes_reserved {
        return Err(ApiError::value(
            "default_second_factor",
            "needs a phone number that is reserved for second factors",
        ));
    }
    let wants_second_factor = reserved == Some(true) || is_default == Some(true);
    if wants_second_factor {
        user_identifiers::check_second_factor(phone)?;
        settings::check_on(settings::get(tables)?.authentication.phone_second_factor)?;
        if accounts::find(tables, user_id)?.identifier_count() == 1 {
            return Err(ApiError::bad_request(
                "identification_update_failed",
                "You cannot set your last identification as second factor.",
            ));
        }
    }
    if reserved == Some(false) {
        check_second_factor_remains(tables, user_id, |user| {
            for phone in user.phone_numbers.iter_mut().filter(|phone| phone.id == id) {
                phone.reserved_for_second_factor = false;
            }
        })?;
    }
    let traits = IdentifierTraits {
        reserved_for_second_factor: reserved,
        ..IdentifierTraits::default()
    };
    user_identifiers::update_phone(tables, id, traits, now)?;
    if is_default == Some(true) {
        user_identifiers::make_default_second_factor(tables, id, now)?;
    }
    let made = match reserved {
        Some(true) => first_backup_codes(tables, user_id, now)?,
        Some(false) | None => None,
    };
    sessions::settle_of_user(tables, user_id);
    Ok(made)
}

/// Rejects a change that leaves a user without the second factor that the settings require.
fn check_second_factor_remains(
    tables: &Tables,
    user_id: &str,
    change: impl FnOnce(&mut User),
) -> Result<(), ApiError> {
    let user = accounts::find(tables, user_id)?;
    let required = settings::get(tables)?.authentication.second_factor_required;
    if !required || !settings::has_second_factor(tables, user) {
        return Ok(());
    }
    let mut changed = user.clone();
    change(&mut changed);
    if settings::has_second_factor(tables, &changed) {
        return Ok(());
    }
    Err(ApiError::bad_request(
        "second_factor_deletion_not_allowed",
        "The settings of this instance require a second factor, and this is your last one.",
    ))
}

/// Generates backup codes for a user whose first second factor was just set up, if the settings have them.
fn first_backup_codes(
    tables: &mut Tables,
    user_id: &str,
    now: i64,
) -> Result<Option<Vec<Secret>>, ApiError> {
    let user = accounts::find(tables, user_id)?;
    let wanted = settings::get(tables)?.authentication.backup_codes;
    if !wanted || !user.has_second_factor() || !user.backup_codes.is_empty() {
        return Ok(None);
    }
    let user = accounts::change(tables, user_id, now, |user| {
        user.backup_codes = new_backup_codes();
        Ok(())
    })?;
    Ok(Some(user.backup_codes.clone()))
}

/// Rejects the removal of the last identifier of a kind that the settings require.
fn check_required(requirement: Requirement, left: usize, what: &str) -> Result<(), ApiError> {
    if requirement == Requirement::Required && left == 0 {
        return Err(ApiError::bad_request(
            "last_required_identification_deletion_failed",
            format!("The settings of this instance require {what}, and this is your last one."),
        ));
    }
    Ok(())
}

/// Removes an email address from a user who does without.
pub(crate) fn remove_email(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    now: i64,
) -> Result<(), ApiError> {
    email(tables, user_id, id)?;
    user_identifiers::remove_email(tables, id, now)?;
    let emails = accounts::find(tables, user_id)?.email_addresses.iter();
    let left = emails.filter(|one| one.is_claimed()).count();
    let required = settings::get(tables)?.authentication.email_address;
    check_required(required, left, "an email address")
}

/// Removes a phone number from a user who does without.
pub(crate) fn remove_phone(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    now: i64,
) -> Result<(), ApiError> {
    phone(tables, user_id, id)?;
    check_second_factor_remains(tables, user_id, |user| {
        user.phone_numbers.retain(|phone| phone.id != id);
    })?;
    user_identifiers::remove_phone(tables, id, now)?;
    let phones = accounts::find(tables, user_id)?.phone_numbers.iter();
    let left = phones.filter(|one| one.is_claimed()).count();
    let required = settings::get(tables)?.authentication.phone_number;
    check_required(required, left, "a phone number")
}

/// Rejects a username, or a name, where the settings have none, and the removal of a username that they require.
pub(crate) fn check_names(
    tables: &Tables,
    username: &Patch<String>,
    first_name: &Patch<String>,
    last_name: &Patch<String>,
) -> Result<(), ApiError> {
    let set = &settings::get(tables)?.authentication;
    for (name, patch, requirement) in [
        ("username", username, set.username),
        ("first_name", first_name, set.first_name),
        ("last_name", last_name, set.last_name),
    ] {
        if matches!(patch, Patch::Set(_)) && !requirement.is_on() {
            return Err(ApiError::unknown(name));
        }
    }
    match username {
        Patch::Clear => check_required(set.username, 0, "a username"),
        Patch::Keep | Patch::Set(_) => Ok(()),
    }
}

/// Rejects an unverified identifier as the primary one.
pub(crate) fn check_primary(
    tables: &Tables,
    user_id: &str,
    email_id: Option<&str>,
    phone_id: Option<&str>,
) -> Result<(), ApiError> {
    let unproven = |name: &str| ApiError::value(name, "must name one that is verified");
    if let Some(id) = email_id
        && !email(tables, user_id, id)?.proof.is_given()
    {
        return Err(unproven("primary_email_address_id"));
    }
    if let Some(id) = phone_id
        && !phone(tables, user_id, id)?.proof.is_given()
    {
        return Err(unproven("primary_phone_number_id"));
    }
    Ok(())
}

/// Sets a new password. A user who already has a password must provide it, unless the session was verified again.
pub(crate) fn change_password(
    tables: &mut Tables,
    session: &Session,
    current: Option<&str>,
    new: &str,
    sign_out_of_other_sessions: bool,
    now: i64,
) -> Result<(), ApiError> {
    let user_id = &session.user_id;
    let user = accounts::find(tables, user_id)?;
    let set = &settings::get(tables)?.authentication;
    settings::check_on(set.password.is_on())?;
    let is_verified = set.reverification;
    if user.password.is_some() && !user.password_compromised {
        match current {
            Some(current) => check_password(user, current)?,
            None if is_verified => {}
            None => return Err(ApiError::missing("current_password")),
        }
    }
    let password = Policy::of(tables)?
        .accept(NewPassword::Text {
            password: Secret(new.to_owned()),
            checks: Checks::Enforced,
        })
        .map_err(|refusal| ApiError {
            param_name: Some("new_password".to_owned()),
            ..refusal
        })?;
    accounts::change(tables, user_id, now, |user| {
        user.password = Some(password);
        user.password_last_updated_at = Some(now);
        user.password_compromised = false;
        Ok(())
    })?;
    if sign_out_of_other_sessions {
        let (kept, status) = (Some(session.id.as_str()), SessionStatus::Revoked);
        sessions::end_others_of_user(tables, user_id, kept, status, now);
    }
    let told = "The password of your account was changed.";
    inbox::tell_user(tables, user_id, "password_changed", told, now);
    sessions::settle_of_user(tables, user_id);
    Ok(())
}

fn check_password(user: &User, current: &str) -> Result<(), ApiError> {
    if user.password_is(current) {
        Ok(())
    } else {
        Err(ApiError::param(
            "form_password_validation_failed",
            "current_password",
            "Incorrect password. Please try again.",
        ))
    }
}

/// Removes the password unless the instance requires one.
pub(crate) fn remove_password(
    tables: &mut Tables,
    user_id: &str,
    current: &str,
    now: i64,
) -> Result<(), ApiError> {
    let user = accounts::find(tables, user_id)?;
    if user.password.is_none() {
        return Err(ApiError::bad_request(
            "no_password_set",
            "This user does not have a password set for their account",
        ));
    }
    if settings::get(tables)?.authentication.password == Requirement::Required {
        return Err(ApiError::bad_request(
            "password_required",
            "Settings for this instance require a password to be set. Cannot remove the user's password.",
        ));
    }
    check_password(user, current)?;
    accounts::change(tables, user_id, now, |user| {
        user.password = None;
        user.password_last_updated_at = Some(now);
        Ok(())
    })?;
    let told = "The password of your account was removed.";
    inbox::tell_user(tables, user_id, "password_removed", told, now);
    Ok(())
}

/// Deletes a user's account if the user is allowed to do so.
pub(crate) fn delete(tables: &mut Tables, user_id: &str, now: i64) -> Result<(), ApiError> {
    if !accounts::find(tables, user_id)?.delete_self_enabled {
        return Err(ApiError::forbidden(
            "user_delete_self_not_enabled",
            "Self deletion is not enabled for this user",
        ));
    }
    accounts::delete(tables, user_id, now)
}

/// Generates the secret for an authenticator application, which a code then verifies.
pub(crate) fn start_totp(tables: &mut Tables, user_id: &str, now: i64) -> Result<(), ApiError> {
    settings::check_on(settings::get(tables)?.authentication.authenticator_app)?;
    accounts::change(tables, user_id, now, |user| {
        if user.totp_secret.is_some() {
            return Err(ApiError::bad_request(
                "totp_already_enabled",
                "TOTP is already enabled on your account",
            ));
        }
        user.pending_totp_secret = Some(Secret(totp::new_secret()));
        Ok(())
    })?;
    Ok(())
}

/// Accepts the first code of an authenticator application. Returns the backup codes that come with the first second
/// factor.
pub(crate) fn finish_totp(
    tables: &mut Tables,
    user_id: &str,
    code: &str,
    now: i64,
) -> Result<Option<Vec<Secret>>, ApiError> {
    accounts::change(tables, user_id, now, |user| {
        let secret = user
            .pending_totp_secret
            .clone()
            .ok_or_else(codes::not_prepared)?;
        if !totp::is_current(&secret.0, code, now) {
            return Err(codes::incorrect_code());
        }
        let had = user.has_second_factor();
        user.totp_secret = Some(secret);
        user.pending_totp_secret = None;
        accounts::note_second_factor(user, had, now);
        Ok(())
    })?;
    let made = first_backup_codes(tables, user_id, now)?;
    sessions::settle_of_user(tables, user_id);
    Ok(made)
}

/// Removes the authenticator application, along with the backup codes if no second factor remains.
pub(crate) fn remove_totp(tables: &mut Tables, user_id: &str, now: i64) -> Result<(), ApiError> {
    check_second_factor_remains(tables, user_id, |user| user.totp_secret = None)?;
    accounts::change(tables, user_id, now, |user| {
        if user.totp_secret.is_none() {
            return Err(ApiError::not_found("authenticator application of", user_id));
        }
        let had = user.has_second_factor();
        user.totp_secret = None;
        accounts::note_second_factor(user, had, now);
        Ok(())
    })?;
    sessions::settle_of_user(tables, user_id);
    Ok(())
}

fn new_backup_codes() -> Vec<Secret> {
    (0..BACKUP_CODES)
        .map(|_| Secret(random::alphanumeric(8).to_lowercase()))
        .collect()
}

/// Generates new backup codes that replace the previous ones.
pub(crate) fn make_backup_codes(
    tables: &mut Tables,
    user_id: &str,
    now: i64,
) -> Result<Vec<Secret>, ApiError> {
    settings::check_on(settings::get(tables)?.authentication.backup_codes)?;
    let user = accounts::change(tables, user_id, now, |user| {
        if !user.has_second_factor() {
            return Err(ApiError::bad_request(
                "backup_codes_not_available",
                "In order to use backup codes, you have to enable any other Multi-factor method",
            ));
        }
        user.backup_codes = new_backup_codes();
        Ok(())
    })?;
    Ok(user.backup_codes.clone())
}
