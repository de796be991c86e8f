//! Provider answers for the flow that sent the browser there: a sign-in, a sign-up, or a user's profile.

use url::Url;

use super::api_error::ApiError;
use super::clients;
use super::codes;
use super::enterprise_accounts;
use super::enterprise_connections;
use super::provider_accounts;
use super::sign_ins;
use super::sign_ups;
use super::user_identifiers;
use super::visit::Visit;
use crate::instance::origin_of;
use crate::model::activity::Activity;
use crate::model::challenge::{Challenge, Outcome, Problem};
use crate::model::external_account::ProviderAccount;
use crate::model::identifier::{EmailAddress, Proof};
use crate::model::session::SessionStatus;
use crate::model::sign_in_attempt::{SignInAttempt, SignInStatus};
use crate::model::sign_up_attempt::SignUpAttempt;
use crate::model::strategy::Strategy;
use crate::store::tables::Tables;

/// The answer of a provider.
#[derive(Debug)]
pub(crate) enum ProviderAnswer {
    /// The person has this account.
    Account(ProviderAccount),
    /// The person declined.
    Denied,
    /// The provider's response cannot be used.
    Refused(ApiError),
}

const DENIED_CODE: &str = "oauth_access_denied";

const DENIED: Problem = Problem::new(DENIED_CODE, "You did not grant access to your account");

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
        origin: redirect_url.and_then(|url| origin_of(&Url::parse(url).ok()?)),
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
    if let Some(run) = enterprise_connections::waiting_test_run(tables, state) {
        let (id, connection, token) = (
            run.id.clone(),
            run.connection_id.clone(),
            run.token.0.clone(),
        );
        let outcome = match answer {
            ProviderAnswer::Account(account) => {
                let connection = enterprise_connections::find(
                    tables,
                    enterprise_connections::Family::Enterprise,
                    &account.provider,
                );
                connection
                    .and_then(|one| enterprise_accounts::check_domain(one, &account))
                    .map(|()| account)
                    .map_err(|refusal| problem_of(&refusal))
            }
            ProviderAnswer::Denied => Err(DENIED),
            ProviderAnswer::Refused(refusal) => Err(problem_of(&refusal)),
        };
        enterprise_connections::finish_test_run(tables, &id, outcome);
        return Ok(format!(
            "{emulator_url}/v1/enterprise_connections/{connection}/test_runs/{id}?token={token}"
        ));
    }
    let email = tables
        .users
        .iter()
        .flat_map(|user| user.email_addresses.iter().map(move |one| (user, one)))
        .find(|(_, one)| {
            // The answer to the others is a code or a link.
            let challenge = one.challenge.as_ref();
            waits_for(
                challenge.filter(|one| one.strategy == Strategy::EnterpriseSso),
                state,
            )
        })
        .map(|(user, one)| (user.id.clone(), one.clone()));
    if let Some((user_id, email)) = email {
        return finish_email(tables, &user_id, email, answer, now);
    }
    finish_connection(tables, state, answer, now)
}

