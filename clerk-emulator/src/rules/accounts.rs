//! Users: creating, updating, banning, locking, and deleting them.

use super::api_error::ApiError;
use super::billing::subscriptions;
use super::identifiers;
use super::lockouts;
use super::metadata::{self, Update};
use super::passwords::{NewPassword, Policy};
use super::restrictions;
use super::sessions;
use crate::model::identifier::{EmailAddress, PhoneNumber, Proof, Web3Wallet};
use crate::model::metadata::Metadata;
use crate::model::patch::Patch;
use crate::model::session::SessionStatus;
use crate::model::user::{Image, User};
use crate::secret::Secret;
use crate::store::tables::Tables;

/// The fields of a new user.
#[derive(Debug, Default)]
pub(crate) struct NewUser {
    pub(crate) email_addresses: Vec<(String, Proof)>,
    pub(crate) phone_numbers: Vec<(String, Proof)>,
    pub(crate) web3_wallets: Vec<(String, Proof)>,
    pub(crate) username: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) metadata: UserMetadata,
    pub(crate) banned: bool,
    pub(crate) locked: bool,
    /// Allows a user without a password.
    pub(crate) skip_password_requirement: bool,
    /// Allows a user without any identifier.
    pub(crate) skip_user_requirement: bool,
    pub(crate) profile: Profile,
}

impl NewUser {
    /// Returns the addresses and numbers, or the username if the user has neither.
    pub(crate) fn identifiers(&self) -> Vec<&str> {
        let emails = self.email_addresses.iter();
        let phones = self.phone_numbers.iter();
        let reachable: Vec<&str> = emails
            .chain(phones)
            .map(|(text, _)| text.as_str())
            .collect();
        if reachable.is_empty() {
            self.username.as_deref().into_iter().collect()
        } else {
            reachable
        }
    }
}

/// The fields shared by creation and update.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    pub(crate) first_name: Patch<String>,
    pub(crate) last_name: Patch<String>,
    pub(crate) locale: Patch<String>,
    pub(crate) delete_self_enabled: Option<bool>,
    pub(crate) create_organization_enabled: Option<bool>,
    pub(crate) create_organizations_limit: Patch<i64>,
    pub(crate) bypass_client_trust: Option<bool>,
    pub(crate) legal_accepted_at: Patch<i64>,
    pub(crate) created_at: Option<i64>,
    pub(crate) password: Option<NewPassword>,
    pub(crate) totp_secret: Patch<Secret>,
    pub(crate) backup_codes: Patch<Vec<Secret>>,
}

/// An update of a user.
#[derive(Debug, Default)]
pub(crate) struct UserUpdate {
    pub(crate) username: Patch<String>,
    pub(crate) external_id: Patch<String>,
    pub(crate) primary_email_address_id: Option<String>,
    pub(crate) primary_phone_number_id: Option<String>,
    pub(crate) primary_web3_wallet_id: Option<String>,
    pub(crate) sign_out_of_other_sessions: bool,
    pub(crate) profile: Profile,
}

/// The given subset of the three metadata objects of a user.
#[derive(Debug, Default)]
pub(crate) struct UserMetadata {
    pub(crate) public: Option<Metadata>,
    pub(crate) private: Option<Metadata>,
    pub(crate) unsafe_: Option<Metadata>,
}

/// Finds a user by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a User, ApiError> {
    tables
        .users
        .get(id)
        .ok_or_else(|| ApiError::not_found("user", id))
}

/// Iterates over the oldest users.
pub(crate) fn first(tables: &Tables, count: usize) -> impl Iterator<Item = &User> {
    tables.users.iter().take(count)
}

/// Changes a user.
pub(crate) fn change<'a>(
    tables: &'a mut Tables,
    id: &str,
    now: i64,
    change: impl FnOnce(&mut User) -> Result<(), ApiError>,
) -> Result<&'a User, ApiError> {
    let user = tables
        .users
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("user", id))?;
    change(user)?;
    user.updated_at = now;
    Ok(user)
}

