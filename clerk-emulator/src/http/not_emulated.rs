use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode, Uri};

use axum::response::{IntoResponse, Response};

use crate::rules::api_error::ApiError;

/// The prefixes of the paths of the APIs.
const API_PREFIXES: &[&str] = &[
    "/v1/",
    "/fapi/",
    "/api_keys",
    "/m2m_tokens",
    "/oauth_applications",
    "/oauth/",
    "/.well-known/",
];

/// Responds to operations that the emulator does not support.
///
/// The status is 405 with a code of its own: a client that takes 404 for "no such user" must not be misled, and
/// some clients repeat a 5xx for an hour.
pub(crate) async fn not_emulated(method: Method, uri: Uri) -> Response {
    let path = uri.path();
    if !API_PREFIXES.iter().any(|prefix| path.starts_with(prefix)) {
        return ApiError::new(
            StatusCode::NOT_FOUND,
            "resource_not_found",
            format!("The emulator has no page {path}"),
        )
        .into_response();
    }
    let mut response = ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "not_emulated",
        format!("The emulator does not emulate {method} {path}"),
    )
    .into_response();
    // RFC 9110 section 15.5.6 requires the header; an empty one means that the list is not known.
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(""));
    response
}
