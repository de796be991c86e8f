//! The kind of response that a request expects.

use crate::request::{FetchDestination, RequestView, joined_header};

/// The kind of response that a request expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestKind {
    /// A page for a browser.
    Page,
    /// The result of a server action, for a JavaScript frontend.
    ServerAction,
    /// A fragment that htmx inserts into a page (`HX-Request`).
    Htmx,
    /// Any other response, such as one for a script's fetch, an API client or a machine.
    Api,
}

impl RequestKind {
    /// Determines the kind from the headers of the request.
    #[must_use]
    pub fn of(request: &dyn RequestView) -> Self {
        let header = |name: &str| joined_header(request, name).filter(|value| !value.is_empty());
        let contains =
            |name: &str, text: &str| header(name).is_some_and(|value| value.contains(text));
        let has_next_url = header("next-url").is_some();
        let is_action = has_next_url
            && (contains("accept", "text/x-component")
                || contains("content-type", "multipart/form-data")
                || header("next-action").is_some());
        // `Sec-Fetch-Dest` is more reliable than `Accept`. A script's fetch cannot follow a redirect to another origin.
        let is_page = match FetchDestination::of(request) {
            FetchDestination::Document | FetchDestination::Iframe => true,
            FetchDestination::Other => false,
            FetchDestination::Unknown => contains("accept", "text/html"),
        };
        if is_page || (has_next_url && !is_action) || header("x-nextjs-data").is_some() {
            Self::Page
        } else if is_action {
            Self::ServerAction
        } else if header("hx-request").as_deref() == Some("true") {
            Self::Htmx
        } else {
            Self::Api
        }
    }
}
