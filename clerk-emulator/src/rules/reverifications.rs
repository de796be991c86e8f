//! Reverifications, which are repeated within a session before a sensitive change.

use super::accounts;
use super::api_error::ApiError;
use super::codes;
use super::passkeys;
use super::sessions;
use super::settings;
use super::sign_ins::{self, FactorTarget, FirstFactorAnswer};
use super::verdict::Verdict;
use super::visit::Visit;
use crate::model::challenge::Challenge;
use crate::model::message::Channel;
use crate::model::session::{Reverification, ReverificationLevel, Session};
use crate::model::strategy::Strategy;
use crate::store::tables::Tables;

/// The time for which a verification counts as recent: ten minutes, as in the SDKs' `strict` preset.
const RECENT_MINUTES: i64 = 10;

/// The names of the strategies that can verify the first factor again.
pub(crate) const FIRST_FACTORS: &[&str] = &["password", "email_code", "phone_code", "passkey"];

/// Returns the status of a reverification.
pub(crate) fn status(reverification: &Reverification) -> &'static str {
    let proven =
        |challenge: &Option<Challenge>| challenge.as_ref().is_some_and(Challenge::is_verified);
    let needs_first = reverification.level != ReverificationLevel::Second;
    let needs_second = reverification.level != ReverificationLevel::First;
    if needs_first && !proven(&reverification.first_factor) {
        "needs_first_factor"
    } else if needs_second && !proven(&reverification.second_factor) {
        "needs_second_factor"
    } else {
        "complete"
    }
}

/// Starts a reverification. Users without a second factor verify the first one.
pub(crate) fn start(
    tables: &mut Tables,
    session_id: &str,
    level: ReverificationLevel,
) -> Result<(), ApiError> {
    let session = sessions::find(tables, session_id)?;
    let user = accounts::find(tables, &session.user_id)?;
    let has_second = settings::has_second_factor(tables, user);
    let level = if has_second {
        level
    } else {
        ReverificationLevel::First
    };
    change(tables, session_id, |session| {
        session.reverification = Some(Reverification {
            level,
            first_factor: None,
            second_factor: None,
        });
    });
    Ok(())
}

fn change(tables: &mut Tables, session_id: &str, change: impl FnOnce(&mut Session)) {
    if let Some(session) = tables.sessions.get_mut(session_id) {
        change(session);
    }
}

/// Returns the reverification of a session.
pub(crate) fn of(session: &Session) -> Result<&Reverification, ApiError> {
    session.reverification.as_ref().ok_or_else(|| {
        ApiError::bad_request(
            "session_reverification_missing",
            "You need to start a new session verification flow first",
        )
    })
}

fn open(tables: &Tables, session_id: &str) -> Result<(String, Reverification), ApiError> {
    let session = sessions::find(tables, session_id)?;
    Ok((session.user_id.clone(), of(session)?.clone()))
}

/// Prepares the first factor again.
pub(crate) fn prepare_first_factor(
    tables: &mut Tables,
    session_id: &str,
    strategy: &Strategy,
    target_id: Option<&str>,
    visit: &Visit,
) -> Result<(), ApiError> {
    let (user_id, mut reverification) = open(tables, session_id)?;
    let challenge = match strategy {
        Strategy::Passkey => passkeys::authentication(tables, Some(&user_id), visit)?,
        Strategy::EmailCode | Strategy::PhoneCode => {
            let user = accounts::find(tables, &user_id)?;
            let factors = sign_ins::first_factors(tables, user, None);
            let target = factors
                .into_iter()
                .filter(|factor| factor.strategy == *strategy)
                .filter_map(|factor| factor.target)
                .find(|target| target_id.is_none_or(|id| target.id() == id))
                .ok_or_else(codes::other_strategy)?;
            let (channel, id, to) = match target {
                FactorTarget::EmailAddress { id, shown } => (Channel::Email, id, shown),
                FactorTarget::PhoneNumber { id, shown } => (Channel::Sms, id, shown),
                FactorTarget::Web3Wallet { .. }
                | FactorTarget::EnterpriseConnection { .. }
                | FactorTarget::TrustedDevice { .. } => return Err(codes::other_strategy()),
            };
            let mut challenge = Challenge::new(strategy.clone(), visit.now);
            challenge.identifier_id = Some(id);
            let kind = "reverification_code";
            challenge.answer = Some(codes::send_code(tables, channel, &to, kind, visit.now));
            challenge
        }
        _ => return Err(codes::other_strategy()),
    };
    reverification.first_factor = Some(challenge);
    change(tables, session_id, |session| {
        session.reverification = Some(reverification)
    });
    Ok(())
}

