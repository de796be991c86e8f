//! The HTTP layer: reading requests, writing responses, injecting faults and recording requests.

pub(crate) mod body;
pub(crate) mod expectations;
pub(crate) mod fault;
pub(crate) mod faults;
pub(crate) mod not_emulated;
pub(crate) mod origin;
pub(crate) mod page;
pub(crate) mod query;
pub(crate) mod recorder;
pub(crate) mod reply;
pub(crate) mod server;
pub(crate) mod upload;
