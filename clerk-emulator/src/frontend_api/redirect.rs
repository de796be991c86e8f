use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};

/// Answers with a redirect that is not cached.
pub(super) fn redirect(status: StatusCode, location: &str, cookie: &str) -> Response {
    (
        status,
        [
            (LOCATION, location),
            (SET_COOKIE, cookie),
            (CACHE_CONTROL, "no-store"),
        ],
    )
        .into_response()
}
