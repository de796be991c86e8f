//! Code shared by the tests of the workspace.

pub mod conformance;
pub mod document;
pub mod exercise;

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
