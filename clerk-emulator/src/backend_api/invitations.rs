use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::Value;

use super::answer;
use super::shapes::Shapes;
use crate::app::App;
use crate::http::body::{Bodies, Body};
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::rules::api_error::ApiError;
use crate::rules::invitations::{self, Existing, NewInvite};

const FIELDS: &[&str] = &[
    "email_address",
    "public_metadata",
    "redirect_url",
    "notify",
    "ignore_existing",
    "expires_in_days",
    "template_slug",
];
const MOST_AT_ONCE: usize = 10;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/invitations", get(list).post(create))
        .route("/invitations/bulk", post(create_bulk))
        .route("/invitations/{invitation_id}/revoke", post(revoke))
}

/// Whether a body says that an address may be invited again.
pub(super) fn existing(body: &Body) -> Result<Existing, ApiError> {
    Ok(if body.is_true("ignore_existing")? {
        Existing::Ignored
    } else {
        Existing::Refused
    })
}

fn invite(body: Body) -> Result<(NewInvite, Existing), ApiError> {
    let body = body.only(FIELDS)?;
    body.one_of("template_slug", &["invitation", "waitlist_invitation"])?;
    let new = NewInvite {
        email_address: body.required("email_address")?,
        public_metadata: body.object("public_metadata")?,
        redirect_url: body.text("redirect_url")?,
        expires_in_days: body.integer("expires_in_days")?,
        notify: body.boolean("notify")? != Some(false),
    };
    Ok((new, existing(&body)?))
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    let order = params.order_by(
        &["created_at", "email_address", "expires_at"],
        "-created_at",
    )?;
    let status = params.one_of("status", &["pending", "accepted", "revoked", "expired"])?;
    let query = params.lower("query");
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::asked_for(params.is_true("paginated")),
        |tables, now| {
            let mut rows = invitations::list(tables, status, query.as_deref(), now);
            match order.field {
                "email_address" => order.sort(&mut rows, |one| one.invite.email_address.as_str()),
                "expires_at" => order.sort(&mut rows, |one| one.invite.expires_at),
                _ => order.sort(&mut rows, |one| one.invite.created_at),
            }
            Ok(rows)
        },
        |show, invitation| show.invitation(invitation),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let (new, existing) = invite(body)?;
    answer::changed(
        &app,
        |tables, now| invitations::create(tables, new, existing, now),
        |show, invitation| show.invitation(invitation),
    )
}

async fn create_bulk(State(app): State<Arc<App>>, bodies: Bodies) -> Reply {
    let invites = bodies
        .at_most(MOST_AT_ONCE)?
        .into_iter()
        .map(invite)
        .collect::<Result<Vec<_>, _>>()?;
    app.write(|tables, now| {
        let mut made = Vec::new();
        for (new, existing) in invites {
            made.push(invitations::create(tables, new, existing, now)?.clone());
        }
        let shapes = Shapes::new(tables, &app.instance, now);
        let shown: Vec<Value> = made.iter().map(|one| shapes.invitation(one)).collect();
        Ok(reply::ok(&Value::Array(shown)))
    })
}

async fn revoke(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| invitations::revoke(tables, &id, now),
        |show, invitation| show.invitation(invitation),
    )
}
