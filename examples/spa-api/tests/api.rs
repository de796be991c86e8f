//! The API as browsers and other clients see it, and the page.
#![cfg(test)]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN,
};
use axum::http::request::Builder;
use axum::http::{Request, Response};
use clerk_core::SystemClock;
use http_body_util::BodyExt as _;
use pages_demo::SdkSource;
use serde_json::{Value, json};
use spa_api::Application;
use tower::ServiceExt as _;

const PAGE: &str = "http://localhost:3000";
const ELSEWHERE: &str = "http://localhost:3002";

async fn application() -> Arc<Application> {
    let clock = SystemClock::default();
    let application = Application::on_emulator(3000, 3001, SdkSource::FrontendApi, clock);
    Arc::new(application.await.unwrap())
}

fn token(application: &Application, person: &str, issued_for: &str) -> String {
    let emulator = application.emulator().unwrap();
    let token = emulator
        .session_token(person)
        .organization("acme")
        .authorized_party(issued_for)
        .mint();
    format!("Bearer {}", token.unwrap())
}

async fn send(app: &Router, request: Builder, body: &str) -> Response<Body> {
    let request = request
        .header("host", "localhost:3001")
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    app.clone().oneshot(request).await.unwrap()
}

async fn json(response: Response<Body>) -> Value {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

fn allowed_origin(response: &Response<Body>) -> Option<&str> {
    let origin = response.headers().get(ACCESS_CONTROL_ALLOW_ORIGIN)?;
    Some(origin.to_str().unwrap())
}

#[tokio::test]
async fn only_the_origin_of_the_page_is_allowed() {
    let application = application().await;
    let api = spa_api::api(Arc::clone(&application));
    let ada = token(&application, "ada@example.com", PAGE);
    for (origin, allowed) in [(PAGE, Some(PAGE)), (ELSEWHERE, None), ("null", None)] {
        let preflight = Request::options("/notes")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            );
        let preflight = send(&api, preflight, "").await;
        assert_eq!(preflight.status(), 200, "{origin}");
        assert_eq!(allowed_origin(&preflight), allowed, "{origin}");
        assert!(
            !preflight
                .headers()
                .contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS)
        );
        let headers = &preflight.headers()[ACCESS_CONTROL_ALLOW_HEADERS];
        assert_eq!(headers, "authorization,content-type");

        // The page can read refusals, too.
        let refused = send(&api, Request::get("/me").header("origin", origin), "").await;
        assert_eq!(refused.status(), 401, "{origin}");
        assert_eq!(allowed_origin(&refused), allowed, "{origin}");
        let answered = Request::get("/me")
            .header("origin", origin)
            .header("authorization", &ada);
        let answered = send(&api, answered, "").await;
        assert_eq!(answered.status(), 200, "{origin}");
        assert_eq!(allowed_origin(&answered), allowed, "{origin}");
    }
}

#[tokio::test]
async fn callers_are_known_by_tokens_that_were_issued_for_the_page() {
    let application = application().await;
    let api = spa_api::api(Arc::clone(&application));
    let ada = token(&application, "ada@example.com", PAGE);
    let cookie = format!("__session={}", ada.trim_start_matches("Bearer "));
    let elsewhere = token(&application, "ada@example.com", ELSEWHERE);
    let me = |name: &str, value: &str| Request::get("/me").header(name, value);
    for (request, status) in [
        (me("authorization", &ada), 200),
        (me("cookie", &cookie), 401),
        (me("authorization", &elsewhere), 401),
        // A browser that opens the API is refused, too, and not redirected.
        (me("accept", "text/html"), 401),
    ] {
        let what = format!("{request:?}");
        assert_eq!(send(&api, request, "").await.status(), status, "{what}");
    }
    let me = json(send(&api, me("authorization", &ada), "").await).await;
    assert_eq!(me["role"], "org:admin");
}

#[tokio::test]
async fn notes_belong_to_the_organization_and_admins_clear_them() {
    let application = application().await;
    let api = spa_api::api(Arc::clone(&application));
    let ada = token(&application, "ada@example.com", PAGE);
    let alan = token(&application, "alan@example.com", PAGE);
    let add = Request::post("/notes").header("authorization", &ada);
    let notes = json(send(&api, add, r#"{"text":"buy milk"}"#).await).await;
    assert_eq!(notes, json!([{ "id": 1, "text": "buy milk" }]));
    let list = Request::get("/notes").header("authorization", &alan);
    assert_eq!(json(send(&api, list, "").await).await, notes);
    let clear = |token: &str| Request::delete("/notes").header("authorization", token);
    assert_eq!(send(&api, clear(&alan), "").await.status(), 403);
    assert_eq!(json(send(&api, clear(&ada), "").await).await, json!([]));
}

#[tokio::test]
async fn the_page_is_served_with_its_settings() {
    let application = application().await;
    let page = spa_api::page(Arc::clone(&application));
    for (path, content_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let response = send(&page, Request::get(path), "").await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], content_type);
    }
    let settings = json(send(&page, Request::get("/settings.json"), "").await).await;
    let emulator = application.emulator().unwrap();
    assert_eq!(settings["api"], "http://localhost:3001");
    assert_eq!(settings["publishable_key"], emulator.publishable_key());
    assert_eq!(settings["proxy_url"], emulator.url());
    // Nothing secret is among them.
    assert!(!settings.to_string().contains("sk_"), "{settings}");
}
