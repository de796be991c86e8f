use crate::random;
use serde::{Deserialize, Serialize};

/// An email that the application composed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Email {
    pub(crate) id: String,
    pub(crate) from_address: String,
    pub(crate) to_address: String,
    /// The ID of the recipient's address, if it belongs to a user.
    pub(crate) email_address_id: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) subject: String,
    pub(crate) html: Option<String>,
    pub(crate) text: Option<String>,
    /// The key with which the application ensures that the email is sent only once.
    pub(crate) idempotency_key: Option<String>,
    pub(crate) created_at: i64,
}

impl Email {
    /// Creates an email without content.
    pub(crate) fn new(from_address: String, to_address: String, subject: String, now: i64) -> Self {
        Self {
            id: random::id("ema"),
            from_address,
            to_address,
            email_address_id: None,
            user_id: None,
            subject,
            html: None,
            text: None,
            idempotency_key: None,
            created_at: now,
        }
    }
}
