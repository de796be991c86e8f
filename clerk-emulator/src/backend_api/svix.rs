use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::StatusCode;
use serde_json::json;

use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::rules::svix;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/webhooks/svix", post(create).delete(delete))
        .route("/webhooks/svix_url", post(link))
}

/// Responds with the URL of the emulator's page of deliveries.
fn dashboard(app: &App) -> Response {
    let url = format!("{}/webhooks", app.instance.url);
    reply::ok(&json!({ "svix_url": url }))
}

async fn create(State(app): State<Arc<App>>) -> Reply {
    app.write(|tables, _| svix::create(tables))?;
    Ok(dashboard(&app))
}

async fn delete(State(app): State<Arc<App>>) -> Reply {
    app.write(|tables, _| svix::delete(tables))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn link(State(app): State<Arc<App>>) -> Reply {
    app.read(|tables, _| svix::check(tables))?;
    Ok(dashboard(&app))
}
