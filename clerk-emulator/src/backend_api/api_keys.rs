use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use http::StatusCode;
use serde_json::json;

use super::answer;
use super::shapes::Shapes;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::ListShape;
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::model::credential::Credential;
use crate::rules::api_error::ApiError;
use crate::rules::credentials::{self, ApiKeyUpdate, NewApiKey};

const LONGEST_DESCRIPTION: usize = 255;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api_keys", get(list).post(create))
        .route("/api_keys/verify", post(verify))
        .route(
            "/api_keys/{api_key_id}",
            get(one).patch(update).delete(delete),
        )
        .route("/api_keys/{api_key_id}/secret", get(secret))
        .route("/api_keys/{api_key_id}/revoke", post(revoke))
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    let page = params.credential_page()?;
    let subject = params
        .text("subject")
        .ok_or_else(|| ApiError::missing("subject"))?;
    credentials::check_subject_form(subject)?;
    let query = params.lower("query");
    let invalid_too = params.boolean("include_invalid")? == Some(true);
    answer::list(
        &app,
        page,
        ListShape::Page,
        |tables, now| {
            let query = query.as_deref();
            Ok(credentials::list_api_keys(
                tables,
                subject,
                query,
                invalid_too,
                now,
            ))
        },
        |show, key| show.credential(key),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&[
        "type",
        "name",
        "description",
        "subject",
        "claims",
        "scopes",
        "created_by",
        "seconds_until_expiration",
    ])?;
    body.one_of("type", &["api_key"])?;
    let new = NewApiKey {
        name: body.required("name")?,
        description: body.text_up_to("description", LONGEST_DESCRIPTION)?,
        created_by: body.text("created_by")?,
        subject: body.required("subject")?,
        scopes: body.texts("scopes")?.unwrap_or_default(),
        claims: body.value("claims").cloned().unwrap_or_default(),
        seconds_until_expiration: body.integer("seconds_until_expiration")?,
    };
    app.write(|tables, now| {
        let key = credentials::create_api_key(tables, new, now)?.clone();
        let mut shown = Shapes::new(tables, &app.instance, now).credential(&key);
        shown["secret"] = json!(key.secret.0);
        // The document specifies 200, but one of the official clients accepts only 201.
        Ok(reply::json_response(StatusCode::CREATED, &shown))
    })
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| credentials::find_api_key(tables, &id),
        |show, key| show.credential(key),
    )
}

async fn secret(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| credentials::find_api_key(tables, &id),
        |_, key| json!({ "secret": key.secret.0 }),
    )
}

async fn update(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&[
        "claims",
        "scopes",
        "description",
        "subject",
        "seconds_until_expiration",
    ])?;
    body.text_up_to("description", LONGEST_DESCRIPTION)?;
    let update = ApiKeyUpdate {
        description: body.patch_text("description")?,
        subject: body.text("subject")?,
        scopes: body.texts("scopes")?,
        claims: body.patch_value("claims"),
        seconds_until_expiration: body.patch_integer("seconds_until_expiration")?,
    };
    answer::changed(
        &app,
        |tables, now| credentials::update_api_key(tables, &id, update, now),
        |show, key| show.credential(key),
    )
}

async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "api_key", |tables, _| {
        credentials::delete_api_key(tables, &id)?;
        Ok(id)
    })
}

async fn revoke(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let reason = body
        .only(&["revocation_reason"])?
        .text("revocation_reason")?;
    answer::changed(
        &app,
        |tables, now| credentials::revoke_api_key(tables, &id, reason, now),
        |show, key| show.credential(key),
    )
}

/// Responds only with valid keys: revoked, expired and unknown ones are not found.
async fn verify(State(app): State<Arc<App>>, body: Body) -> Reply {
    let secret = body.only(&["secret"])?.required("secret")?;
    answer::changed(
        &app,
        |tables, now| {
            let is_key = |row: &Credential| row.kind.is_api_key();
            credentials::verify(tables, &secret, "API key", is_key, now)
        },
        |show, key| show.credential(key),
    )
}
