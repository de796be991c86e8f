//! Webhooks: which events operations cause, and how the application is told.

mod billing_payloads;
pub(crate) mod delivery;
pub(crate) mod endpoint;
pub(crate) mod events;
mod inbox_payloads;
pub(crate) mod log;
