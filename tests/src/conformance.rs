//! Answers to the conformance cases: one module per kind, each a function from a case to its answer.
//!
//! The protocol is described beside the corpora, in `../shared/conformance/PROTOCOL.md`.

pub mod keys;
pub mod redirect;
pub mod route_match;
pub mod webhook;

use serde_json::Value;

/// A text of a case; `None` when absent or null.
fn text<'a>(case: &'a Value, name: &str) -> Option<&'a str> {
    case[name].as_str()
}

/// A required text of a case; empty when absent.
fn required<'a>(case: &'a Value, name: &str) -> &'a str {
    text(case, name).unwrap_or_default()
}
