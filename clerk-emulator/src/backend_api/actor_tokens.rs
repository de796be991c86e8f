use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use serde_json::Value;

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::Reply;
use crate::rules::api_error::ApiError;
use crate::rules::tickets::{self, BORROWED_SESSION_SECONDS, NewTicket, TicketKind};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/actor_tokens", post(create))
        .route("/actor_tokens/{actor_token_id}/revoke", post(revoke))
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&[
        "user_id",
        "actor",
        "expires_in_seconds",
        "session_max_duration_in_seconds",
    ])?;
    let user_id = body.required("user_id")?;
    let actor = body
        .object("actor")?
        .ok_or_else(|| ApiError::missing("actor"))?;
    if !actor.get("sub").is_some_and(Value::is_string) {
        return Err(ApiError::missing("actor.sub"));
    }
    let new = NewTicket {
        user_id,
        actor: Some(actor.into()),
        organization: None,
        lifetime_seconds: body.integer("expires_in_seconds")?,
        session_lifetime_seconds: Some(session_lifetime(&body)?),
    };
    answer::changed(
        &app,
        |tables, now| tickets::create(tables, new, now),
        |show, ticket| show.actor_token(ticket),
    )
}

/// Returns the lifetime in seconds of the session that is started on behalf of a user.
pub(super) fn session_lifetime(body: &Body) -> Result<i64, ApiError> {
    const NAME: &str = "session_max_duration_in_seconds";
    match body.integer(NAME)? {
        Some(seconds) if seconds < 1 => Err(ApiError::value(NAME, "must be at least 1")),
        seconds => Ok(seconds.unwrap_or(BORROWED_SESSION_SECONDS)),
    }
}

async fn revoke(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| tickets::revoke(tables, TicketKind::Actor, &id, now),
        |show, ticket| show.actor_token(ticket),
    )
}
