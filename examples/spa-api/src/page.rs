//! The server of the page: static files, and the settings of the client.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use axum::{Json, Router};

use crate::setup::{Application, Settings};

fn file(content_type: &'static str, contents: &'static str) -> MethodRouter<Arc<Application>> {
    get(async move || {
        let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-cache")];
        (headers, contents).into_response()
    })
}

async fn settings(State(application): State<Arc<Application>>) -> Json<Settings> {
    Json(application.settings())
}

/// Builds the server of the page.
pub fn page(application: Arc<Application>) -> Router {
    let (html, script, style) = (
        include_str!("../page/index.html"),
        include_str!("../page/app.js"),
        include_str!("../page/style.css"),
    );
    Router::new()
        .route("/", file("text/html; charset=utf-8", html))
        .route("/app.js", file("text/javascript; charset=utf-8", script))
        .route("/style.css", file("text/css; charset=utf-8", style))
        .route(
            "/icon.svg",
            file("image/svg+xml", include_str!("../page/icon.svg")),
        )
        .route("/settings.json", get(settings))
        .with_state(application)
}
