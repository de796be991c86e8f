use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use serde_json::json;

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::rules::api_error::ApiError;
use crate::rules::machines;

const LONGEST_NAME: usize = 255;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/machines", get(list).post(create))
        .route(
            "/machines/{machine_id}",
            get(one).patch(update).delete(remove),
        )
        .route("/machines/{machine_id}/secret_key", get(secret_key))
        .route("/machines/{machine_id}/secret_key/rotate", post(rotate))
        .route("/machines/{machine_id}/scopes", post(add_scope))
        .route(
            "/machines/{machine_id}/scopes/{other_machine_id}",
            delete(remove_scope),
        )
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = params.order_by(&["name", "created_at"], "-created_at")?;
    let query = params.lower("query");
    answer::list(
        &app,
        page,
        ListShape::Page,
        |tables, _| {
            let mut rows = machines::list(tables, query.as_deref());
            match order.field {
                "name" => order.sort(&mut rows, |machine| machine.name.as_str()),
                _ => order.sort(&mut rows, |machine| machine.created_at),
            }
            Ok(rows)
        },
        |show, machine| show.machine(machine),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&["name", "scoped_machines", "default_token_ttl"])?;
    let name = body
        .name_up_to("name", LONGEST_NAME)?
        .ok_or_else(|| ApiError::missing("name"))?;
    let scoped = body.texts("scoped_machines")?.unwrap_or_default();
    let ttl = body.integer("default_token_ttl")?;
    answer::changed(
        &app,
        |tables, now| machines::create(tables, name, scoped, ttl, now),
        |show, machine| {
            let mut shown = show.machine(machine);
            shown["secret_key"] = json!(machine.secret_key.0);
            shown
        },
    )
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| machines::find(tables, &id),
        |show, machine| show.machine(machine),
    )
}

async fn update(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["name", "default_token_ttl"])?;
    let name = body.name_up_to("name", LONGEST_NAME)?;
    let ttl = body.integer("default_token_ttl")?;
    answer::changed(
        &app,
        |tables, now| machines::update(tables, &id, name, ttl, now),
        |show, machine| show.machine(machine),
    )
}

async fn remove(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "machine", |tables, _| {
        machines::delete(tables, &id)?;
        Ok(id)
    })
}

async fn secret_key(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| machines::find(tables, &id),
        |show, machine| show.machine_secret_key(&machine.secret_key),
    )
}

async fn rotate(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let ttl = body
        .only(&["previous_token_ttl"])?
        .integer("previous_token_ttl")?
        .ok_or_else(|| ApiError::missing("previous_token_ttl"))?;
    answer::changed(
        &app,
        |tables, now| machines::rotate_secret_key(tables, &id, ttl, now),
        |show, key| show.machine_secret_key(key),
    )
}

async fn add_scope(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let other = body.only(&["to_machine_id"])?.required("to_machine_id")?;
    app.write(|tables, now| {
        machines::add_scope(tables, &id, &other)?;
        Ok(reply::ok(&json!({
            "object": "machine_scope",
            "from_machine_id": id,
            "to_machine_id": other,
            "created_at": now,
        })))
    })
}

async fn remove_scope(
    State(app): State<Arc<App>>,
    Path((id, other)): Path<(String, String)>,
) -> Reply {
    app.write(|tables, _| {
        machines::remove_scope(tables, &id, &other)?;
        Ok(reply::ok(&json!({
            "object": "machine_scope",
            "from_machine_id": id,
            "to_machine_id": other,
            "deleted": true,
        })))
    })
}
