use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
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
use crate::store::tables::Tables;

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
        .route("/invitations/{invitation_id}", delete(remove))
        .route("/invitations/{invitation_id}/revoke", post(revoke))
}

/// Returns how to treat an existing invitation or user, as specified by the body.
pub(super) fn existing(body: &Body) -> Result<Existing, ApiError> {
    Ok(if body.is_true("ignore_existing")? {
        Existing::Ignored
    } else {
        Existing::Refused
    })
}

/// An invitation to create.
struct Invited {
    new: NewInvite,
    existing: Existing,
}

fn invite(body: Body) -> Result<Invited, ApiError> {
    let body = body.only(FIELDS)?;
    let new = NewInvite {
        email_address: body.required("email_address")?,
        public_metadata: body.object("public_metadata")?,
        redirect_url: body.text("redirect_url")?,
        expires_in_days: body.integer("expires_in_days")?,
        notify: body.boolean("notify")? != Some(false),
        template: body.one_of("template_slug", &["invitation", "waitlist_invitation"])?,
    };
    Ok(Invited {
        new,
        existing: existing(&body)?,
    })
}

/// Creates an invitation and renders it.
fn make(app: &App, tables: &mut Tables, invited: Invited, now: i64) -> Result<Value, ApiError> {
    let made = invitations::create(tables, invited.new, invited.existing, now)?.clone();
    Ok(Shapes::new(tables, &app.instance, now).invitation(&made))
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
        ListShape::asked_for(params.flag("paginated")?),
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
    let invited = invite(body)?;
    app.write(|tables, now| Ok(reply::ok(&make(&app, tables, invited, now)?)))
}

async fn create_bulk(State(app): State<Arc<App>>, bodies: Bodies) -> Reply {
    let invites = bodies
        .at_most(MOST_AT_ONCE)?
        .into_iter()
        .map(invite)
        .collect::<Result<Vec<_>, _>>()?;
    app.write(|tables, now| {
        let shown: Vec<Value> = invites
            .into_iter()
            .map(|invited| make(&app, tables, invited, now))
            .collect::<Result<_, _>>()?;
        Ok(reply::ok(&Value::Array(shown)))
    })
}

/// Deletes an invitation. The document lacks this operation, but one of the official clients has it.
async fn remove(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "invitation", |tables, _| {
        invitations::delete(tables, &id)?;
        Ok(id)
    })
}

async fn revoke(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| invitations::revoke(tables, &id, now),
        |show, invitation| show.invitation(invitation),
    )
}
