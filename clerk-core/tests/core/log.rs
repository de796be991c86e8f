//! What an operator reads in the log, and what is not said there.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use clerk_core::Clerk;
use clerk_core::adapter::Next;
use clerk_test_support::forge::{NOW, Signer};
use serde_json::json;
use tracing::Level;

use crate::{development, production, request};

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns what is logged at this level and above while a request with these headers is attached.
fn logged(clerk: &Clerk, level: Level, headers: &[(&str, &str)]) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let next = clerk.attach(&request(headers));
        assert!(!matches!(next, Next::Wait(_)), "nothing needs I/O");
    });
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_loop_of_handshakes_names_its_own_cause() {
    let signer = Signer::instance();
    let expired =
        signer.session_with(&json!({ "exp": NOW - 60, "iat": NOW - 120, "nbf": NOW - 130 }));
    let early =
        signer.session_with(&json!({ "exp": NOW + 300, "iat": NOW + 122, "nbf": NOW - 10 }));
    let not_before = signer.session_with(&json!({ "exp": NOW + 300, "nbf": NOW + 122 }));
    let session = signer.session();
    let past = NOW - 1000;
    for (cookies, reason, cause) in [
        (
            format!("__client_uat={past}"),
            "client-uat-but-no-session-token",
            "more than 4 KB",
        ),
        (
            format!("__client_uat={past}; __session={expired}"),
            "session-token-expired",
            "has expired and is not replaced",
        ),
        (
            format!("__client_uat={past}; __session={early}"),
            "session-token-iat-in-the-future",
            "set this machine's clock",
        ),
        (
            format!("__client_uat={past}; __session={not_before}"),
            "session-token-nbf",
            "set this machine's clock",
        ),
        (
            format!("__client_uat={}; __session={session}", NOW + 60),
            "session-token-iat-before-client-uat",
            "a stale cookie",
        ),
        (String::new(), "dev-browser-missing", "__clerk_db_jwt"),
    ] {
        let cookies = format!("{cookies}; __clerk_redirect_count=3");
        let instance = if reason == "dev-browser-missing" {
            development()
        } else {
            production()
        };
        let clerk = instance.build().unwrap();
        let said = logged(
            &clerk,
            Level::WARN,
            &[("sec-fetch-dest", "document"), ("cookie", &cookies)],
        );
        assert!(
            said.contains("three handshakes in a row"),
            "{reason}: {said}"
        );
        assert!(
            said.contains(&format!("reason={reason}")),
            "{reason}: {said}"
        );
        assert!(said.contains(cause), "{reason}: {said}");
        assert!(!said.contains("different instances"), "{reason}: {said}");
        assert_eq!(
            said.contains("clock_behind_seconds=121"),
            reason == "session-token-iat-in-the-future",
            "{reason}: {said}"
        );
    }
}

#[test]
fn a_refused_token_is_explained_to_the_developer() {
    let forged = Signer::stranger().session();
    let bearer = format!("Bearer {forged}");
    let refused = [("authorization", bearer.as_str())];
    let development = development().build().unwrap();
    let said = logged(&development, Level::INFO, &refused);
    assert!(said.contains("INFO"), "{said}");
    assert!(said.contains("token-invalid-signature"), "{said}");
    assert!(!said.contains(&forged), "{said}");
    // Who carries no token did nothing wrong, and in production anybody could fill the log.
    assert_eq!(logged(&development, Level::INFO, &[]), "");
    let production = production().build().unwrap();
    assert_eq!(logged(&production, Level::INFO, &refused), "");
    let detail = logged(&production, Level::DEBUG, &refused);
    assert!(detail.contains("the request is not signed in"), "{detail}");
    assert!(!detail.contains(&forged), "{detail}");
}
