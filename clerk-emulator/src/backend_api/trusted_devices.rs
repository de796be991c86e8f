use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get};

use super::answer;
use crate::app::App;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::rules::accounts;
use crate::rules::trusted_devices;

/// Returns the routes of the devices that native applications have enrolled.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/users/{user_id}/trusted_devices", get(list))
        .route(
            "/users/{user_id}/trusted_devices/{trusted_device_id}",
            delete(revoke),
        )
}

async fn list(State(app): State<Arc<App>>, Path(id): Path<String>, params: Params) -> Reply {
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::Page,
        |tables, _| {
            accounts::find(tables, &id)?;
            Ok(trusted_devices::active(tables, &id))
        },
        |show, device| show.trusted_device(device),
    )
}

async fn revoke(State(app): State<Arc<App>>, Path((id, device)): Path<(String, String)>) -> Reply {
    answer::changed(
        &app,
        |tables, now| trusted_devices::revoke(tables, &id, &device, now),
        |show, device| show.trusted_device(device),
    )
}
