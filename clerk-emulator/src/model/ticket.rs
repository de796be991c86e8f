use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::random;

/// The status of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TicketStatus {
    Pending,
    Accepted,
    Revoked,
}

impl TicketStatus {
    /// Returns the name in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
        }
    }
}

/// A ticket that signs a user in once: a sign-in token, or an actor token for impersonating the user.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ticket {
    pub(crate) id: String,
    pub(crate) user_id: String,
    /// The actor impersonating the user, for an actor token.
    pub(crate) actor: Option<Value>,
    /// The organization that becomes active when the user signs in.
    pub(crate) organization_id: Option<String>,
    /// The lifetime in milliseconds of the session that the ticket starts, if it is not that of ordinary sessions.
    pub(crate) session_lifetime_ms: Option<i64>,
    pub(crate) token: String,
    pub(crate) status: TicketStatus,
    pub(crate) expires_at: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl Ticket {
    /// Creates a pending ticket.
    pub(crate) fn new(user_id: String, actor: Option<Value>, expires_at: i64, now: i64) -> Self {
        let prefix = if actor.is_some() { "act" } else { "sit" };
        Self {
            id: random::id(prefix),
            user_id,
            actor,
            organization_id: None,
            session_lifetime_ms: None,
            token: random::alphanumeric(40),
            status: TicketStatus::Pending,
            expires_at,
            created_at: now,
            updated_at: now,
        }
    }

    /// Returns true while the ticket can be used.
    pub(crate) fn is_redeemable(&self, now: i64) -> bool {
        self.status == TicketStatus::Pending && now < self.expires_at
    }
}
