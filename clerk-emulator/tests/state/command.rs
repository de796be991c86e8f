//! The command, run as a process.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::api::Api;

/// A running command, killed with SIGKILL when it is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) api: Api,
    pub(crate) port: u16,
    /// The secret key of the Backend API.
    pub(crate) key: String,
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
        let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
        Self {
            child,
            api: Api::new(&url, &key),
            port: port.unwrap(),
            key,
        }
    }

    /// Starts the command on a free port with these arguments and waits until it is ready.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        Self::ready(arguments).0
    }

    /// Starts the command on a free port with these arguments, and returns what it says as JSON when it is ready.
    fn ready(arguments: &[&str]) -> (Self, Value) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"))
            .args(["--port", "0", "--json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        // Where the test itself reaches it, whatever its public URL is.
        let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        let key = ready["env"]["CLERK_SECRET_KEY"]
            .as_str()
            .unwrap()
            .to_owned();
        let api = Api::new(&format!("http://127.0.0.1:{port}"), &key);
        let running = Self {
            child,
            api,
            port,
            key,
        };
        (running, ready)
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
        let names: Vec<_> = ready.as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            [
                "admin_url",
                "backend_api_url",
                "dashboard_url",
                "env",
                "frontend_api_url",
                "port"
            ]
        );
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
    let folder = tempfile::tempdir().unwrap();
    let live = folder.path().join("live.json");
    std::fs::write(&live, r#"{ "secret_key": "sk_live_abc" }"#).unwrap();
    let usage = Some(2);
    let failed = Some(1);
    for (arguments, complaint, code) in [
        (&["--secret-key", "sk_live_abc"][..], "live", failed),
        (&["--seed", live.to_str().unwrap()], "live", failed),
        (&["--port", "70000"], "70000", usage),
        (&["--port"], "--port", usage),
        (&["--cat"], "--cat", usage),
        (&["cat"], "cat", usage),
        (&["--bind", "0.0.0.0"], "--bind", usage),
        (&["--dangerous-bind", "everywhere"], "everywhere", usage),
        (&["--seed", "/nowhere.json"], "/nowhere.json", failed),
        (&["--signing-key", "/nowhere.pem"], "/nowhere.pem", failed),
        (&["--webhook-url", "cat"], "webhook", failed),
        (
            &["--webhook-secret", "whsec_c2VjcmV0"],
            "--webhook-url",
            failed,
        ),
        (
            &[
                "--webhook-url",
                "http://localhost:9/",
                "--webhook-secret",
                "cat",
            ],
            "secret",
            failed,
        ),
        (&["--public-url", "clerk-emulator"], "public url", failed),
        (&["--frontend-api-host", "localhost"], "host", failed),
        (&["--setting", "sign_up_mode"], "NAME=VALUE", failed),
        (&["--setting", "sign_up_mode=cat"], "cat", failed),
        (&["--setting", "cat=1"], "cat", failed),
        (
            &["--data", "/nowhere/clerk.db"],
            "/nowhere/clerk.db",
            failed,
        ),
        (&["--export", "/tmp/out.json"], "--data", failed),
    ] {
        // A free port, so that what is wrong is found and not that the port is taken.
        let mut all = vec!["--port", "0"];
        all.extend(arguments);
        let output = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"))
            .args(&all)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), code, "{arguments:?}: {said}");
        assert!(
            said.starts_with("clerk-emulator: ") && said.contains(complaint),
            "{arguments:?}: {said}"
        );
        assert_eq!(
            said.contains("--help"),
            code == usage,
            "{arguments:?}: {said}"
        );
        assert!(!said.contains("sk_live_abc"), "{said}");
        assert_eq!(output.stdout, b"", "{arguments:?}");
    }
}

