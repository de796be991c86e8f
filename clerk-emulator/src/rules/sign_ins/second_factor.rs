use super::super::accounts;
use super::super::api_error::ApiError;
use super::super::codes;
use super::super::lockouts;
use super::super::totp;
use super::super::verdict::Verdict;
use super::super::visit::Visit;
use super::completion::advance;
use super::factors::{FactorTarget, second_factors};
use super::lookup::{find_open, invalid_state, save};
use crate::model::challenge::Challenge;
use crate::model::message::Channel;
use crate::model::sign_in_attempt::{SignInAttempt, SignInStatus};
use crate::model::strategy::Strategy;
use crate::store::tables::Tables;

fn no_factor(strategy: &Strategy) -> ApiError {
    ApiError::bad_request(
        "no_second_factors",
        format!(
            "No second factors were found for strategy {}.",
            strategy.name()
        ),
    )
}

/// Sends a second factor code to a phone number: the named one, the default one, or the first one.
pub(in crate::rules) fn phone_challenge(
    tables: &mut Tables,
    user_id: &str,
    strategy: &Strategy,
    phone_number_id: Option<&str>,
    now: i64,
) -> Result<Challenge, ApiError> {
    let user = accounts::find(tables, user_id)?;
    let factors = second_factors(tables, user);
    let mut phones: Vec<_> = factors
        .iter()
        .filter(|factor| factor.strategy == *strategy)
        .filter_map(|factor| match &factor.target {
            Some(FactorTarget::PhoneNumber { id, shown }) => Some((factor.is_default, id, shown)),
            _ => None,
        })
        .collect();
    phones.sort_by_key(|(is_default, ..)| !is_default);
    let (_, id, number) = phones
        .into_iter()
        .find(|(_, id, _)| phone_number_id.is_none_or(|wanted| *id == wanted))
        .ok_or_else(|| no_factor(strategy))?;
    let (id, number) = (id.clone(), number.clone());
    let mut challenge = Challenge::new(strategy.clone(), now);
    challenge.identifier_id = Some(id);
    challenge.answer = Some(codes::send_code(
        tables,
        Channel::Sms,
        &number,
        "verification_code",
        now,
    ));
    Ok(challenge)
}

/// Checks a second factor code against the challenge created for it.
pub(in crate::rules) fn answer_second_factor(
    tables: &mut Tables,
    user_id: &str,
    challenge: &mut Option<Challenge>,
    strategy: &Strategy,
    code: &str,
    now: i64,
) -> Result<(), ApiError> {
    match strategy {
        Strategy::Totp | Strategy::BackupCode => {
            let user = accounts::find(tables, user_id)?;
            if !second_factors(tables, user)
                .iter()
                .any(|factor| factor.strategy == *strategy)
            {
                return Err(no_factor(strategy));
            }
            let challenge = challenge.insert(Challenge::new(strategy.clone(), now));
            let is_right = match strategy {
                Strategy::Totp => totp::is_code_of(tables, user_id, code, now),
                _ => totp::use_backup_code(tables, user_id, code, now)?,
            };
            codes::answer(challenge, is_right, codes::incorrect_code(), now)
        }
        Strategy::PhoneCode => {
            let challenge = challenge
                .as_mut()
                .filter(|challenge| challenge.strategy == *strategy)
                .ok_or_else(codes::not_prepared)?;
            codes::answer_code(challenge, code, now)
        }
        _ => Err(no_factor(strategy)),
    }
}

fn find_waiting(tables: &Tables, id: &str, visit: &Visit) -> Result<SignInAttempt, ApiError> {
    let attempt = find_open(tables, &visit.client_id, id, visit.now)?;
    if attempt.status == SignInStatus::NeedsSecondFactor {
        Ok(attempt)
    } else {
        Err(invalid_state(
            "second factor",
            "The sign in does not wait for a second factor.",
        ))
    }
}

/// Prepares the second factor.
pub(crate) fn prepare_second_factor(
    tables: &mut Tables,
    id: &str,
    strategy: &Strategy,
    phone_number_id: Option<&str>,
    visit: &Visit,
) -> Result<(), ApiError> {
    let mut attempt = find_waiting(tables, id, visit)?;
    let user_id = attempt.user_id.clone().unwrap_or_default();
    let challenge = phone_challenge(tables, &user_id, strategy, phone_number_id, visit.now)?;
    attempt.second_factor = Some(challenge);
    save(tables, attempt);
    Ok(())
}

/// Attempts the second factor.
pub(crate) fn attempt_second_factor(
    tables: &mut Tables,
    id: &str,
    strategy: &Strategy,
    code: &str,
    visit: &Visit,
) -> Result<Verdict, ApiError> {
    let mut attempt = find_waiting(tables, id, visit)?;
    let user_id = attempt.user_id.clone().unwrap_or_default();
    lockouts::check(tables, accounts::find(tables, &user_id)?, visit.now)?;
    let challenge = &mut attempt.second_factor;
    let tried = answer_second_factor(tables, &user_id, challenge, strategy, code, visit.now)
        .and_then(|()| advance(tables, &mut attempt, visit));
    let verdict = Verdict::of(lockouts::count(tables, &user_id, tried, visit.now));
    save(tables, attempt);
    Ok(verdict)
}
