use serde_json::{Value, json};

use super::{Store, User};
use crate::random;

const DAY_MS: i64 = 86_400_000;
const SESSION_LIFETIME_MS: i64 = 7 * DAY_MS;
const ABANDON_AFTER_MS: i64 = 30 * DAY_MS;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionStatus {
    Active,
    Pending,
    Revoked,
    Ended,
    Expired,
    Removed,
}

impl SessionStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Revoked => "revoked",
            Self::Ended => "ended",
            Self::Expired => "expired",
            Self::Removed => "removed",
        }
    }
}

/// One person signed in on one client.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) client_id: String,
    pub(crate) status: SessionStatus,
    pub(crate) organization_id: Option<String>,
    /// Origin of the application that started it: the `azp` claim.
    pub(crate) authorized_party: Option<String>,
    /// Who acts as this user, if somebody does: the `act` claim.
    pub(crate) actor: Option<Value>,
    /// When the first factor was last proven.
    pub(crate) verified_at: i64,
    pub(crate) refresh_token: String,
    pub(crate) last_active_at: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// A browser, or a place for sessions that the Backend API created.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    /// The dev browser token (`__clerk_db_jwt`).
    pub(crate) token: String,
    pub(crate) session_ids: Vec<String>,
    pub(crate) last_active_session_id: Option<String>,
    pub(crate) created_at: i64,
    /// Moves only when a session starts or ends: `__client_uat` is made of it, and server SDKs refuse
    /// session tokens that are older.
    pub(crate) updated_at: i64,
}

/// A ticket that signs a user in once.
#[derive(Debug)]
pub(crate) struct SignInToken {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) token: String,
    pub(crate) status: &'static str,
    pub(crate) expires_at: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl Session {
    pub(crate) fn expire_at(&self) -> i64 {
        self.created_at + SESSION_LIFETIME_MS
    }

    /// The status at this time: an active session past its end has expired.
    pub(crate) fn status_at(&self, now: i64) -> SessionStatus {
        match self.status {
            SessionStatus::Active | SessionStatus::Pending if now >= self.expire_at() => {
                SessionStatus::Expired
            }
            status => status,
        }
    }

    /// Whether tokens are still minted for it.
    pub(crate) fn is_alive(&self, now: i64) -> bool {
        matches!(
            self.status_at(now),
            SessionStatus::Active | SessionStatus::Pending
        )
    }

    /// The session as the Backend API shows it.
    pub(crate) fn to_json(&self, now: i64) -> Value {
        json!({
            "object": "session",
            "id": self.id,
            "user_id": self.user_id,
            "client_id": self.client_id,
            "actor": self.actor,
            "status": self.status_at(now).as_str(),
            "last_active_organization_id": self.organization_id,
            "last_active_at": self.last_active_at,
            "expire_at": self.expire_at(),
            "abandon_at": self.created_at + ABANDON_AFTER_MS,
            "updated_at": self.updated_at,
            "created_at": self.created_at,
        })
    }
}

impl Client {
    /// The client as the Backend API shows it.
    pub(crate) fn to_json(&self, store: &Store, now: i64) -> Value {
        let sessions: Vec<Value> = self
            .session_ids
            .iter()
            .filter_map(|id| store.sessions.get(id))
            .map(|session| session.to_json(now))
            .collect();
        json!({
            "object": "client",
            "id": self.id,
            "session_ids": self.session_ids,
            "sessions": sessions,
            "sign_in_id": null,
            "sign_up_id": null,
            "last_active_session_id": self.last_active_session_id,
            "last_authentication_strategy": null,
            "updated_at": self.updated_at,
            "created_at": self.created_at,
        })
    }
}

impl SignInToken {
    pub(crate) fn to_json(&self, store: &Store) -> Value {
        json!({
            "object": "sign_in_token",
            "id": self.id,
            "status": self.status,
            "user_id": self.user_id,
            "token": self.token,
            "url": format!("{}/sign-in?__clerk_ticket={}", store.base_url, self.token),
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        })
    }
}

impl Store {
    /// A new client without sessions.
    pub(crate) fn add_client(&mut self, now: i64) -> String {
        let id = random::id("client");
        let client = Client {
            id: id.clone(),
            token: format!("dvb_{}", random::alphanumeric(32)),
            session_ids: Vec::new(),
            last_active_session_id: None,
            created_at: now,
            updated_at: now,
        };
        self.clients.insert(id.clone(), client);
        id
    }

    pub(crate) fn client_by_token(&self, token: &str) -> Option<&Client> {
        self.clients.values().find(|client| client.token == token)
    }

    /// Signs a user in on a client. A client has one session at a time: an older one ends.
    pub(crate) fn start_session(
        &mut self,
        client_id: &str,
        user_id: &str,
        authorized_party: Option<String>,
        now: i64,
    ) -> String {
        let id = random::id("sess");
        let session = Session {
            id: id.clone(),
            user_id: user_id.to_owned(),
            client_id: client_id.to_owned(),
            status: SessionStatus::Active,
            organization_id: None,
            authorized_party,
            actor: None,
            verified_at: now,
            refresh_token: random::alphanumeric(40),
            last_active_at: now,
            created_at: now,
            updated_at: now,
        };
        self.sign_out(client_id, SessionStatus::Ended, now);
        self.sessions.insert(id.clone(), session);
        if let Some(client) = self.clients.get_mut(client_id) {
            client.session_ids.push(id.clone());
            client.last_active_session_id = Some(id.clone());
            client.updated_at = now;
        }
        if let Some(user) = self.users.get_mut(user_id) {
            user.last_sign_in_at = Some(now);
            user.last_active_at = Some(now);
        }
        id
    }

    /// Ends a living session and takes it off its client.
    pub(crate) fn end_session(&mut self, id: &str, status: SessionStatus, now: i64) {
        let Some(session) = self.sessions.get_mut(id) else {
            return;
        };
        if session.is_alive(now) {
            session.status = status;
            session.updated_at = now;
        }
        if let Some(client) = self.clients.get_mut(&session.client_id) {
            client.session_ids.retain(|session_id| session_id != id);
            if client.last_active_session_id.as_deref() == Some(id) {
                client.last_active_session_id = client.session_ids.last().cloned();
            }
            client.updated_at = now;
        }
    }

    /// Ends all sessions of a client.
    pub(crate) fn sign_out(&mut self, client_id: &str, status: SessionStatus, now: i64) {
        let sessions = self
            .clients
            .get(client_id)
            .map(|client| client.session_ids.clone())
            .unwrap_or_default();
        for session in sessions {
            self.end_session(&session, status, now);
        }
    }

    /// The user of a ticket that still holds; it holds no longer afterwards.
    pub(crate) fn redeem_ticket(&mut self, token: &str, now: i64) -> Option<String> {
        let ticket = self
            .sign_in_tokens
            .values_mut()
            .find(|ticket| ticket.token == token)?;
        if ticket.status != "pending" || now >= ticket.expires_at {
            return None;
        }
        ticket.status = "accepted";
        ticket.updated_at = now;
        let user = self.users.get(&ticket.user_id)?;
        (!user.banned && !user.locked).then(|| user.id.clone())
    }

    /// The session that a client's requests belong to, with its user.
    pub(crate) fn active_session(&self, client_id: &str, now: i64) -> Option<(&Session, &User)> {
        let client = self.clients.get(client_id)?;
        let session = self
            .sessions
            .get(client.last_active_session_id.as_deref()?)?;
        let user = self.users.get(&session.user_id)?;
        (session.is_alive(now) && !user.banned).then_some((session, user))
    }
}
