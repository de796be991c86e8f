//! Provider answers for the flow that sent the browser there: a sign-in, a sign-up, or a user's profile.

use url::Url;

use super::api_error::ApiError;
use super::codes;
use super::provider_accounts;
use super::sign_ins;
use super::sign_ups;
use super::visit::Visit;
use crate::model::activity::Activity;
use crate::model::challenge::{Challenge, Outcome, Problem};
use crate::model::external_account::ProviderAccount;
use crate::model::sign_in_attempt::SignInStatus;
use crate::store::tables::Tables;

/// The answer of a provider.
#[derive(Debug)]
pub(crate) enum ProviderAnswer {
    /// The person has this account.
    Account(ProviderAccount),
    /// The person declined.
    Denied,
}

const DENIED: Problem = Problem::new(
    "oauth_access_denied",
    "You did not grant access to your account",
);

const NOT_FOUND: Problem = Problem::new(
    "external_account_not_found",
    "The External Account was not found.",
);

fn invalid() -> ApiError {
    ApiError::bad_request("oauth_callback_invalid", "invalid form for oauth_callback")
}

fn waits_for(challenge: Option<&Challenge>, state: &str) -> bool {
    challenge
        .and_then(|challenge| challenge.answer.as_ref())
        .is_some_and(|answer| answer.0 == state)
}

/// Applies the answer to the challenge with this state and returns the URL to which the browser continues.
pub(crate) fn finish(
    tables: &mut Tables,
    state: &str,
    answer: ProviderAnswer,
    activity: &Activity,
    emulator_url: &str,
    now: i64,
) -> Result<String, ApiError> {
    let visit = |client_id: &str, redirect_url: Option<&str>| Visit {
        client_id: client_id.to_owned(),
        origin: redirect_url
            .and_then(|url| Url::parse(url).ok())
            .map(|url| url.origin().ascii_serialization()),
        activity: activity.clone(),
        emulator_url: emulator_url.to_owned(),
        now,
    };
    let sign_in = tables
        .sign_in_attempts
        .find(|one| waits_for(one.first_factor.as_ref(), state))
        .map(|one| one.id.clone());
    if let Some(id) = sign_in {
        return finish_sign_in(tables, &id, answer, visit);
    }
    let sign_up = tables
        .sign_up_attempts
        .find(|one| waits_for(one.external_verification.as_ref(), state))
        .map(|one| one.id.clone());
    if let Some(id) = sign_up {
        return finish_sign_up(tables, &id, answer, visit);
    }
    finish_connection(tables, state, answer, now)
}

fn finish_sign_in(
    tables: &mut Tables,
    id: &str,
    answer: ProviderAnswer,
    visit: impl Fn(&str, Option<&str>) -> Visit,
) -> Result<String, ApiError> {
    let mut attempt = tables
        .sign_in_attempts
        .get(id)
        .cloned()
        .ok_or_else(invalid)?;
    let challenge = attempt.first_factor.as_mut().ok_or_else(invalid)?;
    let redirect_url = challenge.redirect_url.clone().ok_or_else(invalid)?;
    let visit = visit(&attempt.client_id, Some(&redirect_url));
    codes::check_open(challenge, visit.now)?;
    challenge.attempts += 1;
    match answer {
        ProviderAnswer::Denied => challenge.problem = Some(DENIED),
        ProviderAnswer::Account(account) => {
            match provider_accounts::owner(tables, &account, visit.now)? {
                None => {
                    challenge.outcome = Outcome::Transferable;
                    challenge.problem = Some(NOT_FOUND);
                    attempt.external_account = Some(account);
                }
                Some(user_id) => {
                    challenge.outcome = Outcome::Verified;
                    attempt.identifier = Some(account.email_address);
                    attempt.user_id = Some(user_id);
                    attempt.status = SignInStatus::NeedsFirstFactor;
                    if let Err(refusal) = sign_ins::advance(tables, &mut attempt, &visit) {
                        note(attempt.first_factor.as_mut(), &refusal);
                    }
                }
            }
        }
    }
    tables.sign_in_attempts.insert(attempt);
    Ok(redirect_url)
}

/// Records on a challenge why it failed.
fn note(challenge: Option<&mut Challenge>, refusal: &ApiError) {
    let Some(challenge) = challenge else { return };
    challenge.outcome = Outcome::Open;
    challenge.problem = Some(Problem::new(
        refusal.code,
        match refusal.code {
            "user_banned" => "You have been banned.",
            "user_locked" => "Your account is locked.",
            "not_allowed_access" => "You are not allowed to access this application.",
            "sign_up_mode_restricted" => "New sign-ups are currently restricted.",
            "sign_up_restricted_waitlist" => {
                "Sign-ups are currently unavailable. Join the waitlist."
            }
            _ => "The account cannot be used.",
        },
    ));
}

fn finish_sign_up(
    tables: &mut Tables,
    id: &str,
    answer: ProviderAnswer,
    visit: impl Fn(&str, Option<&str>) -> Visit,
) -> Result<String, ApiError> {
    let mut attempt = sign_ups::by_id(tables, id)?.clone();
    let challenge = attempt.external_verification.as_mut().ok_or_else(invalid)?;
    let redirect_url = challenge.redirect_url.clone().ok_or_else(invalid)?;
    let visit = visit(&attempt.client_id, Some(&redirect_url));
    codes::check_open(challenge, visit.now)?;
    match answer {
        ProviderAnswer::Denied => challenge.problem = Some(DENIED),
        ProviderAnswer::Account(account) => {
            let taken = sign_ups::take_provider_account(tables, &mut attempt, account, &visit)
                .and_then(|()| sign_ups::complete_if_ready(tables, &mut attempt, &visit));
            if let Err(refusal) = taken {
                note(attempt.external_verification.as_mut(), &refusal);
            }
        }
    }
    tables.sign_up_attempts.insert(attempt);
    Ok(redirect_url)
}

fn finish_connection(
    tables: &mut Tables,
    state: &str,
    answer: ProviderAnswer,
    now: i64,
) -> Result<String, ApiError> {
    let (user_id, id, challenge) = tables
        .users
        .iter()
        .flat_map(|user| user.external_accounts.iter().map(move |one| (user, one)))
        .find(|(_, one)| waits_for(Some(&one.verification), state))
        .map(|(user, one)| (user.id.clone(), one.id.clone(), one.verification.clone()))
        .ok_or_else(invalid)?;
    codes::check_open(&challenge, now)?;
    match answer {
        ProviderAnswer::Denied => {
            provider_accounts::deny_connecting(tables, &user_id, &id, &DENIED, now)?;
        }
        ProviderAnswer::Account(account) => {
            provider_accounts::finish_connecting(tables, &user_id, &id, &account, now)?;
        }
    }
    challenge.redirect_url.ok_or_else(invalid)
}
