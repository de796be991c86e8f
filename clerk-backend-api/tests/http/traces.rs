//! The `tracing` output of a call.

use std::{cell::RefCell, io, sync::Once};

use clerk_backend_api::ClerkClient;
use http::Method;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::{
    SECRET, at_once, builder, nobody,
    server::{Server, answer, json, user},
};

thread_local! {
    static TRACED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Everything that this thread traces, at all levels, as text.
///
/// All tests share one subscriber. If each had its own, those that other threads install and drop in the meantime would
/// determine which events are enabled.
struct Recording;

impl Recording {
    fn start() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            tracing_subscriber::fmt()
                .with_max_level(tracing::Level::TRACE)
                .with_span_events(FmtSpan::CLOSE)
                .with_ansi(false)
                .with_writer(|| Self)
                .init();
        });
        TRACED.with_borrow_mut(Vec::clear);
        Self
    }

    fn text(&self) -> String {
        TRACED.with_borrow(|text| String::from_utf8(text.clone()).unwrap())
    }

    /// Returns the number of lines of the client's span that contain all of these.
    fn lines(&self, parts: &[&str]) -> usize {
        let text = self.text();
        let fits = |line: &&str| parts.iter().all(|part| line.contains(part));
        let of_client = |line: &&str| line.contains("clerk.request");
        text.lines().filter(of_client).filter(fits).count()
    }
}

impl io::Write for Recording {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        TRACED.with_borrow_mut(|text| text.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_call_and_its_retries_are_seen() {
    let recording = Recording::start();
    let asked = json(429, "{}").header("retry-after", "1");
    let server = Server::start([asked, answer(503), user()]).await;
    let client = builder(&server).build().unwrap();
    client.request(Method::GET, ["users"]).send().await.unwrap();
    let text = recording.text();
    // The client waited as long as the server requested, and not at all otherwise.
    assert_eq!(
        recording.lines(&["retrying", "pause_ms=1000", "429"]),
        1,
        "{text}"
    );
    assert_eq!(
        recording.lines(&["retrying", "pause_ms=0", "503"]),
        1,
        "{text}"
    );
    let end = [
        "http.request.method=GET",
        "http.response.status_code=200",
        "clerk.retries=2",
        "close",
    ];
    assert_eq!(recording.lines(&end), 1, "{text}");
}

#[tokio::test]
async fn a_refused_call_is_seen_with_its_trace_id() {
    let recording = Recording::start();
    let server = Server::start([json(422, r#"{ "clerk_trace_id": "trace_1" }"#)]).await;
    let client = builder(&server).build().unwrap();
    client.users().get("user_1").send().await.unwrap_err();
    let end = [
        "http.response.status_code=422",
        "clerk.retries=0",
        "trace_1",
        "close",
    ];
    assert_eq!(recording.lines(&end), 1, "{}", recording.text());
}

#[tokio::test]
async fn a_call_that_cannot_connect_is_repeated() {
    let recording = Recording::start();
    let (url, _socket) = nobody();
    let client = ClerkClient::builder()
        .secret_key(SECRET)
        .api_url(url)
        .retry(at_once())
        .build()
        .unwrap();
    for method in [Method::GET, Method::POST] {
        let error = client
            .request(method.clone(), ["users"])
            .send()
            .await
            .unwrap_err();
        match error {
            clerk_backend_api::Error::Transport(error) => assert!(!error.is_connected()),
            other => panic!("{other:?}"),
        }
        let end = [
            &format!("http.request.method={method}"),
            "clerk.retries=2",
            "close",
        ];
        assert_eq!(recording.lines(&end), 1, "{}", recording.text());
    }
}

#[tokio::test]
async fn no_trace_shows_a_secret() {
    let recording = Recording::start();
    let server = Server::start([
        answer(503),
        json(500, r#"{ "planted": "planted" }"#),
        user(),
    ])
    .await;
    let client = builder(&server).build().unwrap();
    client
        .request(Method::PUT, ["users", "planted_id"])
        .query("email_address", "planted@example.com")
        .json(&serde_json::json!({ "password": "planted_password" }))
        .send()
        .await
        .unwrap();
    let text = recording.text();
    assert_eq!(recording.lines(&["retrying"]), 2, "{text}");
    let told: Vec<_> = text
        .lines()
        .filter(|line| line.contains("clerk.request") && line.contains("planted"))
        .collect();
    assert!(told.is_empty(), "{told:?}");
    assert!(!text.contains(SECRET), "{text}");
}
