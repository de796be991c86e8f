//! Starts an example with environment variables and checks its output.

#![expect(clippy::panic, reason = "tests fail by panicking")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use serde_json::json;

use crate::forge::{DEVELOPMENT_KEY, PRODUCTION_KEY, Signer};

/// The outcome of starting an example.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "tests match on all of it")]
pub enum Start {
    /// It failed, and wrote this to standard error.
    Refused(String),
    /// It runs.
    Running(Running),
}

/// An example that runs, until this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// What it wrote to its standard output when it was ready.
    pub announcement: String,
}

/// A mistake, the variables, and the strings that the output must contain.
type Mistake<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

/// Starts a quickstart with only these variables, and waits until it has exited or is ready.
///
/// # Panics
/// Panics if the program cannot be started, or exits successfully.
#[must_use]
pub fn start(quickstart: &str, variables: &[(&str, &str)]) -> Start {
    start_until(quickstart, variables, ADDRESS_LINE)
}

/// Starts a program with only these variables, and waits until it has exited or has written a line with this text.
fn start_until(program: &str, variables: &[(&str, &str)], last: &str) -> Start {
    let mut child = Command::new(program)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
    let mut announcement = String::new();
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout).lines();
        for line in lines.by_ref() {
            let line = line.unwrap_or_else(|error| panic!("no text: {error}"));
            announcement.push_str(&line);
            announcement.push('\n');
            if line.contains(last) {
                // Whoever writes to a pipe that nobody reads is stopped.
                std::thread::spawn(move || lines.for_each(drop));
                return Start::Running(Running {
                    child,
                    announcement,
                });
            }
        }
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

/// Starts an example without keys on a port that the system chooses, waits until it has written a line with this text,
/// and checks the statuses that it answers to these paths. Returns what it wrote.
///
/// # Panics
/// Panics if it does not start, or answers with another status.
#[must_use]
pub fn serves_without_keys(
    example: &str,
    variables: &[(&str, &str)],
    last: &str,
    paths: &[(&str, u16)],
) -> String {
    let variables = [variables, &[("PORT", "0")]].concat();
    let running = match start_until(example, &variables, last) {
        Start::Running(running) => running,
        Start::Refused(text) => panic!("{example}: {text}"),
    };
    for (path, status) in paths {
        assert_eq!(running.get(path, None), *status, "{path}");
    }
    running.announcement.clone()
}

/// How the last line of the announcement begins, before the address.
const ADDRESS_LINE: &str = "The pages, in a browser:";

impl Running {
    /// Requests this path and returns the status.
    ///
    /// # Panics
    /// Panics if there is no response.
    #[must_use]
    pub fn get(&self, path: &str, token: Option<&str>) -> u16 {
        let exchange = || {
            let address = self.announcement.rsplit("http://").next()?;
            let is_other = |char: char| !char.is_ascii_alphanumeric() && !matches!(char, '.' | ':');
            let address = address.split(is_other).next()?;
            let mut stream = TcpStream::connect(address).ok()?;
            write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n").ok()?;
            if let Some(token) = token {
                write!(stream, "Authorization: Bearer {token}\r\n").ok()?;
            }
            write!(stream, "Connection: close\r\n\r\n").ok()?;
            let mut response = String::new();
            stream.read_to_string(&mut response).ok()?;
            response.split(' ').nth(1)?.parse().ok()
        };
        exchange().unwrap_or_else(|| panic!("no response to {path}"))
    }

    /// Ends the program, and returns what it wrote to its standard error.
    #[must_use]
    pub fn end(mut self) -> String {
        let _ = self.child.kill();
        let mut log = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut log);
        }
        log
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
            Start::Running(running) => panic!("{mistake}: {}", running.announcement),
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
            Start::Running(running) => {
                let text = &running.announcement;
                let has_fit =
                    text.lines().count() <= 16 && text.lines().all(|line| line.len() <= 80);
                assert!(has_fit, "{what}: more than a screen: {text}");
                let last = text.lines().last().unwrap_or_default();
                assert!(last.contains(" http://localhost:"), "{what}: {text}");
                assert_eq!(running.get("/", None), 200, "{what}");
            }
            Start::Refused(text) => panic!("{what}: {text}"),
        }
    }
}

/// Starts quickstarts that refuse requests, and checks their logs.
///
/// # Panics
/// Panics if a log does not say why.
#[expect(
    clippy::disallowed_methods,
    reason = "the program under test reads the system's clock, too"
)]
pub fn logs_why_requests_are_refused(quickstart: &str) {
    let run = |more: (&str, &str)| {
        let variables = [
            ("CLERK_SECRET_KEY", "sk_test_planted"),
            ("CLERK_PUBLISHABLE_KEY", DEVELOPMENT_KEY),
            ("PORT", "0"),
            more,
        ];
        match start(quickstart, &variables) {
            Start::Running(running) => running,
            Start::Refused(text) => panic!("{text}"),
        }
    };
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let token = |issued: u64| {
        let times = json!({ "iat": issued, "nbf": issued, "exp": issued + 600 });
        Signer::instance().session_with(&times)
    };

    // Nothing listens on port 1.
    let running = run(("CLERK_API_URL", "http://127.0.0.1:1"));
    assert_eq!(running.get("/me", None), 401);
    assert_eq!(running.get("/me", Some(&token(now))), 503);
    let log = running.end();
    for must in ["dev-browser-missing", "\"http://127.0.0.1:1\"", "refused"] {
        assert!(log.contains(must), "{must} is missing from {log}");
    }

    let running = run(("CLERK_JWT_KEY", &Signer::instance().pem()));
    assert_eq!(running.get("/me", Some(&token(now + 121))), 401);
    let log = running.end();
    assert!(log.contains("this machine's clock is"), "{log}");
    assert!(log.contains("s behind"), "{log}");
    assert!(!log.contains("planted"), "{log}");
}
