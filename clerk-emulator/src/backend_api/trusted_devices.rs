use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get};

use crate::app::App;
use crate::http::page::whole_page;
use crate::http::reply::Reply;
use crate::rules::accounts;
use crate::rules::api_error::ApiError;

/// Returns the routes. Only native applications enroll devices, and the emulator has none, so no user has a device.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/users/{user_id}/trusted_devices", get(list))
        .route(
            "/users/{user_id}/trusted_devices/{trusted_device_id}",
            delete(revoke),
        )
}

async fn list(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    app.read(|tables, _| accounts::find(tables, &id).map(|_| whole_page(&[], 0)))
}

async fn revoke(State(app): State<Arc<App>>, Path((id, device)): Path<(String, String)>) -> Reply {
    app.read(|tables, _| {
        accounts::find(tables, &id)?;
        Err(ApiError::not_found("trusted device of this user", &device))
    })
}
