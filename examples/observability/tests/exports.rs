//! What Prometheus and an OpenTelemetry collector get.
#![cfg(test)]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, Uri};
use clerk_axum::Clerk;
use clerk_emulator::{Emulator, UserSeed};
use clerk_test_support::start::serves_without_keys;
use observability::{Telemetry, app};
use serde_json::Value;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use tracing_subscriber::layer::SubscriberExt as _;

const ADA: &str = "ada@example.com";

type Received = Arc<Mutex<Vec<(String, Value)>>>;

/// Starts a collector that keeps what it gets, and returns its URL.
async fn collector(received: Received) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(async move |uri: Uri, body: String| {
        let body = serde_json::from_str(&body).unwrap();
        received.lock().unwrap().push((uri.path().to_owned(), body));
        "{}"
    });
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

async fn get(router: &Router, path: &str, token: Option<&str>) -> (StatusCode, String) {
    let mut request = Request::get(path).header("host", "app.example.com");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Returns the objects anywhere in a document that have this name.
fn named<'a>(document: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match document {
        Value::Object(object) => {
            if object.get("name").is_some_and(|own| own == name) {
                found.push(document);
            }
            object.values().for_each(|value| named(value, name, found));
        }
        Value::Array(list) => list.iter().for_each(|value| named(value, name, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_and_opentelemetry_get_the_numbers_and_the_spans() {
    let emulator = Emulator::builder()
        .user(UserSeed::new(ADA).first_name("Ada"))
        .start()
        .await
        .unwrap();
    let clerk = Clerk::builder().from_vars(emulator.env()).build().unwrap();
    let received = Received::default();
    let telemetry = Telemetry::new(&collector(Arc::clone(&received)).await).unwrap();
    telemetry.watch(&clerk);
    let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    let router = app(&clerk);
    let token = emulator.session_token(ADA).mint().unwrap();
    let expired = emulator.session_token(ADA).expired().mint().unwrap();
    {
        let _guard = tracing::subscriber::set_default(subscriber);
        assert_eq!(get(&router, "/me", Some(&token)).await.0, StatusCode::OK);
        let (status, name) = get(&router, "/name", Some(&token)).await;
        assert_eq!((status, name.as_str()), (StatusCode::OK, "Ada"));
        for token in [None, Some(expired.as_str())] {
            assert_eq!(get(&router, "/me", token).await.0, StatusCode::UNAUTHORIZED);
        }
    }

    let (status, metrics) = get(&router, "/metrics", None).await;
    assert_eq!(status, StatusCode::OK);
    for line in [
        "# TYPE clerk_signed_in counter",
        "clerk_signed_in_total 2",
        "clerk_signed_out_total 1",
        "clerk_refused_tokens_total 1",
        "clerk_token_cache_hits_total 1",
        "clerk_token_cache_entries 1",
        "clerk_signing_key_refreshes_total 1",
        "# EOF",
    ] {
        assert!(
            metrics.lines().any(|other| other == line),
            "{line} in\n{metrics}"
        );
    }

    // Off the runtime's thread, since it waits for the collector, which runs there.
    let flushing = tokio::task::spawn_blocking(move || telemetry.flush());
    flushing.await.unwrap().unwrap();
    let received = received.lock().unwrap().clone();
    let documents = |path: &str| {
        let mut all = received
            .iter()
            .filter(|(other, _)| other == path)
            .map(|(_, document)| document);
        let first = all
            .next()
            .unwrap_or_else(|| panic!("nothing was sent to {path}"));
        std::iter::once(first)
            .chain(all)
            .cloned()
            .collect::<Value>()
    };
    let (spans, metrics) = (documents("/v1/traces"), documents("/v1/metrics"));
    for name in ["clerk.authenticate", "clerk.request"] {
        let mut found = Vec::new();
        named(&spans, name, &mut found);
        assert!(!found.is_empty(), "{name} in {spans}");
    }
    let mut found = Vec::new();
    named(&metrics, "clerk.signed_in", &mut found);
    assert_eq!(found[0]["sum"]["dataPoints"][0]["asInt"], "2", "{metrics}");

    // Nothing of the tokens and the keys is among it.
    let secret = emulator.secret_key().to_owned();
    let text = format!("{spans}{metrics}");
    for secret in [token.as_str(), &expired, &secret, ADA] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn it_starts_without_configuration() {
    let paths = [("/me", 401), ("/metrics", 200)];
    let program = env!("CARGO_BIN_EXE_observability");
    let text = serves_without_keys(program, &[], "# the numbers", &paths);
    assert!(text.contains("Metrics for Prometheus: http://"), "{text}");
}
