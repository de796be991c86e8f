use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use url::form_urlencoded::Serializer;

/// Appends a query to the address of a page that has none.
pub(crate) fn with_query(page: &str, pairs: &[(&str, &str)]) -> String {
    Serializer::for_suffix(format!("{page}?"), page.len() + 1)
        .extend_pairs(pairs)
        .finish()
}

/// Returns a redirect that is not cached and may set a cookie.
pub(crate) fn redirect(status: StatusCode, location: &str, cookie: Option<&str>) -> Response {
    let headers = [(LOCATION, location), (CACHE_CONTROL, "no-store")];
    let mut response = (status, headers).into_response();
    if let Some(cookie) = cookie.and_then(|cookie| cookie.try_into().ok()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
