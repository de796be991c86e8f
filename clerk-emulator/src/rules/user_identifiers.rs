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
    let email = EmailAddress::new(address, traits.proof().unwrap_or(Proof::None), now);
    let id = email.id.clone();
    if others == Others::Removed {
        accounts::change(tables, user_id, now, |user| {
            user.email_addresses.clear();
            Ok(())
        })?;
    }
    identifiers::check_new_email(tables, &email.email_address)?;
    accounts::change(tables, user_id, now, |user| {
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
    accounts::change(tables, &user_id, now, |user| {
        for email in &mut user.email_addresses {
            if email.id == id {
                if let Some(proof) = traits.proof() {
                    email.proof = proof;
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

/// Stores the challenge for an email address and the resulting proof.
pub(crate) fn prove_email(
    tables: &mut Tables,
    id: &str,
    challenge: &Challenge,
    proof: &Proof,
    now: i64,
) -> Result<(), ApiError> {
    let user_id = email_owner(tables, id)?;
    accounts::change(tables, &user_id, now, |user| {
        for email in user
            .email_addresses
            .iter_mut()
            .filter(|email| email.id == id)
        {
            email.challenge = Some(challenge.clone());
            if proof.is_given() {
                email.proof = proof.clone();
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
    accounts::change(tables, &user_id, now, |user| {
        let had = user.has_second_factor();
        for phone in user.phone_numbers.iter_mut().filter(|phone| phone.id == id) {
            phone.challenge = Some(challenge.clone());
            if proof.is_given() {
                phone.proof = proof.clone();
            }
            phone.updated_at = now;
        }
        accounts::note_second_factor(user, had, now);
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

/// Removes an email address from its user, unless it is the last identifier.
pub(crate) fn remove_email(tables: &mut Tables, id: &str, now: i64) -> Result<(), ApiError> {
    let user_id = email_owner(tables, id)?;
    accounts::change(tables, &user_id, now, |user| {
        user.email_addresses.retain(|email| email.id != id);
        check_identifiable(user)?;
        user.fill_in_primaries();
        Ok(())
    })?;
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

/// Updates a phone number.
pub(crate) fn update_phone<'a>(
    tables: &'a mut Tables,
    id: &str,
    traits: IdentifierTraits,
    now: i64,
) -> Result<&'a PhoneNumber, ApiError> {
    let user_id = phone_owner(tables, id)?;
    accounts::change(tables, &user_id, now, |user| {
        let had = user.has_second_factor();
        for phone in &mut user.phone_numbers {
            if phone.id == id {
                if let Some(proof) = traits.proof() {
                    phone.proof = proof;
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
        user.phone_numbers.retain(|phone| phone.id != id);
        check_identifiable(user)?;
        user.fill_in_primaries();
        accounts::note_second_factor(user, had, now);
        Ok(())
    })?;
    Ok(())
}

fn check_identifiable(user: &User) -> Result<(), ApiError> {
    if user.email_addresses.is_empty() && user.phone_numbers.is_empty() && user.username.is_none() {
        return Err(ApiError::bad_request(
            "identification_deletion_failed",
            "You cannot delete your last identification.",
        ));
    }
    Ok(())
}
