//! The official browser bundles, under the paths that pages load them from: `/npm/@clerk/clerk-js@6/dist/...`.

use std::ffi::OsStr;
use std::path::Path as FilePath;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

use crate::app::App;
use crate::rules::api_error::ApiError;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/npm/@clerk/{package}/{*file}", get(file))
}

async fn file(
    State(app): State<Arc<App>>,
    Path((package, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let Some(bundles) = &app.instance.clerk_js else {
        return Err(not_found(
            "The emulator has no browser bundles: start it with --clerk-js and a folder with the npm packages \
             @clerk/clerk-js and @clerk/ui",
        ));
    };
    let missing = || not_found(format!("There is no file {name} in @clerk/{package}"));
    let file = bundles.file(&package, &name).ok_or_else(missing)?;
    let content_type = content_type(&file.path);
    let cache = if file.is_pinned {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    // The bundles are several megabytes large, and the server has one thread.
    let read = tokio::task::spawn_blocking(move || std::fs::read(file.path)).await;
    let Ok(Ok(bytes)) = read else {
        return Err(missing());
    };
    let headers = [
        (CONTENT_TYPE, content_type),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, cache),
    ];
    Ok((headers, bytes).into_response())
}

fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "resource_not_found", message)
}

fn content_type(path: &FilePath) -> &'static str {
    match path.extension().and_then(OsStr::to_str) {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("css") => "text/css; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}
