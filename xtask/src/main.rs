//! Tasks of this workspace, run as `cargo run -p xtask -- <task>`.

mod build_cost;
mod circles;
mod codegen;
mod conformance;
#[cfg(test)]
mod guide;
mod msrv;
mod supported;
mod workspace;

use std::process::ExitCode;

pub(crate) use workspace::{TaskResult, root};

#[expect(
    clippy::disallowed_macros,
    reason = "a command reports on its standard error"
)]
fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let result = match args.next().as_deref() {
        Some("build-cost") => build_cost::run(),
        Some("circles") => circles::run(args),
        Some("codegen") => codegen::run(args),
        Some("conformance") => conformance::run(args),
        Some("msrv") => msrv::run(),
        Some("supported") => supported::run(args),
        _ => Err(
            "usage: xtask build-cost | circles [--crate NAME] | codegen [--spec PATH] [--check] | conformance [--built] [DIRECTORY] | msrv | supported [--check]"
                .into(),
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
