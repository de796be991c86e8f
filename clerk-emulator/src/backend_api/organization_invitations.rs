use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::Value;

use super::answer;
use super::shapes::Shapes;
use crate::app::App;
use crate::http::body::{Bodies, Body};
use crate::http::page::{ListShape, MOST_ROWS, whole_page};
use crate::http::query::{Order, Params};
use crate::http::reply::Reply;
use crate::model::invitation::{InvitationStatus, OrganizationInvitation};
use crate::rules::api_error::ApiError;
use crate::rules::invitations::NewInvite;
use crate::rules::organization_invitations::{self, InvitationFilter, NewOrganizationInvitation};
use crate::rules::{accounts, organizations};

const FIELDS: &[&str] = &[
    "email_address",
    "inviter_user_id",
    "role",
    "public_metadata",
    "private_metadata",
    "redirect_url",
    "expires_in_days",
    "notify",
];
const MOST_AT_ONCE: usize = 10;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/organization_invitations", get(list_all))
        .route(
            "/organizations/{organization_id}/invitations",
            get(list).post(create),
        )
        .route(
            "/organizations/{organization_id}/invitations/bulk",
            post(create_bulk),
        )
        .route(
            "/organizations/{organization_id}/invitations/pending",
            get(list_pending),
        )
        .route(
            "/organizations/{organization_id}/invitations/{invitation_id}",
            get(one),
        )
        .route(
            "/organizations/{organization_id}/invitations/{invitation_id}/revoke",
            post(revoke),
        )
        .route(
            "/users/{user_id}/organization_invitations",
            get(list_of_user),
        )
}

fn invitation(body: Body) -> Result<NewOrganizationInvitation, ApiError> {
    let body = body.only(FIELDS)?;
    Ok(NewOrganizationInvitation {
        invite: NewInvite {
            email_address: body.required("email_address")?,
            public_metadata: body.object("public_metadata")?,
            redirect_url: body.text("redirect_url")?,
            expires_in_days: body.integer("expires_in_days")?,
            notify: body.boolean("notify")? != Some(false),
            template: None,
        },
        role: body.required("role")?,
        inviter_id: body.text("inviter_user_id")?,
        domain_id: None,
        private_metadata: body.object("private_metadata")?,
    })
}

fn statuses(params: &Params) -> Result<Vec<&str>, ApiError> {
    params.all_of("status", &["pending", "accepted", "revoked", "expired"])
}

fn order(params: &Params) -> Result<Order<'_>, ApiError> {
    params.order_by(&["created_at", "email_address"], "-created_at")
}

fn sort(order: Order<'_>, rows: &mut [&OrganizationInvitation]) {
    match order.field {
        "email_address" => order.sort(rows, |one| one.invite.email_address.as_str()),
        _ => order.sort(rows, |one| one.invite.created_at),
    }
}

async fn list_all(State(app): State<Arc<App>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = order(&params)?;
    let filter = InvitationFilter {
        statuses: statuses(&params)?,
        query: params.lower("query"),
        ..InvitationFilter::default()
    };
    answer::list(
        &app,
        page,
        ListShape::Page,
        |tables, now| {
            let mut rows = organization_invitations::list(tables, &filter, now);
            sort(order, &mut rows);
            Ok(rows)
        },
        |show, one| show.organization_invitation_with_organization(one),
    )
}

async fn list(State(app): State<Arc<App>>, Path(id): Path<String>, params: Params) -> Reply {
    let statuses = statuses(&params)?;
    list_of_organization(&app, &id, &params, &statuses)
}

async fn list_pending(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
) -> Reply {
    list_of_organization(&app, &id, &params, &[InvitationStatus::Pending.as_str()])
}

fn list_of_organization(app: &App, id: &str, params: &Params, statuses: &[&str]) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = order(params)?;
    answer::list(
        app,
        page,
        ListShape::Page,
        |tables, now| {
            let filter = InvitationFilter {
                organization_id: Some(&organizations::find(tables, id)?.id),
                statuses: statuses.to_vec(),
                email_addresses: params.all("email_address"),
                query: None,
            };
            let mut rows = organization_invitations::list(tables, &filter, now);
            sort(order, &mut rows);
            Ok(rows)
        },
        |show, one| show.organization_invitation(one),
    )
}

async fn list_of_user(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = order(&params)?;
    let statuses = statuses(&params)?;
    answer::list(
        &app,
        page,
        ListShape::Page,
        |tables, now| {
            let user = accounts::find(tables, &id)?;
            let emails = user.email_addresses.iter();
            let filter = InvitationFilter {
                statuses: statuses.clone(),
                email_addresses: emails.map(|one| one.email_address.as_str()).collect(),
                ..InvitationFilter::default()
            };
            // An empty list of addresses would match all of them.
            if filter.email_addresses.is_empty() {
                return Ok(Vec::new());
            }
            let mut rows = organization_invitations::list(tables, &filter, now);
            sort(order, &mut rows);
            Ok(rows)
        },
        |show, one| show.organization_invitation_with_organization(one),
    )
}

async fn one(
    State(app): State<Arc<App>>,
    Path((organization, id)): Path<(String, String)>,
) -> Reply {
    answer::one(
        &app,
        |tables| organization_invitations::find(tables, &organization, &id),
        |show, one| show.organization_invitation(one),
    )
}

async fn create(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let new = invitation(body)?;
    answer::changed(
        &app,
        |tables, now| organization_invitations::create(tables, &id, new, now),
        |show, one| show.organization_invitation(one),
    )
}

async fn create_bulk(State(app): State<Arc<App>>, Path(id): Path<String>, bodies: Bodies) -> Reply {
    let invitations = bodies
        .at_most(MOST_AT_ONCE)?
        .into_iter()
        .map(invitation)
        .collect::<Result<Vec<_>, _>>()?;
    app.write(|tables, now| {
        let mut made = Vec::new();
        for new in invitations {
            made.push(organization_invitations::create(tables, &id, new, now)?.clone());
        }
        let shapes = Shapes::new(tables, &app.instance, now);
        let shown: Vec<Value> = made
            .iter()
            .map(|one| shapes.organization_invitation(one))
            .collect();
        Ok(whole_page(&shown, shown.len()))
    })
}

async fn revoke(
    State(app): State<Arc<App>>,
    Path((organization, id)): Path<(String, String)>,
    body: Body,
) -> Reply {
    let requester = body
        .only(&["requesting_user_id"])?
        .text("requesting_user_id")?;
    answer::changed(
        &app,
        |tables, now| {
            let requester = requester.as_deref();
            organization_invitations::revoke(tables, &organization, &id, requester, now)
        },
        |show, one| show.organization_invitation(one),
    )
}
