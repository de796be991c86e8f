//! Sign-in tokens: links that sign a user in once.

use super::accounts;
use super::api_error::ApiError;
use crate::model::ticket::{SignInToken, TicketStatus};
use crate::store::tables::Tables;

const DEFAULT_LIFETIME_SECONDS: i64 = 30 * 86_400;

/// Creates a sign-in token.
pub(crate) fn create<'a>(
    tables: &'a mut Tables,
    user_id: String,
    lifetime_seconds: Option<i64>,
    now: i64,
) -> Result<&'a SignInToken, ApiError> {
    accounts::find(tables, &user_id)?;
    let lifetime = lifetime_seconds.unwrap_or(DEFAULT_LIFETIME_SECONDS);
    let expires_at = now.saturating_add(lifetime.saturating_mul(1000));
    let ticket = SignInToken::new(user_id, expires_at, now);
    Ok(tables.sign_in_tokens.insert(ticket))
}

fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a SignInToken, ApiError> {
    tables
        .sign_in_tokens
        .get(id)
        .ok_or_else(|| ApiError::not_found("sign-in token", id))
}

/// Revokes a pending sign-in token.
pub(crate) fn revoke<'a>(
    tables: &'a mut Tables,
    id: &str,
    now: i64,
) -> Result<&'a SignInToken, ApiError> {
    let status = find(tables, id)?.status;
    if status != TicketStatus::Pending {
        return Err(ApiError::bad_request(
            "sign_in_token_cannot_be_revoked",
            format!(
                "The sign-in token is {}, only pending ones can be revoked",
                status.as_str()
            ),
        ));
    }
    if let Some(ticket) = tables.sign_in_tokens.get_mut(id) {
        ticket.status = TicketStatus::Revoked;
        ticket.updated_at = now;
    }
    find(tables, id)
}

/// Uses a ticket up and returns the id of its user, if the ticket holds and the user may sign in.
pub(crate) fn redeem(tables: &mut Tables, token: &str, now: i64) -> Option<String> {
    let ticket = tables
        .sign_in_tokens
        .find(|ticket| ticket.token == token && ticket.is_redeemable(now))?;
    let (id, user_id) = (ticket.id.clone(), ticket.user_id.clone());
    let ticket = tables.sign_in_tokens.get_mut(&id)?;
    ticket.status = TicketStatus::Accepted;
    ticket.updated_at = now;
    let user = tables.users.get(&user_id)?;
    (!user.banned && !user.locked).then_some(user_id)
}
