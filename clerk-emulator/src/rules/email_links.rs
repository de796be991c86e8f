//! Links in emails that verify the address of a sign-in, a sign-up, or a user's profile.

use url::Url;

use super::api_error::ApiError;
use super::codes;
use super::sign_ins;
use super::sign_ups;
use super::user_identifiers;
use super::visit::Visit;
use crate::instance::origin_of;
use crate::model::activity::Activity;
use crate::model::challenge::{Challenge, Outcome};
use crate::model::identifier::Proof;
use crate::model::strategy::Strategy;
use crate::store::tables::Tables;

/// The result of opening a link.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The name of the result reported to the browser.
    pub(crate) status: &'static str,
    /// The URL to which the browser continues, if one was given.
    pub(crate) redirect_url: Option<String>,
    pub(crate) created_session_id: Option<String>,
}

fn holds(challenge: Option<&Challenge>, token: &str) -> bool {
    challenge.is_some_and(|challenge| {
        challenge.strategy == Strategy::EmailLink
            && challenge
                .answer
                .as_ref()
                .is_some_and(|answer| answer.0 == token)
    })
}

fn invalid() -> ApiError {
    ApiError::bad_request(
        "verification_link_token_invalid",
        "Verification link token is invalid",
    )
}

/// Opens the link with this token.
pub(crate) fn open(
    tables: &mut Tables,
    token: &str,
    activity: &Activity,
    emulator_url: &str,
    now: i64,
) -> Result<Opened, ApiError> {
    let visit = |client_id: &str, redirect_url: Option<&str>| Visit {
        client_id: client_id.to_owned(),
        origin: redirect_url.and_then(|url| origin_of(&Url::parse(url).ok()?)),
        activity: activity.clone(),
        emulator_url: emulator_url.to_owned(),
        now,
    };
    let sign_in = tables
        .sign_in_attempts
        .find(|one| holds(one.first_factor.as_ref(), token))
        .cloned();
    if let Some(mut attempt) = sign_in {
        let challenge = attempt.first_factor.as_mut().ok_or_else(invalid)?;
        let redirect_url = challenge.redirect_url.clone();
        let status = answer(challenge, now);
        if status == "verified" {
            let visit = visit(&attempt.client_id, redirect_url.as_deref());
            sign_ins::advance(tables, &mut attempt, &visit)?;
        }
        let created_session_id = attempt.created_session_id.clone();
        tables.sign_in_attempts.insert(attempt);
        return Ok(Opened {
            status,
            redirect_url,
            created_session_id,
        });
    }
    let sign_up = tables
        .sign_up_attempts
        .find(|one| holds(one.email_verification.as_ref(), token))
        .cloned();
    if let Some(mut attempt) = sign_up {
        let challenge = attempt.email_verification.as_mut().ok_or_else(invalid)?;
        let redirect_url = challenge.redirect_url.clone();
        let status = answer(challenge, now);
        if status == "verified" {
            let visit = visit(&attempt.client_id, redirect_url.as_deref());
            sign_ups::complete_if_ready(tables, &mut attempt, &visit)?;
        }
        let created_session_id = attempt.created_session_id.clone();
        tables.sign_up_attempts.insert(attempt);
        return Ok(Opened {
            status,
            redirect_url,
            created_session_id,
        });
    }
    let (id, mut challenge) = tables
        .users
        .iter()
        .flat_map(|user| &user.email_addresses)
        .find(|email| holds(email.challenge.as_ref(), token))
        .and_then(|email| Some((email.id.clone(), email.challenge.clone()?)))
        .ok_or_else(invalid)?;
    let redirect_url = challenge.redirect_url.clone();
    let status = answer(&mut challenge, now);
    let proof = match status {
        "verified" => Proof::Link,
        _ => Proof::None,
    };
    user_identifiers::prove_email(tables, &id, &challenge, &proof, now)?;
    Ok(Opened {
        status,
        redirect_url,
        created_session_id: None,
    })
}

/// Returns what the browser learns if the link with this token is right, but its owner may not go on.
pub(crate) fn refused(tables: &Tables, token: &str) -> Result<Opened, ApiError> {
    let sign_ins = tables.sign_in_attempts.iter();
    let sign_ups = tables.sign_up_attempts.iter();
    let emails = tables.users.iter().flat_map(|user| &user.email_addresses);
    let challenge = sign_ins
        .filter_map(|one| one.first_factor.as_ref())
        .chain(sign_ups.filter_map(|one| one.email_verification.as_ref()))
        .chain(emails.filter_map(|one| one.challenge.as_ref()))
        .find(|challenge| holds(Some(challenge), token))
        .ok_or_else(invalid)?;
    Ok(Opened {
        status: "failed",
        redirect_url: challenge.redirect_url.clone(),
        created_session_id: None,
    })
}

/// Answers a challenge by opening its link. A challenge that was already answered stays unchanged.
fn answer(challenge: &mut Challenge, now: i64) -> &'static str {
    match codes::check_open(challenge, now) {
        Ok(()) => {
            challenge.attempts += 1;
            challenge.outcome = Outcome::Verified;
            "verified"
        }
        Err(refusal) if refusal.code == "verification_expired" => "expired",
        Err(_) => "failed",
    }
}
