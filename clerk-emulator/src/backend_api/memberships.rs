use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch};

use super::answer;
use super::shapes::Shapes;
use super::users;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::rules::memberships::{self, MembershipFilter, NewMembership};
use crate::rules::user_list::UserFilter;
use crate::rules::{accounts, organizations, sessions};
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
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

/// Sorts memberships and renders a page of them.
fn page(
    app: &App,
    tables: &Tables,
    params: &Params,
    filter: &MembershipFilter<'_>,
    now: i64,
) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = params.order_by(
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
    let mut rows = memberships::list(tables, filter);
    match order.field {
        "first_name" => order.sort(&mut rows, |(_, user)| user.first_name.as_deref()),
        "last_name" => order.sort(&mut rows, |(_, user)| user.last_name.as_deref()),
        "email_address" => order.sort(&mut rows, |(_, user)| user.primary_email()),
        "username" => order.sort(&mut rows, |(_, user)| user.username.as_deref()),
        "phone_number" => order.sort(&mut rows, |(_, user)| user.primary_phone()),
        _ => order.sort(&mut rows, |(row, _)| row.created_at),
    }
    let shapes = Shapes::new(tables, &app.instance, now);
    Ok(page.answer(ListShape::Page, &rows, |(row, _)| shapes.membership(row)))
}

async fn list(State(app): State<Arc<App>>, Path(id): Path<String>, params: Params) -> Reply {
    app.read(|tables, now| {
        let filter = MembershipFilter {
            organization_id: Some(&organizations::find(tables, &id)?.id),
            roles: params.all("role"),
            users: users::filter(&params)?,
        };
        page(&app, tables, &params, &filter, now)
    })
}

async fn list_all(State(app): State<Arc<App>>, params: Params) -> Reply {
    app.read(|tables, now| page(&app, tables, &params, &MembershipFilter::default(), now))
}

async fn list_of_user(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
) -> Reply {
    app.read(|tables, now| {
        let filter = MembershipFilter {
            users: UserFilter {
                ids: vec![&accounts::find(tables, &id)?.id],
                ..UserFilter::default()
            },
            ..MembershipFilter::default()
        };
        page(&app, tables, &params, &filter, now)
    })
}

async fn create(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["user_id", "role", "public_metadata", "private_metadata"])?;
    let new = NewMembership {
        user_id: body.required("user_id")?,
        role: body.required("role")?,
        public_metadata: body.object("public_metadata")?,
        private_metadata: body.object("private_metadata")?,
    };
    answer::changed(
        &app,
        |tables, now| {
            let organization = organizations::find(tables, &id)?.id.clone();
            let user = new.user_id.clone();
            memberships::create(tables, &id, new, now)?;
            sessions::set_next_organization(tables, &user, Some(organization));
            memberships::find(tables, &id, &user)
        },
        |show, membership| show.membership(membership),
    )
}

async fn update(
    State(app): State<Arc<App>>,
    Path((organization, user_id)): Path<(String, String)>,
    body: Body,
) -> Reply {
    let role = body.only(&["role"])?.required("role")?;
    answer::changed(
        &app,
        |tables, now| memberships::set_role(tables, &organization, &user_id, role, now),
        |show, membership| show.membership(membership),
    )
}

async fn update_metadata(
    State(app): State<Arc<App>>,
    Path((organization, user_id)): Path<(String, String)>,
    body: Body,
) -> Reply {
    let body = body.only(&["public_metadata", "private_metadata"])?;
    let public = body.object("public_metadata")?;
    let private = body.object("private_metadata")?;
    answer::changed(
        &app,
        |tables, now| {
            memberships::merge_metadata(tables, &organization, &user_id, public, private, now)
        },
        |show, membership| show.membership(membership),
    )
}

/// Responds with the membership as it was, not with a deleted object.
async fn delete(
    State(app): State<Arc<App>>,
    Path((organization, user_id)): Path<(String, String)>,
) -> Reply {
    app.write(|tables, now| {
        let membership = memberships::find(tables, &organization, &user_id)?;
        let answer = Shapes::new(tables, &app.instance, now).membership(membership);
        memberships::delete(tables, &organization, &user_id)?;
        Ok(reply::ok(&answer))
    })
}
