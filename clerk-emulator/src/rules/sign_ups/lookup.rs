use super::super::api_error::ApiError;
use super::super::identifiers;
use crate::model::challenge::ProviderWishes;
use crate::model::sign_up_attempt::SignUpAttempt;
use crate::store::tables::Tables;

/// Finds a client's sign-up.
pub(crate) fn find<'a>(
    tables: &'a Tables,
    client_id: &str,
    id: &str,
) -> Result<&'a SignUpAttempt, ApiError> {
    by_id(tables, id).and_then(|attempt| {
        if attempt.client_id == client_id {
            Ok(attempt)
        } else {
            Err(ApiError::not_found("sign up", id))
        }
    })
}

/// Passes on what the browser wants of the provider's page.
pub(crate) fn heed(tables: &mut Tables, id: &str, wishes: ProviderWishes) {
    let attempt = tables.sign_up_attempts.get_mut(id);
    if let Some(challenge) = attempt.and_then(|one| one.external_verification.as_mut()) {
        challenge.heed(wishes);
    }
}

/// Finds a sign-up of any client.
pub(crate) fn by_id<'a>(tables: &'a Tables, id: &str) -> Result<&'a SignUpAttempt, ApiError> {
    tables
        .sign_up_attempts
        .get(id)
        .ok_or_else(|| ApiError::not_found("sign up", id))
}

/// Finds a client's sign-up that may still continue.
pub(super) fn find_open(
    tables: &Tables,
    client_id: &str,
    id: &str,
    now: i64,
) -> Result<SignUpAttempt, ApiError> {
    let attempt = find(tables, client_id, id)?;
    check_open(attempt, now)?;
    Ok(attempt.clone())
}

/// Rejects sign-ups that are complete or abandoned.
fn check_open(attempt: &SignUpAttempt, now: i64) -> Result<(), ApiError> {
    if attempt.created_user_id.is_some() || attempt.is_abandoned(now) {
        return Err(ApiError::forbidden(
            "sign_up_cannot_be_updated",
            "This sign up has reached a terminal state and cannot be updated",
        ));
    }
    Ok(())
}

/// Updates the fields that the application's server may set on a sign-up: whether the custom action is complete, and
/// the external ID.
pub(crate) fn update_by_server<'a>(
    tables: &'a mut Tables,
    id: &str,
    external_id: Option<String>,
    custom_action: Option<bool>,
    now: i64,
) -> Result<&'a SignUpAttempt, ApiError> {
    check_open(by_id(tables, id)?, now)?;
    if let Some(external_id) = &external_id {
        identifiers::check_external_id(tables, external_id, None)?;
    }
    let attempt = tables
        .sign_up_attempts
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("sign up", id))?;
    attempt.external_id = external_id.or(attempt.external_id.take());
    attempt.custom_action = custom_action.unwrap_or(attempt.custom_action);
    Ok(attempt)
}
