use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::StatusCode;
use serde_json::{Value, json};

use super::Caller;
use super::api_keys::{MOST_CREDENTIALS, expiration, unverified};
use crate::machine_token::sign;
use crate::params::{Body, Params};
use crate::reply::{self, ApiError, Reply, json_response};
use crate::shared::Shared;
use crate::store::{Credential, CredentialKind};

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/m2m_tokens", get(list).post(create))
        .route("/m2m_tokens/verify", post(verify))
        .route("/m2m_tokens/{m2m_token_id}/revoke", post(revoke))
}

fn is_m2m(kind: &CredentialKind) -> bool {
    *kind == CredentialKind::M2mToken
}

async fn create(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Reply {
    let body = body.only(&[
        "token_format",
        "seconds_until_expiration",
        "claims",
        "min_remaining_ttl_seconds",
    ])?;
    let Caller::Machine(machine_id) = caller else {
        return Err(ApiError::unauthorized(
            "authentication_invalid",
            "M2M tokens are created with a machine secret key",
        ));
    };
    let jwt = match body.text("token_format")?.as_deref() {
        None | Some("opaque") => false,
        Some("jwt") => true,
        Some(_) => {
            return Err(ApiError::bad_request(
                "bad_request",
                "token_format must be opaque or jwt",
            ));
        }
    };
    let reusable_for = body.integer("min_remaining_ttl_seconds")?;
    let claims = body.value("claims").cloned().unwrap_or_default();
    let now = shared.now();
    let mut store = shared.store();
    let machine = store
        .machines
        .get(&machine_id)
        .ok_or_else(|| ApiError::not_found("machine", &machine_id))?;
    let scopes = machine.scope_ids();
    let ends = expiration(&body, now)?.unwrap_or(now + machine.default_token_ttl * 1000);
    if let (Some(seconds), false) = (reusable_for, jwt) {
        if seconds.saturating_mul(1000) >= ends - now {
            return Err(ApiError::bad_request(
                "bad_request",
                "min_remaining_ttl_seconds must be less than the lifetime of the token",
            ));
        }
        let reusable = store.credentials.values().find(|token| {
            is_m2m(&token.kind)
                && token.subject == machine_id
                && token.claims == claims
                && token.scopes == scopes
                && !token.revoked
                && token
                    .expiration
                    .is_some_and(|ends| ends - now >= seconds.saturating_mul(1000))
        });
        if let Some(token) = reusable {
            return Ok(created(token, token.secret.0.clone(), now));
        }
    }
    let mut token = Credential::new(CredentialKind::M2mToken, machine_id, now);
    token.scopes = scopes;
    token.claims = claims;
    token.expiration = Some(ends);
    if jwt {
        // Stateless: nothing is kept.
        let text = sign(&shared, &token, (ends - now) / 1000)?;
        return Ok(created(&token, text, now));
    }
    let answer = created(&token, token.secret.0.clone(), now);
    store.credentials.insert(token.id.clone(), token);
    Ok(answer)
}

fn created(token: &Credential, text: String, now: i64) -> axum::response::Response {
    let mut answer = token.to_json(now);
    answer["token"] = Value::String(text);
    json_response(StatusCode::CREATED, &answer)
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    params: Params,
) -> Reply {
    let page = params.page(MOST_CREDENTIALS)?;
    let subject = params
        .text("subject")
        .ok_or_else(|| ApiError::bad_request("bad_request", "subject must be included"))?;
    if matches!(&caller, Caller::Machine(id) if id != subject) {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "A machine can list only its own tokens",
        ));
    }
    let revoked = params.boolean("revoked")?.unwrap_or(false);
    let expired = params.boolean("expired")?.unwrap_or(false);
    let now = shared.now();
    let store = shared.store();
    let rows: Vec<Value> = store
        .credentials
        .values()
        .rev()
        .filter(|token| is_m2m(&token.kind) && token.subject == subject)
        .filter(|token| token.revoked == revoked && token.expired(now) == expired)
        .map(|token| token.to_json(now))
        .collect();
    Ok(reply::ok(&json!({
        "m2m_tokens": page.of(&rows),
        "total_count": rows.len(),
    })))
}

async fn revoke(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    let reason = body
        .only(&["revocation_reason"])?
        .text("revocation_reason")?;
    let now = shared.now();
    let mut store = shared.store();
    let token = store
        .credentials
        .get_mut(&id)
        .filter(|token| is_m2m(&token.kind))
        .filter(|token| match &caller {
            Caller::Instance => true,
            Caller::Machine(id) => token.subject == *id,
        })
        .ok_or_else(|| ApiError::not_found("M2M token", &id))?;
    token.revoke(reason, now);
    Ok(reply::ok(&token.to_json(now)))
}

/// Answers only tokens that hold; for a machine, only those that may call it.
async fn verify(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Reply {
    let token = body.only(&["token"])?.required("token")?;
    let now = shared.now();
    let mut store = shared.store();
    let token = store
        .use_credential(&token, is_m2m, now)
        .filter(|token| match &caller {
            Caller::Instance => true,
            Caller::Machine(id) => token.scopes.contains(id),
        })
        .ok_or_else(|| unverified("Machine token"))?;
    Ok(reply::ok(&token.to_json(now)))
}
