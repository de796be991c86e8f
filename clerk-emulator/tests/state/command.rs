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
