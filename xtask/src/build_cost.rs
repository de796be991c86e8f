//! The build cost of the smallest protected axum application, compared with the same application without protection.
//!
//! Each application is built in its own target directory with the same toolchain. The community crate and a
//! hand-written check with `jsonwebtoken` are built for comparison; their crates come from the registry.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{TaskResult, root};

/// The maximum CPU time of the protected application, as a multiple of that of the bare one.
const BUDGET: f64 = 3.5;

/// The application without HTTPS to Clerk: its key is configured, as that of the hand-written check is.
const SMALLEST: &str = "clerk-axum-offline";

struct Application {
    name: &'static str,
    dependencies: String,
    /// The code that is added to the router of the bare application.
    setup: &'static str,
    layers: &'static str,
}

fn applications() -> Vec<Application> {
    vec![
        Application {
            name: "bare",
            dependencies: String::new(),
            setup: "",
            layers: "",
        },
        protected(
            "clerk-axum",
            "\"route-matcher\", \"transport\"",
        ),
        protected("clerk-axum-ring", "\"transport-ring\""),
        protected(SMALLEST, "\"ring\""),
        Application {
            name: "jsonwebtoken",
            dependencies: "jsonwebtoken = { version = \"11\", default-features = false, features = [\"aws_lc_rs\", \"use_pem\"] }\n\
                           serde_json = \"1\"\n"
                .to_owned(),
            setup: r#"
    let key = std::sync::Arc::new(
        jsonwebtoken::DecodingKey::from_rsa_pem(std::env::var("CLERK_JWT_KEY").unwrap().as_bytes()).unwrap(),
    );
    let check = move |request: axum::extract::Request, next: axum::middleware::Next| {
        let key = std::sync::Arc::clone(&key);
        async move {
            let token = request.headers().get("authorization").and_then(|value| value.to_str().ok());
            let token = token.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
            let validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
            match jsonwebtoken::decode::<serde_json::Value>(token, &key, &validation) {
                Ok(_) => Ok(next.run(request).await),
                Err(_) => Err(axum::http::StatusCode::UNAUTHORIZED),
            }
        }
    };"#,
            layers: ".layer(axum::middleware::from_fn(check))",
        },
        Application {
            name: "clerk-rs",
            dependencies: "clerk-rs = { version = \"0.5\", default-features = false, features = [\"axum\", \"rustls-tls\"] }\n"
                .to_owned(),
            setup: r#"
    let configuration = clerk_rs::ClerkConfiguration::new(None, None, std::env::var("CLERK_SECRET_KEY").ok(), None);
    let keys = clerk_rs::validators::jwks::MemoryCacheJwksProvider::new(clerk_rs::clerk::Clerk::new(configuration));"#,
            layers: ".layer(clerk_rs::validators::axum::ClerkLayer::new(keys, None, true))",
        },
    ]
}

/// The application with one protected route, with these features of `clerk-axum`.
fn protected(name: &'static str, features: &str) -> Application {
    let clerk_axum = root().join("clerk-axum");
    Application {
        name,
        dependencies: format!(
            "clerk-axum = {{ path = {clerk_axum:?}, default-features = false, features = [{features}] }}\n"
        ),
        setup: "let clerk = clerk_axum::Clerk::from_env().unwrap();",
        layers: ".route_layer(clerk_axum::protect()).layer(clerk_axum::ClerkLayer::new(clerk))",
    }
}

impl Application {
    fn write(&self, directory: &Path) -> TaskResult {
        fs::create_dir_all(directory.join("src"))?;
        let Self {
            name,
            dependencies,
            setup,
            layers,
        } = self;
        fs::write(
            directory.join("Cargo.toml"),
            format!(
                "[workspace]\n\n[package]\nname = \"{name}-application\"\nedition = \"2024\"\npublish = false\n\n\
                 [dependencies]\n\
                 axum = {{ version = \"0.8\", default-features = false, features = [\"http1\", \"tokio\"] }}\n\
                 tokio = {{ version = \"1\", default-features = false, features = [\"macros\", \"net\", \"rt-multi-thread\"] }}\n\
                 {dependencies}\n[profile.release]\nstrip = true\n"
            ),
        )?;
        fs::write(
            directory.join("src/main.rs"),
            format!(
                "use axum::{{Router, routing::get}};\n\n#[tokio::main]\nasync fn main() {{\n    {setup}\n    \
                 let app = Router::new().route(\"/\", get(|| async {{ \"hello\" }})){layers};\n    \
                 let listener = tokio::net::TcpListener::bind(\"127.0.0.1:3000\").await.unwrap();\n    \
                 axum::serve(listener, app).await.unwrap();\n}}\n"
            ),
        )?;
        Ok(())
    }
}

