//! Webhooks: the events that operations cause, and their delivery to the application.

mod billing_payloads;
pub(crate) mod delivery;
pub(crate) mod endpoint;
pub(crate) mod events;
mod inbox_payloads;
pub(crate) mod log;
