use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::rules::permissions::{self, PermissionUpdate};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/organization_permissions", get(list).post(create))
        .route(
            "/organization_permissions/{permission_id}",
            get(one).patch(update).delete(delete),
        )
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = params.order_by(&["created_at", "name", "key"], "-created_at")?;
    let query = params.lower("query");
    answer::list(
        &app,
        page,
        ListShape::Page,
        |tables, _| {
            let mut rows = permissions::list(tables, query.as_deref());
            match order.field {
                "name" => order.sort(&mut rows, |one| one.name.as_str()),
                "key" => order.sort(&mut rows, |one| one.key.as_str()),
                _ => order.sort(&mut rows, |one| one.created_at),
            }
            Ok(rows)
        },
        |show, permission| show.permission(permission),
    )
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| permissions::find(tables, &id),
        |show, permission| show.permission(permission),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&["name", "key", "description"])?;
    let (key, name) = (body.required("key")?, body.required("name")?);
    let description = body.text("description")?.unwrap_or_default();
    answer::changed(
        &app,
        |tables, now| permissions::create(tables, key, name, description, now),
        |show, permission| show.permission(permission),
    )
}

async fn update(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["name", "key", "description"])?;
    let update = PermissionUpdate {
        key: body.text("key")?,
        name: body.text("name")?,
        description: body.text("description")?,
    };
    answer::changed(
        &app,
        |tables, now| permissions::update(tables, &id, update, now),
        |show, permission| show.permission(permission),
    )
}

async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "permission", |tables, _| {
        permissions::delete(tables, &id)?;
        Ok(id)
    })
}
