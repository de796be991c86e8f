//! A guard outside the layer responds with 500, and the log says what to change.

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, web};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use clerk_actix::ClerkMiddleware;
use clerk_axum::ClerkLayer;
use clerk_core::{Clerk, ClerkBuilder};
use clerk_test_support::forge::{DEVELOPMENT_KEY, Signer};
use clerk_test_support::log;
use futures_util::FutureExt as _;
use tower::ServiceExt as _;

fn clerk() -> ClerkBuilder {
    Clerk::builder()
        .secret_key("sk_test_tests")
        .publishable_key(DEVELOPMENT_KEY)
        .jwt_key(Signer::instance().pem())
}

#[track_caller]
fn assert_says_what_to_change(logged: &str, middleware: &str) {
    let errors = logged.lines().filter(|line| line.contains("ERROR"));
    let lines: Vec<&str> = errors.collect();
    assert_eq!(lines.len(), 1, "{logged}");
    let line = lines[0];
    for part in [middleware, "inside the guard", "added last runs first"] {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn a_guard_outside_the_layer_is_reported_in_axum() {
    let app = Router::new()
        .route("/", get(async || "served"))
        .layer(ClerkLayer::new(clerk().build().unwrap()))
        .layer(clerk_axum::protect());
    let request = http::Request::get("/").body(Body::empty()).unwrap();
    let (response, logged) = log::captured(|| app.oneshot(request).now_or_never().unwrap());
    assert_eq!(response.unwrap().status(), 500);
    assert_says_what_to_change(&logged, "ClerkLayer");
}

#[actix_web::test]
async fn a_guard_outside_the_middleware_is_reported_in_actix_web() {
    let app = init_service(
        App::new()
            .route("/", web::get().to(async || "served"))
            .wrap(ClerkMiddleware::new(clerk().build().unwrap()))
            .wrap(clerk_actix::protect()),
    )
    .await;
    let request = TestRequest::get().uri("/").to_request();
    let (response, logged) = log::captured(|| call_service(&app, request).now_or_never().unwrap());
    assert_eq!(response.status().as_u16(), 500);
    assert_says_what_to_change(&logged, "ClerkMiddleware");
}
