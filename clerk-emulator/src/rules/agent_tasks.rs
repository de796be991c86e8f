//! Agent tasks: links that let an agent sign in on behalf of a user.

use url::Url;

use super::accounts;
use super::api_error::ApiError;
use super::identifiers;
use super::tickets::{self, NewTicket, TicketKind};
use crate::model::agent_task::AgentTask;
use crate::model::ticket::{Ticket, TicketStatus};
use crate::store::tables::Tables;

const LIFETIME_SECONDS: i64 = 3600;

/// The user for whom an agent acts.
#[derive(Debug)]
pub(crate) enum OnBehalfOf {
    UserId(String),
    /// A verified email address or phone number, or a username.
    Identifier(String),
}

/// The fields of a new task.
#[derive(Debug)]
pub(crate) struct NewAgentTask {
    pub(crate) on_behalf_of: OnBehalfOf,
    pub(crate) agent_name: String,
    pub(crate) redirect_url: String,
    pub(crate) session_lifetime_seconds: i64,
}

/// Creates a task.
pub(crate) fn create(
    tables: &mut Tables,
    new: NewAgentTask,
    now: i64,
) -> Result<&AgentTask, ApiError> {
    let is_web = |url: Url| ["http", "https"].contains(&url.scheme());
    if !Url::parse(&new.redirect_url).is_ok_and(is_web) {
        return Err(ApiError::format(
            "redirect_url",
            "must be an absolute URL with http or https",
        ));
    }
    let user_id = match &new.on_behalf_of {
        OnBehalfOf::UserId(id) => accounts::find(tables, id)?.id.clone(),
        OnBehalfOf::Identifier(identifier) => {
            identifiers::user_by_verified_identifier(tables, identifier)
                .map(|user| user.id.clone())
                .ok_or_else(|| ApiError::not_found("user", identifier))?
        }
    };
    let ticket = NewTicket {
        user_id,
        lifetime_seconds: Some(LIFETIME_SECONDS),
        session_lifetime_seconds: Some(new.session_lifetime_seconds),
        ..NewTicket::default()
    };
    let ticket_id = tickets::create(tables, ticket, now)?.id.clone();
    let agent_id = tables
        .agent_tasks
        .find(|task| task.agent_name == new.agent_name)
        .map_or_else(AgentTask::new_agent_id, |task| task.agent_id.clone());
    Ok(tables.agent_tasks.insert(AgentTask {
        id: AgentTask::new_id(),
        agent_id,
        agent_name: new.agent_name,
        ticket_id,
        redirect_url: new.redirect_url,
    }))
}

/// Revokes a task whose link has not been followed.
pub(crate) fn revoke<'a>(
    tables: &'a mut Tables,
    id: &str,
    now: i64,
) -> Result<&'a AgentTask, ApiError> {
    let not_found = || ApiError::not_found("agent task", id);
    let ticket_id = tables
        .agent_tasks
        .get(id)
        .ok_or_else(not_found)?
        .ticket_id
        .clone();
    let ticket = tables.tickets.get(&ticket_id).ok_or_else(not_found)?;
    if ticket.status != TicketStatus::Pending {
        return Err(ApiError::bad_request(
            "agent_task_cannot_be_revoked",
            format!(
                "The agent task is {}, only pending ones can be revoked",
                ticket.status.as_str()
            ),
        ));
    }
    tickets::revoke(tables, TicketKind::SignIn, &ticket_id, now)?;
    tables.agent_tasks.get(id).ok_or_else(not_found)
}

/// Uses up the ticket of a task, and returns it and the URL to which the task leads.
pub(crate) fn redeem(
    tables: &mut Tables,
    ticket: &str,
    now: i64,
) -> Result<(Ticket, String), ApiError> {
    let (status, redirect_url) = tables
        .tickets
        .find(|one| one.token == ticket)
        .and_then(|ticket| {
            let task = tables
                .agent_tasks
                .find(|task| task.ticket_id == ticket.id)?;
            Some((ticket.status, task.redirect_url.clone()))
        })
        .ok_or_else(tickets::invalid)?;
    match status {
        TicketStatus::Pending => {}
        TicketStatus::Accepted => {
            return Err(ApiError::bad_request(
                "agent_task_already_used",
                "This agent task has already been used. Each task can only be used once.",
            ));
        }
        TicketStatus::Revoked => {
            return Err(ApiError::bad_request(
                "agent_task_revoked",
                "This agent task has been revoked and cannot be used anymore.",
            ));
        }
    }
    let ticket = tickets::redeem_ticket(tables, ticket, now)?;
    Ok((ticket, redirect_url))
}
