use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

use crate::reply;
use crate::shared::Shared;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/jwks", get(key_set))
}

/// The instance's public keys.
pub(crate) async fn key_set(State(shared): State<Arc<Shared>>) -> Response {
    reply::ok(&json!({ "keys": [shared.key().jwk()] }))
}
