use serde_json::Value;

use crate::model::webhook::{Attempt, DeliveryState, WebhookMessage};

/// An event for the webhook endpoint, which may be sent or pending.
///
/// Returned by [`Emulator::webhooks`](crate::Emulator::webhooks).
#[derive(Debug, Clone)]
pub struct Webhook {
    message: WebhookMessage,
}

impl Webhook {
    pub(crate) fn new(message: WebhookMessage) -> Self {
        Self { message }
    }

    /// Returns the ID, which is sent in the `svix-id` header.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.message.id
    }

    /// Returns the type of the event, as in `user.created`.
    #[must_use]
    pub fn event(&self) -> &str {
        &self.message.event
    }

    /// Returns the payload of the event.
    #[must_use]
    pub fn payload(&self) -> Value {
        serde_json::from_str(&self.message.payload).unwrap_or_default()
    }

    /// Returns true if the endpoint accepted the event, with a status from 200 to 299.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.message.state == DeliveryState::Delivered
    }

    /// Returns true if the event has yet to be sent, for the first time or again.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.message.state == DeliveryState::Pending
    }

    /// Returns the attempts so far, oldest first.
    pub fn attempts(&self) -> impl Iterator<Item = WebhookAttempt<'_>> {
        self.message.attempts.iter().map(WebhookAttempt)
    }
}

/// An attempt to deliver an event.
#[derive(Debug, Clone, Copy)]
pub struct WebhookAttempt<'a>(&'a Attempt);

impl WebhookAttempt<'_> {
    /// Returns the status of the endpoint's response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the reason why there was no response.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }
}
