use serde_json::{Map, Value, json};

use super::validity;
use crate::instance::Instance;
use crate::model::credential::Credential;

/// Returns the claims of an M2M token in JWT form.
pub(crate) fn m2m_claims(
    instance: &Instance,
    token: &Credential,
    lifetime_seconds: i64,
) -> Map<String, Value> {
    let mut claims = credential_claims(instance, token, lifetime_seconds);
    claims.insert("aud".into(), json!(token.scopes));
    claims.insert("scopes".into(), json!(token.scopes.join(" ")));
    claims
}

/// Returns the claims of an OAuth access token in JWT form (RFC 9068).
pub(crate) fn oauth_claims(
    instance: &Instance,
    token: &Credential,
    client_id: &str,
    organization_id: Option<&str>,
    lifetime_seconds: i64,
) -> Map<String, Value> {
    let mut claims = credential_claims(instance, token, lifetime_seconds);
    claims.insert("iss".into(), json!(instance.oauth_issuer()));
    claims.insert("client_id".into(), json!(client_id));
    claims.insert("scope".into(), json!(token.scopes.join(" ")));
    if let Some(id) = organization_id {
        claims.insert("org_id".into(), json!(id));
    }
    claims
}

fn credential_claims(
    instance: &Instance,
    token: &Credential,
    lifetime_seconds: i64,
) -> Map<String, Value> {
    let mut claims = match &token.claims {
        Value::Object(claims) => claims.clone(),
        _ => Map::new(),
    };
    claims.insert("iss".into(), json!(instance.issuer()));
    claims.insert("sub".into(), json!(token.subject));
    validity::insert(&mut claims, token.created_at, lifetime_seconds);
    claims.insert("jti".into(), json!(token.id));
    claims
}
