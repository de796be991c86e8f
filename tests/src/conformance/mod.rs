//! Answers to the conformance cases: the same questions that were put to the reference SDK.
//!
//! Each module answers one family of kinds through the public API of the crates; nothing is decided here.

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

/// What cases share: the scripted Backend API and one HTTP client.
#[derive(Clone, Debug)]
pub struct Answerer {
    backend: Arc<Backend>,
    http: reqwest::Client,
}

impl Answerer {
    /// Starts the scripted Backend API on a free loopback port.
    ///
    /// # Errors
    /// When no port can be bound or no HTTP client can be made.
    pub async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        Ok(Self {
            backend: Arc::new(Backend::start().await?),
            http: reqwest::Client::builder().no_proxy().build()?,
        })
    }

    /// Answers one case.
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

    /// A builder with the case's clock and an API client that talks to the case's script.
    fn builder(&self, case: &Value, keys: &Value, base_url: &str) -> ClerkBuilder {
        let millis = (case["now"].as_f64().unwrap_or_default() * 1000.0).round();
        let mut client = ClerkClient::builder()
            .http_client(self.http.clone())
            .api_url(base_url);
        let mut builder = Clerk::builder()
            .clock(ManualClock::new(millis as i64))
            // A scripted failure is to be seen whole, however slow the machine is.
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

/// A text of a case; `None` when absent or null.
fn text<'a>(case: &'a Value, name: &str) -> Option<&'a str> {
    case[name].as_str()
}

/// A required text of a case; empty when absent.
fn required<'a>(case: &'a Value, name: &str) -> &'a str {
    text(case, name).unwrap_or_default()
}

/// An option that is a text or a list of texts.
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
