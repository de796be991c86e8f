//! Accounts that are temporarily locked after too many wrong passwords and codes.

use super::api_error::ApiError;
use super::inbox;
use super::settings;
use crate::model::lockout::Lockout;
use crate::model::user::User;
use crate::store::tables::Tables;

/// The time for which an account stays locked, in minutes.
pub(crate) const MINUTES: i64 = 60;
/// The errors that count as failed attempts.
const COUNTED: &[&str] = &["form_password_incorrect", "form_code_incorrect"];

/// The lock state of an account, and how close it is to being locked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    pub(crate) locked: bool,
    /// `None` if the account is not locked or was locked by an administrator.
    pub(crate) expires_in_seconds: Option<i64>,
    pub(crate) attempts_remaining: u32,
}

/// Returns the lock state of an account.
pub(crate) fn of(tables: &Tables, user: &User, now: i64) -> State {
    let lockout = tables.lockouts.get(&user.id);
    let until = lockout
        .and_then(|lockout| lockout.locked_until)
        .filter(|until| *until > now);
    let failed = lockout
        .filter(|lockout| lockout.locked_until.is_none_or(|until| until > now))
        .map_or(0, |lockout| lockout.failed_attempts);
    let locked = user.locked || until.is_some();
    State {
        locked,
        expires_in_seconds: until
            .filter(|_| !user.locked)
            .map(|until| (until - now + 999) / 1_000),
        attempts_remaining: if locked {
            0
        } else {
            most(tables).saturating_sub(failed)
        },
    }
}

fn most(tables: &Tables) -> u32 {
    settings::get(tables).map_or(100, |settings| settings.authentication.max_failed_attempts)
}

/// Rejects users whose account is locked.
pub(crate) fn check(tables: &Tables, user: &User, now: i64) -> Result<(), ApiError> {
    let state = of(tables, user, now);
    if !state.locked {
        return Ok(());
    }
    let Some(seconds) = state.expires_in_seconds else {
        return Err(ApiError::forbidden(
            "user_locked",
            "Your account is locked. For more information, please contact support.",
        ));
    };
    let minutes = (seconds + 59) / 60;
    Err(ApiError::forbidden(
        "user_locked",
        format!(
            "Your account is locked. You will be able to try again in {minutes} minutes. For more information, please \
             contact support."
        ),
    )
    .with("lockout_expires_in_seconds", seconds))
}

/// Counts a failed attempt, or resets the count after a successful one. The error for the last attempt allowed says
/// that the account is locked.
pub(crate) fn count(
    tables: &mut Tables,
    user_id: &str,
    result: Result<(), ApiError>,
    now: i64,
) -> Result<(), ApiError> {
    match &result {
        Ok(()) => {
            tables.lockouts.remove(user_id);
            return result;
        }
        Err(refusal) if !COUNTED.contains(&refusal.code) || !tables.users.contains(user_id) => {
            return result;
        }
        Err(_) => {}
    }
    let failed = tables
        .lockouts
        .get(user_id)
        .filter(|lockout| lockout.locked_until.is_none_or(|until| until > now))
        .map_or(0, |lockout| lockout.failed_attempts)
        .saturating_add(1);
    let locks = failed >= most(tables);
    tables.lockouts.insert(Lockout {
        user_id: user_id.to_owned(),
        failed_attempts: failed,
        locked_until: locks.then(|| now.saturating_add(MINUTES * 60 * 1_000)),
    });
    if locks {
        let told = "Your account is locked, because there were too many wrong passwords or codes.";
        inbox::tell_user(tables, user_id, "account_locked", told, now);
    }
    if let Some(user) = tables.users.get(user_id) {
        check(tables, user, now)?;
    }
    result
}

/// Clears a user's failed attempts.
pub(crate) fn clear(tables: &mut Tables, user_id: &str) {
    tables.lockouts.remove(user_id);
}
