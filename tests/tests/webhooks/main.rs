//! Webhooks: signatures compared with other implementations, and the data of every event in the document.
//!
//! The document is next to the workspace and not part of it. If it is absent, the tests that need it report that.

#![cfg(test)]

mod bodies;
mod events;
mod signatures;
