use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::rules::role_sets;
use crate::rules::roles::{self, NewRole, RoleUpdate};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/organization_roles", get(list).post(create))
        .route(
            "/organization_roles/{organization_role_id}",
            get(one).patch(update).delete(delete),
        )
        .route(
            "/organization_roles/{organization_role_id}/permissions/{permission_id}",
            post(assign).delete(unassign),
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
            let mut rows = roles::list(tables, query.as_deref());
            match order.field {
                "name" => order.sort(&mut rows, |role| role.name.as_str()),
                "key" => order.sort(&mut rows, |role| role.key.as_str()),
                _ => order.sort(&mut rows, |role| role.created_at),
            }
            Ok(rows)
        },
        |show, role| show.role(role),
    )
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| roles::find(tables, &id),
        |show, role| show.role(role),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&[
        "name",
        "key",
        "description",
        "permissions",
        "include_in_initial_role_set",
    ])?;
    let new = NewRole {
        key: body.required("key")?,
        name: body.required("name")?,
        description: body.text("description")?,
        permissions: body.texts("permissions")?.unwrap_or_default(),
    };
    let in_initial_set = body.is_true("include_in_initial_role_set")?;
    answer::changed(
        &app,
        |tables, now| {
            let id = roles::create(tables, new, now)?.id.clone();
            if in_initial_set {
                role_sets::add_to_initial(tables, &id, now)?;
            }
            roles::find(tables, &id)
        },
        |show, role| show.role(role),
    )
}

async fn update(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["name", "key", "description", "permissions"])?;
    let update = RoleUpdate {
        key: body.text("key")?,
        name: body.text("name")?,
        description: body.patch_text("description")?,
        permissions: body.texts("permissions")?,
    };
    answer::changed(
        &app,
        |tables, now| roles::update(tables, &id, update, now),
        |show, role| show.role(role),
    )
}

async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "role", |tables, now| {
        roles::delete(tables, &id, now)?;
        Ok(id)
    })
}

async fn assign(
    State(app): State<Arc<App>>,
    Path((id, permission)): Path<(String, String)>,
) -> Reply {
    answer::changed(
        &app,
        |tables, now| roles::assign(tables, &id, &permission, now),
        |show, role| show.role(role),
    )
}

async fn unassign(
    State(app): State<Arc<App>>,
    Path((id, permission)): Path<(String, String)>,
) -> Reply {
    answer::changed(
        &app,
        |tables, now| roles::unassign(tables, &id, &permission, now),
        |show, role| show.role(role),
    )
}
