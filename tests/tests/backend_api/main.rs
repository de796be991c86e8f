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

use clerk_tests::document::{Document, DocumentError};

/// Writes a line that `cargo test` shows for passing tests too.
fn report(line: &str) {
    let mut out = std::io::stderr().lock();
    writeln!(out, "{line}").unwrap();
}

/// The document, read once; `None`, said aloud, where there is none.
fn document() -> Option<Arc<Document>> {
    static DOCUMENT: OnceLock<Option<Arc<Document>>> = OnceLock::new();
    read_once(&DOCUMENT, Document::beside_workspace)
}

/// The document with what it lacks, read once; `None`, said aloud, where there is none.
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
