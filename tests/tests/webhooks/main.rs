//! Webhooks: signatures against those of other hands, and the data of every event that the document describes.
//!
//! The document lies beside the workspace and is not part of it. Where it is absent the tests that need it say so.

#![cfg(test)]

mod bodies;
mod events;
mod signatures;
