use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{delete, get, post};
use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{done, list};
use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::random;
use crate::rules::api_error::ApiError;
use crate::seed::Seed;
use crate::tokens::signing_key::SigningKey;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/state", get(export))
        .route("/reset", post(reset))
        .route("/keys/rotate", post(rotate_keys))
        .route("/snapshots", get(snapshots).post(snapshot))
        .route("/snapshots/{snapshot_id}", delete(forget))
        .route("/snapshots/{snapshot_id}/restore", post(restore))
}

/// Responds with the whole state as a seed.
async fn export(State(app): State<Arc<App>>) -> Reply {
    let seed = Seed::of_state(app.read(|tables, _| tables.dump()));
    let seed = serde_json::to_value(&seed).map_err(|error| {
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_clerk_error",
            error.to_string(),
        )
    })?;
    Ok(reply::ok(&seed))
}

/// Restores everything that the emulator started with.
async fn reset(State(app): State<Arc<App>>) -> Reply {
    app.reset()?;
    Ok(done())
}

async fn rotate_keys(State(app): State<Arc<App>>) -> Reply {
    // Generating a key takes a while, during which other requests are served.
    let key = tokio::task::spawn_blocking(SigningKey::generate)
        .await
        .map_err(|error| {
            ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_clerk_error",
                error.to_string(),
            )
        })??;
    app.replace_key(key)?;
    Ok(reply::ok(&json!({ "kid": app.key().public().kid })))
}

async fn snapshots(State(app): State<Arc<App>>) -> Response {
    let ids = app.snapshots(|snapshots| snapshots.keys().cloned().collect::<Vec<_>>());
    list(&ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>())
}

async fn snapshot(State(app): State<Arc<App>>) -> Response {
    let dump = app.read(|tables, _| tables.dump());
    let id = random::id("snap");
    app.snapshots(|snapshots| snapshots.insert(id.clone(), dump));
    let shown: Value = json!({ "id": id });
    reply::json_response(StatusCode::CREATED, &shown)
}

async fn restore(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    let dump = app
        .snapshots(|snapshots| snapshots.get(&id).cloned())
        .ok_or_else(|| ApiError::not_found("snapshot", &id))?;
    app.restore(dump)?;
    Ok(done())
}

async fn forget(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    app.snapshots(|snapshots| snapshots.shift_remove(&id))
        .ok_or_else(|| ApiError::not_found("snapshot", &id))?;
    Ok(done())
}
