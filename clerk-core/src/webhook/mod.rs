//! Webhooks: whether a request comes from Clerk, and what it says.

mod error;
mod event;
mod secret;
mod verify;

pub use error::WebhookError;
pub use event::WebhookEvent;
pub use secret::WebhookSecret;
pub use verify::WebhookVerifier;
