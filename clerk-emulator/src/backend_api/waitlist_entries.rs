use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use serde_json::Value;

use super::answer;
use super::invitations::existing;
use super::shapes::Shapes;
use crate::app::App;
use crate::http::body::{Bodies, Body};
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::model::waitlist::WaitlistEntry;
use crate::rules::api_error::ApiError;
use crate::rules::waitlist;

const MOST_AT_ONCE: usize = 50;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/waitlist_entries", get(list).post(create))
        .route("/waitlist_entries/bulk", post(create_bulk))
        .route("/waitlist_entries/{waitlist_entry_id}", delete(remove))
        .route("/waitlist_entries/{waitlist_entry_id}/invite", post(invite))
        .route("/waitlist_entries/{waitlist_entry_id}/reject", post(reject))
}

/// A person who is to wait.
struct Waiting {
    address: String,
    notify: bool,
}

fn waiting(body: Body) -> Result<Waiting, ApiError> {
    let body = body.only(&["email_address", "notify"])?;
    Ok(Waiting {
        address: body.required("email_address")?,
        notify: body.boolean("notify")? != Some(false),
    })
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = params.order_by(
        &["created_at", "email_address", "invited_at"],
        "-created_at",
    )?;
    let status = params.one_of("status", &["pending", "invited", "completed", "rejected"])?;
    let query = params.lower("query");
    answer::list(
        &app,
        page,
        ListShape::Page,
        |tables, _| {
            let invited_at = |entry: &&WaitlistEntry| waitlist::invited_at(tables, entry);
            let mut rows = waitlist::list(tables, status, query.as_deref());
            match order.field {
                "email_address" => order.sort(&mut rows, |entry| entry.email_address.as_str()),
                "invited_at" => order.sort(&mut rows, invited_at),
                _ => order.sort(&mut rows, |entry| entry.created_at),
            }
            Ok(rows)
        },
        |show, entry| show.waitlist_entry(entry),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let waiting = waiting(body)?;
    answer::changed(
        &app,
        |tables, now| waitlist::add(tables, waiting.address, waiting.notify, now),
        |show, entry| show.waitlist_entry(entry),
    )
}

async fn create_bulk(State(app): State<Arc<App>>, bodies: Bodies) -> Reply {
    let all = bodies
        .at_most(MOST_AT_ONCE)?
        .into_iter()
        .map(waiting)
        .collect::<Result<Vec<_>, _>>()?;
    app.write(|tables, now| {
        let mut made = Vec::new();
        for one in all {
            made.push(waitlist::add(tables, one.address, one.notify, now)?.clone());
        }
        let shapes = Shapes::new(tables, &app.instance, now);
        let shown: Vec<Value> = made.iter().map(|one| shapes.waitlist_entry(one)).collect();
        Ok(reply::ok(&Value::Array(shown)))
    })
}

async fn remove(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "waitlist_entry", |tables, _| {
        waitlist::delete(tables, &id)?;
        Ok(id)
    })
}

async fn invite(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let existing = existing(&body.only(&["ignore_existing"])?)?;
    answer::changed(
        &app,
        |tables, now| waitlist::invite(tables, &id, existing, now),
        |show, entry| show.waitlist_entry(entry),
    )
}

async fn reject(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| waitlist::reject(tables, &id, now),
        |show, entry| show.waitlist_entry(entry),
    )
}
