use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch};
use serde_json::Value;

use super::{MOST_ROWS, order_by, page_of, sort_rows};
use crate::params::{Body, Params, merge_metadata};
use crate::reply::{self, ApiError, Reply};
use crate::shared::Shared;
use crate::store::{CountMembers, Membership, Organization, Store};

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/organizations", get(list).post(create))
        .route(
            "/organizations/{organization_id}",
            get(one).patch(update).delete(delete),
        )
        .route(
            "/organizations/{organization_id}/metadata",
            patch(merge_metadata_of).put(replace_metadata),
        )
}

/// The id of the organization with this id or slug.
pub(super) fn id_of(store: &Store, id_or_slug: &str) -> Result<String, ApiError> {
    store
        .organization(id_or_slug)
        .map(|organization| organization.id.clone())
        .ok_or_else(|| ApiError::not_found("organization", id_or_slug))
}

fn members_count(params: &Params) -> CountMembers {
    if params.is_true("include_members_count") {
        CountMembers::Yes
    } else {
        CountMembers::No
    }
}

fn show(store: &Store, id: &str) -> Reply {
    let organization = store
        .organizations
        .get(id)
        .ok_or_else(|| ApiError::not_found("organization", id))?;
    Ok(reply::ok(&organization.to_json(store, CountMembers::No)))
}

async fn list(State(shared): State<Arc<Shared>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = order_by(
        &params,
        &["name", "created_at", "members_count"],
        "-created_at",
    )?;
    let count = members_count(&params);
    let store = shared.store();
    let query = params.text("query").map(str::to_lowercase);
    let ids: HashSet<&str> = params.all("organization_id").into_iter().collect();
    let users: HashSet<&str> = params.all("user_id").into_iter().collect();
    let mut rows: Vec<&Organization> = store
        .organizations
        .values()
        .filter(|organization| ids.is_empty() || ids.contains(organization.id.as_str()))
        .filter(|organization| {
            users.is_empty()
                || users
                    .iter()
                    .any(|user| store.membership(&organization.id, user).is_some())
        })
        .filter(|organization| {
            query.as_deref().is_none_or(|query| {
                organization.id == query
                    || organization.name.to_lowercase().contains(query)
                    || organization.slug.to_lowercase().contains(query)
            })
        })
        .collect();
    match order.field {
        "name" => sort_rows(&mut rows, order.ascending, |row| row.name.to_lowercase()),
        "members_count" => sort_rows(&mut rows, order.ascending, |row| {
            store.members_count(&row.id)
        }),
        _ => sort_rows(&mut rows, order.ascending, |row| row.created_at),
    }
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|row| row.to_json(&store, count))
        .collect();
    Ok(page_of(page, &rows))
}

async fn one(State(shared): State<Arc<Shared>>, Path(id): Path<String>, params: Params) -> Reply {
    let store = shared.store();
    let organization = store
        .organization(&id)
        .ok_or_else(|| ApiError::not_found("organization", &id))?;
    Ok(reply::ok(
        &organization.to_json(&store, members_count(&params)),
    ))
}

async fn create(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    let body = body.only(&[
        "name",
        "created_by",
        "private_metadata",
        "public_metadata",
        "slug",
        "max_allowed_memberships",
        "created_at",
        "role_set_key",
    ])?;
    let name = body.required("name")?;
    let slug = body.text("slug")?;
    let created_by = body.text("created_by")?;
    let now = shared.now();
    let mut store = shared.store();
    if let Some(user) = &created_by
        && !store.users.contains_key(user)
    {
        return Err(ApiError::not_found("user", user));
    }
    let slug = match slug {
        Some(slug) => free_slug(&store, slug, None)?,
        None => slug_from(&store, &name),
    };
    let mut organization = Organization::new(name, slug, now);
    organization.public_metadata = body.object("public_metadata")?.unwrap_or_default();
    organization.private_metadata = body.object("private_metadata")?.unwrap_or_default();
    organization.max_allowed_memberships = body.integer("max_allowed_memberships")?.unwrap_or(0);
    organization.created_by.clone_from(&created_by);
    let id = organization.id.clone();
    store.organizations.insert(id.clone(), organization);
    if let Some(user) = created_by {
        let membership = Membership::new(id.clone(), user, "org:admin".to_owned(), now);
        store.memberships.insert(membership.id.clone(), membership);
    }
    show(&store, &id)
}

