//! Support for the tests of several crates. It depends on no other crate of this workspace, so that all of them can use
//! it.

pub mod forge;
pub mod log;
pub mod start;
pub mod totp;
