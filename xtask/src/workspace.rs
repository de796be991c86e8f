//! Workspace helpers shared by all tasks.

use std::path::Path;

/// The result of a task.
pub(crate) type TaskResult = Result<(), Box<dyn std::error::Error>>;

/// Returns the root directory of the workspace.
pub(crate) fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}
