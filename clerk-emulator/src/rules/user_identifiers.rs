//! Individual email addresses and phone numbers of users.

use super::accounts;
use super::api_error::ApiError;
use super::identifiers;
use super::inbox;
use crate::model::challenge::Challenge;
use crate::model::identifier::{EmailAddress, PhoneNumber, Proof};
use crate::model::user::User;
use crate::store::tables::Tables;

/// The properties of an identifier that is added or updated.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct IdentifierTraits {
    pub(crate) verified: Option<bool>,
    pub(crate) primary: Option<bool>,
    /// True for an identifier that only its user can have and sign in with before it is verified.
    pub(crate) reserved: bool,
    pub(crate) reserved_for_second_factor: Option<bool>,
}

impl IdentifierTraits {
    fn proof(self) -> Option<Proof> {
        self.verified.map(|verified| match verified {
            true => Proof::Admin,
            false => Proof::None,
        })
    }
}

/// Determines whether a new identifier is added to the others of its user or replaces them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    Kept,
    Removed,
}

fn owner<'a>(
    tables: &'a Tables,
    what: &str,
    id: &str,
    owns: impl Fn(&User) -> bool,
) -> Result<&'a User, ApiError> {
    tables
        .users
        .find(owns)
        .ok_or_else(|| ApiError::not_found(what, id))
}

/// Finds an email address by ID.
pub(crate) fn find_email<'a>(tables: &'a Tables, id: &str) -> Result<&'a EmailAddress, ApiError> {
    tables
        .users
        .iter()
        .flat_map(|user| &user.email_addresses)
        .find(|email| email.id == id)
        .ok_or_else(|| ApiError::not_found("email address", id))
}

/// Finds a phone number by ID.
pub(crate) fn find_phone<'a>(tables: &'a Tables, id: &str) -> Result<&'a PhoneNumber, ApiError> {
    tables
        .users
        .iter()
        .flat_map(|user| &user.phone_numbers)
        .find(|phone| phone.id == id)
        .ok_or_else(|| ApiError::not_found("phone number", id))
}

/// Returns the ID of the user who has an email address.
pub(crate) fn email_owner(tables: &Tables, id: &str) -> Result<String, ApiError> {
    let owns = |user: &User| user.email_addresses.iter().any(|email| email.id == id);
    owner(tables, "email address", id, owns).map(|user| user.id.clone())
}

fn phone_owner(tables: &Tables, id: &str) -> Result<String, ApiError> {
    let owns = |user: &User| user.phone_numbers.iter().any(|phone| phone.id == id);
    owner(tables, "phone number", id, owns).map(|user| user.id.clone())
}

/// Returns the primary email address of a user.
pub(crate) fn primary_email(tables: &Tables, user_id: &str) -> Option<String> {
    let user = tables.users.get(user_id)?;
    user.primary_email().map(str::to_owned)
}

/// Tells the previous primary email address of a user if another took its place.
pub(crate) fn tell_previous_primary(
    tables: &mut Tables,
    user_id: &str,
    previous: Option<&str>,
    now: i64,
) {
    let current = primary_email(tables, user_id);
    if let Some(previous) = previous
        && current.as_deref() != Some(previous)
    {
        let told = "The primary email address of your account was changed.";
        inbox::tell(tables, previous, "primary_email_address_changed", told, now);
    }
}

/// Adds an email address to a user.
pub(crate) fn add_email<'a>(
    tables: &'a mut Tables,
    user_id: &str,
    address: String,
    traits: IdentifierTraits,
    others: Others,
    now: i64,
) -> Result<&'a EmailAddress, ApiError> {
    accounts::find(tables, user_id)?;
    let mut email = EmailAddress::new(address, traits.proof().unwrap_or(Proof::None), now);
    email.reserved = traits.reserved;
    let id = email.id.clone();
    if others == Others::Removed {
        accounts::change(tables, user_id, now, |user| {
            user.email_addresses.clear();
            Ok(())
        })?;
    }
    identifiers::check_new_email(tables, &email.email_address)?;
    accounts::change(tables, user_id, now, |user| {
        if user.has_email(&email.email_address) {
            return Err(ApiError::taken("email_address"));
        }
        user.email_addresses.push(email);
        if traits.primary == Some(true) {
            user.primary_email_address_id = Some(id.clone());
        }
        user.fill_in_primaries();
        Ok(())
    })?;
    find_email(tables, &id)
}

/// Updates an email address.
pub(crate) fn update_email<'a>(
    tables: &'a mut Tables,
    id: &str,
    traits: IdentifierTraits,
    now: i64,
) -> Result<&'a EmailAddress, ApiError> {
    let user_id = email_owner(tables, id)?;
    if traits.verified == Some(true) {
        check_email_claim(tables, &user_id, id)?;
    }
    accounts::change(tables, &user_id, now, |user| {
        for email in &mut user.email_addresses {
            if email.id == id {
                if let Some(proof) = traits.proof() {
                    email.proof = proof;
                    email.reserved = false;
                }
                email.updated_at = now;
            }
        }
        if traits.primary == Some(true) {
            user.primary_email_address_id = Some(id.to_owned());
        }
        Ok(())
    })?;
    find_email(tables, id)
}

