//! What kind of answer a request expects.

use crate::request::{FetchDestination, RequestView, joined_header};

/// What kind of answer a request expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestKind {
    /// A page that a browser shows.
    Page,
    /// A server action of a JavaScript front end.
    ServerAction,
    /// A fragment that htmx puts into a page (`HX-Request`).
    Htmx,
    /// Everything else: fetch, API clients, machines.
    Api,
}

impl RequestKind {
    /// Reads the kind from the request's headers.
    #[must_use]
    pub fn of(request: &(impl RequestView + ?Sized)) -> Self {
        let header = |name: &str| joined_header(request, name).filter(|value| !value.is_empty());
        let contains =
            |name: &str, text: &str| header(name).is_some_and(|value| value.contains(text));
        let has_next_url = header("next-url").is_some();
        let is_action = has_next_url
            && (contains("accept", "text/x-component")
                || contains("content-type", "multipart/form-data")
                || header("next-action").is_some());
        // A browser that names the destination is believed; what a script fetches cannot follow a redirect elsewhere.
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
