//! What each task needs of the workspace.

use std::path::Path;

/// What a task ends with: nothing, or what went wrong.
pub(crate) type TaskResult = Result<(), Box<dyn std::error::Error>>;

/// Returns the folder of the workspace.
pub(crate) fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}
