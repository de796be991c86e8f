//! The metadata of the authorization server, while Clerk can be reached and while it cannot.

use std::time::Duration;

use clerk_core::adapter::{AnswerBody, Next};
use clerk_core::{Clerk, Clock as _, ManualClock, OAuthResource, SystemClock};
use clerk_emulator::{Emulator, Fault};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use serde_json::Value;

const PATH: &str = "/.well-known/oauth-authorization-server";

async fn ask(clerk: &Clerk) -> Response<AnswerBody> {
    let request = Request::get(PATH).body(()).unwrap();
    match clerk.attach(&request) {
        Next::Wait(wait) => wait.finish().await.unwrap_err(),
        other => panic!("{other:?}"),
    }
}

async fn token_endpoint(clerk: &Clerk) -> String {
    let response = ask(clerk).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let metadata: Value = serde_json::from_slice(&body).unwrap();
    metadata["token_endpoint"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_metadata_is_remembered_and_survives_outages() {
    let emulator = Emulator::builder().start().await.unwrap();
    let clock = ManualClock::new(SystemClock::default().now());
    let clerk = Clerk::builder()
        .from_vars(emulator.env())
        .oauth_resource(OAuthResource::new("https://app.example.com/mcp").unwrap())
        .clock(clock.clone())
        .build()
        .unwrap();
    let asked = || emulator.requests_to(PATH).len();
    assert_eq!(asked(), 0, "it is downloaded when a client asks for it");

    // Unknown: a client may come back in five seconds, and Clerk is not asked again before.
    emulator.faults().add(Fault::status(400).on(PATH).always());
    for _ in 0..3 {
        let response = ask(&clerk).await;
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "5");
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
    assert_eq!(asked(), 1);
    emulator.faults().clear();
    clock.advance(Duration::from_secs(5));
    let expected = format!("{}/oauth/token", emulator.url());
    for _ in 0..3 {
        assert_eq!(token_endpoint(&clerk).await, expected);
    }
    assert_eq!(asked(), 2);

    // What is known is used while Clerk cannot be reached, or says something else.
    for fault in [
        Fault::status(400),
        Fault::answer(200, "application/json", "[]"),
        Fault::answer(200, "text/html", "<p>Sign in to this network"),
    ] {
        clock.advance(Duration::from_secs(3600));
        emulator.faults().add(fault.on(PATH));
        assert_eq!(token_endpoint(&clerk).await, expected);
    }
    assert_eq!(asked(), 5);
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_prolong_a_failure() {
    let emulator = Emulator::builder().start().await.unwrap();
    let start = SystemClock::default().now();
    let clock = ManualClock::new(start);
    let clerk = Clerk::builder()
        .from_vars(emulator.env())
        .oauth_resource(OAuthResource::new("https://app.example.com/mcp").unwrap())
        .clock(clock.clone())
        .build()
        .unwrap();
    emulator.faults().add(Fault::status(400).on(PATH));
    assert_eq!(ask(&clerk).await.status(), 503);
    clock.set(start - 86_400_000);
    assert_eq!(ask(&clerk).await.status(), 503);
    clock.advance(Duration::from_secs(5));
    assert_eq!(
        token_endpoint(&clerk).await,
        format!("{}/oauth/token", emulator.url())
    );
}
