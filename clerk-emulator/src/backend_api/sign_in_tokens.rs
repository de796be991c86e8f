use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::Reply;
use crate::rules::api_error::ApiError;
use crate::rules::tickets::{self, NewTicket, TicketKind};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/sign_in_tokens", post(create))
        .route("/sign_in_tokens/{sign_in_token_id}/revoke", post(revoke))
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&["user_id", "org_id", "expires_in_seconds"])?;
    let user_id = body.required("user_id")?;
    let organization = body.text("org_id")?;
    let lifetime_seconds = match body.integer("expires_in_seconds")? {
        Some(seconds) if seconds < 1 => {
            return Err(ApiError::value("expires_in_seconds", "must be at least 1"));
        }
        seconds => seconds,
    };
    let new = NewTicket {
        user_id,
        organization,
        lifetime_seconds,
        ..NewTicket::default()
    };
    answer::changed(
        &app,
        |tables, now| tickets::create(tables, new, now),
        |show, ticket| show.sign_in_token(ticket),
    )
}

async fn revoke(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| tickets::revoke(tables, TicketKind::SignIn, &id, now),
        |show, ticket| show.sign_in_token(ticket),
    )
}
