//! Users' existing passwords and second factors.

use super::accounts;
use super::api_error::ApiError;
use super::sessions;
use crate::model::session::SessionStatus;
use crate::model::user::User;
use crate::store::tables::Tables;

/// Determines whether an operation ends the sessions of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sessions {
    Kept,
    Ended,
}

/// Removes the password.
pub(crate) fn remove_password<'a>(
    tables: &'a mut Tables,
    id: &str,
    sessions: Sessions,
    now: i64,
) -> Result<&'a User, ApiError> {
    require_password(tables, id)?;
    end(tables, id, sessions, now);
    accounts::change(tables, id, now, |user| {
        user.password = None;
        user.password_last_updated_at = Some(now);
        Ok(())
    })
}

/// Marks the password as compromised, or removes the mark.
pub(crate) fn set_password_compromised<'a>(
    tables: &'a mut Tables,
    id: &str,
    compromised: bool,
    sessions: Sessions,
    now: i64,
) -> Result<&'a User, ApiError> {
    require_password(tables, id)?;
    end(tables, id, sessions, now);
    accounts::change(tables, id, now, |user| {
        user.password_compromised = compromised;
        Ok(())
    })
}

fn require_password(tables: &Tables, id: &str) -> Result<(), ApiError> {
    match accounts::find(tables, id)?.password {
        Some(_) => Ok(()),
        None => Err(ApiError::bad_request(
            "no_password_set",
            "This user has no password",
        )),
    }
}

fn end(tables: &mut Tables, id: &str, sessions: Sessions, now: i64) {
    if sessions == Sessions::Ended {
        sessions::end_all_of_user(tables, id, SessionStatus::Revoked, now);
    }
}

/// A second factor, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecondFactor {
    All,
    Totp,
    BackupCodes,
}

/// Removes second factors.
pub(crate) fn remove<'a>(
    tables: &'a mut Tables,
    id: &str,
    factor: SecondFactor,
    now: i64,
) -> Result<&'a User, ApiError> {
    let user = accounts::find(tables, id)?;
    let missing = match factor {
        SecondFactor::All => false,
        SecondFactor::Totp => user.totp_secret.is_none(),
        SecondFactor::BackupCodes => user.backup_codes.is_empty(),
    };
    if missing {
        return Err(ApiError::not_found(
            "second factor of this kind for the user",
            id,
        ));
    }
    accounts::change(tables, id, now, |user| {
        let had = user.has_second_factor();
        if matches!(factor, SecondFactor::All | SecondFactor::Totp) {
            user.totp_secret = None;
        }
        if matches!(factor, SecondFactor::All | SecondFactor::BackupCodes) {
            user.backup_codes.clear();
        }
        if factor == SecondFactor::All {
            for phone in &mut user.phone_numbers {
                phone.reserved_for_second_factor = false;
                phone.default_second_factor = false;
            }
        }
        accounts::note_second_factor(user, had, now);
        Ok(())
    })
}

/// Bans several users or lifts their bans. If any user is unknown, no bans change.
pub(crate) fn set_banned_all(
    tables: &mut Tables,
    ids: &[String],
    banned: bool,
    now: i64,
) -> Result<Vec<User>, ApiError> {
    ids.iter()
        .map(|id| accounts::set_banned(tables, id, banned, now).cloned())
        .collect()
}
