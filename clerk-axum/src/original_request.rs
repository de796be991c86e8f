//! A view of the request as it reached the outermost router.

use std::net::IpAddr;

use axum::extract::OriginalUri;
use clerk_core::adapter::{RequestView, visit_header};
use http::request::Parts;
use http::{Extensions, HeaderMap, Method, Request, Uri};

/// A request with the URL that the client asked for.
///
/// A nested router sees the URL without its prefix, and a browser must not be sent back to that one.
pub(crate) struct OriginalRequest<'a> {
    method: &'a Method,
    pub(crate) uri: &'a Uri,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
}

impl<'a> OriginalRequest<'a> {
    pub(crate) fn of<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: original(request.extensions(), request.uri()),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }

    pub(crate) fn of_parts(parts: &'a Parts) -> Self {
        Self {
            method: &parts.method,
            uri: original(&parts.extensions, &parts.uri),
            headers: &parts.headers,
            extensions: &parts.extensions,
        }
    }
}

fn original<'a>(extensions: &'a Extensions, uri: &'a Uri) -> &'a Uri {
    extensions
        .get::<OriginalUri>()
        .map_or(uri, |original| &original.0)
}

/// Returns the address that axum stores for servers of `into_make_service_with_connect_info`.
#[cfg(feature = "connect-info")]
fn peer_address(extensions: &Extensions) -> Option<IpAddr> {
    let info = extensions.get::<axum::extract::ConnectInfo<std::net::SocketAddr>>();
    info.map(|info| info.0.ip())
}

#[cfg(not(feature = "connect-info"))]
fn peer_address(_: &Extensions) -> Option<IpAddr> {
    None
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
        visit_header(self.headers, name, visit);
    }

    fn peer_address(&self) -> Option<IpAddr> {
        peer_address(self.extensions)
    }

    fn headers(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.headers
            .iter()
            .for_each(|(name, value)| visit(name.as_str(), value.as_bytes()));
    }
}
