//! Serving HTTP: requests read, answers written, faults and the record of requests.

pub(crate) mod body;
pub(crate) mod faults;
pub(crate) mod not_emulated;
pub(crate) mod page;
pub(crate) mod query;
pub(crate) mod recorder;
pub(crate) mod reply;
pub(crate) mod server;
pub(crate) mod upload;
