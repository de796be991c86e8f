//! The key set that both APIs serve.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use crate::app::App;
use crate::http::reply;
use crate::tokens::signing_key::PublicKey;

/// Responds with the instance's public keys.
pub(crate) async fn key_set(State(app): State<Arc<App>>) -> Response {
    reply::ok(&json!({ "keys": [jwk(&app.key().public())] }))
}

fn jwk(key: &PublicKey<'_>) -> Value {
    json!({
        "use": "sig",
        "kty": "RSA",
        "kid": key.kid,
        "alg": "RS256",
        "n": key.modulus,
        "e": key.exponent,
    })
}
