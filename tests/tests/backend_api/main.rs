//! The client of the Backend API against the OpenAPI document.
//!
//! The document lies beside the workspace and is not part of it. Where it is absent each of these tests says so.

#![cfg(test)]

mod contract;
mod document;

use std::{
    io::Write as _,
    sync::{Arc, OnceLock},
};

use clerk_tests::document::Document;

/// Writes a line that `cargo test` shows for passing tests too.
fn report(line: &str) {
    let mut out = std::io::stderr().lock();
    writeln!(out, "{line}").unwrap();
}

/// The document, read once; `None`, said aloud, where there is none.
fn document() -> Option<Arc<Document>> {
    static DOCUMENT: OnceLock<Option<Arc<Document>>> = OnceLock::new();
    DOCUMENT
        .get_or_init(|| {
            let document = Document::beside_workspace().unwrap();
            if document.is_none() {
                report(&format!(
                    "!!! SKIPPED: tests against the OpenAPI document (no {})",
                    Document::default_path().display()
                ));
            }
            document.map(Arc::new)
        })
        .clone()
}