/// Attempts the first factor again.
pub(crate) fn attempt_first_factor(
    tables: &mut Tables,
    session_id: &str,
    answer: &FirstFactorAnswer<'_>,
    visit: &Visit,
) -> Result<Verdict, ApiError> {
    let (user_id, mut reverification) = open(tables, session_id)?;
    let first = &mut reverification.first_factor;
    let verdict = answer_first(tables, &user_id, first, answer, visit);
    keep(tables, session_id, reverification, visit.now);
    Ok(Verdict::of(verdict))
}

fn answer_first(
    tables: &mut Tables,
    user_id: &str,
    challenge: &mut Option<Challenge>,
    answer: &FirstFactorAnswer<'_>,
    visit: &Visit,
) -> Result<(), ApiError> {
    if answer.strategy == Strategy::Password {
        let password = answer
            .password
            .ok_or_else(|| ApiError::missing("password"))?;
        let is_right = accounts::find(tables, user_id)?.password_is(password);
        let wrong = ApiError::param(
            "form_password_incorrect",
            "password",
            "Password is incorrect. Try again, or use another method.",
        );
        let challenge = challenge.insert(Challenge::new(Strategy::Password, visit.now));
        return codes::answer(challenge, is_right, wrong, visit.now);
    }
    let challenge = challenge
        .as_mut()
        .filter(|challenge| challenge.strategy == answer.strategy)
        .ok_or_else(codes::not_prepared)?;
    match answer.strategy {
        Strategy::EmailCode | Strategy::PhoneCode => {
            let code = answer.code.ok_or_else(|| ApiError::missing("code"))?;
            codes::answer_code(challenge, code, visit.now)
        }
        Strategy::Passkey => {
            let credential = answer
                .public_key_credential
                .ok_or_else(|| ApiError::missing("public_key_credential"))?;
            passkeys::authenticate(tables, challenge, Some(user_id), credential, visit).map(drop)
        }
        _ => Err(codes::other_strategy()),
    }
}

/// Prepares the second factor again.
pub(crate) fn prepare_second_factor(
    tables: &mut Tables,
    session_id: &str,
    strategy: &Strategy,
    phone_number_id: Option<&str>,
    now: i64,
) -> Result<(), ApiError> {
    let (user_id, mut reverification) = open(tables, session_id)?;
    let challenge = sign_ins::phone_challenge(tables, &user_id, strategy, phone_number_id, now)?;
    reverification.second_factor = Some(challenge);
    change(tables, session_id, |session| {
        session.reverification = Some(reverification)
    });
    Ok(())
}

/// Attempts the second factor again.
pub(crate) fn attempt_second_factor(
    tables: &mut Tables,
    session_id: &str,
    strategy: &Strategy,
    code: &str,
    now: i64,
) -> Result<Verdict, ApiError> {
    let (user_id, mut reverification) = open(tables, session_id)?;
    let second = &mut reverification.second_factor;
    let verdict = sign_ins::answer_second_factor(tables, &user_id, second, strategy, code, now);
    keep(tables, session_id, reverification, now);
    Ok(Verdict::of(verdict))
}

/// Stores a reverification and records on its session what it verified.
fn keep(tables: &mut Tables, session_id: &str, reverification: Reverification, now: i64) {
    let is_complete = status(&reverification) == "complete";
    change(tables, session_id, |session| {
        if is_complete {
            if reverification.first_factor.is_some() {
                session.verified_at = now;
            }
            if reverification.second_factor.is_some() {
                session.second_verified_at = Some(now);
            }
        }
        session.reverification = Some(reverification);
    });
}

/// Rejects sensitive changes in a session that was not verified recently, if the settings require that.
pub(crate) fn check_recent(tables: &Tables, session: &Session, now: i64) -> Result<(), ApiError> {
    if !settings::get(tables)?.authentication.reverification {
        return Ok(());
    }
    let [first, second] = session.factor_ages(now);
    let user = accounts::find(tables, &session.user_id)?;
    let has_second = settings::has_second_factor(tables, user);
    let (age, level) = if has_second {
        (second, "second_factor")
    } else {
        (first, "first_factor")
    };
    if (0..RECENT_MINUTES).contains(&age) {
        return Ok(());
    }
    let wanted = serde_json::json!({ "level": level, "after_minutes": RECENT_MINUTES });
    Err(ApiError::forbidden(
        "session_reverification_required",
        "You need to provide additional verification to perform this operation",
    )
    .with("reverification", wanted))
}
