use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::Value;

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::rules::api_error::ApiError;
use crate::rules::role_sets::{self, NewRoleSet, RoleSetUpdate};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/role_sets", get(list).post(create))
        .route("/role_sets/{role_set_key_or_id}", get(one).patch(update))
        .route("/role_sets/{role_set_key_or_id}/replace", post(replace))
        .route("/role_sets/{role_set_key_or_id}/roles", post(add_roles))
        .route(
            "/role_sets/{role_set_key_or_id}/roles/replace",
            post(replace_role),
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
            let mut rows = role_sets::list(tables, query.as_deref());
            match order.field {
                "name" => order.sort(&mut rows, |set| set.name.as_str()),
                "key" => order.sort(&mut rows, |set| set.key.as_str()),
                _ => order.sort(&mut rows, |set| set.created_at),
            }
            Ok(rows)
        },
        |show, set| show.role_set(set),
    )
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| role_sets::find(tables, &id),
        |show, set| show.role_set(set),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&[
        "name",
        "key",
        "description",
        "default_role_key",
        "creator_role_key",
        "type",
        "roles",
    ])?;
    let new = NewRoleSet {
        key: body.text("key")?,
        name: body.required("name")?,
        description: body.text("description")?,
        default_role_key: body.required("default_role_key")?,
        creator_role_key: body.required("creator_role_key")?,
        roles: body
            .texts("roles")?
            .ok_or_else(|| ApiError::missing("roles"))?,
        initial: body.one_of("type", &["initial", "custom"])?.as_deref() == Some("initial"),
    };
    answer::changed(
        &app,
        |tables, now| role_sets::create(tables, new, now),
        |show, set| show.role_set(set),
    )
}

async fn update(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&[
        "name",
        "key",
        "description",
        "type",
        "default_role_key",
        "creator_role_key",
    ])?;
    let update = RoleSetUpdate {
        key: body.text("key")?,
        name: body.text("name")?,
        description: body.patch_text("description")?,
        default_role_key: body.text("default_role_key")?,
        creator_role_key: body.text("creator_role_key")?,
        make_initial: body.one_of("type", &["initial"])?.is_some(),
    };
    answer::changed(
        &app,
        |tables, now| role_sets::update(tables, &id, update, now),
        |show, set| show.role_set(set),
    )
}

async fn add_roles(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["role_keys", "default_role_key", "creator_role_key"])?;
    let keys = body
        .texts("role_keys")?
        .ok_or_else(|| ApiError::missing("role_keys"))?;
    let default = body.text("default_role_key")?;
    let creator = body.text("creator_role_key")?;
    answer::changed(
        &app,
        |tables, now| role_sets::add_roles(tables, &id, &keys, default, creator, now),
        |show, set| show.role_set(set),
    )
}

async fn replace_role(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["role_key", "to_role_key"])?;
    let (from, to) = (body.required("role_key")?, body.required("to_role_key")?);
    answer::changed(
        &app,
        |tables, now| role_sets::replace_role(tables, &id, &from, &to, now),
        |show, set| show.role_set(set),
    )
}

async fn replace(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["dest_role_set_key", "reassignment_mappings"])?;
    let destination = body.required("dest_role_set_key")?;
    let mappings = body.object("reassignment_mappings")?.unwrap_or_default();
    let reassignments = mappings
        .into_iter()
        .map(|(from, to)| match to {
            Value::String(to) => Ok((from, to)),
            _ => Err(ApiError::format(
                "reassignment_mappings",
                "must hold keys of roles",
            )),
        })
        .collect::<Result<Vec<_>, _>>()?;
    answer::deleted(&app, "role_set", |tables, now| {
        role_sets::replace(tables, &id, &destination, &reassignments, now)
    })
}
