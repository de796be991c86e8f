//! clerk-core through its public API: real keys, real HTTP to an emulator where keys or answers come from Clerk.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod attacks;
mod authorized_parties;
mod components;
mod configuration;
mod cookie_flow;
mod diagnosis;
mod handshakes;
mod hardening;
mod has_table;
mod key_cache;
mod log;
#[cfg(all(feature = "lookups", feature = "testing"))]
mod lookups;
mod machine_tokens;
mod properties;
mod secrets;
mod server_metadata;
mod shared_store;
#[cfg(feature = "testing")]
mod testing;
mod variables;

use clerk_core::{Auth, AuthStatus, Clerk, ClerkBuilder, ManualClock, Reason, RequestState};
use clerk_test_support::forge::{DEVELOPMENT_KEY, NOW, PRODUCTION_KEY, Signer};
use futures_util::FutureExt;

/// Unix milliseconds at which forged sessions are a second old.
const NOW_MILLIS: i64 = NOW * 1000 + 1000;

/// A production instance whose only key is [`Signer::instance`], given as PEM: nothing needs I/O.
fn production() -> ClerkBuilder {
    offline(PRODUCTION_KEY, "sk_live_tests")
}

/// The same as a development instance.
fn development() -> ClerkBuilder {
    offline(DEVELOPMENT_KEY, "sk_test_tests")
}

fn offline(publishable_key: &str, secret_key: &str) -> ClerkBuilder {
    Clerk::builder()
        .publishable_key(publishable_key)
        .secret_key(secret_key)
        .jwt_key(Signer::instance().pem())
        .clock(ManualClock::new(NOW_MILLIS))
}

/// A GET of `https://app.example.com/page` with these headers.
fn request(headers: &[(&str, &str)]) -> http::Request<()> {
    request_to("GET", "/page", headers)
}

fn request_to(method: &str, path: &str, headers: &[(&str, &str)]) -> http::Request<()> {
    let mut request = http::Request::builder()
        .method(method)
        .uri(format!("https://app.example.com{path}"))
        .header("host", "app.example.com");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

/// The outcome of a request that needs no I/O. There is no runtime here: whoever waited would not come back.
fn decide(clerk: &Clerk, request: &http::Request<()>) -> RequestState {
    match clerk.authenticate_request(request).now_or_never() {
        Some(state) => state.unwrap(),
        None => panic!("{request:?} waits for I/O"),
    }
}

/// Status and reason in one text, as the tables below write them.
fn outcome(state: &RequestState) -> String {
    match state.reason().map(Reason::as_str) {
        Some(reason) => format!("{} {reason}", state.status().as_str()),
        None => state.status().as_str().to_owned(),
    }
}

/// Nobody is signed in, whatever else happened.
#[track_caller]
fn assert_nobody(state: &RequestState) {
    assert_ne!(state.status(), AuthStatus::SignedIn, "{state:?}");
    assert!(matches!(state.auth(), Auth::SignedOut(_)), "{state:?}");
}
