//! One-time codes that verify an email address or a phone number, at the request of the application's server.
//!
//! Every code is the one that Clerk documents for test addresses. The inbox has it as well.

use super::api_error::ApiError;
use super::codes::{self, TEST_CODE};
use super::user_identifiers::{self, IdentifierTraits};
use crate::model::identifier::Proof;
use crate::model::message::Channel;
use crate::model::verification::{CodeStrategy, Verification};
use crate::store::tables::Tables;

/// Delivers a code to an address or a number.
pub(crate) fn prepare<'a>(
    tables: &'a mut Tables,
    strategy: CodeStrategy,
    identifier_id: &str,
    now: i64,
) -> Result<&'a Verification, ApiError> {
    let (channel, to) = match strategy {
        CodeStrategy::Email => {
            let email = user_identifiers::find_email(tables, identifier_id)?;
            (Channel::Email, email.email_address.clone())
        }
        CodeStrategy::Phone => {
            let phone = user_identifiers::find_phone(tables, identifier_id)?;
            (Channel::Sms, phone.phone_number.clone())
        }
    };
    codes::deliver(
        tables,
        channel,
        &to,
        "verification_code",
        TEST_CODE.to_owned(),
        now,
    );
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
    let right = code == TEST_CODE && verification.is_open(now);
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
