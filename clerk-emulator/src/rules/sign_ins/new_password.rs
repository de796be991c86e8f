use super::super::accounts;
use super::super::api_error::ApiError;
use super::super::inbox;
use super::super::passwords::{Checks, NewPassword, Policy};
use super::super::sessions;
use super::super::visit::Visit;
use super::completion::advance;
use super::lookup::{find_open, invalid_state, save};
use crate::model::session::SessionStatus;
use crate::model::sign_in_attempt::SignInStatus;
use crate::secret::Secret;
use crate::store::tables::Tables;

/// Sets a new password after a user who forgot the old one has verified an address or number.
pub(crate) fn reset_password(
    tables: &mut Tables,
    id: &str,
    password: &str,
    sign_out_of_other_sessions: bool,
    visit: &Visit,
) -> Result<(), ApiError> {
    let mut attempt = find_open(tables, &visit.client_id, id, visit.now)?;
    if attempt.status != SignInStatus::NeedsNewPassword {
        return Err(invalid_state(
            "reset password",
            "The sign in does not wait for a new password.",
        ));
    }
    let user_id = attempt.user_id.clone().unwrap_or_default();
    let password = Policy::of(tables)?.accept(NewPassword::Text {
        password: Secret(password.to_owned()),
        checks: Checks::Enforced,
    })?;
    accounts::change(tables, &user_id, visit.now, |user| {
        user.password = Some(password);
        user.password_last_updated_at = Some(visit.now);
        user.password_compromised = false;
        Ok(())
    })?;
    if sign_out_of_other_sessions {
        sessions::end_all_of_user(tables, &user_id, SessionStatus::Revoked, visit.now);
    }
    inbox::tell_user(
        tables,
        &user_id,
        "password_changed",
        "The password of your account was changed.",
        visit.now,
    );
    advance(tables, &mut attempt, visit)?;
    save(tables, attempt);
    Ok(())
}
