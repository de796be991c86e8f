use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use http::StatusCode;
use serde_json::{Value, json};

use super::answer;
use super::shapes::Shapes;
use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::{self, Reply};
use crate::rules::admin_portal_links::{self, NewLink};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/admin_portal_link_tokens", post(create))
        .route("/admin_portal_link_tokens/{id}/revoke", post(revoke))
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&[
        "organization_id",
        "it_contact_id",
        "scopes",
        "seconds_until_expiration",
    ])?;
    let new = NewLink {
        organization_id: body.text("organization_id")?,
        it_contact_id: body.text("it_contact_id")?,
        scopes: body.texts("scopes")?,
        seconds_until_expiration: body.integer("seconds_until_expiration")?,
    };
    app.write(|tables, now| {
        let link = admin_portal_links::create(tables, new, now)?.clone();
        let shapes = Shapes::new(tables, &app.instance, now);
        let mut shown: Value = shapes.admin_portal_link(&link);
        shown["token"] = json!(link.token.0);
        Ok(reply::json_response(StatusCode::CREATED, &shown))
    })
}

async fn revoke(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let reason = body
        .only(&["revocation_reason"])?
        .text("revocation_reason")?;
    answer::changed(
        &app,
        |tables, now| admin_portal_links::revoke(tables, &id, reason, now),
        |show, link| show.admin_portal_link(link),
    )
}
