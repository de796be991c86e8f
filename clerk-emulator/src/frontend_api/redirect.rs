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
    redirect_with(status, location, cookie)
}

/// Returns a redirect that is not cached and sets cookies.
pub(crate) fn redirect_with<'c>(
    status: StatusCode,
    location: &str,
    cookies: impl IntoIterator<Item = &'c str>,
) -> Response {
    let headers = [(LOCATION, location), (CACHE_CONTROL, "no-store")];
    let mut response = (status, headers).into_response();
    for cookie in cookies {
        if let Ok(cookie) = cookie.try_into() {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}
