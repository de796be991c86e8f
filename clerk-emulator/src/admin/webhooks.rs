use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::answer::{Newest, done, list};
use crate::app::App;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::rules::api_error::ApiError;
use crate::rules::webhook_messages;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/webhooks", get(messages))
        .route("/webhooks/settle", post(settle))
        .route("/webhooks/{message_id}/replay", post(replay))
}

/// Lists the messages for the webhook endpoint, oldest first.
async fn messages(State(app): State<Arc<App>>, params: Params) -> Reply {
    let newest = Newest::asked_for(&params)?;
    let rows: Vec<Value> = app.read(|tables, _| {
        let rows: Vec<_> = tables.webhook_messages.iter().collect();
        let rows = newest.of(&rows).iter().map(|one| {
            json!({
                "id": one.id,
                "event": one.event,
                "payload": serde_json::from_str::<Value>(&one.payload).unwrap_or_default(),
                "state": one.state,
                "attempts": one.attempts,
                "created_at": one.created_at,
            })
        });
        rows.collect()
    });
    Ok(list(&rows))
}

/// Responds once every message has been delivered or abandoned.
async fn settle(State(app): State<Arc<App>>) -> Response {
    app.settle().await;
    done()
}

async fn replay(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    app.set_up(|tables, _| webhook_messages::replay(tables, &id))
        .map_err(|_| ApiError::not_found("webhook message", &id))?;
    app.outbox.notify_written();
    Ok(done())
}
