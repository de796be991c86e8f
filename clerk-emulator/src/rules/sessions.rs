//! Clients and their sessions.

use http::StatusCode;
use serde_json::Value;

use super::api_error::ApiError;
use super::organizations;
use crate::model::session::{Client, Session, SessionStatus};
use crate::model::user::User;
use crate::store::tables::Tables;

/// Finds a session by id.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a Session, ApiError> {
    tables
        .sessions
        .get(id)
        .ok_or_else(|| ApiError::not_found("session", id))
}

/// Finds a session that tokens may be minted for.
pub(crate) fn find_alive<'a>(
    tables: &'a Tables,
    id: &str,
    now: i64,
) -> Result<&'a Session, ApiError> {
    let session = find(tables, id)?;
    if session.is_alive(now) {
        Ok(session)
    } else {
        Err(ApiError::not_found("active session", id))
    }
}

/// Finds a client by id.
pub(crate) fn find_client<'a>(tables: &'a Tables, id: &str) -> Result<&'a Client, ApiError> {
    tables
        .clients
        .get(id)
        .ok_or_else(|| ApiError::not_found("client", id))
}

/// Finds a client by its dev browser token.
pub(crate) fn client_by_token<'a>(tables: &'a Tables, token: &str) -> Option<&'a Client> {
    tables.clients.find(|client| client.token == token)
}

/// Adds a client without sessions and returns its id.
pub(crate) fn add_client(tables: &mut Tables, now: i64) -> String {
    let client = Client::new(now);
    let id = client.id.clone();
    tables.clients.insert(client);
    id
}

/// Signs a user in on a client and returns the id of the session. A client has one session at a time: an
/// older one ends.
pub(crate) fn start(
    tables: &mut Tables,
    client_id: &str,
    user_id: &str,
    authorized_party: Option<String>,
    now: i64,
) -> String {
    let mut session = Session::new(client_id, user_id, now);
    session.authorized_party = authorized_party;
    let id = session.id.clone();
    sign_out(tables, client_id, SessionStatus::Ended, now);
    tables.sessions.insert(session);
    if let Some(client) = tables.clients.get_mut(client_id) {
        client.session_ids.push(id.clone());
        client.last_active_session_id = Some(id.clone());
        client.updated_at = now;
    }
    if let Some(user) = tables.users.get_mut(user_id) {
        user.last_sign_in_at = Some(now);
        user.last_active_at = Some(now);
    }
    id
}

/// Creates a session for a user on a new client, with an organization active if one is named.
pub(crate) fn create(
    tables: &mut Tables,
    user_id: &str,
    organization: Option<&str>,
    now: i64,
) -> Result<String, ApiError> {
    if !tables.users.contains(user_id) {
        return Err(ApiError::not_found("user", user_id));
    }
    let organization_id = match organization {
        None => None,
        Some(name) => Some(
            organizations::of_user(tables, name, user_id)
                .ok_or_else(|| ApiError::not_found("organization of this user", name))?,
        ),
    };
    let client = add_client(tables, now);
    let id = start(tables, &client, user_id, None, now);
    set_organization(tables, &id, organization_id);
    Ok(id)
}

/// Makes an organization, or the personal account, the active one of a session.
pub(crate) fn set_organization(tables: &mut Tables, id: &str, organization_id: Option<String>) {
    if let Some(session) = tables.sessions.get_mut(id) {
        session.organization_id = organization_id;
    }
}

/// Properties that a test gives a session.
#[derive(Debug, Default)]
pub(crate) struct SessionTraits {
    pub(crate) organization_id: Option<String>,
    pub(crate) authorized_party: Option<String>,
    pub(crate) actor: Option<Value>,
    pub(crate) pending: bool,
}

/// Gives a session the properties that are set.
pub(crate) fn set_traits(tables: &mut Tables, id: &str, traits: SessionTraits) {
    if let Some(session) = tables.sessions.get_mut(id) {
        session.organization_id = traits.organization_id.or(session.organization_id.take());
        session.authorized_party = traits.authorized_party.or(session.authorized_party.take());
        session.actor = traits.actor.or(session.actor.take());
        if traits.pending {
            session.status = SessionStatus::Pending;
        }
    }
}

