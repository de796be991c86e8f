use serde::{Deserialize, Serialize};

/// Where the delivery of a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryState {
    /// To be sent, or to be sent again.
    Pending,
    Delivered,
    /// Given up after the last attempt.
    Failed,
}

/// An event that the webhook endpoint is told about.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookMessage {
    pub(crate) id: String,
    /// Type of the event, as in `user.created`.
    pub(crate) event: String,
    /// The JSON that is signed and sent.
    pub(crate) payload: String,
    pub(crate) state: DeliveryState,
    /// All attempts, those before a replay included.
    pub(crate) attempts: Vec<Attempt>,
    /// Attempts since it was written or replayed.
    pub(crate) tries: usize,
    pub(crate) created_at: i64,
}

/// One try to deliver a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attempt {
    pub(crate) at: i64,
    /// The status that the endpoint answered.
    pub(crate) status: Option<u16>,
    /// Why there was no answer.
    pub(crate) error: Option<String>,
}
