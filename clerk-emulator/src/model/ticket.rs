use crate::random;

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// A ticket that signs a user in once.
#[derive(Debug, Clone)]
pub(crate) struct SignInToken {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) token: String,
    pub(crate) status: TicketStatus,
    pub(crate) expires_at: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl SignInToken {
    /// Creates a pending ticket.
    pub(crate) fn new(user_id: String, expires_at: i64, now: i64) -> Self {
        Self {
            id: random::id("sit"),
            user_id,
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
