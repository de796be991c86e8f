//! The client of the Backend API against the OpenAPI document.
//!
//! The document is next to the workspace and not part of it. If it is absent, each of these tests reports that it is
//! skipped.

#![cfg(test)]

mod contract;
mod document;

use std::{
    io::Write as _,
    sync::{Arc, OnceLock},
};

use clerk_tests::document::{Document, DocumentError};

/// Prints a line that `cargo test` shows even for passing tests.
fn report(line: &str) {
    let mut out = std::io::stderr().lock();
    writeln!(out, "{line}").unwrap();
}

/// Returns the document, which is read once; `None`, with a message, if it is absent.
fn document() -> Option<Arc<Document>> {
    static DOCUMENT: OnceLock<Option<Arc<Document>>> = OnceLock::new();
    read_once(&DOCUMENT, Document::beside_workspace)
}

/// Returns the document with its additions, which is read once; `None`, with a message, if it is absent.
fn document_with_additions() -> Option<Arc<Document>> {
    static DOCUMENT: OnceLock<Option<Arc<Document>>> = OnceLock::new();
    read_once(&DOCUMENT, Document::beside_workspace_with_additions)
}

fn read_once(
    place: &OnceLock<Option<Arc<Document>>>,
    read: fn() -> Result<Option<Document>, DocumentError>,
) -> Option<Arc<Document>> {
    place
        .get_or_init(|| {
            let document = read().unwrap();
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
