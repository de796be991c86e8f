use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::page_of;
use crate::params::{Body, Params};
use crate::reply::{self, ApiError, Reply};
use crate::shared::Shared;
use crate::store::{Credential, CredentialKind, Store};

/// Most rows the lists of credentials answer at once.
pub(super) const MOST_CREDENTIALS: usize = 100;

pub(super) fn routes() -> Router<Arc<Shared>> {
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

fn found<'a>(store: &'a Store, id: &str) -> Result<&'a Credential, ApiError> {
    store
        .credentials
        .get(id)
        .filter(|credential| credential.kind.is_api_key())
        .ok_or_else(|| ApiError::not_found("API key", id))
}

fn check_subject(store: &Store, subject: &str) -> Result<(), ApiError> {
    let known = store.users.contains_key(subject)
        || store.organizations.contains_key(subject)
        || store.machines.contains_key(subject);
    if known {
        Ok(())
    } else {
        Err(ApiError::bad_request(
            "bad_request",
            format!("The subject {subject} is no user, organization or machine of this instance"),
        ))
    }
}

/// When a credential that lives this many seconds from now ends.
pub(super) fn expiration(body: &Body, now: i64) -> Result<Option<i64>, ApiError> {
    match body.integer("seconds_until_expiration")? {
        None => Ok(None),
        Some(seconds) if seconds > 0 => Ok(Some(now.saturating_add(seconds.saturating_mul(1000)))),
        Some(_) => Err(ApiError::bad_request(
            "bad_request",
            "seconds_until_expiration must be greater than 0",
        )),
    }
}

async fn list(State(shared): State<Arc<Shared>>, params: Params) -> Reply {
    let page = params.page(MOST_CREDENTIALS)?;
    let subject = params
        .text("subject")
        .ok_or_else(|| ApiError::bad_request("bad_request", "subject must be included"))?;
    let query = params.text("query").map(str::to_lowercase);
    let invalid_too = params.is_true("include_invalid");
    let now = shared.now();
    let store = shared.store();
    let rows: Vec<Value> = store
        .credentials
        .values()
        .rev()
        .filter(|key| key.kind.is_api_key() && key.subject == subject)
        .filter(|key| invalid_too || key.is_valid(now))
        .filter(|key| match (&key.kind, &query) {
            (CredentialKind::ApiKey { name, .. }, Some(query)) => {
                name.to_lowercase().contains(query)
            }
            _ => true,
        })
        .map(|key| key.to_json(now))
        .collect();
    Ok(page_of(page, &rows))
}

async fn create(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
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
    let kind = CredentialKind::ApiKey {
        name: body.required("name")?,
        description: body.text("description")?,
        created_by: body.text("created_by")?,
    };
    let subject = body.required("subject")?;
    let now = shared.now();
    let mut store = shared.store();
    check_subject(&store, &subject)?;
    let mut key = Credential::new(kind, subject, now);
    key.scopes = body.texts("scopes")?.unwrap_or_default();
    key.claims = body.value("claims").cloned().unwrap_or_default();
    key.expiration = expiration(&body, now)?;
    let mut answer = key.to_json(now);
    answer["secret"] = json!(key.secret.0);
    store.credentials.insert(key.id.clone(), key);
    Ok(reply::ok(&answer))
}

async fn one(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    Ok(reply::ok(
        &found(&shared.store(), &id)?.to_json(shared.now()),
    ))
}

async fn secret(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    let store = shared.store();
    Ok(reply::ok(
        &json!({ "secret": found(&store, &id)?.secret.0 }),
    ))
}

async fn update(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&[
        "claims",
        "scopes",
        "description",
        "subject",
        "seconds_until_expiration",
    ])?;
    let scopes = body.texts("scopes")?;
    let subject = body.text("subject")?;
    let now = shared.now();
    let expiration = expiration(&body, now)?;
    let mut store = shared.store();
    found(&store, &id)?;
    if let Some(subject) = &subject {
        check_subject(&store, subject)?;
    }
    if let Some(key) = store.credentials.get_mut(&id) {
        if let CredentialKind::ApiKey { description, .. } = &mut key.kind {
            body.patch_text("description", description)?;
        }
        if let Some(claims) = body.value("claims") {
            key.claims = claims.clone();
        }
        key.scopes = scopes.unwrap_or_else(|| std::mem::take(&mut key.scopes));
        key.subject = subject.unwrap_or_else(|| std::mem::take(&mut key.subject));
        key.expiration = expiration.or(key.expiration);
        key.updated_at = now;
    }
    Ok(reply::ok(&found(&store, &id)?.to_json(now)))
}

async fn delete(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    let mut store = shared.store();
    found(&store, &id)?;
    store.credentials.shift_remove(&id);
    Ok(reply::deleted("api_key", &id))
}

async fn revoke(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Body) -> Reply {
    let reason = body
        .only(&["revocation_reason"])?
        .text("revocation_reason")?;
    let now = shared.now();
    let mut store = shared.store();
    found(&store, &id)?;
    if let Some(key) = store.credentials.get_mut(&id) {
        key.revoke(reason, now);
    }
    Ok(reply::ok(&found(&store, &id)?.to_json(now)))
}

/// Answers only keys that hold: revoked, expired and unknown ones are not found.
async fn verify(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    let secret = body.only(&["secret"])?.required("secret")?;
    let now = shared.now();
    let mut store = shared.store();
    let key = store
        .use_credential(&secret, CredentialKind::is_api_key, now)
        .ok_or_else(|| unverified("API key"))?;
    Ok(reply::ok(&key.to_json(now)))
}

/// 404 for a credential that does not hold; the text never repeats it.
pub(super) fn unverified(what: &str) -> ApiError {
    ApiError::new(
        http::StatusCode::NOT_FOUND,
        "resource_not_found",
        format!("{what} not found, revoked or expired"),
    )
}
