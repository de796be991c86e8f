//! A view of the request as it reached the outermost router.

use axum::extract::OriginalUri;
use clerk_core::adapter::RequestView;
use http::request::Parts;
use http::{Extensions, HeaderMap, Method, Request, Uri};

/// A request with the URL that the client asked for.
///
/// A nested router sees the URL without its prefix, and a browser must not be sent back to that one.
pub(crate) struct OriginalRequest<'a> {
    method: &'a Method,
    pub(crate) uri: &'a Uri,
    headers: &'a HeaderMap,
}

impl<'a> OriginalRequest<'a> {
    pub(crate) fn of<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: original(request.extensions(), request.uri()),
            headers: request.headers(),
        }
    }

    pub(crate) fn of_parts(parts: &'a Parts) -> Self {
        Self {
            method: &parts.method,
            uri: original(&parts.extensions, &parts.uri),
            headers: &parts.headers,
        }
    }
}

fn original<'a>(extensions: &'a Extensions, uri: &'a Uri) -> &'a Uri {
    extensions
        .get::<OriginalUri>()
        .map_or(uri, |original| &original.0)
}

impl RequestView for OriginalRequest<'_> {
    fn method(&self) -> &str {
        self.method.as_str()
    }

    fn scheme(&self) -> Option<&str> {
        self.uri.scheme_str()
    }

    fn authority(&self) -> Option<&str> {
        self.uri.authority().map(http::uri::Authority::as_str)
    }

    fn path_and_query(&self) -> &str {
        self.uri
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str)
    }

    fn header(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        self.headers
            .get_all(name)
            .iter()
            .for_each(|value| visit(value.as_bytes()));
    }

    fn headers(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.headers
            .iter()
            .for_each(|(name, value)| visit(name.as_str(), value.as_bytes()));
    }
}