struct Cost {
    clean: f64,
    rebuild: f64,
    bytes: u64,
    crates: usize,
}

/// Builds the applications in release mode and prints what they cost.
#[expect(clippy::disallowed_macros, reason = "a command prints")]
pub(crate) fn run() -> TaskResult {
    let here = root().join("target/build-cost");
    println!(
        "{:<18} {:>10} {:>6} {:>12} {:>10} {:>8}",
        "application", "clean, CPU", "ratio", "rebuild, CPU", "stripped", "crates"
    );
    let mut bare = None;
    let mut missed = None;
    for application in applications() {
        let directory = here.join(application.name);
        application.write(&directory)?;
        let cost = match measure(&directory, application.name) {
            Ok(cost) => cost,
            Err(error) if application.name == "clerk-rs" || application.name == "jsonwebtoken" => {
                println!("{:<18} SKIPPED: {error}", application.name);
                continue;
            }
            Err(error) => return Err(error),
        };
        let ratio = cost.clean / *bare.get_or_insert(cost.clean);
        println!(
            "{:<18} {:>8.1} s {ratio:>6.2} {:>10.1} s {:>7.1} MB {:>8}",
            application.name,
            cost.clean,
            cost.rebuild,
            cost.bytes as f64 / 1e6,
            cost.crates
        );
        if application.name == SMALLEST && ratio > BUDGET {
            missed = Some(ratio);
        }
    }
    match missed {
        Some(ratio) => Err(format!("the budget of {BUDGET} is missed: {ratio:.2}").into()),
        None => Ok(()),
    }
}

fn measure(directory: &Path, name: &str) -> Result<Cost, Box<dyn std::error::Error>> {
    // Downloads are not part of the cost.
    cargo(directory, &["fetch"])?;
    // The directory may be left from an earlier run.
    cargo(directory, &["clean"])?;
    let clean = cpu_of(|| cargo(directory, &["build", "--release", "--offline"]))?;
    let main = directory.join("src/main.rs");
    fs::write(&main, fs::read(&main)?)?;
    let rebuild = cpu_of(|| cargo(directory, &["build", "--release", "--offline"]))?;
    let binary = directory.join(format!("target/release/{name}-application"));
    let tree = cargo(
        directory,
        &[
            "tree",
            "--prefix",
            "none",
            "--edges",
            "normal,build",
            "--offline",
        ],
    )?;
    let mut crates: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split(" (").next())
        .collect();
    crates.sort_unstable();
    crates.dedup();
    Ok(Cost {
        clean,
        rebuild,
        bytes: fs::metadata(binary)?.len(),
        crates: crates.len(),
    })
}

/// Runs cargo and returns its output.
fn cargo(directory: &Path, arguments: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let output = Command::new("cargo")
        .args(arguments)
        .current_dir(directory)
        // These differ between an inner and an outer cargo, and would end up in fingerprints.
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS")
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors.lines().rev().find(|line| !line.trim().is_empty());
        Err(format!("cargo {arguments:?}: {}", last.unwrap_or_default()).into())
    }
}

/// Returns the CPU seconds that child processes take during the call, according to `proc_pid_stat(5)`.
fn cpu_of<T>(
    call: impl FnOnce() -> Result<T, Box<dyn std::error::Error>>,
) -> Result<f64, Box<dyn std::error::Error>> {
    let before = children()?;
    call()?;
    Ok(children()? - before)
}

/// Returns the CPU seconds of all child processes that have ended so far.
fn children() -> Result<f64, Box<dyn std::error::Error>> {
    /// Linux fixes the ticks of this file for user space.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")
        .map_err(|error| format!("CPU times are read from /proc, which Linux has: {error}"))?;
    let after_name = stat.rsplit_once(')').ok_or("no name in stat")?.1;
    let mut fields = after_name.split_whitespace().skip(13);
    let mut ticks = || -> Result<f64, Box<dyn std::error::Error>> {
        Ok(fields.next().ok_or("stat is too short")?.parse::<f64>()?)
    };
    Ok((ticks()? + ticks()?) / TICKS_PER_SECOND)
}