/// Creates a user.
pub(crate) fn create(tables: &mut Tables, new: NewUser, now: i64) -> Result<&User, ApiError> {
    let emails = texts(&new.email_addresses);
    let phones = texts(&new.phone_numbers);
    let wallets = texts(&new.web3_wallets);
    for email in &emails {
        identifiers::check_new_email(tables, email)?;
    }
    identifiers::check_distinct("email_address", &emails)?;
    for phone in &phones {
        identifiers::check_new_phone(tables, phone)?;
    }
    identifiers::check_distinct("phone_number", &phones)?;
    for wallet in &wallets {
        identifiers::check_new_wallet(tables, wallet)?;
    }
    identifiers::check_distinct("web3_wallet", &wallets)?;
    if let Some(username) = &new.username {
        identifiers::check_username(tables, username, None)?;
    }
    if let Some(external_id) = &new.external_id {
        identifiers::check_external_id(tables, external_id, None)?;
    }
    let identifiable = [&emails, &phones, &wallets]
        .iter()
        .any(|texts| !texts.is_empty())
        || new.username.is_some()
        || new.skip_user_requirement;
    if !identifiable {
        return Err(incomplete("email_address"));
    }
    if new.profile.password.is_none() && !new.skip_password_requirement {
        return Err(incomplete("password"));
    }
    let mut user = User::new(now);
    user.email_addresses = new
        .email_addresses
        .into_iter()
        .map(|(address, proof)| EmailAddress {
            reserved: !proof.is_given(),
            ..EmailAddress::new(address, proof, now)
        })
        .collect();
    user.phone_numbers = new
        .phone_numbers
        .into_iter()
        .map(|(number, proof)| PhoneNumber {
            reserved: !proof.is_given(),
            ..PhoneNumber::new(number, proof, now)
        })
        .collect();
    user.web3_wallets = new
        .web3_wallets
        .into_iter()
        .map(|(address, proof)| Web3Wallet::new(address, proof, now))
        .collect();
    user.fill_in_primaries();
    let primary = user
        .web3_wallets
        .iter()
        .find(|wallet| wallet.proof.is_given());
    user.primary_web3_wallet_id = primary.map(|wallet| wallet.id.clone());
    user.username = new.username;
    user.external_id = new.external_id;
    user.banned = new.banned;
    user.locked = new.locked;
    apply_metadata(&mut user, new.metadata, Update::Replace)?;
    apply_profile(&mut user, new.profile, Policy::of(tables)?, now)?;
    subscriptions::open(tables, &user.id, now);
    Ok(tables.users.insert(user))
}

fn texts(identifiers: &[(String, Proof)]) -> Vec<&str> {
    identifiers.iter().map(|(text, _)| text.as_str()).collect()
}

fn incomplete(param_name: &str) -> ApiError {
    ApiError::param(
        "form_data_missing",
        param_name,
        format!("[\"{param_name}\"] data doesn't match user requirements set for this instance"),
    )
}

/// Updates a user.
pub(crate) fn update<'a>(
    tables: &'a mut Tables,
    id: &str,
    update: UserUpdate,
    now: i64,
) -> Result<&'a User, ApiError> {
    find(tables, id)?;
    if let Some(username) = update.username.value() {
        identifiers::check_username(tables, username, Some(id))?;
    }
    if let Some(external_id) = update.external_id.value() {
        identifiers::check_external_id(tables, external_id, Some(id))?;
    }
    if update.sign_out_of_other_sessions {
        sessions::end_all_of_user(tables, id, SessionStatus::Revoked, now);
    }
    let policy = Policy::of(tables)?;
    change(tables, id, now, |user| {
        let had_username = user.username.is_some();
        update.username.apply(&mut user.username);
        update.external_id.apply(&mut user.external_id);
        if let Some(email) = update.primary_email_address_id {
            if !user.email_addresses.iter().any(|known| known.id == email) {
                return Err(ApiError::not_found("email address of this user", &email));
            }
            user.primary_email_address_id = Some(email);
        }
        if let Some(phone) = update.primary_phone_number_id {
            if !user.phone_numbers.iter().any(|known| known.id == phone) {
                return Err(ApiError::not_found("phone number of this user", &phone));
            }
            user.primary_phone_number_id = Some(phone);
        }
        if let Some(wallet) = update.primary_web3_wallet_id {
            if !user.web3_wallets.iter().any(|known| known.id == wallet) {
                return Err(ApiError::not_found("web3 wallet of this user", &wallet));
            }
            user.primary_web3_wallet_id = Some(wallet);
        }
        // A user who had no identifier before may remain without one.
        if had_username
            && user.username.is_none()
            && user.email_addresses.is_empty()
            && user.phone_numbers.is_empty()
            && user.web3_wallets.is_empty()
        {
            return Err(incomplete("username"));
        }
        apply_profile(user, update.profile, policy, now)
    })
}

fn apply_profile(
    user: &mut User,
    profile: Profile,
    policy: Policy,
    now: i64,
) -> Result<(), ApiError> {
    profile.first_name.apply(&mut user.first_name);
    profile.last_name.apply(&mut user.last_name);
    profile.locale.apply(&mut user.locale);
    if let Some(enabled) = profile.delete_self_enabled {
        user.delete_self_enabled = enabled;
    }
    if let Some(enabled) = profile.create_organization_enabled {
        user.create_organization_enabled = enabled;
    }
    profile
        .create_organizations_limit
        .apply(&mut user.create_organizations_limit);
    if let Some(bypass) = profile.bypass_client_trust {
        user.bypass_client_trust = bypass;
    }
    profile.legal_accepted_at.apply(&mut user.legal_accepted_at);
    if let Some(created_at) = profile.created_at {
        user.created_at = created_at;
    }
    if let Some(password) = profile.password {
        user.password = Some(policy.accept(password)?);
        user.password_last_updated_at = Some(now);
        user.password_compromised = false;
    }
    let had_second_factor = user.has_second_factor();
    profile.totp_secret.apply(&mut user.totp_secret);
    match profile.backup_codes {
        Patch::Keep => {}
        Patch::Clear => user.backup_codes.clear(),
        Patch::Set(codes) => user.backup_codes = codes,
    }
    note_second_factor(user, had_second_factor, now);
    Ok(())
}

