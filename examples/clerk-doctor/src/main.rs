//! Reads the environment as `Clerk::from_env` does and reports what is wrong. The exit code is 1 if there are errors, and 2 if
//! the arguments are invalid.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clerk_core::{Clerk, Diagnosis};

const USAGE: &str = "\
Says what is wrong with the Clerk variables of this environment, and what to do. No secret is printed.

Usage: clerk-doctor [--offline] [--json]

  --offline  does not ask Clerk whether the keys are good and belong together
  --json     prints the report as JSON
  --help     prints this text
";

#[derive(Default)]
struct Arguments {
    is_offline: bool,
    is_json: bool,
    is_help: bool,
}

impl Arguments {
    fn read() -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;

        let mut read = Self::default();
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("offline") => read.is_offline = true,
                Long("json") => read.is_json = true,
                Long("help") | Short('h') => read.is_help = true,
                other => return Err(other.unexpected()),
            }
        }
        Ok(read)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<ExitCode> {
    let mut out = anstream::stdout();
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(error) => {
            write!(anstream::stderr(), "clerk-doctor: {error}\n\n{USAGE}")?;
            return Ok(ExitCode::from(2));
        }
    };
    if arguments.is_help {
        write!(out, "{USAGE}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let diagnosis = diagnose(arguments.is_offline).await;
    if arguments.is_json {
        writeln!(out, "{}", serde_json::to_string_pretty(&diagnosis)?)?;
    } else {
        clerk_doctor::write(&diagnosis, &mut out)?;
    }
    Ok(if diagnosis.has_errors() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Checks the configuration with Clerk if possible, and otherwise says why not.
async fn diagnose(is_offline: bool) -> Diagnosis {
    let builder = Clerk::builder().from_env();
    match builder.clone().build() {
        Ok(clerk) if !is_offline => clerk.diagnose_online().await,
        _ => builder.diagnose(),
    }
}
