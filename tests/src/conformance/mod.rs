//! Runs the conformance cases, which were also run with the reference SDK.
//!
//! Each module runs one family of kinds through the public API of the crates and makes no decisions itself.

mod authenticate;
mod backend;
mod claims;
mod keys;
mod redirect;
mod route_match;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use clerk_core::api::ClerkClient;
use clerk_core::{Clerk, ClerkBuilder, ManualClock};
use serde_json::{Value, json};

pub use backend::Backend;

/// What all cases share: the scripted Backend API and one HTTP client.
#[derive(Clone, Debug)]
pub struct Answerer {
    backend: Arc<Backend>,
    http: reqwest::Client,
}

impl Answerer {
    /// Starts the scripted Backend API on a free loopback port.
    ///
    /// # Errors
    /// Fails if no port can be bound or no HTTP client can be created.
    pub async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        Ok(Self {
            backend: Arc::new(Backend::start().await?),
            http: reqwest::Client::builder().no_proxy().build()?,
        })
    }

    /// Runs one case.
    pub async fn answer(&self, case: &Value) -> Value {
        let mut answer = match case["kind"].as_str().unwrap_or_default() {
            "authenticate" => self.authenticate(case).await,
            "verify_token" => self.verify_token(case).await,
            "has" => self.has(case),
            "protect" => self.protect(case),
            "publishable_key" | "cookie_suffix" => keys::answer(case),
            "redirect" => redirect::answer(case),
            "route_match" => route_match::answer(case),
            "webhook" => webhook::answer(case),
            _ => json!({ "error": "unsupported" }),
        };
        answer["id"] = case["id"].clone();
        answer
    }

    /// Returns a builder with the clock of the case and an API client that talks to its script.
    fn builder(&self, case: &Value, keys: &Value, base_url: &str) -> ClerkBuilder {
        let millis = (case["now"].as_f64().unwrap_or_default() * 1000.0).round();
        let mut client = ClerkClient::builder()
            .http_client(self.http.clone())
            .api_url(base_url);
        let mut builder = Clerk::builder()
            .clock(ManualClock::new(millis as i64))
            // A scripted failure must be received completely, even on a slow machine.
            .signing_key_wait(Duration::from_secs(60))
            .dangerous_any_proxy_url();
        let key = |name| text(keys, name).filter(|key| !key.is_empty());
        if let Some(key) = key("secret_key") {
            client = client.secret_key(key);
            builder = builder.secret_key(key);
        }
        if let Some(key) = key("machine_secret_key") {
            client = client.machine_secret_key(key);
            builder = builder.machine_secret_key(key);
        }
        match client.build() {
            Ok(client) => builder.api_client(client),
            Err(_) => builder,
        }
    }
}

/// Returns a string of a case; `None` if absent or null.
fn text<'a>(case: &'a Value, name: &str) -> Option<&'a str> {
    case[name].as_str()
}

/// Returns a required string of a case; empty if absent.
fn required<'a>(case: &'a Value, name: &str) -> &'a str {
    text(case, name).unwrap_or_default()
}

/// Returns an option that is a string or a list of strings.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(list) => list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}
