//! The dashboard at the root, which shows the state live and changes it through the admin interface.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};

use super::layout::STYLE;
use crate::app::App;
use crate::http::origin::refuse_foreign;
use crate::rules::api_error::ApiError;

/// The assets of the page, by name.
const ASSETS: &[(&str, &str, &str)] = &[
    ("style.css", CSS, STYLE),
    (
        "dashboard.css",
        CSS,
        include_str!("dashboard/dashboard.css"),
    ),
    (
        "dashboard.js",
        JAVASCRIPT,
        include_str!("dashboard/dashboard.js"),
    ),
    ("page.js", JAVASCRIPT, include_str!("dashboard/page.js")),
    ("admin.js", JAVASCRIPT, include_str!("dashboard/admin.js")),
    ("people.js", JAVASCRIPT, include_str!("dashboard/people.js")),
    (
        "organizations.js",
        JAVASCRIPT,
        include_str!("dashboard/organizations.js"),
    ),
    (
        "traffic.js",
        JAVASCRIPT,
        include_str!("dashboard/traffic.js"),
    ),
    (
        "controls.js",
        JAVASCRIPT,
        include_str!("dashboard/controls.js"),
    ),
    (
        "icon.svg",
        "image/svg+xml",
        include_str!("dashboard/icon.svg"),
    ),
];
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

pub(super) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/", get(page))
        .route("/_emulator/assets/{name}", get(asset))
        .route_layer(from_fn_with_state(Arc::clone(app), refuse_foreign))
}

async fn page() -> Response {
    answer(
        "text/html; charset=utf-8",
        include_str!("dashboard/index.html"),
    )
}

async fn asset(Path(name): Path<String>) -> Result<Response, ApiError> {
    ASSETS
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, content_type, content)| answer(content_type, content))
        .ok_or_else(|| ApiError::not_found("asset", &name))
}

fn answer(content_type: &'static str, content: &'static str) -> Response {
    (
        [
            (CONTENT_TYPE, content_type),
            (CACHE_CONTROL, "no-store"),
            (REFERRER_POLICY, "same-origin"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                 base-uri 'none'; frame-ancestors 'none'",
            ),
        ],
        content,
    )
        .into_response()
}
