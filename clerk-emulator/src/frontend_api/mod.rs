//! The Frontend API, which browsers and the handshakes of server SDKs use.

mod api_keys;
mod billing;
pub(crate) mod browser;
mod bundles;
mod client;
mod enterprise_connections;
mod envelope;
mod environment;
mod handshake;
mod identity_provider;
mod images;
mod links;
mod me;
mod me_factors;
mod me_identifiers;
mod me_organizations;
mod oauth;
mod oauth_devices;
mod oauth_metadata;
mod oauth_registration;
mod oauth_tokens;
mod organization_domains;
mod organization_members;
mod organizations;
pub(crate) mod provider;
pub(crate) mod redirect;
mod reverification;
mod sign_ins;
mod sign_ups;
mod trusted_devices;
mod view;
mod visitor;
mod waitlist;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::app::App;
use crate::key_set::key_set;
use crate::rules::api_error::ApiError;

/// Returns the routes with paths that the Backend API does not have.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/client/handshake", get(handshake::handshake))
        .route("/.well-known/jwks.json", get(key_set))
        .route("/.well-known/webauthn", get(passkey_origins))
        .merge(billing::routes())
        .merge(bundles::routes())
        .merge(client::routes())
        .merge(enterprise_connections::routes())
        .merge(environment::routes())
        .merge(identity_provider::routes())
        .merge(links::routes())
        .merge(me::routes())
        .merge(me_factors::routes())
        .merge(me_identifiers::routes())
        .merge(me_organizations::routes())
        .merge(oauth::routes())
        .merge(oauth_devices::routes())
        .merge(oauth_metadata::routes())
        .merge(oauth_registration::routes())
        .merge(oauth_tokens::routes())
        .merge(provider::routes())
        .merge(reverification::routes())
        .merge(sign_ins::routes())
        .merge(sign_ups::routes())
        .merge(trusted_devices::routes())
        .merge(waitlist::routes())
        .route_layer(from_fn(cors))
}

/// Returns the routes with paths that the Backend API also has.
pub(crate) fn shared_routes() -> Router<Arc<App>> {
    Router::new()
        .merge(api_keys::routes())
        .merge(billing::shared_routes())
        .merge(enterprise_connections::shared_routes())
        .merge(organization_domains::routes())
        .merge(organization_members::routes())
        .merge(organizations::routes())
        .route_layer(from_fn(cors))
}

/// Returns the routes of the pages and pictures.
pub(crate) fn page_routes() -> Router<Arc<App>> {
    Router::new()
        .merge(identity_provider::page_routes())
        .merge(images::routes())
        .merge(oauth::page_routes())
        .merge(provider::page_routes())
        .route_layer(from_fn(cors))
}

/// Responds with the other origins that use the passkeys of this one. The emulator's passkeys belong to the
/// application's own host.
async fn passkey_origins() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "resource_not_found",
        "Passkeys belong to the host of the page that made them: there are no related origins",
    )
}

/// Lets pages of allowed origins read responses, including those to requests with credentials. Other origins were
/// refused earlier.
async fn cors(request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS {
        return preflight(request.headers());
    }
    let origin = request.headers().get(ORIGIN).cloned();
    let mut response = next.run(request).await;
    allow(&mut response, origin);
    response
}

/// Responds to the preflight requests that browsers send before a request with custom headers.
pub(crate) fn preflight(headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    allow(&mut response, headers.get(ORIGIN).cloned());
    response
}

fn allow(response: &mut Response, origin: Option<HeaderValue>) {
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin else { return };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        (
            ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, PUT, PATCH, DELETE",
        ),
        (ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type"),
        (
            ACCESS_CONTROL_EXPOSE_HEADERS,
            "Clerk-Db-Jwt, Authorization, X-Country",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
