//! The Frontend API, which browsers and the handshakes of server SDKs use.

mod api_keys;
mod billing;
mod browser;
mod bundles;
mod client;
mod envelope;
mod environment;
mod handshake;
mod html;
mod images;
mod links;
mod me;
mod me_factors;
mod me_identifiers;
mod me_organizations;
mod oauth;
mod organization_domains;
mod organization_members;
mod organizations;
mod pages;
pub(crate) mod provider;
mod redirect;
mod reverification;
mod sign_ins;
mod sign_ups;
mod view;
mod visitor;
mod waitlist;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
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
use crate::rules::settings;

/// Returns the routes whose paths the Backend API does not have.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/v1/client/handshake", get(handshake::handshake))
        .route("/.well-known/jwks.json", get(key_set))
        .merge(billing::routes())
        .merge(bundles::routes())
        .merge(client::routes())
        .merge(environment::routes())
        .merge(links::routes())
        .merge(me::routes())
        .merge(me_factors::routes())
        .merge(me_identifiers::routes())
        .merge(me_organizations::routes())
        .merge(oauth::routes())
        .merge(provider::routes())
        .merge(reverification::routes())
        .merge(sign_ins::routes())
        .merge(sign_ups::routes())
        .merge(waitlist::routes())
        .route_layer(from_fn_with_state(Arc::clone(app), cors))
}

/// Returns the routes whose paths the Backend API has, too.
pub(crate) fn shared_routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .merge(api_keys::routes())
        .merge(billing::shared_routes())
        .merge(organization_domains::routes())
        .merge(organization_members::routes())
        .merge(organizations::routes())
        .route_layer(from_fn_with_state(Arc::clone(app), cors))
}

/// Returns the pages and pictures.
pub(crate) fn page_routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .merge(images::routes())
        .merge(pages::routes())
        .merge(oauth::page_routes())
        .merge(provider::page_routes())
        .route_layer(from_fn_with_state(Arc::clone(app), cors))
}

/// Lets pages of allowed origins read answers, credentials included, and refuses all others.
async fn cors(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS {
        return preflight(&app, request.headers());
    }
    let origin = request.headers().get(ORIGIN).cloned();
    // Before any effect: another site's page must neither read nor change anything.
    if let Some(origin) = &origin
        && !is_allowed(&app, origin)
    {
        return foreign_origin();
    }
    let mut response = next.run(request).await;
    allow(&mut response, origin);
    response
}

/// Answers what browsers ask before they send a request with headers of its own.
pub(crate) fn preflight(app: &App, headers: &HeaderMap) -> Response {
    let origin = headers.get(ORIGIN).cloned();
    if let Some(origin) = &origin
        && !is_allowed(app, origin)
    {
        return foreign_origin();
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    allow(&mut response, origin);
    response
}

fn foreign_origin() -> Response {
    ApiError::bad_request(
        "origin_invalid",
        "The emulator answers only pages on loopback, and on the origins that it was told to allow.",
    )
    .into_response()
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

fn is_allowed(app: &App, origin: &HeaderValue) -> bool {
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let by_settings = |allowed: &[String]| allowed.iter().any(|one| one == origin);
    app.instance.allows_origin(origin)
        || app.instance.url == origin
        || app.read(|tables, _| {
            settings::get(tables).is_ok_and(|settings| by_settings(&settings.allowed_origins))
        })
}
