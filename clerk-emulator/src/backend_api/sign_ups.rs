use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::Reply;
use crate::rules::sign_ups;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/sign_ups/{id}", get(one).patch(update))
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| sign_ups::by_id(tables, &id),
        |show, attempt| show.sign_up(attempt),
    )
}

async fn update(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["external_id", "custom_action"])?;
    let external_id = body.text("external_id")?;
    let custom_action = body.boolean("custom_action")?;
    answer::changed(
        &app,
        |tables, now| sign_ups::update_by_server(tables, &id, external_id, custom_action, now),
        |show, attempt| show.sign_up(attempt),
    )
}