#[test]
fn the_help_names_every_option_and_fits_a_terminal() {
    let help = |argument| {
        let output = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"))
            .arg(argument)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let text = help("--help");
    assert_eq!(text, help("-h"));
    let source = include_str!("../../src/main.rs");
    for rest in source.split("Long(\"").skip(1) {
        let option = format!("--{}", rest.split('"').next().unwrap());
        let explained = text
            .lines()
            .any(|line| line.trim_start().contains(&option) && line.starts_with("  "));
        assert!(explained, "{option}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100));
    assert_eq!(
        help("--version"),
        concat!("clerk-emulator ", env!("CARGO_PKG_VERSION"), "\n")
    );
    assert_eq!(help("-V"), help("--version"));
}

#[tokio::test]
async fn flags_decide_what_the_instance_is() {
    let folder = tempfile::tempdir().unwrap();
    let pem = folder.path().join("key.pem");
    std::fs::write(&pem, include_str!("signing_key.pem")).unwrap();
    let seed = folder.path().join("seed.yaml");
    std::fs::write(&seed, "users:\n  - email_addresses: [ada@example.com]\n").unwrap();
    let (running, ready) = Running::ready(&[
        "--production",
        "--frontend-api-host",
        "clerk.example.test",
        "--setting",
        "sign_up_mode=waitlist",
        "--setting",
        "social=[\"google\", \"x\"]",
        "--secret-key",
        "sk_test_pinned",
        "--signing-key",
        pem.to_str().unwrap(),
        "--seed",
        seed.to_str().unwrap(),
        "--public-url",
        "http://clerk-emulator:4000",
        "--allow-origin",
        "http://app.test:3000",
        "--webhook-url",
        "http://localhost:9/webhooks",
        "--webhook-secret",
        "whsec_c2VjcmV0",
    ]);
    let env = &ready["env"];
    assert_eq!(env["CLERK_SECRET_KEY"], "sk_test_pinned");
    assert_eq!(env["CLERK_API_URL"], "http://clerk-emulator:4000");
    assert_eq!(env["CLERK_WEBHOOK_SIGNING_SECRET"], "whsec_c2VjcmV0");
    assert_eq!(env["CLERK_DEVELOPMENT_ALLOW_HTTP"], "true");
    assert!(
        env["CLERK_PUBLISHABLE_KEY"]
            .as_str()
            .unwrap()
            .starts_with("pk_live_")
    );
    assert_eq!(running.api.user_count().await, 1);
    let pinned = clerk_emulator::Emulator::builder()
        .signing_key(include_str!("signing_key.pem"))
        .start()
        .await
        .unwrap();
    let keys = running.api.get("/jwks").await.1;
    assert_eq!(keys, Api::of(&pinned).get("/jwks").await.1);
    let environment = running.api.get("/environment").await.1;
    assert_eq!(environment["user_settings"]["sign_up"]["mode"], "waitlist");
    assert_eq!(
        environment["user_settings"]["social"]["oauth_x"]["enabled"],
        true
    );
    let config = &environment["display_config"];
    assert_eq!(config["instance_environment_type"], "production");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn only_a_flag_that_says_dangerous_opens_it_to_others() {
    // The whole of 127.0.0.0/8 is this machine, of which the emulator takes one address unless it is told otherwise.
    for (arguments, is_open) in [(&[][..], false), (&["--dangerous-bind", "0.0.0.0"], true)] {
        let (_running, ready) = Running::ready(arguments);
        let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        let reached = tokio::net::TcpStream::connect(("127.0.0.2", port)).await;
        assert_eq!(reached.is_ok(), is_open, "{arguments:?}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_neither_wipe_nor_read_the_state() {
    let (running, ready) = Running::ready(&[]);
    let body = json!({ "email_address": ["ada@example.com"], "skip_password_requirement": true });
    assert_eq!(running.api.post("/users", &body).await.0, 200);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = ready["admin_url"].as_str().unwrap();
    for (header, value) in [
        ("origin", "https://evil.example"),
        ("host", "evil.example:4000"),
    ] {
        // What a form and a script may send without asking.
        for path in ["/reset", "/snapshots", "/keys/rotate", "/v1/users"] {
            let request = client.post(format!("{url}{path}")).header(header, value);
            let refused = request
                .header("content-type", "text/plain")
                .body("{}")
                .send()
                .await
                .unwrap();
            assert!(refused.status().is_client_error(), "{header} {path}");
        }
        let read = client
            .get(format!("{url}/state"))
            .header(header, value)
            .send()
            .await
            .unwrap();
        assert!(
            !read.text().await.unwrap().contains("ada@example.com"),
            "{header}"
        );
    }
    assert_eq!(running.api.user_count().await, 1);
}
