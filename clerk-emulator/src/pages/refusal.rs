use axum::response::Response;
use http::HeaderMap;
use http::header::ACCEPT;

use super::layout::{escape, message};
use crate::rules::api_error::ApiError;

/// Turns a JSON error into a page, for a browser that navigates to it.
pub(crate) fn readable(headers: &HeaderMap, response: Response) -> Response {
    let Some(refusal) = response.extensions().get::<ApiError>() else {
        return response;
    };
    if !opens_a_page(headers) {
        return response;
    }
    let below = format!(
        "<p class=\"quiet small\">The code of this refusal is <code>{}</code>.</p>\
         <p>You can go back and try again, or open the <a href=\"/\">dashboard</a> of the emulator: it shows the emails with \
         codes and links, and the requests that arrived.</p>",
        escape(refusal.code)
    );
    let heading = if refusal.status.as_u16() == 404 {
        "Not found"
    } else {
        "This did not work"
    };
    let mut page = message(refusal.status, heading, &refusal.message, &below);
    for (name, value) in response.headers() {
        if !page.headers().contains_key(name) && name != http::header::CONTENT_LENGTH {
            page.headers_mut().append(name, value.clone());
        }
    }
    page
}

/// Returns true if the request is that of a browser navigating to an address.
fn opens_a_page(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-dest") {
        Some(destination) => destination == "document",
        None => headers
            .get(ACCEPT)
            .is_some_and(|accept| accept.as_bytes().starts_with(b"text/html")),
    }
}
