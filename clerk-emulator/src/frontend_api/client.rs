//! A browser's client and its sessions.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use http::StatusCode;
use serde_json::json;

use super::envelope::{Done, perform, read, read_signed_in};
use super::view::View;
use super::visitor::{Visitor, signed_out};
use crate::app::App;
use crate::http::body::Form;
use crate::http::reply::Reply;
use crate::model::session::{Session, SessionStatus};
use crate::rules::api_error::ApiError;
use crate::rules::{clients, jwt_templates, organizations, sessions};
use crate::store::tables::Tables;
use crate::tokens::session_claims::SESSION_TOKEN_SECONDS;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/v1/client",
            get(show).put(create).post(create).delete(destroy),
        )
        .route("/v1/client/sessions", delete(sign_out))
        .route("/v1/client/sessions/{session_id}", get(session))
        .route("/v1/client/sessions/{session_id}/touch", post(touch))
        .route("/v1/client/sessions/{session_id}/end", post(end))
        .route("/v1/client/sessions/{session_id}/remove", post(remove))
        .route("/v1/client/sessions/{session_id}/tokens", post(token))
        .route(
            "/v1/client/sessions/{session_id}/tokens/{template_name}",
            post(template_token),
        )
        .route("/v1/me/tokens", post(integration_token))
}

async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    read(&app, &visitor, |tables, client, now| {
        if client.is_none() && !app.instance.production && !visitor.is_native() {
            return Err(super::visitor::unknown_browser());
        }
        let view = View::new(&app, tables, now);
        let shown = view.client_by_id(client.map(|client| client.id.as_str()))?;
        Ok(Done::Raw(
            StatusCode::OK,
            json!({ "response": shown, "client": null }),
        ))
    })
}

async fn create(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    perform(&app, &visitor, |tables, visit| {
        clients::change(tables, &visit.client_id, |client| client.requested = true);
        let client = clients::find(tables, &visit.client_id)?;
        let shown = View::new(&app, tables, visit.now).client(client)?;
        Ok(Done::Wrapped(shown))
    })
}

/// Ends all sessions and removes the client. The dev browser remains, with a new client.
async fn destroy(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    perform(&app, &visitor, |tables, visit| {
        sessions::sign_out(tables, &visit.client_id, SessionStatus::Removed, visit.now);
        clients::replace(tables, &visit.client_id, visit.now);
        Ok(Done::Ended(json!(null)))
    })
}

/// Ends all sessions.
async fn sign_out(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    perform(&app, &visitor, |tables, visit| {
        sessions::sign_out(tables, &visit.client_id, SessionStatus::Removed, visit.now);
        clients::change(tables, &visit.client_id, |client| {
            client.sign_in_id = None;
            client.sign_up_id = None;
        });
        let client = clients::find(tables, &visit.client_id)?;
        let shown = View::new(&app, tables, visit.now).client(client)?;
        Ok(Done::Ended(shown))
    })
}

/// Finds a session of a client. If it has ended, the browser learns that it is signed out.
fn living<'t>(
    tables: &'t Tables,
    client_id: &str,
    id: &str,
    now: i64,
) -> Result<&'t Session, ApiError> {
    let session = sessions::find(tables, id)?;
    if session.client_id != client_id {
        return Err(ApiError::not_found("session", id));
    }
    if session.is_alive(now) && tables.users.contains(&session.user_id) {
        Ok(session)
    } else {
        Err(signed_out())
    }
}

async fn session(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Reply {
    read(&app, &visitor, |tables, client, now| {
        let client = client.ok_or_else(signed_out)?;
        let session = living(tables, &client.id, &id, now)?;
        let shown = View::new(&app, tables, now).session(session)?;
        Ok(Done::Wrapped(shown))
    })
}

/// Records that a session is in use, and with which organization.
async fn touch(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    perform(&app, &visitor, |tables, visit| {
        let session = living(tables, &visit.client_id, &id, visit.now)?;
        let forced = sessions::is_organization_forced(tables);
        let organization_id = match form.get("active_organization_id") {
            None => session.organization_id.clone(),
            Some("") if forced => session.organization_id.clone(),
            Some("") => None,
            Some(name) => Some(
                organizations::of_user(tables, name, &session.user_id).ok_or_else(unauthorized)?,
            ),
        };
        if form.get("active_organization_id").is_some() {
            let user_id = session.user_id.clone();
            sessions::set_next_organization(tables, &user_id, None);
        }
        sessions::touch(tables, &id, organization_id, visit.now);
        clients::change(tables, &visit.client_id, |client| {
            client.last_active_session_id = Some(id.clone());
            // The browser has taken over what these led to.
            client.sign_in_id = None;
            client.sign_up_id = None;
        });
        let session = sessions::find(tables, &id)?;
        let shown = View::new(&app, tables, visit.now).session(session)?;
        Ok(Done::Wrapped(shown))
    })
}

/// Returns the error for organizations that the user does not belong to.
pub(super) fn unauthorized() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "organization_not_found_or_unauthorized",
        "Given organization not found, or you don't have permission to access the organization",
    )
}

async fn end(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Reply {
    finish(&app, &id, &visitor, SessionStatus::Ended)
}

async fn remove(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Reply {
    finish(&app, &id, &visitor, SessionStatus::Removed)
}

fn finish(app: &App, id: &str, visitor: &Visitor, status: SessionStatus) -> Reply {
    perform(app, visitor, |tables, visit| {
        living(tables, &visit.client_id, id, visit.now)?;
        sessions::end(tables, id, status, visit.now);
        let session = sessions::find(tables, id)?;
        let shown = View::new(app, tables, visit.now).session(session)?;
        Ok(Done::Wrapped(shown))
    })
}

/// Responds with a fresh session token. A token for another organization leaves the session unchanged.
async fn token(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    read(&app, &visitor, |tables, client, now| {
        let client = client.ok_or_else(signed_out)?;
        let mut session = living(tables, &client.id, &id, now)?.clone();
        match form.get("organization_id") {
            None => {}
            Some("") if sessions::is_organization_forced(tables) => {}
            Some("") => session.organization_id = None,
            Some(name) => {
                let id = organizations::of_user(tables, name, &session.user_id);
                session.organization_id = Some(id.ok_or_else(unauthorized)?);
            }
        }
        let jwt = app.sign_session_token(tables, &session, now, SESSION_TOKEN_SECONDS)?;
        let shown = View::new(&app, tables, now).shared().token(&jwt);
        Ok(Done::Raw(StatusCode::OK, shown))
    })
}

async fn template_token(
    State(app): State<Arc<App>>,
    Path((id, name)): Path<(String, String)>,
    visitor: Visitor,
) -> Reply {
    read(&app, &visitor, |tables, client, now| {
        let client = client.ok_or_else(signed_out)?;
        let session = living(tables, &client.id, &id, now)?;
        let template = jwt_templates::by_name(tables, &name)?;
        let jwt = app.sign_template_token(tables, session, template, now, None)?;
        let shown = View::new(&app, tables, now).shared().token(&jwt);
        Ok(Done::Raw(StatusCode::OK, shown))
    })
}

/// Responds with a token for another service, whose template is named `integration_<service>`.
async fn integration_token(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let service = form
        .text("service")
        .ok_or_else(|| ApiError::missing("service"))?;
    read_signed_in(&app, &visitor, |tables, session, now| {
        let template = jwt_templates::by_name(tables, &format!("integration_{service}"))?;
        let jwt = app.sign_template_token(tables, session, template, now, None)?;
        let shown = View::new(&app, tables, now).shared().token(&jwt);
        Ok(Done::Raw(StatusCode::OK, shown))
    })
}
