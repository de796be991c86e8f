//! What the workspace's tests share.

pub mod conformance;
pub mod document;
pub mod exercise;
