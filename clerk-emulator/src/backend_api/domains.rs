use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch};

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, Page};
use crate::http::reply::Reply;
use crate::rules::api_error::ApiError;
use crate::rules::domains;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/domains", get(list).post(create))
        .route("/domains/{domain_id}", patch(update).delete(delete))
}

/// Responds with all domains: the list has no paging parameters.
async fn list(State(app): State<Arc<App>>) -> Reply {
    answer::list(
        &app,
        Page::WHOLE,
        ListShape::Page,
        |tables, _| Ok(domains::list(tables)),
        |show, domain| show.domain(domain),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&["name", "is_satellite", "proxy_url"])?;
    let name = body.required("name")?;
    match body.boolean("is_satellite")? {
        None => return Err(ApiError::missing("is_satellite")),
        Some(false) => return Err(ApiError::value("is_satellite", "must be true")),
        Some(true) => {}
    }
    let proxy_url = body.text("proxy_url")?;
    answer::changed(
        &app,
        |tables, _| domains::create_satellite(tables, name, proxy_url),
        |show, domain| show.domain(domain),
    )
}

async fn update(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["name", "proxy_url", "is_secondary"])?;
    let name = body.text("name")?;
    let proxy_url = body.patch_text("proxy_url")?;
    body.boolean("is_secondary")?;
    answer::changed(
        &app,
        |tables, _| domains::update(tables, &id, name, proxy_url),
        |show, domain| show.domain(domain),
    )
}

async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "domain", |tables, _| {
        domains::delete(tables, &id)?;
        Ok(id)
    })
}
