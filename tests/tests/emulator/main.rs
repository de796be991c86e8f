//! The emulator by itself: its answers against the OpenAPI documents, and what it refuses.

#![cfg(test)]

mod access;
mod admin;
mod billing;
mod browser;
mod caller;
mod connections;
mod frontend;
mod hashers;
mod hosting;
mod refusals;
mod rollback;
mod stories;
mod uploads;
mod walk;
mod webhooks;

use std::io::Write as _;

/// Writes a line that `cargo test` shows for passing tests too.
fn report(line: &str) {
    let mut out = std::io::stderr().lock();
    writeln!(out, "{line}").unwrap();
}
