use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::activity::Activity;
use super::challenge::Challenge;
use crate::random;

const DAY_MS: i64 = 86_400_000;
const SESSION_LIFETIME_MS: i64 = 7 * DAY_MS;
const ABANDON_AFTER_MS: i64 = 30 * DAY_MS;
/// The time for which an impersonation lasts without activity.
const ABANDON_IMPERSONATION_AFTER_MS: i64 = 10 * 60_000;

/// The status of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SessionStatus {
    Active,
    Pending,
    Revoked,
    Ended,
    Expired,
    Removed,
    Abandoned,
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
            Self::Abandoned => "abandoned",
        }
    }
}

/// A session: one user signed in on one client.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) client_id: String,
    pub(crate) status: SessionStatus,
    pub(crate) organization_id: Option<String>,
    /// The origin of the application that started it: the `azp` claim.
    pub(crate) authorized_party: Option<String>,
    /// The actor impersonating this user, if any: the `act` claim.
    pub(crate) actor: Option<Value>,
    /// The time at which the first factor was last verified.
    pub(crate) verified_at: i64,
    /// The time at which a second factor was last verified.
    pub(crate) second_verified_at: Option<i64>,
    /// True if a test made the session pending, regardless of its tasks.
    pub(crate) kept_pending: bool,
    /// The browser and device on which it was started.
    pub(crate) activity: Option<Activity>,
    /// A verification that is repeated before a sensitive change.
    pub(crate) reverification: Option<Reverification>,
    pub(crate) refresh_token: String,
    /// The lifetime in milliseconds, if it is not that of ordinary sessions.
    pub(crate) lifetime_ms: Option<i64>,
    pub(crate) last_active_at: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// A repeated verification of one or two factors.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reverification {
    pub(crate) level: ReverificationLevel,
    pub(crate) first_factor: Option<Challenge>,
    pub(crate) second_factor: Option<Challenge>,
}

/// The factors that are verified again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ReverificationLevel {
    First,
    Second,
    Both,
}

impl ReverificationLevel {
    /// Reads the name in the API.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::First, Self::Second, Self::Both]
            .into_iter()
            .find(|level| level.as_str() == name)
    }

    /// Returns the name in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::First => "first_factor",
            Self::Second => "second_factor",
            Self::Both => "multi_factor",
        }
    }
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
            second_verified_at: None,
            kept_pending: false,
            activity: None,
            reverification: None,
            refresh_token: random::alphanumeric(40),
            lifetime_ms: None,
            last_active_at: now,
            created_at: now,
            updated_at: now,
        }
    }

    /// Returns the minutes since the first and the second factor were verified, or -1 for one that never was.
    pub(crate) fn factor_ages(&self, now: i64) -> [i64; 2] {
        let minutes = |at: i64| (now - at).max(0) / 60_000;
        [
            minutes(self.verified_at),
            self.second_verified_at.map_or(-1, minutes),
        ]
    }

    pub(crate) fn expire_at(&self) -> i64 {
        self.created_at
            .saturating_add(self.lifetime_ms.unwrap_or(SESSION_LIFETIME_MS))
    }

    pub(crate) fn abandon_at(&self) -> i64 {
        match self.actor {
            Some(_) => self.last_active_at + ABANDON_IMPERSONATION_AFTER_MS,
            None => self.created_at + ABANDON_AFTER_MS,
        }
    }

    /// Returns the status at this time; an active session past its end has expired, and one that nobody used for too long is
    /// abandoned.
    pub(crate) fn status_at(&self, now: i64) -> SessionStatus {
        match self.status {
            SessionStatus::Active | SessionStatus::Pending if now >= self.expire_at() => {
                SessionStatus::Expired
            }
            SessionStatus::Active | SessionStatus::Pending if now >= self.abandon_at() => {
                SessionStatus::Abandoned
            }
            status => status,
        }
    }

    /// Returns true while tokens can be minted for the session.
    pub(crate) fn is_alive(&self, now: i64) -> bool {
        matches!(
            self.status_at(now),
            SessionStatus::Active | SessionStatus::Pending
        )
    }
}
