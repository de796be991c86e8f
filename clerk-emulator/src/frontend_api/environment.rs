//! What a browser must know about the instance before it can do anything.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::json;

use super::browser::own_directive;
use super::view::{Place, View};
use super::visitor::{Visitor, unknown_browser};
use crate::app::App;
use crate::http::query::Params;
use crate::http::reply::{self, Reply, json_response};
use crate::rules::api_error::ApiError;
use crate::rules::{clients, domains, settings};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/environment", get(environment).patch(environment))
        .route("/v1/account_portal", get(account_portal))
        .route("/v1/health", get(health))
        .route("/v1/proxy-health", get(proxy_health))
        .route("/v1/dev_browser", post(dev_browser))
        .route("/v1/dev_browser/init", get(dev_browser))
        .route(
            "/v1/dev_browser/set_first_party_cookie",
            post(set_first_party_cookie),
        )
        .route("/.well-known/assetlinks.json", get(asset_links))
        .route(
            "/.well-known/apple-app-site-association",
            get(apple_app_site_association),
        )
        .route("/v1/clear-site-data", get(clear_site_data))
}

async fn environment(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    let origin = visitor.origin();
    app.read(|tables, now| {
        let place = Place {
            origin: origin.as_deref(),
        };
        let settings = settings::get(tables)?;
        let shown = View::new(&app, tables, now).environment(settings, place);
        Ok(reply::ok(&shown))
    })
}

/// Creates a development browser: a client, and the token that identifies it.
async fn dev_browser(State(app): State<Arc<App>>) -> Reply {
    if app.instance.production {
        return Err(ApiError::bad_request(
            "request_invalid_for_environment",
            "Request only valid for development instances.",
        ));
    }
    app.write(|tables, now| {
        let id = clients::add(tables, now);
        let token = &clients::find(tables, &id)?.token;
        Ok(reply::ok(
            &json!({ "object": "dev_browser", "id": token, "token": token }),
        ))
    })
}

/// Lets the emulator's own pages recognize the browser.
async fn set_first_party_cookie(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    app.read(|tables, now| {
        let client = visitor
            .client(&app, tables, now)
            .ok_or_else(unknown_browser)?;
        let cookie = own_directive(&app.instance, &client.token);
        let headers = [(SET_COOKIE, cookie), (CACHE_CONTROL, "no-store".to_owned())];
        Ok((StatusCode::OK, headers).into_response())
    })
}

/// Lists the Android applications of the instance, which has none.
async fn asset_links() -> Reply {
    Ok(reply::ok(&json!([])))
}

/// Lists the Apple applications of the instance, which has none.
async fn apple_app_site_association() -> Reply {
    Ok(reply::ok(&json!({ "webcredentials": { "apps": [] } })))
}

async fn account_portal(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    let home = visitor.origin().unwrap_or_else(|| app.instance.url.clone());
    let home = format!("{home}/");
    Ok(reply::ok(&json!({
        "object": "account_portal",
        "allowed": true,
        "enabled": true,
        "internal_linking": true,
        "after_sign_in_url": home,
        "after_sign_up_url": home,
        "after_join_waitlist_url": home,
        "after_create_organization_url": home,
        "after_leave_organization_url": home,
        "logo_link_url": home,
        "customization": {
            "appearance": "auto",
            "background_color_dark": null,
            "background_color_light": null,
            "primary_color_dark": null,
            "primary_color_light": null,
        },
    })))
}

async fn health() -> Reply {
    Ok(reply::ok(&json!({ "status": "healthy" })))
}

/// Checks the headers that a proxy in front of the Frontend API adds to requests.
async fn proxy_health(State(app): State<Arc<App>>, params: Params, headers: HeaderMap) -> Reply {
    let domain_id = params.text("domain_id").ok_or_else(|| {
        ApiError::bad_request(
            "missing_query_parameter",
            "The query parameter 'domain_id' is missing from the request.",
        )
    })?;
    app.read(|tables, _| domains::find(tables, domain_id).map(drop))?;
    let header = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let unhealthy = |message: &str| {
        let body = json!({ "status": "unhealthy", "message": message });
        Ok(json_response(StatusCode::OK, &body))
    };
    let Some(forwarded_for) = header(HeaderName::from_static("x-forwarded-for")) else {
        return unhealthy("The header X-Forwarded-For is missing");
    };
    if header(HeaderName::from_static("clerk-proxy-url")).is_none() {
        return unhealthy("The header Clerk-Proxy-Url is missing");
    }
    let secret_key = header(HeaderName::from_static("clerk-secret-key"));
    if secret_key != Some(app.instance.secret_key.as_str()) {
        return unhealthy("The header Clerk-Secret-Key does not hold the secret key");
    }
    Ok(reply::ok(&json!({
        "status": "healthy",
        "x_forwarded_for": forwarded_for,
    })))
}

/// Tells the browser to forget everything about this origin.
async fn clear_site_data() -> Response {
    let header = HeaderName::from_static("clear-site-data");
    let headers = [(header, "\"*\""), (CACHE_CONTROL, "no-store")];
    (StatusCode::OK, headers).into_response()
}
