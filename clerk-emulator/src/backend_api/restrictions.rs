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
use crate::model::message::Channel;
use crate::model::restriction::{IdentifierKind, RestrictionList};
use crate::rules::api_error::ApiError;
use crate::rules::invitations::{self, Existing, NewInvite};
use crate::rules::{identifiers, inbox, restrictions};
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/allowlist_identifiers", get(list_allowed).post(allow))
        .route("/allowlist_identifiers/{identifier_id}", delete(disallow))
        .route("/blocklist_identifiers", get(list_blocked).post(block))
        .route("/blocklist_identifiers/{identifier_id}", delete(unblock))
}

async fn list_allowed(State(app): State<Arc<App>>, params: Params) -> Reply {
    let shape = ListShape::asked_for(params.flag("paginated")?);
    list(&app, params.page(MOST_ROWS)?, shape, RestrictionList::Allow)
}

/// Responds with the whole blocklist: it has no paging parameters.
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
    let identifier = body.required("identifier")?;
    let notify = body.is_true("notify")?;
    answer::changed(
        &app,
        |tables, now| {
            let id = restrictions::add(tables, RestrictionList::Allow, identifier, now)?
                .id
                .clone();
            if notify {
                invite(tables, &id, app.instance.sign_up_url(), now)?;
            }
            restrictions::find(tables, RestrictionList::Allow, &id)
        },
        |show, entry| show.restriction(entry),
    )
}

/// Invites the owner of a listed email address or phone number. A number has no ticket: its owner signs up on the page.
fn invite(tables: &mut Tables, id: &str, page: String, now: i64) -> Result<(), ApiError> {
    let entry = restrictions::find(tables, RestrictionList::Allow, id)?;
    let identifier = entry.identifier.clone();
    if entry.kind == IdentifierKind::PhoneNumber {
        let kind = "invitation".to_owned();
        inbox::invite(tables, Channel::Sms, &identifier, kind, page, now);
        return Ok(());
    }
    if identifier.starts_with("*@") || identifiers::check_email(&identifier).is_err() {
        return Ok(());
    }
    let new = NewInvite {
        email_address: identifier,
        public_metadata: None,
        redirect_url: None,
        expires_in_days: None,
        notify: true,
        template: None,
    };
    let invitation = invitations::create(tables, new, Existing::Ignored, now)?
        .id
        .clone();
    restrictions::note_invitation(tables, id, invitation);
    Ok(())
}

async fn block(State(app): State<Arc<App>>, body: Body) -> Reply {
    let identifier = body.only(&["identifier"])?.required("identifier")?;
    answer::changed(
        &app,
        |tables, now| restrictions::add(tables, RestrictionList::Block, identifier, now),
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
