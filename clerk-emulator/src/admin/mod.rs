//! The admin interface, with which tests in other languages and the dashboard control the emulator. Its document is
//! `openapi.json`.

mod answer;
mod clock;
mod faults;
mod inbox;
mod instance;
mod requests;
mod state;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use serde_json::json;

use crate::app::App;
use crate::http::origin::refuse_foreign;
use crate::http::reply::{self, Reply};

/// The prefix of the paths of the admin interface.
pub(crate) const ADMIN_PREFIX: &str = "/_emulator";

const DOCUMENT: &str = include_str!("openapi.json");

/// Returns the admin interface, and `/health`.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let admin = Router::new()
        .route("/openapi.json", get(document))
        .merge(clock::routes())
        .merge(faults::routes())
        .merge(inbox::routes())
        .merge(instance::routes())
        .merge(requests::routes())
        .merge(state::routes())
        .merge(webhooks::routes())
        .nest("/v1", instance::backend_api(app))
        .route_layer(from_fn_with_state(Arc::clone(app), refuse_foreign));
    Router::new()
        .route("/health", get(health))
        .nest(ADMIN_PREFIX, admin)
}

async fn health() -> Reply {
    Ok(reply::ok(&json!({ "status": "ok" })))
}

async fn document() -> Response {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}
