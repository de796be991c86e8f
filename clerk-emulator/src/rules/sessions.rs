//! User sessions on clients.

use serde_json::Value;

use super::api_error::ApiError;
use super::clients;
use super::organizations;
use super::session_tasks;
use super::settings;
use crate::model::activity::Activity;
use crate::model::session::{Session, SessionStatus};
use crate::model::user::User;
use crate::store::table::RowChange;
use crate::store::tables::Tables;

/// Finds a session by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a Session, ApiError> {
    tables
        .sessions
        .get(id)
        .ok_or_else(|| ApiError::not_found("session", id))
}

/// Finds a session for which tokens may be minted.
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

/// Signs a user in on a client and returns the ID of the session. Unless the settings say otherwise, a client has one
/// session at a time, and an older one ends.
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
    session.organization_id = next_organization(tables, user_id);
    if settings::get(tables).is_ok_and(|settings| settings.authentication.single_session) {
        sign_out(tables, client_id, SessionStatus::Ended, now);
    }
    tables.sessions.insert(session);
    if let Some(client) = tables.clients.get_mut(client_id) {
        client.session_ids.push(id.clone());
        client.last_active_session_id = Some(id.clone());
        client.updated_at = now;
        client.rotate();
    }
    if let Some(user) = tables.users.get_mut(user_id) {
        user.last_sign_in_at = Some(now);
        user.last_active_at = Some(now);
    }
    settle(tables, &id);
    id
}

/// Returns the organization in which the next session of a user begins.
fn next_organization(tables: &mut Tables, user_id: &str) -> Option<String> {
    let id = tables.users.get_mut(user_id)?.next_organization_id.take()?;
    organizations::membership(tables, &id, user_id).map(|_| id)
}

/// Decides in which organization the next session of a user begins.
pub(crate) fn set_next_organization(tables: &mut Tables, user_id: &str, id: Option<String>) {
    if let Some(user) = tables.users.get_mut(user_id) {
        user.next_organization_id = id;
    }
}

/// Creates a session for a user on a new client, with an active organization if one is named.
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
    let client = clients::add(tables, now);
    let id = start(tables, &client, user_id, None, now);
    if organization_id.is_some() {
        set_organization(tables, &id, organization_id);
    }
    Ok(id)
}

/// Makes an organization, or the personal account, the active one in a session.
pub(crate) fn set_organization(tables: &mut Tables, id: &str, organization_id: Option<String>) {
    if let Some(session) = tables.sessions.get_mut(id) {
        session.organization_id = organization_id;
    }
    settle(tables, id);
}

/// Makes a live session pending while it has open tasks, and active otherwise.
pub(crate) fn settle(tables: &mut Tables, id: &str) {
    let Some(session) = tables.sessions.get(id) else {
        return;
    };
    let status = match session_tasks::of(tables, session).is_empty() && !session.kept_pending {
        true => SessionStatus::Active,
        false => SessionStatus::Pending,
    };
    let living = matches!(
        session.status,
        SessionStatus::Active | SessionStatus::Pending
    );
    if living
        && session.status != status
        && let Some(session) = tables.sessions.get_mut(id)
    {
        session.status = status;
    }
}

/// Does the same with all sessions of a user.
pub(crate) fn settle_of_user(tables: &mut Tables, user_id: &str) {
    for id in tables.sessions.ids(|session| session.user_id == user_id) {
        settle(tables, &id);
    }
}

/// Does the same with the sessions whose tasks changed since the last commit, whatever changed them.
pub(crate) fn settle_changed(tables: &mut Tables) {
    let mut changed = Vec::new();
    for change in tables.sessions.changes() {
        if let RowChange::Replaced { before, after } = change
            && before.organization_id != after.organization_id
        {
            changed.push(after.id.clone());
        }
    }
    let mut users = Vec::new();
    for change in tables.users.changes() {
        if let RowChange::Replaced { before, after } = change
            && (before.has_second_factor() != after.has_second_factor()
                || before.password_compromised != after.password_compromised)
        {
            users.push(after.id.clone());
        }
    }
    for id in changed {
        settle(tables, &id);
    }
    for user in users {
        settle_of_user(tables, &user);
    }
}

/// The properties that a ticket or a test sets on a session.
#[derive(Debug, Default)]
pub(crate) struct SessionTraits {
    pub(crate) organization_id: Option<String>,
    pub(crate) authorized_party: Option<String>,
    pub(crate) actor: Option<Value>,
    pub(crate) lifetime_ms: Option<i64>,
    pub(crate) pending: bool,
}

/// Updates a session with the properties that are set.
pub(crate) fn set_traits(tables: &mut Tables, id: &str, traits: SessionTraits) {
    if let Some(session) = tables.sessions.get_mut(id) {
        session.organization_id = traits.organization_id.or(session.organization_id.take());
        session.authorized_party = traits.authorized_party.or(session.authorized_party.take());
        session.actor = traits.actor.or(session.actor.take());
        session.lifetime_ms = traits.lifetime_ms.or(session.lifetime_ms);
        session.kept_pending |= traits.pending;
    }
    settle(tables, id);
}

