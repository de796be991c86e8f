use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::json;

use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::random;

const LIFETIME_SECONDS: i64 = 3600;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/testing_tokens", post(create))
}

/// Answers a token with which automated browsers pass bot detection. There is no such detection here, so any
/// token will do.
async fn create(State(app): State<Arc<App>>) -> Reply {
    let expires_at = app.clock.now_ms() / 1000 + LIFETIME_SECONDS;
    Ok(reply::ok(&json!({
        "object": "testing_token",
        "token": format!("{expires_at}-{}", random::alphanumeric(32)),
        "expires_at": expires_at,
    })))
}
