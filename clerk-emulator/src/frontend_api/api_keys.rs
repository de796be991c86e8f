//! API keys that users create for themselves and for their organizations. The browser SDK sends a session token instead
//! of naming the client.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch, post};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::view::View;
use super::visitor::signed_out;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{MOST_CREDENTIALS, whole_page};
use crate::http::query::Params;
use crate::http::reply::{self, Reply, json_response};
use crate::rules::api_error::ApiError;
use crate::rules::credentials::{self, ApiKeyUpdate, NewApiKey};
use crate::rules::{organization_access, sessions};
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api_keys", get(list).post(create))
        .route("/api_keys/{api_key_id}", patch(update))
        .route("/api_keys/{api_key_id}/revoke", post(revoke))
}

/// Returns the user whose session token the request contains.
fn user(app: &App, tables: &Tables, headers: &HeaderMap, now: i64) -> Result<String, ApiError> {
    let claims = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .and_then(|token| app.key().read(token))
        .ok_or_else(signed_out)?;
    let expires = claims.get("exp").and_then(Value::as_i64);
    let session = claims
        .get("sid")
        .and_then(Value::as_str)
        .filter(|_| expires.is_some_and(|expires| now.div_euclid(1000) < expires))
        .and_then(|id| sessions::find_alive(tables, id, now).ok())
        .ok_or_else(signed_out)?;
    Ok(session.user_id.clone())
}

/// Refuses subjects that are neither the user nor an organization that the user manages.
fn check_subject(tables: &Tables, user_id: &str, subject: &str) -> Result<(), ApiError> {
    if subject == user_id {
        return Ok(());
    }
    let permission = organization_access::MANAGE_PROFILE;
    organization_access::require(tables, subject, user_id, permission)
}

async fn list(State(app): State<Arc<App>>, headers: HeaderMap, params: Params) -> Reply {
    let page = params.page(MOST_CREDENTIALS)?;
    let query = params.lower("query");
    let invalid_too = params.boolean("include_invalid")? == Some(true);
    app.read(|tables, now| {
        let user = user(&app, tables, &headers, now)?;
        let subject = params.text("subject").unwrap_or(&user);
        check_subject(tables, &user, subject)?;
        let query = query.as_deref();
        let rows = credentials::list_api_keys(tables, subject, query, invalid_too, now);
        let shapes = View::new(&app, tables, now).shared();
        let shown: Vec<Value> = page
            .of(&rows)
            .iter()
            .map(|key| shapes.credential(key))
            .collect();
        Ok(whole_page(&shown, rows.len()))
    })
}

async fn create(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Reply {
    let name = body.required("name")?;
    let description = body.text("description")?;
    let subject = body.text("subject")?;
    let seconds_until_expiration = body.integer("seconds_until_expiration")?;
    app.write(|tables, now| {
        let user = user(&app, tables, &headers, now)?;
        let subject = subject.unwrap_or_else(|| user.clone());
        check_subject(tables, &user, &subject)?;
        let new = NewApiKey {
            name,
            description,
            created_by: Some(user),
            subject,
            scopes: Vec::new(),
            claims: Value::Null,
            seconds_until_expiration,
        };
        let key = credentials::create_api_key(tables, new, now)?.clone();
        let mut shown = View::new(&app, tables, now).shared().credential(&key);
        shown["secret"] = json!(key.secret.0);
        Ok(json_response(StatusCode::CREATED, &shown))
    })
}

/// Refuses keys that the user may not change.
fn check_own(
    app: &App,
    tables: &Tables,
    headers: &HeaderMap,
    id: &str,
    now: i64,
) -> Result<(), ApiError> {
    let user = user(app, tables, headers, now)?;
    let subject = credentials::find_api_key(tables, id)?.subject.clone();
    check_subject(tables, &user, &subject).map_err(|_| ApiError::not_found("API key", id))
}

async fn update(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Reply {
    let update = ApiKeyUpdate {
        description: body.patch_text("description")?,
        ..ApiKeyUpdate::default()
    };
    app.write(|tables, now| {
        check_own(&app, tables, &headers, &id, now)?;
        let key = credentials::update_api_key(tables, &id, update, now)?.clone();
        let shapes = View::new(&app, tables, now).shared();
        Ok(reply::ok(&shapes.credential(&key)))
    })
}

async fn revoke(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Reply {
    let reason = body.text("revocation_reason")?;
    app.write(|tables, now| {
        check_own(&app, tables, &headers, &id, now)?;
        let key = credentials::revoke_api_key(tables, &id, reason, now)?.clone();
        let shapes = View::new(&app, tables, now).shared();
        Ok(reply::ok(&shapes.credential(&key)))
    })
}
