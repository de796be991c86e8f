//! Tasks of this workspace, run as `cargo run -p xtask -- <task>`.

mod codegen;
mod conformance;
mod msrv;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a task ends with: nothing, or what went wrong.
type TaskResult = Result<(), Box<dyn std::error::Error>>;

#[expect(
    clippy::disallowed_macros,
    reason = "a command reports on its standard error"
)]
fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let result = match args.next().as_deref() {
        Some("codegen") => codegen::run(args),
        Some("conformance") => conformance::run(args.next().map(PathBuf::from)),
        Some("msrv") => msrv::run(),
        _ => Err(
            "usage: xtask codegen [--spec PATH] [--check] | conformance [DIRECTORY] | msrv".into(),
        ),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace.
fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}
