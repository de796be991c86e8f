//! A Backend API on loopback that responds to each case according to its script.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde_json::{Value, json};

#[derive(Debug, Default)]
struct Script {
    entries: Vec<Value>,
    taken: Vec<bool>,
    calls: Vec<Value>,
}

type Scripts = Arc<Mutex<HashMap<String, Script>>>;

/// The scripted Backend API.
#[derive(Debug)]
pub struct Backend {
    address: SocketAddr,
    scripts: Scripts,
}

impl Backend {
    pub(super) async fn start() -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let scripts = Scripts::default();
        let app = axum::Router::new()
            .route("/{case}/{*path}", axum::routing::any(serve))
            .with_state(Arc::clone(&scripts));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { address, scripts })
    }

    /// Installs the script of a case and returns its base URL.
    pub(super) fn script(&self, id: &str, entries: &Value) -> String {
        let entries = entries.as_array().cloned().unwrap_or_default();
        let script = Script {
            taken: vec![false; entries.len()],
            entries,
            calls: Vec::new(),
        };
        let key = key(id);
        let url = format!("http://{}/{key}", self.address);
        self.scripts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, script);
        url
    }

    /// Removes the script of a case and returns the calls that it received.
    pub(super) fn calls(&self, id: &str) -> Vec<Value> {
        let script = self
            .scripts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&key(id));
        script.map(|script| script.calls).unwrap_or_default()
    }
}

fn key(id: &str) -> String {
    id.replace('/', "~")
}

async fn serve(
    State(scripts): State<Scripts>,
    Path((case, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let path = parts
        .uri
        .path()
        .strip_prefix(&format!("/{case}"))
        .unwrap_or_default()
        .to_owned();
    let entry = {
        let mut scripts = scripts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(script) = scripts.get_mut(&case) else {
            return not_scripted();
        };
        script.calls.push(json!({
            "method": parts.method.as_str(),
            "path": path,
            "query": parts.uri.query().unwrap_or_default(),
            "body": serde_json::from_slice::<Value>(&body).unwrap_or(Value::Null),
            "authorization": parts.headers.get("authorization").and_then(|value| value.to_str().ok()),
        }));
        let fits = |at: &usize| {
            script.entries[*at]["method"] == parts.method.as_str()
                && script.entries[*at]["path"] == path.as_str()
        };
        let fitting: Vec<usize> = (0..script.entries.len()).filter(fits).collect();
        let chosen = fitting
            .iter()
            .copied()
            .find(|&at| !script.taken[at])
            .or(fitting.last().copied());
        let Some(at) = chosen else {
            return not_scripted();
        };
        script.taken[at] = true;
        script.entries[at].clone()
    };
    if entry["network_error"] == true {
        // The body is cut short: the connection closes before the response is complete.
        let broken =
            futures_util::stream::iter([Err::<axum::body::Bytes, _>(std::io::Error::other("cut"))]);
        return Response::builder()
            .header("content-length", "10")
            .body(Body::from_stream(broken))
            .unwrap_or_default();
    }
    let mut response = Response::builder().status(entry["status"].as_u64().unwrap_or(200) as u16);
    match entry["headers"].as_array() {
        Some(headers) => {
            for header in headers {
                response = response.header(
                    header[0].as_str().unwrap_or_default(),
                    header[1].as_str().unwrap_or_default(),
                );
            }
        }
        None => response = response.header("content-type", "application/json"),
    }
    let body = match (&entry["body_text"], entry.get("body")) {
        (Value::String(text), _) => text.clone(),
        (_, Some(body)) => body.to_string(),
        _ => String::new(),
    };
    response.body(Body::from(body)).unwrap_or_default()
}

fn not_scripted() -> Response {
    let body = json!({"errors": [{
        "code": "resource_not_found", "message": "not scripted", "long_message": "not scripted",
    }]});
    Response::builder()
        .status(404)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap_or_default()
}