/// Verifies an email address of a user through the identity provider of its domain.
fn finish_email(
    tables: &mut Tables,
    user_id: &str,
    email: EmailAddress,
    answer: ProviderAnswer,
    now: i64,
) -> Result<String, ApiError> {
    let mut challenge = email.challenge.ok_or_else(invalid)?;
    codes::check_open(&challenge, now)?;
    challenge.attempts += 1;
    let mut proof = Proof::None;
    match answer {
        ProviderAnswer::Denied => challenge.problem = Some(DENIED),
        ProviderAnswer::Refused(refusal) => note(Some(&mut challenge), &refusal),
        ProviderAnswer::Account(account) => {
            let linked =
                user_identifiers::check_email_claim(tables, user_id, &email.id).and_then(|()| {
                    let address = &email.email_address;
                    enterprise_accounts::link(tables, user_id, address, &account, now)
                });
            match linked {
                Err(refusal) => note(Some(&mut challenge), &refusal),
                Ok(()) => {
                    challenge.outcome = Outcome::Verified;
                    proof = Proof::EnterpriseSso;
                }
            }
        }
    }
    user_identifiers::prove_email(tables, &email.id, &challenge, &proof, now)?;
    challenge.redirect_url.ok_or_else(invalid)
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
    let complete_url = challenge.complete_url.clone();
    let visit = visit(&attempt.client_id, Some(&redirect_url));
    codes::check_open(challenge, visit.now)?;
    challenge.attempts += 1;
    match answer {
        ProviderAnswer::Denied => challenge.problem = Some(DENIED),
        ProviderAnswer::Refused(refusal) => note(Some(challenge), &refusal),
        ProviderAnswer::Account(account) => {
            match provider_accounts::owner(tables, &account, visit.now) {
                Err(refusal) => note(Some(challenge), &refusal),
                Ok(None) => {
                    challenge.outcome = Outcome::Transferable;
                    challenge.problem = Some(NOT_FOUND);
                    attempt.external_account = Some(account);
                }
                Ok(Some(user_id)) => {
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
    let session = attempt.created_session_id.clone();
    tables.sign_in_attempts.insert(attempt);
    Ok(next_url(
        tables,
        session.as_deref(),
        complete_url,
        redirect_url,
    ))
}

/// Returns the URL for a browser with a new session that waits for nothing, if there is one, or else the other.
fn next_url(
    tables: &Tables,
    session_id: Option<&str>,
    complete_url: Option<String>,
    redirect_url: String,
) -> String {
    let is_active = session_id
        .and_then(|id| tables.sessions.get(id))
        .is_some_and(|session| session.status == SessionStatus::Active);
    complete_url.filter(|_| is_active).unwrap_or(redirect_url)
}

/// Records on a challenge why it failed.
fn note(challenge: Option<&mut Challenge>, refusal: &ApiError) {
    let Some(challenge) = challenge else { return };
    challenge.outcome = Outcome::Open;
    challenge.problem = Some(problem_of(refusal));
}

fn problem_of(refusal: &ApiError) -> Problem {
    Problem {
        code: refusal.code.into(),
        message: refusal.message.clone().into(),
    }
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
    let complete_url = challenge.complete_url.clone();
    let visit = visit(&attempt.client_id, Some(&redirect_url));
    codes::check_open(challenge, visit.now)?;
    match answer {
        ProviderAnswer::Denied => challenge.problem = Some(DENIED),
        ProviderAnswer::Refused(refusal) => note(Some(challenge), &refusal),
        ProviderAnswer::Account(account) => {
            let taken = sign_ups::take_provider_account(tables, &mut attempt, account, &visit)
                .and_then(|()| sign_ups::complete_if_ready(tables, &mut attempt, &visit));
            if let Err(refusal) = taken {
                note(attempt.external_verification.as_mut(), &refusal);
            }
        }
    }
    let session = attempt.created_session_id.clone();
    tables.sign_up_attempts.insert(attempt);
    Ok(next_url(
        tables,
        session.as_deref(),
        complete_url,
        redirect_url,
    ))
}

/// Signs in the person whom an identity provider sends without having been asked, and creates the user if needed.
pub(crate) fn enter(
    tables: &mut Tables,
    answer: ProviderAnswer,
    visit: &Visit,
) -> Result<(), ApiError> {
    let account = match answer {
        ProviderAnswer::Account(account) => account,
        ProviderAnswer::Refused(refusal) => return Err(refusal),
        ProviderAnswer::Denied => {
            return Err(ApiError::forbidden(
                DENIED_CODE,
                "The person did not sign in",
            ));
        }
    };
    let client = &visit.client_id;
    let mut challenge = Challenge::verified(Strategy::EnterpriseSso, visit.now);
    challenge.identifier_id = Some(account.provider.clone());
    match provider_accounts::owner(tables, &account, visit.now)? {
        Some(user_id) => {
            let mut attempt = SignInAttempt::new(client.clone(), visit.now);
            attempt.identifier = Some(account.email_address);
            attempt.user_id = Some(user_id);
            attempt.status = SignInStatus::NeedsFirstFactor;
            attempt.first_factor = Some(challenge);
            let id = attempt.id.clone();
            clients::change(tables, client, |client| client.sign_in_id = Some(id));
            sign_ins::advance(tables, &mut attempt, visit)?;
            tables.sign_in_attempts.insert(attempt);
        }
        None => {
            let mut attempt = SignUpAttempt::new(client.clone(), visit.now);
            attempt.external_verification = Some(challenge);
            let id = attempt.id.clone();
            clients::change(tables, client, |client| client.sign_up_id = Some(id));
            sign_ups::take_provider_account(tables, &mut attempt, account, visit)?;
            sign_ups::complete_if_ready(tables, &mut attempt, visit)?;
            tables.sign_up_attempts.insert(attempt);
        }
    }
    Ok(())
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
        ProviderAnswer::Refused(refusal) => {
            let problem = problem_of(&refusal);
            provider_accounts::deny_connecting(tables, &user_id, &id, &problem, now)?;
        }
        ProviderAnswer::Account(account) => {
            provider_accounts::finish_connecting(tables, &user_id, &id, &account, now)?;
        }
    }
    challenge.redirect_url.ok_or_else(invalid)
}
