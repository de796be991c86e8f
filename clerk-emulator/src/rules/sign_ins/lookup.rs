use super::super::api_error::ApiError;
use crate::model::challenge::ProviderWishes;
use crate::model::sign_in_attempt::SignInAttempt;
use crate::store::tables::Tables;

/// Finds a client's sign-in.
pub(crate) fn find<'a>(
    tables: &'a Tables,
    client_id: &str,
    id: &str,
) -> Result<&'a SignInAttempt, ApiError> {
    tables
        .sign_in_attempts
        .get(id)
        .filter(|attempt| attempt.client_id == client_id)
        .ok_or_else(|| ApiError::not_found("sign in", id))
}

/// Finds a client's sign-in that is not abandoned.
pub(crate) fn find_shown<'a>(
    tables: &'a Tables,
    client_id: &str,
    id: &str,
    now: i64,
) -> Result<&'a SignInAttempt, ApiError> {
    find(tables, client_id, id)
        .ok()
        .filter(|attempt| !attempt.is_abandoned(now))
        .ok_or_else(|| ApiError::not_found("sign in", id))
}

/// Finds the client's current sign-in, which may still continue.
pub(super) fn find_open(
    tables: &Tables,
    client_id: &str,
    id: &str,
    now: i64,
) -> Result<SignInAttempt, ApiError> {
    let attempt = find(tables, client_id, id)?;
    let current = tables
        .clients
        .get(client_id)
        .and_then(|client| client.sign_in_id.as_deref());
    if current != Some(id) {
        return Err(ApiError::forbidden(
            "resource_forbidden",
            "Update operations are not allowed on older sign ins",
        ));
    }
    if attempt.is_abandoned(now) {
        return Err(ApiError::not_found("sign in", id));
    }
    Ok(attempt.clone())
}

pub(super) fn invalid_state(action: &str, resolution: &str) -> ApiError {
    ApiError::bad_request(
        "client_state_invalid",
        format!("We were unable to complete {action} for this Client. {resolution}"),
    )
}

pub(super) fn strategy_not_valid() -> ApiError {
    ApiError::bad_request(
        "strategy_for_user_invalid",
        "The verification strategy is not valid for this account",
    )
}

/// Passes on what the browser wants of the provider's page.
pub(crate) fn heed(tables: &mut Tables, id: &str, wishes: ProviderWishes) {
    let attempt = tables.sign_in_attempts.get_mut(id);
    if let Some(challenge) = attempt.and_then(|one| one.first_factor.as_mut()) {
        challenge.heed(wishes);
    }
}

/// Stores the state of a sign-in.
pub(super) fn save(tables: &mut Tables, attempt: SignInAttempt) {
    tables.sign_in_attempts.insert(attempt);
}
