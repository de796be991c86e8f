use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch};
use serde_json::Value;

use super::organizations::id_of;
use super::{MOST_ROWS, order_by, page_of, sort_rows};
use crate::params::{Body, Params, merge_metadata};
use crate::reply::{self, ApiError, Reply};
use crate::shared::Shared;
use crate::store::{Membership, Store};

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/organization_memberships", get(list_all))
        .route(
            "/organizations/{organization_id}/memberships",
            get(list).post(create),
        )
        .route(
            "/organizations/{organization_id}/memberships/{user_id}",
            patch(update).delete(delete),
        )
        .route(
            "/organizations/{organization_id}/memberships/{user_id}/metadata",
            patch(update_metadata),
        )
        .route(
            "/users/{user_id}/organization_memberships",
            get(list_of_user),
        )
}

fn known_role(store: &Store, role: String) -> Result<String, ApiError> {
    if store.roles.contains_key(&role) {
        Ok(role)
    } else {
        Err(ApiError::param(
            "resource_not_found",
            "role",
            format!("The instance has no role {role}"),
        ))
    }
}

/// Orders and shows memberships, a page of them.
fn answer(store: &Store, params: &Params, mut rows: Vec<&Membership>) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = order_by(
        params,
        &[
            "created_at",
            "first_name",
            "last_name",
            "email_address",
            "username",
            "phone_number",
        ],
        "-created_at",
    )?;
    let user = |row: &&Membership| store.users.get(&row.user_id);
    match order.field {
        "first_name" => sort_rows(&mut rows, order.ascending, |row| {
            user(row).and_then(|user| user.first_name.as_deref())
        }),
        "last_name" => sort_rows(&mut rows, order.ascending, |row| {
            user(row).and_then(|user| user.last_name.as_deref())
        }),
        "email_address" => sort_rows(&mut rows, order.ascending, |row| {
            user(row).and_then(|user| user.primary_email())
        }),
        "username" => sort_rows(&mut rows, order.ascending, |row| {
            user(row).and_then(|user| user.username.as_deref())
        }),
        "phone_number" => sort_rows(&mut rows, order.ascending, |row| {
            user(row)
                .and_then(|user| user.phone_numbers.first())
                .map(|phone| phone.phone_number.as_str())
        }),
        _ => sort_rows(&mut rows, order.ascending, |row| row.created_at),
    }
    let rows: Vec<Value> = rows.into_iter().map(|row| row.to_json(store)).collect();
    Ok(page_of(page, &rows))
}

async fn list(State(shared): State<Arc<Shared>>, Path(id): Path<String>, params: Params) -> Reply {
    let store = shared.store();
    let id = id_of(&store, &id)?;
    let users: HashSet<&str> = params.all("user_id").into_iter().collect();
    let roles: HashSet<&str> = params.all("role").into_iter().collect();
    let emails: Vec<&str> = params.all("email_address");
    let query = params.text("query").map(str::to_lowercase);
    let rows = store
        .memberships
        .values()
        .filter(|row| row.organization_id == id)
        .filter(|row| users.is_empty() || users.contains(row.user_id.as_str()))
        .filter(|row| roles.is_empty() || roles.contains(row.role.as_str()))
        .filter(|row| {
            let user = store.users.get(&row.user_id);
            emails.is_empty()
                || user.is_some_and(|user| emails.iter().any(|email| user.has_email(email)))
        })
        .filter(|row| {
            query.as_deref().is_none_or(|query| {
                store
                    .users
                    .get(&row.user_id)
                    .is_some_and(|user| user.mentions(query))
            })
        })
        .collect();
    answer(&store, &params, rows)
}

async fn list_all(State(shared): State<Arc<Shared>>, params: Params) -> Reply {
    let store = shared.store();
    answer(&store, &params, store.memberships.values().collect())
}

async fn list_of_user(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    params: Params,
) -> Reply {
    let store = shared.store();
    let user = store
        .users
        .get(&id)
        .ok_or_else(|| ApiError::not_found("user", &id))?;
    answer(&store, &params, store.memberships_of(user).collect())
}

async fn create(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["user_id", "role", "public_metadata", "private_metadata"])?;
    let user_id = body.required("user_id")?;
    let role = body.required("role")?;
    let now = shared.now();
    let mut store = shared.store();
    let id = id_of(&store, &id)?;
    if !store.users.contains_key(&user_id) {
        return Err(ApiError::not_found("user", &user_id));
    }
    let role = known_role(&store, role)?;
    if store.membership(&id, &user_id).is_some() {
        return Err(ApiError::bad_request(
            "already_a_member_in_organization",
            format!("The user {user_id} is already a member of the organization"),
        ));
    }
    let mut membership = Membership::new(id, user_id, role, now);
    membership.public_metadata = body.object("public_metadata")?.unwrap_or_default();
    membership.private_metadata = body.object("private_metadata")?.unwrap_or_default();
    let key = membership.id.clone();
    store.memberships.insert(key.clone(), membership);
    show(&store, &key)
}

fn show(store: &Store, membership_id: &str) -> Reply {
    store
        .memberships
        .get(membership_id)
        .map(|membership| reply::ok(&membership.to_json(store)))
        .ok_or_else(|| ApiError::not_found("membership", membership_id))
}

/// The id of a user's membership.
fn key_of(store: &Store, organization: &str, user_id: &str) -> Result<String, ApiError> {
    let organization_id = id_of(store, organization)?;
    store
        .membership(&organization_id, user_id)
        .map(|membership| membership.id.clone())
        .ok_or_else(|| ApiError::not_found("member of the organization", user_id))
}

async fn update(
    State(shared): State<Arc<Shared>>,
    Path((organization, user_id)): Path<(String, String)>,
    body: Body,
) -> Reply {
    let body = body.only(&["role"])?;
    let role = body.required("role")?;
    let now = shared.now();
    let mut store = shared.store();
    let key = key_of(&store, &organization, &user_id)?;
    let role = known_role(&store, role)?;
    if let Some(membership) = store.memberships.get_mut(&key) {
        membership.role = role;
        membership.updated_at = now;
    }
    show(&store, &key)
}

async fn update_metadata(
    State(shared): State<Arc<Shared>>,
    Path((organization, user_id)): Path<(String, String)>,
    body: Body,
) -> Reply {
    let body = body.only(&["public_metadata", "private_metadata"])?;
    let public = body.object("public_metadata")?.unwrap_or_default();
    let private = body.object("private_metadata")?.unwrap_or_default();
    let now = shared.now();
    let mut store = shared.store();
    let key = key_of(&store, &organization, &user_id)?;
    if let Some(membership) = store.memberships.get_mut(&key) {
        merge_metadata(&mut membership.public_metadata, public);
        merge_metadata(&mut membership.private_metadata, private);
        membership.updated_at = now;
    }
    show(&store, &key)
}

/// Answers the membership as it was, not a deleted object.
async fn delete(
    State(shared): State<Arc<Shared>>,
    Path((organization, user_id)): Path<(String, String)>,
) -> Reply {
    let mut store = shared.store();
    let key = key_of(&store, &organization, &user_id)?;
    let answer = show(&store, &key)?;
    store.memberships.shift_remove(&key);
    Ok(answer)
}
