use crate::random;
use serde::{Deserialize, Serialize};

const LIFETIME_MS: i64 = 10 * 60_000;
/// The number of wrong codes after which a verification fails.
const MOST_ATTEMPTS: u32 = 3;

/// The channel through which a code is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CodeStrategy {
    Email,
    Phone,
}

impl CodeStrategy {
    /// Returns the name in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email_code",
            Self::Phone => "phone_code",
        }
    }
}

/// A one-time code sent to an address or a number.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verification {
    pub(crate) id: String,
    /// ID of the email address or phone number.
    pub(crate) identifier_id: String,
    pub(crate) strategy: CodeStrategy,
    pub(crate) verified: bool,
    pub(crate) attempts: u32,
    pub(crate) expire_at: i64,
}

impl Verification {
    /// Creates a verification without attempts.
    pub(crate) fn new(identifier_id: &str, strategy: CodeStrategy, now: i64) -> Self {
        Self {
            id: random::id("ver"),
            identifier_id: identifier_id.to_owned(),
            strategy,
            verified: false,
            attempts: 0,
            expire_at: now + LIFETIME_MS,
        }
    }

    /// Returns the name of the status in the API.
    pub(crate) fn status_at(&self, now: i64) -> &'static str {
        if self.verified {
            "verified"
        } else if self.attempts >= MOST_ATTEMPTS {
            "failed"
        } else if now >= self.expire_at {
            "expired"
        } else {
            "unverified"
        }
    }

    /// Returns true while a code can be tried.
    pub(crate) fn is_open(&self, now: i64) -> bool {
        self.status_at(now) == "unverified"
    }
}
