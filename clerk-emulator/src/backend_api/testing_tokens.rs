use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::json;

use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::rules::testing_tokens;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/testing_tokens", post(create))
}

/// Answers a token with which automated browsers pass bot detection. There is no such detection here; the Frontend API still
/// refuses tokens that are none.
async fn create(State(app): State<Arc<App>>) -> Reply {
    let made = testing_tokens::mint(&app.instance.secret_key, app.clock.now_ms());
    Ok(reply::ok(&json!({
        "object": "testing_token",
        "token": made.token,
        "expires_at": made.expires_at,
    })))
}
