//! Organizations: created, changed and deleted by their members. The Backend API has these paths as well.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post, put};
use serde_json::{Value, json};

use super::envelope::{Done, deleted, perform_signed_in, read_signed_in};
use super::me_organizations::piece;
use super::sign_ins::required;
use super::view::View;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::http::upload::ImageForm;
use crate::rules::api_error::ApiError;
use crate::rules::organization_access::{self, DELETE, MANAGE_PROFILE, READ_MEMBERS};
use crate::rules::organizations::{self, NewOrganization, OrganizationUpdate};
use crate::rules::{accounts, memberships, role_sets, settings};
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/organizations", post(create))
        .route(
            "/v1/organizations/{organization_id}",
            get(one).patch(update).delete(delete),
        )
        .route(
            "/v1/organizations/{organization_id}/logo",
            put(set_logo).delete(delete_logo),
        )
        .route("/v1/organizations/{organization_id}/roles", get(roles))
}

fn shown(app: &App, tables: &Tables, id: &str, now: i64) -> Result<Done, ApiError> {
    let organization = organizations::find(tables, id)?;
    Ok(Done::Wrapped(
        View::new(app, tables, now).organization(organization),
    ))
}

/// Refuses users who may not create organizations, or who have reached their limit.
fn check_may_create(tables: &Tables, user_id: &str) -> Result<(), ApiError> {
    organization_access::check_enabled(tables)?;
    let user = accounts::find(tables, user_id)?;
    let created = tables
        .organizations
        .iter()
        .filter(|one| one.created_by.as_deref() == Some(user_id))
        .count();
    let most = user
        .create_organizations_limit
        .and_then(|most| usize::try_from(most).ok())
        .filter(|most| *most > 0);
    if user.create_organization_enabled && most.is_none_or(|most| created < most) {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "user_create_organization_not_enabled",
        "Organization creation is not enabled for this user",
    ))
}

async fn create(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let name = required(&form, "name")?.to_owned();
    let slug = form.text("slug").map(str::to_owned);
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        check_may_create(tables, &session.user_id)?;
        let slug = slug.filter(|_| {
            settings::get(tables).is_ok_and(|settings| !settings.organizations.slug_disabled)
        });
        let new = NewOrganization {
            name,
            slug,
            created_by: Some(session.user_id.clone()),
            ..NewOrganization::default()
        };
        let id = organizations::create(tables, new, visit.now)?;
        shown(&app, tables, &id, visit.now)
    })
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        organization_access::membership(tables, &id, &session.user_id)?;
        shown(&app, tables, &id, now)
    })
}

async fn update(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let update = OrganizationUpdate {
        name: form.text("name").map(str::to_owned),
        slug: form.text("slug").map(str::to_owned),
        ..OrganizationUpdate::default()
    };
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_PROFILE)?;
        organizations::update(tables, &id, update, visit.now)?;
        shown(&app, tables, &id, visit.now)
    })
}

async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Reply {
    perform_signed_in(&app, &visitor, |tables, _, session| {
        organization_access::require(tables, &id, &session.user_id, DELETE)?;
        if !organizations::find(tables, &id)?.admin_delete_enabled {
            return Err(ApiError::forbidden(
                "organization_admin_delete_not_enabled",
                "Deletion by admin is not enabled for this organization.",
            ));
        }
        organizations::delete(tables, &id)?;
        Ok(deleted("organization", &id))
    })
}

async fn set_logo(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    form: ImageForm,
) -> Reply {
    let logo = form.image()?;
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_PROFILE)?;
        organizations::set_logo(tables, &id, Some(logo), visit.now)?;
        shown(&app, tables, &id, visit.now)
    })
}

async fn delete_logo(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Reply {
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_PROFILE)?;
        organizations::set_logo(tables, &id, None, visit.now)?;
        Ok(deleted("organization_logo", &id))
    })
}

/// Lists the roles that members may have.
async fn roles(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    params: Params,
) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        organization_access::require(tables, &id, &session.user_id, READ_MEMBERS)?;
        let shapes = View::new(&app, tables, now).shared();
        let organization = organizations::find(tables, &id)?;
        let set = role_sets::of_organization(tables, organization).filter(|set| !set.initial);
        let rows: Vec<_> = tables
            .roles
            .iter()
            .filter(|role| set.is_none_or(|set| set.roles.contains(&role.id)))
            .collect();
        piece(&params, &rows, |role| {
            let mut shown = shapes.role(role);
            if shown["description"].is_null() {
                shown["description"] = json!("");
            }
            shown
        })
    })
}

/// Renders the membership of a user in an organization.
pub(super) fn membership_of(
    app: &App,
    tables: &Tables,
    organization_id: &str,
    user_id: &str,
    now: i64,
) -> Result<Value, ApiError> {
    let membership = memberships::find(tables, organization_id, user_id)?;
    Ok(View::new(app, tables, now).membership(membership))
}
