use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch, put};
use serde_json::Value;

use super::answer;
use super::shapes::Shapes;
use super::shapes::organization::MembersCount;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::http::upload::ImageForm;
use crate::model::organization::Organization;
use crate::rules::api_error::ApiError;
use crate::rules::metadata::Update;
use crate::rules::organizations::{self, NewOrganization, OrganizationFilter, OrganizationUpdate};
use crate::rules::{accounts, memberships, organization_access};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/organizations", get(list).post(create))
        .route(
            "/organizations/{organization_id}",
            get(one).patch(update).delete(delete),
        )
        .route(
            "/organizations/{organization_id}/metadata",
            patch(merge_metadata).put(replace_metadata),
        )
        .route(
            "/organizations/{organization_id}/logo",
            put(set_logo).delete(delete_logo),
        )
}

/// What a response says about an organization if it is asked for.
#[derive(Debug, Clone, Copy)]
struct Included {
    members_count: MembersCount,
    missing_member: bool,
}

impl Included {
    fn read(params: &Params) -> Result<Self, ApiError> {
        let members_count = match params.flag("include_members_count")? {
            true => MembersCount::Shown,
            false => MembersCount::Left,
        };
        Ok(Self {
            members_count,
            missing_member: params.flag("include_missing_member_with_elevated_permissions")?,
        })
    }

    fn show(self, shapes: Shapes<'_>, organization: &Organization) -> Value {
        let shown = shapes.organization(organization, self.members_count);
        match self.missing_member {
            true => shapes.with_missing_member(organization, shown),
            false => shown,
        }
    }
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = params.order_by(&["name", "created_at", "members_count"], "-created_at")?;
    let included = Included::read(&params)?;
    let filter = OrganizationFilter {
        ids: params.all("organization_id"),
        user_ids: params.all("user_id"),
        query: params.lower("query"),
    };
    answer::list(
        &app,
        page,
        ListShape::Page,
        |tables, _| {
            let mut rows = organizations::list(tables, &filter);
            match order.field {
                "name" => order.sort(&mut rows, |row| row.name.to_lowercase()),
                "members_count" => {
                    order.sort(&mut rows, |row| memberships::count(tables, &row.id));
                }
                _ => order.sort(&mut rows, |row| row.created_at),
            }
            Ok(rows)
        },
        |show, organization| included.show(show, organization),
    )
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>, params: Params) -> Reply {
    let included = Included::read(&params)?;
    answer::one(
        &app,
        |tables| organizations::find(tables, &id),
        |show, organization| included.show(show, organization),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
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
    let new = NewOrganization {
        name: body.required("name")?,
        slug: body.text("slug")?,
        created_by: body.text("created_by")?,
        public_metadata: body.object("public_metadata")?,
        private_metadata: body.object("private_metadata")?,
        max_allowed_memberships: body.integer("max_allowed_memberships")?,
        created_at: body.time("created_at")?,
        role_set_key: body.text("role_set_key")?,
    };
    answer::changed(
        &app,
        |tables, now| {
            organization_access::check_enabled(tables)?;
            let id = organizations::create(tables, new, now)?;
            organizations::find(tables, &id)
        },
        |show, organization| show.organization(organization, MembersCount::Left),
    )
}

async fn update(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&[
        "name",
        "slug",
        "max_allowed_memberships",
        "admin_delete_enabled",
        "created_at",
        "role_set_key",
    ])?;
    let update = OrganizationUpdate {
        name: body.text("name")?,
        slug: body.text("slug")?,
        max_allowed_memberships: body.integer("max_allowed_memberships")?,
        admin_delete_enabled: body.boolean("admin_delete_enabled")?,
        created_at: body.time("created_at")?,
        role_set_key: body.text("role_set_key")?,
    };
    answer::changed(
        &app,
        |tables, now| organizations::update(tables, &id, update, now),
        |show, organization| show.organization(organization, MembersCount::Left),
    )
}

async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "organization", |tables, _| {
        organizations::delete(tables, &id)
    })
}

async fn merge_metadata(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    update_metadata(&app, &id, body, Update::Merge)
}

async fn replace_metadata(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    update_metadata(&app, &id, body, Update::Replace)
}

fn update_metadata(app: &App, id: &str, body: Body, how: Update) -> Reply {
    let body = body.only(&["public_metadata", "private_metadata"])?;
    let public = body.object("public_metadata")?;
    let private = body.object("private_metadata")?;
    answer::changed(
        app,
        |tables, now| organizations::update_metadata(tables, id, public, private, how, now),
        |show, organization| show.organization(organization, MembersCount::Left),
    )
}

async fn set_logo(State(app): State<Arc<App>>, Path(id): Path<String>, form: ImageForm) -> Reply {
    let uploader = form.uploader_user_id.clone();
    let logo = form.image()?;
    answer::changed(
        &app,
        |tables, now| {
            if let Some(uploader) = uploader.filter(|uploader| !uploader.is_empty()) {
                accounts::find(tables, &uploader)?;
            }
            organizations::set_logo(tables, &id, Some(logo), now)
        },
        |show, organization| show.organization(organization, MembersCount::Left),
    )
}

async fn delete_logo(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| organizations::set_logo(tables, &id, None, now),
        |show, organization| show.organization(organization, MembersCount::Left),
    )
}
