use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use serde_json::json;

use crate::params::Body;
use crate::random;
use crate::reply::{self, ApiError, Reply};
use crate::shared::Shared;
use crate::store::SignInToken;

const DEFAULT_LIFETIME_SECONDS: i64 = 30 * 86_400;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/sign_in_tokens", post(create))
        .route("/sign_in_tokens/{sign_in_token_id}/revoke", post(revoke))
        .route("/testing_tokens", post(testing_token))
}

async fn create(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    let body = body.only(&["user_id", "org_id", "expires_in_seconds"])?;
    let user_id = body.required("user_id")?;
    let lifetime = body
        .integer("expires_in_seconds")?
        .unwrap_or(DEFAULT_LIFETIME_SECONDS);
    let now = shared.now();
    let mut store = shared.store();
    if !store.users.contains_key(&user_id) {
        return Err(ApiError::not_found("user", &user_id));
    }
    let token = SignInToken {
        id: random::id("sit"),
        user_id,
        token: random::alphanumeric(40),
        status: "pending",
        expires_at: now.saturating_add(lifetime.saturating_mul(1000)),
        created_at: now,
        updated_at: now,
    };
    let answer = token.to_json(&store);
    store.sign_in_tokens.insert(token.id.clone(), token);
    Ok(reply::ok(&answer))
}

async fn revoke(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    let now = shared.now();
    let mut store = shared.store();
    let token = store
        .sign_in_tokens
        .get_mut(&id)
        .ok_or_else(|| ApiError::not_found("sign-in token", &id))?;
    if token.status != "pending" {
        return Err(ApiError::bad_request(
            "sign_in_token_cannot_be_revoked",
            format!(
                "The sign-in token is {}, only pending ones can be revoked",
                token.status
            ),
        ));
    }
    token.status = "revoked";
    token.updated_at = now;
    Ok(reply::ok(&store.sign_in_tokens[&id].to_json(&store)))
}

/// A token that lets automated browsers pass bot detection. There is none here: any token will do.
async fn testing_token(State(shared): State<Arc<Shared>>) -> Reply {
    let expires_at = shared.now() / 1000 + 3600;
    Ok(reply::ok(&json!({
        "object": "testing_token",
        "token": format!("{expires_at}-{}", random::alphanumeric(32)),
        "expires_at": expires_at,
    })))
}
