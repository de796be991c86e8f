use serde::{Deserialize, Serialize};

/// The state of a message's delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryState {
    /// Waiting for its first attempt or another one.
    Pending,
    Delivered,
    /// Abandoned after the last attempt.
    Failed,
}

/// An event sent to the webhook endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookMessage {
    pub(crate) id: String,
    /// The type of the event, as in `user.created`.
    pub(crate) event: String,
    /// The JSON that is signed and sent.
    pub(crate) payload: String,
    pub(crate) state: DeliveryState,
    /// All attempts, including those before a replay.
    pub(crate) attempts: Vec<Attempt>,
    /// The number of attempts since the message was written or replayed.
    pub(crate) tries: usize,
    pub(crate) created_at: i64,
}

/// An attempt to deliver a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attempt {
    pub(crate) at: i64,
    /// The status of the endpoint's response.
    pub(crate) status: Option<u16>,
    /// The reason why there was no response.
    pub(crate) error: Option<String>,
}
