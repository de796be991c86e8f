//! Response headers: the names that Clerk's SDKs use, and conversions to headers.

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

pub(crate) const AUTH_STATUS: HeaderName = HeaderName::from_static("x-clerk-auth-status");
pub(crate) const AUTH_REASON: HeaderName = HeaderName::from_static("x-clerk-auth-reason");
pub(crate) const AUTH_MESSAGE: HeaderName = HeaderName::from_static("x-clerk-auth-message");

/// `Cache-Control` of a response that is meant for one person.
pub(crate) const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");
/// `Vary` of a response that depends on who sent the request.
pub(crate) const VARIES: HeaderValue = HeaderValue::from_static("Cookie, Authorization");

/// Calls `append` with each name and value, to append headers to a response. Appending keeps the cookies that the
/// application sets.
pub fn append_headers(headers: HeaderMap, mut append: impl FnMut(HeaderName, HeaderValue)) {
    let mut last = None;
    for (name, value) in headers {
        last = name.or(last);
        if let Some(name) = &last {
            append(name.clone(), value);
        }
    }
}

/// Returns the status for redirecting a request: 307 for GET and HEAD, and 303 for every other method, so that browsers do
/// not send form data to another host (RFC 9110 section 15.4.4).
pub(crate) fn redirect_status(method: &str) -> StatusCode {
    match method {
        "GET" | "HEAD" => StatusCode::TEMPORARY_REDIRECT,
        _ => StatusCode::SEE_OTHER,
    }
}

/// Converts cookie directives to `Set-Cookie` headers. Returns `None` if one of them is not a valid header value.
pub(crate) fn set_cookie_headers(directives: &[String]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for directive in directives {
        let bytes: Option<Vec<u8>> = directive
            .trim_matches([' ', '\t', '\r', '\n'])
            .chars()
            .map(|char| u8::try_from(u32::from(char)).ok())
            .collect();
        headers.append(SET_COOKIE, HeaderValue::from_bytes(&bytes?).ok()?);
    }
    Some(headers)
}
