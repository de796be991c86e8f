//! The program finds problems, reports them, sets its exit code accordingly, and prints no secrets.
#![cfg(test)]

use std::process::{Command, Output};

use clerk_emulator::Emulator;
use clerk_test_support::forge::{DEVELOPMENT_KEY, PRODUCTION_KEY};

/// The variables, and what the report must contain.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

fn run<N: AsRef<str>, V: AsRef<str>>(arguments: &[&str], variables: &[(N, V)]) -> Output {
    let variables = variables
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_ref()));
    Command::new(env!("CARGO_BIN_EXE_clerk-doctor"))
        .args(arguments)
        .env_clear()
        .envs(variables)
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    format!("{text}{}", String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn a_good_environment_passes() {
    let emulator = Emulator::builder().start().await.unwrap();
    let output = run(&[], &emulator.env());
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("No problems found."), "{text}");
    assert!(text.contains(emulator.url()), "{text}");
    assert!(!text.contains(emulator.secret_key()), "{text}");
    // A pipe gets no colors.
    assert!(!text.contains('\x1b'), "{text}");
    assert!(!emulator.requests_to("/v1/jwks").is_empty());
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_to_do() {
    let emulator = Emulator::builder().start().await.unwrap();
    let api = emulator.url();
    let cases: [Case<'_>; 4] = [
        (
            &[
                ("CLERK_SECRET_KEY", PRODUCTION_KEY),
                ("CLERK_PUBLISHABLE_KEY", "sk_live_planted"),
            ],
            &[
                "CLERK_SECRET_KEY contains a publishable key",
                "CLERK_PUBLISHABLE_KEY contains a secret key",
                "2 errors",
            ],
        ),
        (
            &[
                ("CLERK_SECRET_KEY", "sk_test_planted"),
                ("CLERK_PUBLISHABLE_KEY", PRODUCTION_KEY),
            ],
            &["keys-of-different-environments"],
        ),
        (
            &[
                ("CLERK_SECRET_KEY", "sk_test_planted"),
                ("CLERK_PUBLISHABLE_KEY", DEVELOPMENT_KEY),
                ("CLERK_API_URL", api),
            ],
            &["refused the secret key", api, "API keys page"],
        ),
        (
            &[],
            &[
                "CLERK_PUBLISHABLE_KEY",
                "missing",
                "1 error and no warnings.",
            ],
        ),
    ];
    for (variables, parts) in cases {
        let output = run(&[], variables);
        let text = text(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        for part in parts {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(!text.contains("planted"), "{text}");
    }
}

#[test]
fn offline_nobody_is_asked_and_warnings_are_no_failure() {
    let variables = [
        ("CLERK_SECRET_KEY", "sk_live_planted"),
        ("CLERK_PUBLISHABLE_KEY", PRODUCTION_KEY),
        // Nothing listens on this address.
        ("CLERK_API_URL", "http://127.0.0.1:1"),
    ];
    let output = run(&["--offline"], &variables);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("authorized-parties-missing"), "{text}");
    let output = run(&["--offline", "--json"], &variables);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"][0]["severity"], "warning");
    let colored = [&variables[..], &[("CLICOLOR_FORCE", "1")]].concat();
    let output = run(&["--offline"], &colored);
    assert!(String::from_utf8_lossy(&output.stdout).contains("\x1b["));
}

#[test]
fn a_wrong_call_shows_the_usage() {
    let output = run(&["--color"], &[("", ""); 0]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("Usage: clerk-doctor"));
}
