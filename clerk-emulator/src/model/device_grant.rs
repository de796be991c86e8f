use serde::{Deserialize, Serialize};

use crate::random;

/// The time for which a device can wait for its user, in seconds.
pub(crate) const LIFETIME_SECONDS: i64 = 600;
/// The time between two questions of a device, in seconds.
pub(crate) const INTERVAL_SECONDS: i64 = 5;
/// The number of letters of a user code.
const USER_CODE_LENGTH: usize = 8;

/// The request of a device whose user decides about it in a browser elsewhere (RFC 8628).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceGrant {
    /// What the device asks with.
    pub(crate) device_code: String,
    /// What the user types, without the hyphen.
    pub(crate) user_code: String,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) decision: Decision,
    /// The time between two questions, which grows with each one that comes too early.
    pub(crate) interval_seconds: i64,
    pub(crate) asked_at: Option<i64>,
    pub(crate) issued_at: i64,
}

/// What became of the request of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Decision {
    Pending,
    Approved {
        user_id: String,
        organization_id: Option<String>,
    },
    Denied,
    /// The device has its tokens.
    Consumed,
}

impl Decision {
    /// Returns the name in the API.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved { .. } => "approved",
            Self::Denied => "denied",
            Self::Consumed => "consumed",
        }
    }
}

impl DeviceGrant {
    /// Creates a request with fresh codes.
    pub(crate) fn new(
        client_id: String,
        scopes: Vec<String>,
        nonce: Option<String>,
        now: i64,
    ) -> Self {
        Self {
            device_code: random::alphanumeric(43),
            user_code: random::consonants(USER_CODE_LENGTH),
            client_id,
            scopes,
            nonce,
            decision: Decision::Pending,
            interval_seconds: INTERVAL_SECONDS,
            asked_at: None,
            issued_at: now,
        }
    }

    /// Returns the user code in the form that people read: `BCDF-GHJK`.
    pub(crate) fn shown_code(&self) -> String {
        match self.user_code.split_at_checked(USER_CODE_LENGTH / 2) {
            Some((first, last)) => format!("{first}-{last}"),
            None => self.user_code.clone(),
        }
    }

    pub(crate) fn expires_at(&self) -> i64 {
        self.issued_at + LIFETIME_SECONDS * 1000
    }

    pub(crate) fn is_expired(&self, now: i64) -> bool {
        now >= self.expires_at()
    }

    /// Returns the user who approved the request and whose tokens the device does not have yet.
    pub(crate) fn user_id(&self) -> Option<&str> {
        match &self.decision {
            Decision::Approved { user_id, .. } => Some(user_id),
            Decision::Pending | Decision::Denied | Decision::Consumed => None,
        }
    }
}
