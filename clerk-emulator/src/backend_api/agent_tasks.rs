use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;

use super::actor_tokens::session_lifetime;
use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::Reply;
use crate::rules::agent_tasks::{self, NewAgentTask, OnBehalfOf};
use crate::rules::api_error::ApiError;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/agents/tasks", post(create))
        .route("/agents/tasks/{agent_task_id}/revoke", post(revoke))
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&[
        "on_behalf_of",
        "permissions",
        "agent_name",
        "task_description",
        "redirect_url",
        "session_max_duration_in_seconds",
    ])?;
    let user = body
        .nested("on_behalf_of", &["user_id", "identifier"])?
        .ok_or_else(|| ApiError::missing("on_behalf_of"))?;
    let on_behalf_of = match (user.text("user_id")?, user.text("identifier")?) {
        (Some(id), None) => OnBehalfOf::UserId(id),
        (None, Some(identifier)) => OnBehalfOf::Identifier(identifier),
        (None, None) => return Err(ApiError::missing("on_behalf_of.user_id")),
        (Some(_), Some(_)) => {
            return Err(ApiError::value(
                "on_behalf_of",
                "must have only one of user_id and identifier",
            ));
        }
    };
    let new = NewAgentTask {
        on_behalf_of,
        agent_name: body.required("agent_name")?,
        redirect_url: body.required("redirect_url")?,
        session_lifetime_seconds: session_lifetime(&body)?,
    };
    body.required("task_description")?;
    if body.one_of("permissions", &["*"])?.is_none() {
        return Err(ApiError::missing("permissions"));
    }
    answer::changed(
        &app,
        |tables, now| agent_tasks::create(tables, new, now),
        |show, task| show.agent_task_with_url(task),
    )
}

async fn revoke(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| agent_tasks::revoke(tables, &id, now),
        |show, task| show.agent_task(task),
    )
}
