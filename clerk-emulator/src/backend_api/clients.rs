use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::{Value, json};

use super::{MOST_ROWS, bare_or_page};
use crate::params::Params;
use crate::reply::{self, ApiError, Reply};
use crate::shared::Shared;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/clients", get(list))
        .route("/clients/handshake_payload", get(handshake_payload))
        .route("/clients/{client_id}", get(one))
}

async fn list(State(shared): State<Arc<Shared>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let (store, now) = (shared.store(), shared.now());
    let rows: Vec<Value> = store
        .clients
        .values()
        .rev()
        .map(|client| client.to_json(&store, now))
        .collect();
    Ok(bare_or_page(&params, page, &rows))
}

async fn one(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    let (store, now) = (shared.store(), shared.now());
    let client = store
        .clients
        .get(&id)
        .ok_or_else(|| ApiError::not_found("client", &id))?;
    Ok(reply::ok(&client.to_json(&store, now)))
}

/// What a handshake nonce stands for. Not in the public document; server SDKs call it.
async fn handshake_payload(State(shared): State<Arc<Shared>>, params: Params) -> Reply {
    let now = shared.now();
    let store = shared.store();
    let directives = params
        .get("nonce")
        .and_then(|nonce| store.redeem_nonce(nonce, now))
        .ok_or_else(|| {
            ApiError::bad_request("invalid_nonce", "The handshake nonce is unknown or too old")
        })?;
    Ok(reply::ok(&json!({ "directives": directives })))
}
