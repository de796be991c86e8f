//! Webhooks: whether a request comes from Clerk, and what it tells.

mod error;
mod event;
mod secret;
mod verify;

pub use error::WebhookError;
pub use event::{WebhookEvent, WebhookEventType};
pub use secret::WebhookSecret;
pub use verify::WebhookVerifier;
