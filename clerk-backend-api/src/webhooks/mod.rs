//! The events that Clerk sends to webhook endpoints.
//!
//! [`WebhookEventType`] names the types of events. With the feature `webhooks`, `WebhookData` contains the data of an event in
//! the client's types: the user of `user.created` is the same [`User`](crate::User) that `client.users().get(id)` returns.
//! Objects that occur only in events are defined in this module.
//!
//! This module reads events but does not verify that they come from Clerk. The crate `clerk-core` verifies their signatures.

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