/// Rejects an email address of a user that somebody else has claimed in the meantime.
pub(super) fn check_email_claim(tables: &Tables, user_id: &str, id: &str) -> Result<(), ApiError> {
    let address = &find_email(tables, id)?.email_address;
    match identifiers::user_by_email(tables, address) {
        Some(other) if other.id != user_id => Err(ApiError::taken("email_address")),
        _ => Ok(()),
    }
}

/// Rejects a phone number of a user that somebody else has claimed in the meantime.
fn check_phone_claim(tables: &Tables, user_id: &str, id: &str) -> Result<(), ApiError> {
    let number = &find_phone(tables, id)?.phone_number;
    match identifiers::user_by_phone(tables, number) {
        Some(other) if other.id != user_id => Err(ApiError::taken("phone_number")),
        _ => Ok(()),
    }
}

/// Stores the challenge for an email address and the resulting proof.
pub(crate) fn prove_email(
    tables: &mut Tables,
    id: &str,
    challenge: &Challenge,
    proof: &Proof,
    now: i64,
) -> Result<(), ApiError> {
    let user_id = email_owner(tables, id)?;
    if proof.is_given() {
        check_email_claim(tables, &user_id, id)?;
    }
    accounts::change(tables, &user_id, now, |user| {
        for email in user
            .email_addresses
            .iter_mut()
            .filter(|email| email.id == id)
        {
            email.challenge = Some(challenge.clone());
            if proof.is_given() {
                email.proof = proof.clone();
                email.reserved = false;
            }
            email.updated_at = now;
        }
        Ok(())
    })?;
    Ok(())
}

/// Stores the challenge for a phone number and the resulting proof.
pub(crate) fn prove_phone(
    tables: &mut Tables,
    id: &str,
    challenge: &Challenge,
    proof: &Proof,
    now: i64,
) -> Result<(), ApiError> {
    let user_id = phone_owner(tables, id)?;
    if proof.is_given() {
        check_phone_claim(tables, &user_id, id)?;
    }
    accounts::change(tables, &user_id, now, |user| {
        let had = user.has_second_factor();
        for phone in user.phone_numbers.iter_mut().filter(|phone| phone.id == id) {
            phone.challenge = Some(challenge.clone());
            if proof.is_given() {
                phone.proof = proof.clone();
                phone.reserved = false;
            }
            phone.updated_at = now;
        }
        accounts::note_second_factor(user, had, now);
        Ok(())
    })?;
    Ok(())
}

/// Verifies an email address that was not, if its user still has it.
pub(crate) fn vouch_for_email(
    tables: &mut Tables,
    id: &str,
    proof: Proof,
    now: i64,
) -> Result<(), ApiError> {
    let Ok(user_id) = email_owner(tables, id) else {
        return Ok(());
    };
    accounts::change(tables, &user_id, now, |user| {
        let mut emails = user.email_addresses.iter_mut();
        if let Some(email) = emails.find(|one| one.id == id && !one.proof.is_given()) {
            email.proof = proof;
            email.reserved = false;
            email.updated_at = now;
        }
        Ok(())
    })?;
    Ok(())
}

/// Verifies a phone number that was not, if its user still has it.
pub(crate) fn vouch_for_phone(
    tables: &mut Tables,
    id: &str,
    proof: Proof,
    now: i64,
) -> Result<(), ApiError> {
    let Ok(user_id) = phone_owner(tables, id) else {
        return Ok(());
    };
    accounts::change(tables, &user_id, now, |user| {
        let mut phones = user.phone_numbers.iter_mut();
        if let Some(phone) = phones.find(|one| one.id == id && !one.proof.is_given()) {
            phone.proof = proof;
            phone.reserved = false;
            phone.updated_at = now;
        }
        Ok(())
    })?;
    Ok(())
}

/// Makes a phone number the default one for second factors.
pub(crate) fn make_default_second_factor(
    tables: &mut Tables,
    id: &str,
    now: i64,
) -> Result<(), ApiError> {
    let user_id = phone_owner(tables, id)?;
    accounts::change(tables, &user_id, now, |user| {
        for phone in &mut user.phone_numbers {
            phone.default_second_factor = phone.id == id;
        }
        Ok(())
    })?;
    Ok(())
}

/// Removes an email address from its user, unless it is the last identifier, along with the account of that address at the
/// user's company.
pub(crate) fn remove_email(tables: &mut Tables, id: &str, now: i64) -> Result<(), ApiError> {
    let user_id = email_owner(tables, id)?;
    let address = find_email(tables, id)?.email_address.clone();
    accounts::change(tables, &user_id, now, |user| {
        check_unlinked(user, id)?;
        let had = user.identifier_count();
        user.email_addresses.retain(|email| email.id != id);
        check_identifiable(user, had)?;
        user.fill_in_primaries();
        Ok(())
    })?;
    tables.enterprise_accounts.remove_where(|one| {
        one.user_id == user_id && one.account.email_address.eq_ignore_ascii_case(&address)
    });
    Ok(())
}