/// Records the time at which a second factor was added or removed.
pub(crate) fn note_second_factor(user: &mut User, had: bool, now: i64) {
    user.fill_in_default_second_factor();
    match (had, user.has_second_factor()) {
        (false, true) => user.mfa_enabled_at = Some(now),
        (true, false) => {
            user.mfa_disabled_at = Some(now);
            user.backup_codes.clear();
        }
        _ => {}
    }
}

/// Merges or replaces metadata. Omitted metadata stays unchanged.
pub(crate) fn update_metadata<'a>(
    tables: &'a mut Tables,
    id: &str,
    given: UserMetadata,
    how: Update,
    now: i64,
) -> Result<&'a User, ApiError> {
    change(tables, id, now, |user| apply_metadata(user, given, how))
}

fn apply_metadata(user: &mut User, given: UserMetadata, how: Update) -> Result<(), ApiError> {
    metadata::update(
        "public_metadata",
        &mut user.public_metadata,
        given.public,
        how,
    )?;
    metadata::update(
        "private_metadata",
        &mut user.private_metadata,
        given.private,
        how,
    )?;
    metadata::update(
        "unsafe_metadata",
        &mut user.unsafe_metadata,
        given.unsafe_,
        how,
    )
}

/// Deletes a user and everything that belongs to the user.
pub(crate) fn delete(tables: &mut Tables, id: &str, now: i64) -> Result<(), ApiError> {
    find(tables, id)?;
    sessions::end_all_of_user(tables, id, SessionStatus::Removed, now);
    tables
        .memberships
        .remove_where(|membership| membership.user_id == id);
    tables.tickets.remove_where(|ticket| ticket.user_id == id);
    tables
        .credentials
        .remove_where(|credential| credential.subject == id);
    tables
        .credit_entries
        .remove_where(|entry| entry.owner_id == id);
    subscriptions::close(tables, id);
    lockouts::clear(tables, id);
    tables
        .organization_suggestions
        .remove_where(|suggestion| suggestion.user_id == id);
    tables
        .refresh_grants
        .remove_where(|grant| grant.user_id == id);
    tables
        .authorization_codes
        .remove_where(|code| code.user_id == id);
    tables
        .device_grants
        .remove_where(|grant| grant.user_id() == Some(id));
    tables
        .oauth_consents
        .remove_where(|consent| consent.user_id() == id);
    tables
        .enterprise_accounts
        .remove_where(|account| account.user_id == id);
    tables
        .trusted_devices
        .remove_where(|device| device.user_id == id);
    tables
        .device_enrollments
        .remove_where(|enrollment| enrollment.user_id == id);
    tables.users.remove(id);
    Ok(())
}

/// Bans a user, which ends all of the user's sessions, or lifts the ban.
pub(crate) fn set_banned<'a>(
    tables: &'a mut Tables,
    id: &str,
    banned: bool,
    now: i64,
) -> Result<&'a User, ApiError> {
    if banned {
        sessions::end_all_of_user(tables, id, SessionStatus::Revoked, now);
    }
    change(tables, id, now, |user| {
        user.banned = banned;
        Ok(())
    })
}

/// Rejects users who are banned, locked, or kept out by the lists.
pub(crate) fn check_may_sign_in(tables: &Tables, user: &User, now: i64) -> Result<(), ApiError> {
    check_not_banned(user)?;
    restrictions::check_sign_in(tables, user)?;
    lockouts::check(tables, user, now)
}

/// Rejects users who are banned.
pub(crate) fn check_not_banned(user: &User) -> Result<(), ApiError> {
    if user.banned {
        return Err(ApiError::forbidden(
            "user_banned",
            "You have been banned. If you think this was by mistake, please contact support.",
        ));
    }
    Ok(())
}

/// Locks a user, which prevents signing in, or unlocks the user.
pub(crate) fn set_locked<'a>(
    tables: &'a mut Tables,
    id: &str,
    locked: bool,
    now: i64,
) -> Result<&'a User, ApiError> {
    lockouts::clear(tables, id);
    change(tables, id, now, |user| {
        user.locked = locked;
        Ok(())
    })
}

/// Replaces or removes the picture.
pub(crate) fn set_image<'a>(
    tables: &'a mut Tables,
    id: &str,
    image: Option<Image>,
    now: i64,
) -> Result<&'a User, ApiError> {
    change(tables, id, now, |user| {
        user.image = image;
        Ok(())
    })
}

/// Checks a password.
pub(crate) fn verify_password(tables: &Tables, id: &str, password: &str) -> Result<(), ApiError> {
    let user = find(tables, id)?;
    if user.password.is_none() {
        return Err(ApiError::bad_request(
            "no_password_set",
            "This user has no password",
        ));
    }
    if user.password_is(password) {
        Ok(())
    } else {
        Err(ApiError::param(
            "incorrect_password",
            "password",
            "The password is not the user's",
        ))
    }
}
