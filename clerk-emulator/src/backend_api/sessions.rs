use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use http::StatusCode;
use serde_json::{Value, json};

use super::{MOST_ROWS, bare_or_page};
use crate::frontend_api::cookies;
use crate::params::{Body, Params};
use crate::reply::{self, ApiError, Reply};
use crate::shared::Shared;
use crate::store::{Session, SessionStatus, Store};
use crate::tokens::{self, SESSION_TOKEN_SECONDS};

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/sessions", get(list).post(create))
        .route("/sessions/{session_id}", get(one))
        .route("/sessions/{session_id}/revoke", post(revoke))
        .route("/sessions/{session_id}/refresh", post(refresh))
        .route("/sessions/{session_id}/tokens", post(token))
        .route(
            "/sessions/{session_id}/tokens/{template_name}",
            post(template_token),
        )
}

fn found<'a>(store: &'a Store, id: &str) -> Result<&'a Session, ApiError> {
    store
        .sessions
        .get(id)
        .ok_or_else(|| ApiError::not_found("session", id))
}

async fn list(State(shared): State<Arc<Shared>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let (store, now) = (shared.store(), shared.now());
    let is = |filter: &str, value: &str| params.text(filter).is_none_or(|wanted| wanted == value);
    let rows: Vec<Value> = store
        .sessions
        .values()
        .rev()
        .filter(|session| is("client_id", &session.client_id))
        .filter(|session| is("user_id", &session.user_id))
        .filter(|session| is("status", session.status_at(now).as_str()))
        .map(|session| session.to_json(now))
        .collect();
    Ok(bare_or_page(&params, page, &rows))
}

async fn one(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    let store = shared.store();
    Ok(reply::ok(&found(&store, &id)?.to_json(shared.now())))
}

async fn create(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    let body = body.only(&["user_id", "active_organization_id"])?;
    let user_id = body.required("user_id")?;
    let organization = body.text("active_organization_id")?;
    let now = shared.now();
    let mut store = shared.store();
    if !store.users.contains_key(&user_id) {
        return Err(ApiError::not_found("user", &user_id));
    }
    let organization_id = match organization {
        None => None,
        Some(name) => Some(
            store
                .organization(&name)
                .filter(|organization| store.membership(&organization.id, &user_id).is_some())
                .map(|organization| organization.id.clone())
                .ok_or_else(|| ApiError::not_found("organization of this user", &name))?,
        ),
    };
    let client = store.add_client(now);
    let id = store.start_session(&client, &user_id, None, now);
    if let Some(session) = store.sessions.get_mut(&id) {
        session.organization_id = organization_id;
    }
    Ok(reply::ok(&found(&store, &id)?.to_json(now)))
}

async fn revoke(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    let now = shared.now();
    let mut store = shared.store();
    found(&store, &id)?;
    store.end_session(&id, SessionStatus::Revoked, now);
    Ok(reply::ok(&found(&store, &id)?.to_json(now)))
}

/// A session that tokens may be minted for.
fn alive<'a>(store: &'a Store, id: &str, now: i64) -> Result<&'a Session, ApiError> {
    let session = found(store, id)?;
    if session.is_alive(now) {
        Ok(session)
    } else {
        Err(ApiError::not_found("active session", id))
    }
}

fn lifetime(body: &Body, default: i64) -> Result<i64, ApiError> {
    let seconds = body.integer("expires_in_seconds")?.unwrap_or(default);
    if (30..=315_360_000).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(ApiError::param(
            "form_param_value_invalid",
            "expires_in_seconds",
            "expires_in_seconds must be between 30 and 315360000",
        ))
    }
}

async fn token(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["expires_in_seconds"])?;
    let lifetime = lifetime(&body, SESSION_TOKEN_SECONDS)?;
    let now = shared.now();
    let store = shared.store();
    let jwt = shared.sign_session_token(&store, alive(&store, &id, now)?, now, lifetime)?;
    Ok(reply::ok(&json!({ "object": "token", "jwt": jwt })))
}

async fn template_token(
    State(shared): State<Arc<Shared>>,
    Path((id, template)): Path<(String, String)>,
    body: Body,
) -> Reply {
    let body = body.only(&["expires_in_seconds"])?;
    let now = shared.now();
    let store = shared.store();
    let session = alive(&store, &id, now)?;
    let template = store
        .jwt_templates
        .get(&template)
        .ok_or_else(|| ApiError::not_found("JWT template", &template))?;
    let default = template.lifetime.map_or(SESSION_TOKEN_SECONDS, i64::from);
    let lifetime = lifetime(&body, default)?;
    let claims = tokens::template_claims(
        &store,
        &shared.instance,
        session,
        &template.claims,
        now,
        lifetime,
    );
    let jwt = shared.sign(tokens::TEMPLATE_CATEGORY, claims)?;
    Ok(reply::ok(&json!({ "object": "token", "jwt": jwt })))
}

/// A new session token for an expired one, on the strength of the refresh cookie.
async fn refresh(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&[
        "expired_token",
        "refresh_token",
        "request_origin",
        "request_headers",
        "format",
        "request_originating_ip",
    ])?;
    body.required("expired_token")?;
    let origin = body.required("request_origin")?;
    let refresh_token = body.required("refresh_token")?;
    let format = body.text("format")?;
    let now = shared.now();
    let mut store = shared.store();
    let session = found(&store, &id)?;
    let refused = |code, message| ApiError::new(StatusCode::UNAUTHORIZED, code, message);
    if session.refresh_token != refresh_token {
        return Err(refused(
            "refresh_token_invalid",
            "The refresh token does not belong to this session",
        ));
    }
    if !session.is_alive(now) {
        return Err(refused(
            "session_not_active",
            "The session is no longer active",
        ));
    }
    if let Some(session) = store.sessions.get_mut(&id) {
        session.authorized_party = Some(origin);
        session.last_active_at = now;
    }
    let session = found(&store, &id)?;
    match format.as_deref() {
        Some("cookie") => {
            let client = store.clients.get(&session.client_id);
            let directives = cookies::signed_in(&shared, &store, session, client, now)?;
            Ok(reply::ok(
                &json!({ "object": "cookies", "cookies": directives }),
            ))
        }
        None | Some("token") => {
            let jwt = shared.sign_session_token(&store, session, now, SESSION_TOKEN_SECONDS)?;
            Ok(reply::ok(&json!({ "object": "token", "jwt": jwt })))
        }
        Some(_) => Err(ApiError::param(
            "form_param_value_invalid",
            "format",
            "format must be token or cookie",
        )),
    }
}