/// Rejects sessions that wait for a task: their users cannot give others access to their account.
pub(crate) fn check_complete(session: &Session) -> Result<(), ApiError> {
    if session.status == SessionStatus::Active {
        return Ok(());
    }
    Err(ApiError::unauthorized(
        "authentication_invalid",
        "The session is not active: complete its tasks first",
    ))
}

/// Returns true if sessions have no personal account.
pub(crate) fn is_organization_forced(tables: &Tables) -> bool {
    settings::get(tables).is_ok_and(|set| set.authentication.force_organization_selection)
}

/// Records the application that a session is used from and the requested organization, which is an ID, a slug, or the
/// empty string for the personal account. An organization that the user is not a member of is ignored.
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
        Some("") if is_organization_forced(tables) => session.organization_id.clone(),
        Some("") => None,
        Some(name) => organizations::of_user(tables, name, &session.user_id)
            .or_else(|| session.organization_id.clone()),
    };
    if let Some(session) = tables.sessions.get_mut(id) {
        session.authorized_party = Some(origin);
        session.last_active_at = now;
        session.organization_id = organization_id;
    }
    settle(tables, id);
}

/// Records that a session is used with this organization, or with the personal account.
pub(crate) fn touch(tables: &mut Tables, id: &str, organization_id: Option<String>, now: i64) {
    let Some(session) = tables.sessions.get_mut(id) else {
        return;
    };
    session.last_active_at = now;
    session.organization_id = organization_id;
    let user_id = session.user_id.clone();
    if let Some(user) = tables.users.get_mut(&user_id) {
        user.last_active_at = Some(now);
    }
    settle(tables, id);
}

/// Records where a session was started.
pub(crate) fn note_activity(tables: &mut Tables, id: &str, activity: Activity) {
    if let Some(session) = tables.sessions.get_mut(id) {
        session.activity = Some(activity);
    }
}

/// Iterates over the live sessions of a client, oldest first.
pub(crate) fn living_of_client<'a>(
    tables: &'a Tables,
    client_id: &str,
    now: i64,
) -> impl Iterator<Item = &'a Session> {
    let ids = tables
        .clients
        .get(client_id)
        .map(|client| client.session_ids.as_slice());
    ids.unwrap_or_default()
        .iter()
        .filter_map(|id| tables.sessions.get(id))
        .filter(move |session| session.is_alive(now))
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

/// Checks a refresh token and records that the application at `origin` uses the session.
pub(crate) fn refresh(
    tables: &mut Tables,
    id: &str,
    refresh_token: &str,
    origin: String,
    now: i64,
) -> Result<(), ApiError> {
    let refused = |code, message| Err(ApiError::unauthorized(code, message));
    let Some(session) = tables.sessions.get(id) else {
        return refused(
            "session_refresh_session_not_found",
            "No session was found with this id",
        );
    };
    if session.refresh_token != refresh_token {
        return refused(
            "refresh_token_not_found",
            "The refresh token does not belong to this session",
        );
    }
    if !session.is_alive(now) {
        return refused(
            "session_refresh_inactive_session",
            "The session is no longer active",
        );
    }
    enter(tables, id, origin, None, now);
    Ok(())
}

/// Ends a live session and removes it from its client.
pub(crate) fn end(tables: &mut Tables, id: &str, status: SessionStatus, now: i64) {
    let Some(session) = tables.sessions.get_mut(id) else {
        return;
    };
    let was_alive = session.is_alive(now);
    if was_alive {
        session.status = status;
        session.updated_at = now;
    }
    if let Some(client) = tables.clients.get_mut(&session.client_id) {
        client.session_ids.retain(|session_id| session_id != id);
        if client.last_active_session_id.as_deref() == Some(id) {
            client.last_active_session_id = client.session_ids.last().cloned();
        }
        // Somebody else may use the client since.
        if was_alive {
            client.updated_at = now;
            client.rotate();
        }
    }
}

/// Ends all sessions of a user.
pub(crate) fn end_all_of_user(tables: &mut Tables, user_id: &str, status: SessionStatus, now: i64) {
    end_others_of_user(tables, user_id, None, status, now);
}

/// Ends all sessions of a user except one.
pub(crate) fn end_others_of_user(
    tables: &mut Tables,
    user_id: &str,
    kept: Option<&str>,
    status: SessionStatus,
    now: i64,
) {
    let others = |session: &Session| session.user_id == user_id && Some(&*session.id) != kept;
    for id in tables.sessions.ids(others) {
        end(tables, &id, status, now);
    }
}

/// Ends the sessions of all users.
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

/// Returns the session that a client's requests belong to, along with its user: the one that was active last, or, when
/// that is over, the newest of the others.
pub(crate) fn active<'a>(
    tables: &'a Tables,
    client_id: &str,
    now: i64,
) -> Option<(&'a Session, &'a User)> {
    let client = tables.clients.get(client_id)?;
    let last = client.last_active_session_id.as_deref()?;
    let session = match tables.sessions.get(last) {
        Some(session) if session.is_alive(now) => session,
        _ => living_of_client(tables, client_id, now).last()?,
    };
    let user = tables.users.get(&session.user_id)?;
    (!user.banned).then_some((session, user))
}

/// A filter for a list of sessions.
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
