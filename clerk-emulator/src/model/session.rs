use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::random;

const DAY_MS: i64 = 86_400_000;
const SESSION_LIFETIME_MS: i64 = 7 * DAY_MS;
const ABANDON_AFTER_MS: i64 = 30 * DAY_MS;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SessionStatus {
    Active,
    Pending,
    Revoked,
    Ended,
    Expired,
    Removed,
}

impl SessionStatus {
    /// Returns the name in the API.
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
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

impl Session {
    /// Creates an active session.
    pub(crate) fn new(client_id: &str, user_id: &str, now: i64) -> Self {
        Self {
            id: random::id("sess"),
            user_id: user_id.to_owned(),
            client_id: client_id.to_owned(),
            status: SessionStatus::Active,
            organization_id: None,
            authorized_party: None,
            actor: None,
            verified_at: now,
            refresh_token: random::alphanumeric(40),
            last_active_at: now,
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn expire_at(&self) -> i64 {
        self.created_at + SESSION_LIFETIME_MS
    }

    pub(crate) fn abandon_at(&self) -> i64 {
        self.created_at + ABANDON_AFTER_MS
    }

    /// Returns the status at this time: an active session past its end has expired.
    pub(crate) fn status_at(&self, now: i64) -> SessionStatus {
        match self.status {
            SessionStatus::Active | SessionStatus::Pending if now >= self.expire_at() => {
                SessionStatus::Expired
            }
            status => status,
        }
    }

    /// Returns true while tokens are minted for it.
    pub(crate) fn is_alive(&self, now: i64) -> bool {
        matches!(
            self.status_at(now),
            SessionStatus::Active | SessionStatus::Pending
        )
    }
}

impl Client {
    /// Creates a client without sessions.
    pub(crate) fn new(now: i64) -> Self {
        Self {
            id: random::id("client"),
            token: format!("dvb_{}", random::alphanumeric(32)),
            session_ids: Vec::new(),
            last_active_session_id: None,
            created_at: now,
            updated_at: now,
        }
    }
}
