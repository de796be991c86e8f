use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use http::StatusCode;
use serde_json::{Value, json};

use super::{MOST_ROWS, order_by, page_of, sort_rows};
use crate::params::{Body, Params};
use crate::random;
use crate::reply::{self, ApiError, Reply};
use crate::secret::Secret;
use crate::shared::Shared;
use crate::store::{Machine, Store};

const MOST_SCOPES: usize = 150;

pub(super) fn routes() -> Router<Arc<Shared>> {
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

fn found<'a>(store: &'a Store, id: &str) -> Result<&'a Machine, ApiError> {
    store
        .machines
        .get(id)
        .ok_or_else(|| ApiError::not_found("machine", id))
}

fn found_mut<'a>(store: &'a mut Store, id: &str) -> Result<&'a mut Machine, ApiError> {
    store
        .machines
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("machine", id))
}

async fn list(State(shared): State<Arc<Shared>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = order_by(&params, &["name", "created_at"], "-created_at")?;
    let query = params.text("query").map(str::to_lowercase);
    let store = shared.store();
    let mut rows: Vec<&Machine> = store
        .machines
        .values()
        .filter(|machine| {
            query.as_deref().is_none_or(|query| {
                machine.id.to_lowercase() == query || machine.name.to_lowercase().contains(query)
            })
        })
        .collect();
    match order.field {
        "name" => sort_rows(&mut rows, order.ascending, |machine| machine.name.as_str()),
        _ => sort_rows(&mut rows, order.ascending, |machine| machine.created_at),
    }
    let rows: Vec<Value> = rows.into_iter().map(|row| row.to_json(&store)).collect();
    Ok(page_of(page, &rows))
}

async fn create(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    let body = body.only(&["name", "scoped_machines", "default_token_ttl"])?;
    let name = body.required("name")?;
    let scoped = body.texts("scoped_machines")?.unwrap_or_default();
    let now = shared.now();
    let mut store = shared.store();
    for id in &scoped {
        found(&store, id)?;
    }
    let mut machine = Machine::new(name, now);
    machine.scopes = scoped.into_iter().map(|id| (id, now)).collect();
    machine.default_token_ttl = body
        .integer("default_token_ttl")?
        .unwrap_or(machine.default_token_ttl);
    let mut answer = machine.to_json(&store);
    answer["secret_key"] = json!(machine.secret_key.0);
    store.machines.insert(machine.id.clone(), machine);
    Ok(reply::ok(&answer))
}

async fn one(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    let store = shared.store();
    Ok(reply::ok(&found(&store, &id)?.to_json(&store)))
}

async fn update(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["name", "default_token_ttl"])?;
    let name = body.text("name")?;
    let ttl = body.integer("default_token_ttl")?;
    let now = shared.now();
    let mut store = shared.store();
    let machine = found_mut(&mut store, &id)?;
    if let Some(name) = name {
        machine.name = name;
    }
    machine.default_token_ttl = ttl.unwrap_or(machine.default_token_ttl);
    machine.updated_at = now;
    Ok(reply::ok(&found(&store, &id)?.to_json(&store)))
}

async fn remove(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    let mut store = shared.store();
    found(&store, &id)?;
    store.machines.shift_remove(&id);
    for machine in store.machines.values_mut() {
        machine.scopes.retain(|(scope, _)| *scope != id);
    }
    Ok(reply::deleted("machine", &id))
}

fn secret_answer(machine: &Machine) -> Value {
    json!({ "object": "machine_secret_key", "secret": machine.secret_key.0 })
}

async fn secret_key(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    Ok(reply::ok(&secret_answer(found(&shared.store(), &id)?)))
}

/// The old key stops working at once, whatever time it was to be left.
async fn rotate(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["previous_token_ttl"])?;
    body.integer("previous_token_ttl")?.ok_or_else(|| {
        ApiError::param(
            "form_param_missing",
            "previous_token_ttl",
            "previous_token_ttl must be included",
        )
    })?;
    let mut store = shared.store();
    let machine = found_mut(&mut store, &id)?;
    machine.secret_key = Secret(format!("ak_{}", random::alphanumeric(43)));
    Ok(reply::ok(&secret_answer(machine)))
}

async fn add_scope(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Body) -> Reply {
    let other = body.only(&["to_machine_id"])?.required("to_machine_id")?;
    let now = shared.now();
    let mut store = shared.store();
    found(&store, &other)?;
    let machine = found_mut(&mut store, &id)?;
    if machine.scopes.iter().any(|(scope, _)| *scope == other) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "machine_scope_already_exists",
            "The machine has this scope already",
        ));
    }
    if machine.scopes.len() >= MOST_SCOPES {
        return Err(ApiError::param(
            "machine_scope_limit_reached",
            "to_machine_id",
            format!("A machine has at most {MOST_SCOPES} scopes"),
        ));
    }
    machine.scopes.push((other.clone(), now));
    Ok(reply::ok(&json!({
        "object": "machine_scope",
        "from_machine_id": id,
        "to_machine_id": other,
        "created_at": now,
    })))
}

async fn remove_scope(
    State(shared): State<Arc<Shared>>,
    Path((id, other)): Path<(String, String)>,
) -> Reply {
    let mut store = shared.store();
    let machine = found_mut(&mut store, &id)?;
    let before = machine.scopes.len();
    machine.scopes.retain(|(scope, _)| *scope != other);
    if machine.scopes.len() == before {
        return Err(ApiError::not_found("scope of this machine", &other));
    }
    Ok(reply::ok(&json!({
        "object": "machine_scope",
        "from_machine_id": id,
        "to_machine_id": other,
        "deleted": true,
    })))
}
