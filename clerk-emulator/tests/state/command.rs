//! The command, run as a process.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::api::Api;

/// A running command, killed with SIGKILL when it is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) api: Api,
}

impl Running {
    /// Starts the command on a free port and waits until it is ready.
    pub(crate) fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"))
            .args(["--port", "0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut value = |name: &str| {
            let prefix = format!("{name}=");
            let line =
                lines.find_map(|line| line.unwrap().strip_prefix(&prefix).map(str::to_owned));
            line.unwrap()
        };
        let url = value("CLERK_API_URL");
        let key = value("CLERK_SECRET_KEY");
        Self {
            child,
            api: Api::new(&url, &key),
        }
    }

    /// Ends the process without a chance to tidy up.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Runs the command to its end and returns whether it succeeded, and what it complained of.
pub(crate) fn run(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"))
        .args(arguments)
        .stdout(Stdio::null())
        .output()
        .unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    (output.status.success(), complaint)
}

#[cfg(unix)]
#[test]
fn a_line_of_json_says_that_it_is_ready_and_signals_stop_it() {
    for signals in [&["-TERM"][..], &["-INT"], &["-INT", "-INT", "-INT"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"))
            .args([
                "--port",
                "0",
                "--json",
                "--webhook-url",
                "http://localhost:9/",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let url = ready["backend_api_url"].as_str().unwrap();
        assert!(url.starts_with("http://127.0.0.1:"));
        assert_eq!(ready["env"]["CLERK_API_URL"], ready["frontend_api_url"]);
        assert!(ready["env"]["CLERK_WEBHOOK_SIGNING_SECRET"].is_string());
        for signal in signals {
            let id = child.id().to_string();
            // The process may be gone by the second one.
            drop(Command::new("kill").args([signal, id.as_str()]).status());
        }
        assert!(child.wait().unwrap().success(), "{signals:?}");
        line.clear();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "", "nothing but the one line");
    }
}

#[test]
fn what_is_dangerous_or_wrong_is_refused() {
    for (arguments, complaint) in [
        (&["--secret-key", "sk_live_abc"][..], "live"),
        (&["--port", "70000"], "70000"),
        (&["--cat"], "--cat"),
        (&["--seed", "/nowhere.json"], "/nowhere.json"),
        (&["--signing-key", "/nowhere.pem"], "/nowhere.pem"),
        (&["--webhook-url", "cat"], "webhook"),
        (&["--data", "/nowhere/clerk.db"], "/nowhere/clerk.db"),
    ] {
        let (success, said) = run(arguments);
        assert!(
            !success && said.contains(complaint),
            "{arguments:?}: {said}"
        );
        assert!(!said.contains("sk_live_abc"), "{said}");
    }
}
