//! Agent tasks: links that let an agent sign in on behalf of a user.

use url::Url;

use super::api_error::ApiError;
use super::identifiers;
use super::tickets::{self, TicketKind};
use crate::model::agent_task::AgentTask;
use crate::store::tables::Tables;

const LIFETIME_SECONDS: i64 = 3600;

/// The fields of a new task.
#[derive(Debug)]
pub(crate) struct NewAgentTask {
    /// The ID, email address, username, or phone number of the user.
    pub(crate) on_behalf_of: String,
    pub(crate) agent_name: String,
    pub(crate) redirect_url: String,
}

/// Creates a task.
pub(crate) fn create(
    tables: &mut Tables,
    new: NewAgentTask,
    now: i64,
) -> Result<&AgentTask, ApiError> {
    if Url::parse(&new.redirect_url).is_err() {
        return Err(ApiError::format("redirect_url", "must be an absolute URL"));
    }
    let user_id = identifiers::user_by_any(tables, &new.on_behalf_of)
        .map(|user| user.id.clone())
        .ok_or_else(|| ApiError::not_found("user", &new.on_behalf_of))?;
    let ticket_id = tickets::create(tables, user_id, None, None, Some(LIFETIME_SECONDS), now)?
        .id
        .clone();
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
    tickets::revoke(tables, TicketKind::SignIn, &ticket_id, now)?;
    tables.agent_tasks.get(id).ok_or_else(not_found)
}

/// Uses up the ticket of a task, and returns the user for whom the agent acts and the URL to which the task leads.
pub(crate) fn redeem(
    tables: &mut Tables,
    ticket: &str,
    now: i64,
) -> Result<(String, String), ApiError> {
    let redirect_url = tables
        .tickets
        .find(|one| one.token == ticket)
        .and_then(|ticket| tables.agent_tasks.find(|task| task.ticket_id == ticket.id))
        .map(|task| task.redirect_url.clone())
        .ok_or_else(tickets::invalid)?;
    let ticket = tickets::redeem_for_sign_in(tables, ticket, now)?;
    Ok((ticket.user_id, redirect_url))
}
