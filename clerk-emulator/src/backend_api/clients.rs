use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::json;

use super::answer;
use super::shapes::Shapes;
use crate::app::App;
use crate::client_token;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::rules::api_error::ApiError;
use crate::rules::{clients, handshakes};
use crate::session_token;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/clients", get(list))
        .route("/clients/handshake_payload", get(handshake_payload))
        .route("/clients/verify", post(verify))
        .route("/clients/{client_id}", get(one))
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::asked_for(params.flag("paginated")?),
        |tables, _| Ok(clients::list(tables)),
        |show, client| show.client(client),
    )
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| clients::find(tables, &id),
        |show, client| show.client(client),
    )
}

/// Responds with the client that a token belongs to. The token is a client token of the Frontend API or a session
/// token.
async fn verify(State(app): State<Arc<App>>, body: Body) -> Reply {
    let token = body.only(&["token"])?.required("token")?;
    app.read(|tables, now| {
        let client = client_token::read(&app, tables, &token, now)
            .or_else(|| {
                let session = session_token::read(&app, tables, &token, now)?;
                tables.clients.get(&session.client_id)
            })
            .ok_or_else(|| {
                ApiError::bad_request("cookie_invalid", "The token belongs to no client")
            })?;
        let shapes = Shapes::new(tables, &app.instance, now);
        Ok(reply::ok(&shapes.client(client)))
    })
}

/// Responds with the payload of a handshake nonce. This is not in the public document, but server SDKs call it.
async fn handshake_payload(State(app): State<Arc<App>>, params: Params) -> Reply {
    app.read(|tables, now| {
        let nonce = params.get("nonce").unwrap_or_default();
        let directives = handshakes::redeem(tables, nonce, now)?;
        Ok(reply::ok(&json!({ "directives": directives })))
    })
}
