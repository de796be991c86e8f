//! The events that Clerk sends to webhook endpoints.
//!
//! [`WebhookEventType`] names the types of events. With the feature `webhooks`, `WebhookData` holds the data of an event in
//! the types of the client: the user of `user.created` is the same [`User`](crate::User) that `client.users().get(id)`
//! returns. Objects that occur in events only are defined in this module.
//!
//! This module reads events; it does not verify that they come from Clerk. The crate `clerk-core` verifies their signature.

mod event_type;

#[cfg(feature = "webhooks")]
mod data;
#[cfg(feature = "webhooks")]
mod models;
#[cfg(feature = "webhooks")]
mod reading;

pub use event_type::WebhookEventType;

#[cfg(feature = "webhooks")]
pub use {data::WebhookData, models::*};
