//! Tickets: links that sign a user in once.

use serde_json::Value;

use super::accounts;
use super::api_error::ApiError;
use crate::model::ticket::{Ticket, TicketStatus};
use crate::store::tables::Tables;

/// The kinds of tickets, each with names of its own in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TicketKind {
    SignIn,
    Actor,
}

impl TicketKind {
    fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in token",
            Self::Actor => "actor token",
        }
    }

    fn default_lifetime_seconds(self) -> i64 {
        match self {
            Self::SignIn => 30 * 86_400,
            Self::Actor => 3600,
        }
    }

    fn not_pending_code(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in_token_cannot_be_revoked",
            Self::Actor => "actor_token_cannot_be_revoked",
        }
    }

    fn is(self, ticket: &Ticket) -> bool {
        ticket.actor.is_some() == (self == Self::Actor)
    }
}

/// Creates a sign-in token, or an actor token when an actor is named.
pub(crate) fn create(
    tables: &mut Tables,
    user_id: String,
    actor: Option<Value>,
    lifetime_seconds: Option<i64>,
    now: i64,
) -> Result<&Ticket, ApiError> {
    accounts::find(tables, &user_id)?;
    let kind = match actor {
        Some(_) => TicketKind::Actor,
        None => TicketKind::SignIn,
    };
    let lifetime = lifetime_seconds.unwrap_or(kind.default_lifetime_seconds());
    let expires_at = now.saturating_add(lifetime.saturating_mul(1000));
    let ticket = Ticket::new(user_id, actor, expires_at, now);
    Ok(tables.tickets.insert(ticket))
}

/// Revokes a pending ticket of this kind.
pub(crate) fn revoke<'a>(
    tables: &'a mut Tables,
    kind: TicketKind,
    id: &str,
    now: i64,
) -> Result<&'a Ticket, ApiError> {
    let not_found = || ApiError::not_found(kind.name(), id);
    let ticket = tables
        .tickets
        .get(id)
        .filter(|ticket| kind.is(ticket))
        .ok_or_else(not_found)?;
    if ticket.status != TicketStatus::Pending {
        return Err(ApiError::bad_request(
            kind.not_pending_code(),
            format!(
                "The {} is {}, only pending ones can be revoked",
                kind.name(),
                ticket.status.as_str()
            ),
        ));
    }
    let ticket = tables.tickets.get_mut(id).ok_or_else(not_found)?;
    ticket.status = TicketStatus::Revoked;
    ticket.updated_at = now;
    Ok(ticket)
}

/// Uses a ticket up, if it holds and its user may sign in, and returns it.
pub(crate) fn redeem(tables: &mut Tables, token: &str, now: i64) -> Option<Ticket> {
    let id = tables
        .tickets
        .find(|ticket| ticket.token == token && ticket.is_redeemable(now))?
        .id
        .clone();
    let ticket = tables.tickets.get_mut(&id)?;
    ticket.status = TicketStatus::Accepted;
    ticket.updated_at = now;
    let ticket = ticket.clone();
    let user = tables.users.get(&ticket.user_id)?;
    (!user.banned && !user.locked).then_some(ticket)
}
