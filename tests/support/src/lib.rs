//! Support for the tests of several crates. Depends on no other crate of this workspace, so that each can use it.

pub mod forge;
pub mod log;
pub mod start;