/// A slug nobody has, or `form_identifier_exists`.
fn free_slug(store: &Store, slug: String, own_id: Option<&str>) -> Result<String, ApiError> {
    let well_formed = !slug.is_empty()
        && slug
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !well_formed {
        return Err(ApiError::param(
            "form_param_format_invalid",
            "slug",
            "slug may hold lower-case letters, digits and hyphens",
        ));
    }
    match store.organization(&slug) {
        Some(other) if own_id != Some(other.id.as_str()) => Err(ApiError::param(
            "form_identifier_exists",
            "slug",
            "That slug is taken",
        )),
        _ => Ok(slug),
    }
}

fn slug_from(store: &Store, name: &str) -> String {
    let mut slug: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    slug = slug.trim_matches('-').to_owned();
    if slug.is_empty() {
        slug.push_str("organization");
    }
    let taken = |slug: &str| store.organization(slug).is_some();
    if !taken(&slug) {
        return slug;
    }
    (2_u64..)
        .map(|number| format!("{slug}-{number}"))
        .find(|slug| !taken(slug))
        .unwrap_or(slug)
}

async fn update(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&[
        "name",
        "slug",
        "max_allowed_memberships",
        "admin_delete_enabled",
        "created_at",
        "role_set_key",
    ])?;
    let now = shared.now();
    let mut store = shared.store();
    let id = id_of(&store, &id)?;
    let slug = body
        .text("slug")?
        .map(|slug| free_slug(&store, slug, Some(&id)))
        .transpose()?;
    let name = body.text("name")?;
    let most = body.integer("max_allowed_memberships")?;
    let admin_delete = body.boolean("admin_delete_enabled")?;
    if let Some(organization) = store.organizations.get_mut(&id) {
        if let Some(name) = name {
            organization.name = name;
        }
        if let Some(slug) = slug {
            organization.slug = slug;
        }
        if let Some(most) = most {
            organization.max_allowed_memberships = most;
        }
        if let Some(admin_delete) = admin_delete {
            organization.admin_delete_enabled = admin_delete;
        }
        organization.updated_at = now;
    }
    show(&store, &id)
}

async fn delete(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    let mut store = shared.store();
    let id = id_of(&store, &id)?;
    store.remove_organization(&id);
    Ok(reply::deleted("organization", &id))
}

async fn merge_metadata_of(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    let body = body.only(&["public_metadata", "private_metadata"])?;
    let public = body.object("public_metadata")?;
    let private = body.object("private_metadata")?;
    let now = shared.now();
    let mut store = shared.store();
    let id = id_of(&store, &id)?;
    if let Some(organization) = store.organizations.get_mut(&id) {
        merge_metadata(
            &mut organization.public_metadata,
            public.unwrap_or_default(),
        );
        merge_metadata(
            &mut organization.private_metadata,
            private.unwrap_or_default(),
        );
        organization.updated_at = now;
    }
    show(&store, &id)
}

async fn replace_metadata(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    let body = body.only(&["public_metadata", "private_metadata"])?;
    let public = body.object("public_metadata")?;
    let private = body.object("private_metadata")?;
    let now = shared.now();
    let mut store = shared.store();
    let id = id_of(&store, &id)?;
    if let Some(organization) = store.organizations.get_mut(&id) {
        if let Some(public) = public {
            organization.public_metadata = public;
        }
        if let Some(private) = private {
            organization.private_metadata = private;
        }
        organization.updated_at = now;
    }
    show(&store, &id)
}
