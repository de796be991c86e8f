use super::challenge::Challenge;
use crate::random;
use serde::{Deserialize, Serialize};

const DAY_MS: i64 = 86_400_000;

/// The status of a sign-in: what it is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SignInStatus {
    NeedsIdentifier,
    NeedsFirstFactor,
    NeedsSecondFactor,
    NeedsNewPassword,
    Complete,
}

impl SignInStatus {
    /// Returns the name in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NeedsIdentifier => "needs_identifier",
            Self::NeedsFirstFactor => "needs_first_factor",
            Self::NeedsSecondFactor => "needs_second_factor",
            Self::NeedsNewPassword => "needs_new_password",
            Self::Complete => "complete",
        }
    }
}

/// A sign-in in progress, which proceeds step by step.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInAttempt {
    pub(crate) id: String,
    pub(crate) client_id: String,
    /// The identifier that was entered, or the one that the user is known by.
    pub(crate) identifier: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) status: SignInStatus,
    pub(crate) first_factor: Option<Challenge>,
    pub(crate) second_factor: Option<Challenge>,
    /// The account at a provider through which a person without an account here was verified.
    pub(crate) external_account: Option<super::external_account::ProviderAccount>,
    pub(crate) created_session_id: Option<String>,
    pub(crate) abandon_at: i64,
}

impl SignInAttempt {
    /// Creates an attempt that is not tied to a user yet.
    pub(crate) fn new(client_id: String, now: i64) -> Self {
        Self {
            id: random::id("sia"),
            client_id,
            identifier: None,
            user_id: None,
            status: SignInStatus::NeedsIdentifier,
            first_factor: None,
            second_factor: None,
            external_account: None,
            created_session_id: None,
            abandon_at: now + DAY_MS,
        }
    }

    /// Returns true if the attempt can no longer be continued.
    pub(crate) fn is_abandoned(&self, now: i64) -> bool {
        self.status != SignInStatus::Complete && now >= self.abandon_at
    }

    /// Returns the name of the status in the API.
    pub(crate) fn status_at(&self, now: i64) -> &'static str {
        if self.is_abandoned(now) {
            "abandoned"
        } else {
            self.status.as_str()
        }
    }
}