/// Notes the application that a session is used from, and the organization that it asks for: an id or slug,
/// or the empty text for the personal account. An organization that the user is not a member of changes
/// nothing.
pub(crate) fn enter(
    tables: &mut Tables,
    id: &str,
    origin: String,
    organization: Option<&str>,
    now: i64,
) {
    let Some(session) = tables.sessions.get(id) else {
        return;
    };
    let organization_id = match organization {
        None => session.organization_id.clone(),
        Some("") => None,
        Some(name) => organizations::of_user(tables, name, &session.user_id)
            .or_else(|| session.organization_id.clone()),
    };
    if let Some(session) = tables.sessions.get_mut(id) {
        session.authorized_party = Some(origin);
        session.last_active_at = now;
        session.organization_id = organization_id;
    }
}

/// Revokes a session.
pub(crate) fn revoke<'a>(
    tables: &'a mut Tables,
    id: &str,
    now: i64,
) -> Result<&'a Session, ApiError> {
    find(tables, id)?;
    end(tables, id, SessionStatus::Revoked, now);
    find(tables, id)
}

/// Checks a refresh token and notes that the session is used by the application at `origin`.
pub(crate) fn refresh(
    tables: &mut Tables,
    id: &str,
    refresh_token: &str,
    origin: String,
    now: i64,
) -> Result<(), ApiError> {
    let session = find(tables, id)?;
    let refused = |code, message| Err(ApiError::new(StatusCode::UNAUTHORIZED, code, message));
    if session.refresh_token != refresh_token {
        return refused(
            "refresh_token_invalid",
            "The refresh token does not belong to this session",
        );
    }
    if !session.is_alive(now) {
        return refused("session_not_active", "The session is no longer active");
    }
    enter(tables, id, origin, None, now);
    Ok(())
}

/// Ends a living session and takes it off its client.
pub(crate) fn end(tables: &mut Tables, id: &str, status: SessionStatus, now: i64) {
    let Some(session) = tables.sessions.get_mut(id) else {
        return;
    };
    if session.is_alive(now) {
        session.status = status;
        session.updated_at = now;
    }
    if let Some(client) = tables.clients.get_mut(&session.client_id) {
        client.session_ids.retain(|session_id| session_id != id);
        if client.last_active_session_id.as_deref() == Some(id) {
            client.last_active_session_id = client.session_ids.last().cloned();
        }
        client.updated_at = now;
    }
}

/// Ends all sessions of a user.
pub(crate) fn end_all_of_user(tables: &mut Tables, user_id: &str, status: SessionStatus, now: i64) {
    for id in tables.sessions.ids(|session| session.user_id == user_id) {
        end(tables, &id, status, now);
    }
}

/// Ends the sessions of everybody.
pub(crate) fn end_all(tables: &mut Tables, status: SessionStatus, now: i64) {
    for id in tables.sessions.ids(|_| true) {
        end(tables, &id, status, now);
    }
}

/// Ends all sessions of a client.
pub(crate) fn sign_out(tables: &mut Tables, client_id: &str, status: SessionStatus, now: i64) {
    let sessions = tables
        .clients
        .get(client_id)
        .map(|client| client.session_ids.clone())
        .unwrap_or_default();
    for session in sessions {
        end(tables, &session, status, now);
    }
}

/// Returns the session that a client's requests belong to, with its user.
pub(crate) fn active<'a>(
    tables: &'a Tables,
    client_id: &str,
    now: i64,
) -> Option<(&'a Session, &'a User)> {
    let client = tables.clients.get(client_id)?;
    let session = tables
        .sessions
        .get(client.last_active_session_id.as_deref()?)?;
    let user = tables.users.get(&session.user_id)?;
    (session.is_alive(now) && !user.banned).then_some((session, user))
}

/// What a list of sessions is narrowed to.
#[derive(Debug, Default)]
pub(crate) struct SessionFilter<'a> {
    pub(crate) client_id: Option<&'a str>,
    pub(crate) user_id: Option<&'a str>,
    pub(crate) status: Option<&'a str>,
}

/// Lists sessions, newest first.
pub(crate) fn list<'a>(
    tables: &'a Tables,
    filter: &SessionFilter<'_>,
    now: i64,
) -> Vec<&'a Session> {
    let fits = |wanted: Option<&str>, value: &str| wanted.is_none_or(|wanted| wanted == value);
    tables
        .sessions
        .iter()
        .rev()
        .filter(|session| fits(filter.client_id, &session.client_id))
        .filter(|session| fits(filter.user_id, &session.user_id))
        .filter(|session| fits(filter.status, session.status_at(now).as_str()))
        .collect()
}

/// Lists clients, newest first.
pub(crate) fn list_clients(tables: &Tables) -> Vec<&Client> {
    tables.clients.iter().rev().collect()
}
