use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;

use super::api_keys::unverified;
use crate::params::Body;
use crate::reply::{self, Reply};
use crate::shared::Shared;
use crate::store::CredentialKind;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/oauth_applications/access_tokens/verify", post(verify))
}

/// Takes the token as `access_token`, or as `secret`, its older name.
async fn verify(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    let body = body.only(&["access_token", "secret"])?;
    let token = match body.text("access_token")? {
        Some(token) => token,
        None => body.required("secret")?,
    };
    let now = shared.now();
    let mut store = shared.store();
    let token = store
        .use_credential(&token, CredentialKind::is_oauth_token, now)
        .ok_or_else(|| unverified("OAuth token"))?;
    Ok(reply::ok(&token.to_json(now)))
}
