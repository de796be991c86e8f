//! Starts a program with environment variables and checks whether it rejects them.

#![expect(clippy::panic, reason = "tests fail by panicking")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};

use crate::forge::{DEVELOPMENT_KEY, PRODUCTION_KEY};

/// The outcome of starting a program.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "tests match on all of it")]
pub enum Start {
    /// It failed, and wrote this to standard error.
    Refused(String),
    /// It runs, and this was its first line of output. It was stopped.
    Running(String),
}

/// A mistake, the variables, and the strings that the output must contain.
type Mistake<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

/// Starts a program with only these variables, and waits until it has exited or printed a line.
///
/// # Panics
/// Panics if the program cannot be started, or exits successfully.
#[must_use]
pub fn start(program: &str, variables: &[(&str, &str)]) -> Start {
    let mut child = Command::new(program)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        let _ = BufReader::new(stdout).read_line(&mut line);
    }
    if !line.is_empty() {
        let _ = child.kill();
        let _ = child.wait();
        return Start::Running(line);
    }
    let mut error = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        let _ = stderr.read_to_string(&mut error);
    }
    match child.wait() {
        Ok(status) if !status.success() => Start::Refused(error),
        other => panic!("{program} ended with {other:?}: {error}"),
    }
}

/// Starts a quickstart with each mistake that first-time users make with its variables, and checks its output.
///
/// # Panics
/// Panics if it accepts one, or does not say what is wrong and what to do.
pub fn refuses_wrong_variables(quickstart: &str) {
    const SECRET: &str = "CLERK_SECRET_KEY";
    const PUBLISHABLE: &str = "CLERK_PUBLISHABLE_KEY";
    const GOOD: &str = "sk_test_plantedSecret";
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|held| {
        let port = held.local_addr()?.port().to_string();
        Ok((held, port))
    });
    let (_held, taken) = taken.unwrap_or_else(|error| panic!("no port: {error}"));
    let broken = format!("{DEVELOPMENT_KEY}\nsk");
    let cases: [Mistake<'_>; 14] = [
        (
            "one missing",
            &[(SECRET, GOOD)],
            &[PUBLISHABLE, "missing", "API keys page"],
        ),
        (
            "the other missing",
            &[(PUBLISHABLE, DEVELOPMENT_KEY)],
            &[SECRET, "missing", "API keys page"],
        ),
        (
            "under the name of another tool",
            &[
                (SECRET, GOOD),
                ("VITE_CLERK_PUBLISHABLE_KEY", DEVELOPMENT_KEY),
            ],
            &[PUBLISHABLE, "VITE_CLERK_PUBLISHABLE_KEY is set"],
        ),
        (
            "swapped",
            &[(SECRET, DEVELOPMENT_KEY), (PUBLISHABLE, GOOD)],
            &[SECRET, "contains a publishable key"],
        ),
        (
            "the secret key twice",
            &[(SECRET, GOOD), (PUBLISHABLE, GOOD)],
            &[PUBLISHABLE, "contains a secret key"],
        ),
        (
            "test with live",
            &[(SECRET, GOOD), (PUBLISHABLE, PRODUCTION_KEY)],
            &[SECRET, PUBLISHABLE, "different instances"],
        ),
        (
            "live with test",
            &[
                (SECRET, "sk_live_plantedSecret"),
                (PUBLISHABLE, DEVELOPMENT_KEY),
            ],
            &[SECRET, PUBLISHABLE, "different instances"],
        ),
        (
            "half quoted",
            &[
                (SECRET, "\"sk_test_plantedSecret"),
                (PUBLISHABLE, DEVELOPMENT_KEY),
            ],
            &[SECRET, "quotes"],
        ),
        (
            "line break",
            &[(SECRET, GOOD), (PUBLISHABLE, &broken)],
            &[PUBLISHABLE, "line break"],
        ),
        (
            "placeholder",
            &[(SECRET, "YOUR_SECRET_KEY"), (PUBLISHABLE, DEVELOPMENT_KEY)],
            &[SECRET, "placeholder"],
        ),
        (
            "authorized party with a path",
            &[
                (SECRET, GOOD),
                (PUBLISHABLE, DEVELOPMENT_KEY),
                ("CLERK_AUTHORIZED_PARTIES", "http://localhost:3000/app"),
            ],
            &[
                "CLERK_AUTHORIZED_PARTIES",
                "http://localhost:3000/app",
                "path",
            ],
        ),
        (
            "API over plain http",
            &[
                (SECRET, GOOD),
                (PUBLISHABLE, DEVELOPMENT_KEY),
                ("CLERK_API_URL", "http://api.example.com"),
            ],
            &["CLERK_API_URL", "https"],
        ),
        (
            "port taken",
            &[("PORT", &taken)],
            &["PORT", &taken, "in use"],
        ),
        ("no port", &[("PORT", "http")], &["PORT", "65535"]),
    ];
    for (mistake, variables, must_say) in cases {
        let mut variables = variables.to_vec();
        if !variables.iter().any(|(name, _)| *name == "PORT") {
            variables.push(("PORT", "0"));
        }
        let text = match start(quickstart, &variables) {
            Start::Refused(text) => text,
            Start::Running(line) => panic!("{mistake}: it runs: {line}"),
        };
        for must in must_say {
            assert!(
                text.contains(must),
                "{mistake}: {must} is missing from {text}"
            );
        }
        assert!(!text.contains("planted"), "{mistake}: a secret in {text}");
        assert_eq!(text.trim_end().lines().count(), 1, "{mistake}: {text}");
        // Not the format of `derive(Debug)`.
        assert!(!text.contains(['{', '}']), "{mistake}: {text}");
    }
}

/// Starts a quickstart with values that are valid but unusual.
///
/// # Panics
/// Panics if it rejects them.
pub fn accepts_good_variables(quickstart: &str) {
    let quoted = format!("\"{DEVELOPMENT_KEY}\"\n");
    let cases: [(&str, &[(&str, &str)]); 4] = [
        ("nothing: the emulator", &[]),
        (
            "empty: the emulator",
            &[("CLERK_SECRET_KEY", ""), ("CLERK_PUBLISHABLE_KEY", "")],
        ),
        (
            "a pair",
            &[
                ("CLERK_SECRET_KEY", "sk_test_planted"),
                ("CLERK_PUBLISHABLE_KEY", DEVELOPMENT_KEY),
            ],
        ),
        (
            "quoted",
            &[
                ("CLERK_SECRET_KEY", " 'sk_test_planted' "),
                ("CLERK_PUBLISHABLE_KEY", &quoted),
            ],
        ),
    ];
    for (what, variables) in cases {
        let mut variables = variables.to_vec();
        variables.push(("PORT", "0"));
        match start(quickstart, &variables) {
            Start::Running(line) => assert!(line.starts_with("Open http://"), "{what}: {line}"),
            Start::Refused(text) => panic!("{what}: {text}"),
        }
    }
}
