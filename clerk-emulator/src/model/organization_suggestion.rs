use crate::random;
use serde::{Deserialize, Serialize};

/// The status of a suggestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SuggestionStatus {
    /// The organization was suggested to the user.
    Suggested,
    /// The user asked to join.
    Requested,
    /// The organization agreed.
    Accepted,
    /// The organization refused.
    Rejected,
}

impl SuggestionStatus {
    /// Returns the name that the user sees.
    pub(crate) fn as_suggestion(self) -> &'static str {
        match self {
            Self::Suggested => "pending",
            Self::Requested | Self::Rejected => "accepted",
            Self::Accepted => "completed",
        }
    }

    /// Returns the name that the organization sees.
    pub(crate) fn as_request(self) -> &'static str {
        match self {
            Self::Suggested | Self::Requested => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }
}

/// A suggestion that a user join an organization because of their email address.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganizationSuggestion {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) user_id: String,
    /// The ID of the domain that led to it.
    #[serde(default)]
    pub(crate) domain_id: Option<String>,
    pub(crate) status: SuggestionStatus,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl OrganizationSuggestion {
    /// Creates an unanswered suggestion.
    pub(crate) fn new(
        organization_id: String,
        user_id: String,
        domain_id: String,
        now: i64,
    ) -> Self {
        Self {
            id: random::id("orgsug"),
            organization_id,
            user_id,
            domain_id: Some(domain_id),
            status: SuggestionStatus::Suggested,
            created_at: now,
            updated_at: now,
        }
    }
}
