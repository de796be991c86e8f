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

/// Responds with a token that lets automated browsers pass bot detection. The emulator has no such detection, but the
/// Frontend API still refuses invalid tokens.
async fn create(State(app): State<Arc<App>>) -> Reply {
    let made = testing_tokens::mint(&app.instance.secret_key, app.clock.now_ms());
    Ok(reply::ok(&json!({
        "object": "testing_token",
        "token": made.token,
        "expires_at": made.expires_at,
    })))
}
