//! Tests of the emulator: its responses against the OpenAPI documents, and its refusals.

#![cfg(test)]

mod access;
mod admin;
mod billing;
mod browser;
mod caller;
mod connections;
mod constraints;
mod controls;
mod effects;
mod foreign;
mod frontend;
mod hashers;
mod hosting;
mod official_clients;
mod pages;
mod refusals;
mod role_sets;
mod rollback;
mod stories;
mod uploads;
mod walk;
mod webhooks;

use std::io::Write as _;

/// Prints a line that `cargo test` shows even for passing tests.
fn report(line: &str) {
    let mut out = std::io::stderr().lock();
    writeln!(out, "{line}").unwrap();
}
