use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};

/// Returns a redirect that is not cached and may set a cookie.
pub(crate) fn redirect(status: StatusCode, location: &str, cookie: Option<&str>) -> Response {
    let headers = [(LOCATION, location), (CACHE_CONTROL, "no-store")];
    let mut response = (status, headers).into_response();
    if let Some(cookie) = cookie.and_then(|cookie| cookie.try_into().ok()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