/// Adds a phone number to a user.
pub(crate) fn add_phone<'a>(
    tables: &'a mut Tables,
    user_id: &str,
    number: String,
    traits: IdentifierTraits,
    others: Others,
    now: i64,
) -> Result<&'a PhoneNumber, ApiError> {
    accounts::find(tables, user_id)?;
    let mut phone = PhoneNumber::new(number, traits.proof().unwrap_or(Proof::None), now);
    phone.reserved = traits.reserved;
    phone.reserved_for_second_factor = traits.reserved_for_second_factor == Some(true);
    let id = phone.id.clone();
    if others == Others::Removed {
        accounts::change(tables, user_id, now, |user| {
            user.phone_numbers.clear();
            Ok(())
        })?;
    }
    identifiers::check_new_phone(tables, &phone.phone_number)?;
    accounts::change(tables, user_id, now, |user| {
        if user.has_phone(&phone.phone_number) {
            return Err(ApiError::taken("phone_number"));
        }
        let had = user.has_second_factor();
        user.phone_numbers.push(phone);
        if traits.primary == Some(true) {
            user.primary_phone_number_id = Some(id.clone());
        }
        user.fill_in_primaries();
        accounts::note_second_factor(user, had, now);
        Ok(())
    })?;
    find_phone(tables, &id)
}

/// Rejects a phone number as a second factor that is not verified.
pub(crate) fn check_second_factor(phone: &PhoneNumber) -> Result<(), ApiError> {
    if phone.proof.is_given() {
        return Ok(());
    }
    Err(ApiError::bad_request(
        "identification_update_second_factor_unverified",
        "A phone number must be verified before it can be a second factor",
    ))
}

/// Updates a phone number.
pub(crate) fn update_phone<'a>(
    tables: &'a mut Tables,
    id: &str,
    traits: IdentifierTraits,
    now: i64,
) -> Result<&'a PhoneNumber, ApiError> {
    let user_id = phone_owner(tables, id)?;
    if traits.verified == Some(true) {
        check_phone_claim(tables, &user_id, id)?;
    }
    if traits.reserved_for_second_factor == Some(true) && traits.verified != Some(true) {
        check_second_factor(find_phone(tables, id)?)?;
    }
    accounts::change(tables, &user_id, now, |user| {
        let had = user.has_second_factor();
        for phone in &mut user.phone_numbers {
            if phone.id == id {
                if let Some(proof) = traits.proof() {
                    phone.proof = proof;
                    phone.reserved = false;
                }
                phone.reserved_for_second_factor = traits
                    .reserved_for_second_factor
                    .unwrap_or(phone.reserved_for_second_factor);
                phone.updated_at = now;
            }
        }
        if traits.primary == Some(true) {
            user.primary_phone_number_id = Some(id.to_owned());
        }
        accounts::note_second_factor(user, had, now);
        Ok(())
    })?;
    find_phone(tables, id)
}

/// Removes a phone number from its user, unless it is the last identifier.
pub(crate) fn remove_phone(tables: &mut Tables, id: &str, now: i64) -> Result<(), ApiError> {
    let user_id = phone_owner(tables, id)?;
    accounts::change(tables, &user_id, now, |user| {
        let had = user.has_second_factor();
        let had_identifiers = user.identifier_count();
        user.phone_numbers.retain(|phone| phone.id != id);
        check_identifiable(user, had_identifiers)?;
        user.fill_in_primaries();
        accounts::note_second_factor(user, had, now);
        Ok(())
    })?;
    Ok(())
}

/// Rejects users who have no identifier left, or none that only they can have although they had one.
pub(crate) fn check_identifiable(user: &User, had: usize) -> Result<(), ApiError> {
    let has_any = !user.email_addresses.is_empty()
        || !user.phone_numbers.is_empty()
        || !user.web3_wallets.is_empty()
        || user.username.is_some();
    if has_any && (had == 0 || user.identifier_count() > 0) {
        return Ok(());
    }
    Err(ApiError::bad_request(
        "identification_deletion_failed",
        "You cannot delete your last identification.",
    ))
}

/// Rejects the removal of an email address with which a provider knows the user.
fn check_unlinked(user: &User, id: &str) -> Result<(), ApiError> {
    let email = user.email_addresses.iter().find(|email| email.id == id);
    let is_linked = email.is_some_and(|email| {
        user.external_accounts.iter().any(|one| {
            let address = &one.account.email_address;
            one.verification.is_verified() && address.eq_ignore_ascii_case(&email.email_address)
        })
    });
    if is_linked {
        return Err(ApiError::bad_request(
            "delete_linked_identification_disallowed",
            "This email address belongs to a connected account. Remove that account first.",
        ));
    }
    Ok(())
}
