use super::super::accounts;
use super::super::api_error::ApiError;
use super::super::clients;
use super::super::inbox;
use super::super::sessions;
use super::super::settings;
use super::super::user_identifiers;
use super::super::visit::Visit;
use crate::model::challenge::Challenge;
use crate::model::identifier::Proof;
use crate::model::sign_in_attempt::{SignInAttempt, SignInStatus};
use crate::model::strategy::Strategy;
use crate::model::user::User;
use crate::store::tables::Tables;

/// Returns true unless a code or a link went to an address or a number that the user no longer has.
fn still_has(user: &User, challenge: &Challenge) -> bool {
    let is_one = |id: &String| challenge.identifier_id.as_ref().is_none_or(|one| one == id);
    match challenge.strategy {
        Strategy::EmailCode | Strategy::EmailLink | Strategy::ResetPasswordEmailCode => {
            user.email_addresses.iter().any(|one| is_one(&one.id))
        }
        Strategy::PhoneCode | Strategy::ResetPasswordPhoneCode => {
            user.phone_numbers.iter().any(|one| is_one(&one.id))
        }
        _ => true,
    }
}

/// Continues after a factor was verified: to the next factor, to a new password, or to a session.
pub(crate) fn advance(
    tables: &mut Tables,
    attempt: &mut SignInAttempt,
    visit: &Visit,
) -> Result<(), ApiError> {
    let user_id = attempt.user_id.clone().unwrap_or_default();
    let deleted = || {
        ApiError::bad_request(
            "sign_in_identification_or_user_deleted",
            "Either the user or the selected identification were deleted. Please start over.",
        )
    };
    let user = accounts::find(tables, &user_id).map_err(|_| deleted())?;
    if attempt
        .first_factor
        .as_ref()
        .is_some_and(|first| !still_has(user, first))
    {
        return Err(deleted());
    }
    accounts::check_may_sign_in(tables, user, visit.now)?;
    let first = attempt.first_factor.as_ref();
    let needs_second = settings::has_second_factor(tables, user)
        && attempt
            .second_factor
            .as_ref()
            .is_none_or(|second| !second.is_verified());
    let resets = first.is_some_and(|first| first.strategy.resets_password());
    if attempt.status == SignInStatus::NeedsFirstFactor && resets {
        attempt.status = SignInStatus::NeedsNewPassword;
        return Ok(());
    }
    // A ticket comes from the application's server, which has vouched for the user, and a passkey is two factors in one.
    let is_enough =
        first.is_some_and(|first| matches!(first.strategy, Strategy::Ticket | Strategy::Passkey));
    if needs_second && !is_enough {
        attempt.status = SignInStatus::NeedsSecondFactor;
        return Ok(());
    }
    prove(tables, attempt, visit.now)?;
    complete(tables, attempt, &user_id, visit);
    Ok(())
}

/// Verifies the address or number to which the code or the link of a sign-in went.
fn prove(tables: &mut Tables, attempt: &SignInAttempt, now: i64) -> Result<(), ApiError> {
    let Some(first) = &attempt.first_factor else {
        return Ok(());
    };
    let Some(id) = &first.identifier_id else {
        return Ok(());
    };
    match first.strategy {
        Strategy::EmailCode | Strategy::ResetPasswordEmailCode => {
            user_identifiers::vouch_for_email(tables, id, Proof::Code, now)
        }
        Strategy::EmailLink => user_identifiers::vouch_for_email(tables, id, Proof::Link, now),
        Strategy::PhoneCode | Strategy::ResetPasswordPhoneCode => {
            user_identifiers::vouch_for_phone(tables, id, Proof::Code, now)
        }
        _ => Ok(()),
    }
}

fn complete(tables: &mut Tables, attempt: &mut SignInAttempt, user_id: &str, visit: &Visit) {
    let known_device = {
        let mut earlier = tables
            .sessions
            .iter()
            .filter(|one| one.user_id == user_id)
            .peekable();
        earlier.peek().is_none() || earlier.any(|one| one.client_id == attempt.client_id)
    };
    let origin = visit.origin.clone();
    let session_id = sessions::start(tables, &attempt.client_id, user_id, origin, visit.now);
    if let Some(session) = tables.sessions.get_mut(&session_id) {
        session.activity = Some(visit.activity.clone());
        session.second_verified_at = attempt.second_factor.as_ref().map(|_| visit.now);
    }
    let strategy = attempt
        .first_factor
        .as_ref()
        .map(|first| first.strategy.name().into_owned());
    let id = attempt.id.clone();
    clients::change(tables, &attempt.client_id, |client| {
        client.sign_in_id = Some(id);
        client.sign_up_id = None;
        client.last_strategy = strategy;
    });
    attempt.status = SignInStatus::Complete;
    attempt.created_session_id = Some(session_id);
    if !known_device {
        inbox::tell_user(
            tables,
            user_id,
            "new_device_sign_in",
            "Somebody signed in to your account from a new device.",
            visit.now,
        );
    }
}
