use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get};

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS, Page};
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::restriction::RestrictionList;
use crate::rules::restrictions;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/allowlist_identifiers", get(list_allowed).post(allow))
        .route("/allowlist_identifiers/{identifier_id}", delete(disallow))
        .route("/blocklist_identifiers", get(list_blocked).post(block))
        .route("/blocklist_identifiers/{identifier_id}", delete(unblock))
}

async fn list_allowed(State(app): State<Arc<App>>, params: Params) -> Reply {
    let shape = ListShape::asked_for(params.is_true("paginated"));
    list(&app, params.page(MOST_ROWS)?, shape, RestrictionList::Allow)
}

/// Answers the whole blocklist: it takes no paging parameters.
async fn list_blocked(State(app): State<Arc<App>>) -> Reply {
    list(&app, Page::WHOLE, ListShape::Page, RestrictionList::Block)
}

fn list(app: &App, page: Page, shape: ListShape, which: RestrictionList) -> Reply {
    answer::list(
        app,
        page,
        shape,
        |tables, _| Ok(restrictions::list(tables, which)),
        |show, entry| show.restriction(entry),
    )
}

async fn allow(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&["identifier", "notify"])?;
    body.boolean("notify")?;
    add(&app, &body, RestrictionList::Allow)
}

async fn block(State(app): State<Arc<App>>, body: Body) -> Reply {
    add(&app, &body.only(&["identifier"])?, RestrictionList::Block)
}

fn add(app: &App, body: &Body, which: RestrictionList) -> Reply {
    let identifier = body.required("identifier")?;
    answer::changed(
        app,
        |tables, now| restrictions::add(tables, which, identifier, now),
        |show, entry| show.restriction(entry),
    )
}

async fn disallow(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    remove(&app, id, RestrictionList::Allow)
}

async fn unblock(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    remove(&app, id, RestrictionList::Block)
}

fn remove(app: &App, id: String, which: RestrictionList) -> Reply {
    answer::deleted(app, which.object(), |tables, _| {
        restrictions::remove(tables, which, &id)?;
        Ok(id)
    })
}
