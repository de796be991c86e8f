//! `exercise --base-url URL`: calls every operation of the published OpenAPI document once with the
//! Backend API client and prints one JSON object per line. With `--additions` it calls the operations
//! that the document lacks instead. Exits with status 1 if a call failed.

use std::{error::Error, io::Write as _, process::ExitCode, time::Duration};

use clerk_backend_api::{ClerkClient, Retry};
use clerk_tests::exercise::{additions, operations};
use lexopt::prelude::*;
use serde_json::json;

const USAGE: &str = "usage: exercise --base-url URL [--secret-key KEY] [--machine-secret-key KEY] [--only NAME] [--additions]";

#[tokio::main]
#[expect(
    clippy::disallowed_macros,
    reason = "a command reports on its standard error"
)]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("exercise: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether all calls succeeded.
async fn run() -> Result<bool, Box<dyn Error>> {
    let mut base_url = None;
    let mut secret_key = "sk_test_exercise".to_owned();
    let mut machine_secret_key = "ak_exercise".to_owned();
    let mut only = None;
    let mut called = operations();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("base-url") => base_url = Some(parser.value()?.string()?),
            Long("secret-key") => secret_key = parser.value()?.string()?,
            Long("machine-secret-key") => machine_secret_key = parser.value()?.string()?,
            Long("only") => only = Some(parser.value()?.string()?),
            Long("additions") => called = additions(),
            Long("help") => return Err(USAGE.into()),
            other => return Err(format!("{}; {USAGE}", other.unexpected()).into()),
        }
    }
    let client = ClerkClient::builder()
        .secret_key(secret_key)
        .machine_secret_key(machine_secret_key)
        .api_url(base_url.ok_or(USAGE)?)
        .timeout(Duration::from_secs(10))
        .retry(Retry::none())
        .dangerous_allow_http()
        .build()?;
    let mut all_ok = true;
    let mut out = std::io::stdout().lock();
    for operation in called {
        if only.as_ref().is_some_and(|only| only != operation.name) {
            continue;
        }
        let result = (operation.call)(&client).await;
        all_ok &= result.is_ok();
        let error = result.err().map(|error| causes(&error));
        let line = json!({
            "operation": operation.name,
            "method": operation.method,
            "path": operation.path,
            "ok": error.is_none(),
            "error": error,
        });
        writeln!(out, "{line}")?;
    }
    Ok(all_ok)
}

/// Formats an error and its causes on one line.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
