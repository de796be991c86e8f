use crate::random;
use serde::{Deserialize, Serialize};

/// The status of an entry on the waitlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum WaitlistStatus {
    Pending,
    Invited,
    /// The person signed up with the invitation.
    Completed,
    Rejected,
}

impl WaitlistStatus {
    /// Returns the name in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Invited => "invited",
            Self::Completed => "completed",
            Self::Rejected => "rejected",
        }
    }
}

/// A person waiting for access.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitlistEntry {
    pub(crate) id: String,
    pub(crate) email_address: String,
    pub(crate) status: WaitlistStatus,
    pub(crate) invitation_id: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl WaitlistEntry {
    /// Creates a pending entry.
    pub(crate) fn new(email_address: String, now: i64) -> Self {
        Self {
            id: random::id("wle"),
            email_address,
            status: WaitlistStatus::Pending,
            invitation_id: None,
            created_at: now,
            updated_at: now,
        }
    }
}
