//! The descriptions of the OAuth provider.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;
use crate::http::reply::{Reply, json_response};
use crate::rules::oauth_grants::ORGANIZATION_SCOPE;
use crate::rules::{device_grants, oauth_grants, settings};
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/.well-known/oauth-authorization-server", get(metadata))
}

const SCOPES: &[&str] = &[
    "openid",
    "profile",
    "email",
    "public_metadata",
    "private_metadata",
    "offline_access",
];
const CLAIMS: &[&str] = &["sub", "iss", "aud", "exp", "iat", "email", "name"];
const CLIENT_AUTHENTICATION: &[&str] = &["client_secret_basic", "client_secret_post", "none"];

/// Returns what both descriptions have.
fn common(app: &App, tables: &Tables) -> Value {
    let url = &app.instance.url;
    let has_organizations = oauth_grants::have_organizations(tables);
    let with = |all: &[&'static str], organization: &'static str| {
        let extra = has_organizations.then_some(organization);
        all.iter().copied().chain(extra).collect::<Vec<_>>()
    };
    let mut grants = vec!["authorization_code", "refresh_token"];
    let mut body = json!({
        "issuer": app.instance.oauth_issuer(),
        "authorization_endpoint": format!("{url}/oauth/authorize"),
        "token_endpoint": format!("{url}/oauth/token"),
        "revocation_endpoint": format!("{url}/oauth/token/revoke"),
        "jwks_uri": format!("{url}/.well-known/jwks.json"),
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
        "scopes_supported": with(SCOPES, ORGANIZATION_SCOPE),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": with(CLAIMS, "org_id"),
        "code_challenge_methods_supported": ["S256"],
    });
    if device_grants::are_available(tables) {
        grants.push(device_grants::GRANT_TYPE);
        body["device_authorization_endpoint"] = json!(format!("{url}/oauth/device_authorization"));
    }
    body["grant_types_supported"] = json!(grants);
    body
}

/// Describes the provider (RFC 8414).
async fn metadata(State(app): State<Arc<App>>) -> Reply {
    app.read(|tables, _| {
        let mut body = common(&app, tables);
        if settings::get(tables)?
            .oauth
            .dynamic_oauth_client_registration
        {
            body["registration_endpoint"] = json!(format!("{}/oauth/register", app.instance.url));
        }
        Ok(json_response(StatusCode::OK, &body))
    })
}

/// Describes the provider (OpenID Connect Discovery).
async fn configuration(State(app): State<Arc<App>>) -> Reply {
    app.read(|tables, _| {
        let url = &app.instance.url;
        let mut body = common(&app, tables);
        body["introspection_endpoint"] = json!(format!("{url}/oauth/token_info"));
        body["userinfo_endpoint"] = json!(format!("{url}/oauth/userinfo"));
        body["response_modes_supported"] = json!(["query", "form_post"]);
        body["backchannel_logout_supported"] = json!(false);
        body["frontchannel_logout_supported"] = json!(false);
        Ok(json_response(StatusCode::OK, &body))
    })
}
