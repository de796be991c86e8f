//! Session tokens verified by this project, by `jsonwebtoken`, by the community crate `clerk-rs`, and by Clerk's JavaScript
//! SDK, in one run and as multiples of the same signature check.
//!
//! `cargo run --release --manifest-path benches/comparison/Cargo.toml`. The JavaScript SDK takes part if `node` is installed
//! and `npm install @clerk/backend` was run in `benches/comparison`.

use std::error::Error;
use std::process::Command;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use clerk_benches::{measure, rows};
use clerk_rs::validators::authorizer::{ClerkError, validate_jwt_with_key};
use clerk_rs::validators::axum::ClerkLayer;
use clerk_rs::validators::jwks::{JwksKey, JwksProvider};
use clerk_test_support::forge::Signer;
use serde_json::{Value, json};
use tower::Service as _;

/// What is compared with the others.
const OURS: [&str; 11] = [
    clerk_benches::CHECK,
    clerk_benches::LEAST,
    "jsonwebtoken::decode",
    "verify a session token, not cached",
    "request, bearer token first seen",
    "request, bearer token seen before",
    "request, cookies with suffix, seen before",
    "request, signed out",
    "axum: bare",
    "axum: attached",
    "axum: protected",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut names: Vec<&str> = Vec::new();
    let mut calls = Vec::new();
    for row in rows().iter().filter(|row| OURS.contains(&row.name)) {
        names.push(row.name);
        calls.push((row.prepare)());
    }
    // The others read the machine's clock, so this token is valid for a long time.
    let token = Signer::instance().session_with(&json!({ "exp": i32::MAX }));
    let key: JwksKey = serde_json::from_value(Signer::instance().jwk())?;
    names.push("clerk-rs: validate_jwt_with_key");
    calls.push(community_check(token.clone(), key.clone()));
    names.push("clerk-rs: axum layer");
    calls.push(community_route(&token, key)?);
    let times = measure(&mut calls);
    let check = times[0];
    for (name, time) in names.iter().zip(&times) {
        println!("{name:<44} {time:>9.0} ns {:>8.3}", time / check);
    }
    for (name, time) in javascript(&token)? {
        println!("{name:<44} {time:>9.0} ns {:>8.3}", time / check);
    }
    Ok(())
}

fn community_check(token: String, key: JwksKey) -> Box<dyn FnMut()> {
    Box::new(move || {
        let claims = validate_jwt_with_key(&token, &key);
        assert!(std::hint::black_box(claims).is_ok());
    })
}

/// Holds the key, as the crate's own provider does after a download.
struct OneKey(JwksKey);

#[async_trait]
impl JwksProvider for OneKey {
    type Error = ClerkError;

    async fn get_key(&self, _: &str) -> Result<JwksKey, ClerkError> {
        Ok(self.0.clone())
    }
}

fn community_route(token: &str, key: JwksKey) -> Result<Box<dyn FnMut()>, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut router = Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(ClerkLayer::new(OneKey(key), None, true))
        .with_state(());
    let bearer = format!("Bearer {token}");
    Ok(Box::new(move || {
        let request = Request::get("/")
            .header("host", "app.example.com")
            .header("authorization", &bearer)
            .body(Body::empty())
            .expect("a valid request");
        let response = runtime.block_on(router.call(request));
        assert!(response.is_ok_and(|response| response.status() == 200));
    }))
}

/// Returns what the JavaScript SDK measures of itself, or nothing if it is not installed.
fn javascript(token: &str) -> Result<Vec<(String, f64)>, Box<dyn Error>> {
    let output = Command::new("node")
        .arg("javascript.mjs")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("TOKEN", token)
        .env("CLERK_JWT_KEY", Signer::instance().pem())
        .output();
    match output {
        Ok(output) if output.status.success() => {
            let rows: Vec<Value> = serde_json::from_slice(&output.stdout)?;
            let row = |row: &Value| {
                let name = row["name"].as_str().unwrap_or_default();
                (name.to_owned(), row["nanoseconds"].as_f64().unwrap_or(f64::NAN))
            };
            Ok(rows.iter().map(row).collect())
        }
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            let what = errors.lines().find(|line| line.contains("Error"));
            println!("SKIPPED: @clerk/backend: {}", what.unwrap_or("node failed"));
            Ok(Vec::new())
        }
        Err(error) => {
            println!("SKIPPED: @clerk/backend: node cannot be started: {error}");
            Ok(Vec::new())
        }
    }
}
