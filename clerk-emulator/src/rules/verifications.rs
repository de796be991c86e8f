//! One-time codes that verify an email address or a phone number.
//!
//! The emulator sends nothing. Every code is the one that Clerk documents for test addresses.

use super::api_error::ApiError;
use super::user_identifiers::{self, IdentifierTraits};
use crate::model::identifier::Proof;
use crate::model::verification::{CodeStrategy, Verification};
use crate::store::tables::Tables;

/// The code used in every verification.
const CODE: &str = "424242";

/// Pretends to send a code to an address or a number.
pub(crate) fn prepare<'a>(
    tables: &'a mut Tables,
    strategy: CodeStrategy,
    identifier_id: &str,
    now: i64,
) -> Result<&'a Verification, ApiError> {
    proof(tables, strategy, identifier_id)?;
    let verification = Verification::new(identifier_id, strategy, now);
    Ok(tables.verifications.insert(verification))
}

/// Checks a code. A wrong code is reported by the status, and the right code also verifies the identifier.
pub(crate) fn attempt<'a>(
    tables: &'a mut Tables,
    strategy: CodeStrategy,
    identifier_id: &str,
    verification_id: &str,
    code: &str,
    now: i64,
) -> Result<&'a Verification, ApiError> {
    let known = proof(tables, strategy, identifier_id)?;
    let not_found = || ApiError::not_found("verification", verification_id);
    let verification = tables
        .verifications
        .get(verification_id)
        .filter(|one| one.identifier_id == identifier_id)
        .ok_or_else(not_found)?;
    if verification.verified {
        return Err(ApiError::bad_request(
            "verification_already_verified",
            "This verification has already been verified.",
        ));
    }
    let right = code == CODE && verification.is_open(now);
    if right && known == Proof::None {
        let verified = IdentifierTraits {
            verified: Some(true),
            ..IdentifierTraits::default()
        };
        match strategy {
            CodeStrategy::Email => {
                user_identifiers::update_email(tables, identifier_id, verified, now)?;
            }
            CodeStrategy::Phone => {
                user_identifiers::update_phone(tables, identifier_id, verified, now)?;
            }
        }
    }
    let verification = tables
        .verifications
        .get_mut(verification_id)
        .ok_or_else(not_found)?;
    if verification.is_open(now) {
        verification.attempts += 1;
        verification.verified = right;
    }
    Ok(verification)
}

fn proof(tables: &Tables, strategy: CodeStrategy, id: &str) -> Result<Proof, ApiError> {
    match strategy {
        CodeStrategy::Email => {
            user_identifiers::find_email(tables, id).map(|one| one.proof.clone())
        }
        CodeStrategy::Phone => {
            user_identifiers::find_phone(tables, id).map(|one| one.proof.clone())
        }
    }
}
