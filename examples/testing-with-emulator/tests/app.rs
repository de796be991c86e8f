//! The application's own tests.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use clerk_axum::Clerk;
use clerk_emulator::{Emulator, OrganizationSeed, UserSeed};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

/// The whole of it: an emulator with the users that the test needs, and the application on it.
#[tokio::test]
async fn only_administrators_see_invoices() {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .organization(OrganizationSeed::new("Acme", "acme").member("ada@example.com", "org:admin"))
        .start()
        .await
        .unwrap();
    let app = testing_with_emulator::app(clerk(&emulator));
    let ada = || emulator.session_token("ada@example.com");
    let (admin, user) = (
        ada().organization("acme").mint().unwrap(),
        ada().mint().unwrap(),
    );
    assert_eq!(call(&app, "/invoices", &admin).await.status(), 200);
    assert_eq!(call(&app, "/invoices", &user).await.status(), 403);
    assert_eq!(call(&app, "/invoices", "nonsense").await.status(), 401);
}

#[tokio::test]
async fn users_see_themselves() {
    let emulator = Emulator::builder()
        .user(UserSeed::new("grace@example.com").first_name("Grace"))
        .start()
        .await
        .unwrap();
    let app = testing_with_emulator::app(clerk(&emulator));
    let token = emulator.session_token("grace@example.com").mint().unwrap();
    let response = call(&app, "/me", &token).await;
    assert_eq!(response.status(), 200);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let user: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(user["first_name"], "Grace");
    assert_eq!(call(&app, "/", "nonsense").await.status(), 200);
}

/// What a test with the real Clerk cannot do.
#[tokio::test]
async fn an_outage_is_no_refusal() {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .start()
        .await
        .unwrap();
    emulator.faults().stop_keys();
    let app = testing_with_emulator::app(clerk(&emulator));
    let token = emulator.session_token("ada@example.com").mint().unwrap();
    assert_eq!(call(&app, "/me", &token).await.status(), 503);
    assert_eq!(call(&app, "/", &token).await.status(), 200);
}

fn clerk(emulator: &Emulator) -> Clerk {
    Clerk::builder().from_vars(emulator.env()).build().unwrap()
}

async fn call(app: &axum::Router, path: &str, token: &str) -> Response {
    let request = Request::get(path)
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    app.clone().oneshot(request).await.unwrap()
}
