//! Applications that are tried out without an account. The document lacks these operations, but one of the official
//! clients has them: without a key, it requests an application that has no owner yet. Here, that is the emulated one.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::json;

use crate::app::App;
use crate::http::reply::{self, Reply};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/accountless_applications", post(application))
        .route("/accountless_applications/complete", post(application))
}

async fn application(State(app): State<Arc<App>>) -> Reply {
    let instance = &app.instance;
    Ok(reply::ok(&json!({
        "object": "accountless_application",
        "publishable_key": instance.publishable_key,
        "secret_key": instance.secret_key,
        "claim_url": instance.url,
        "api_keys_url": instance.url,
    })))
}
