use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use serde_json::json;

use super::answer;
use crate::app::App;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::rules::{handshakes, sessions};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/clients", get(list))
        .route("/clients/handshake_payload", get(handshake_payload))
        .route("/clients/{client_id}", get(one))
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::asked_for(params.is_true("paginated")),
        |tables, _| Ok(sessions::list_clients(tables)),
        |show, client| show.client(client),
    )
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| sessions::find_client(tables, &id),
        |show, client| show.client(client),
    )
}

/// Answers what a handshake nonce stands for. Not in the public document; server SDKs call it.
async fn handshake_payload(State(app): State<Arc<App>>, params: Params) -> Reply {
    app.read(|tables, now| {
        let nonce = params.get("nonce").unwrap_or_default();
        let directives = handshakes::redeem(tables, nonce, now)?;
        Ok(reply::ok(&json!({ "directives": directives })))
    })
}
