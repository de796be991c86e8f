//! Between actix-web's types, which are older than the `http` crate's, and ours.

use actix_web::body::MessageBody;
use actix_web::dev::{RequestHead, ServiceRequest};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use clerk_core::{RequestView, append_headers};

/// A request as the core reads it: borrowed, so that nothing is copied that nobody asks for.
pub(crate) struct View<'a> {
    head: &'a RequestHead,
    /// Whether the connection is encrypted.
    is_secure: bool,
}

impl<'a> View<'a> {
    pub(crate) fn of(request: &'a ServiceRequest) -> Self {
        Self::of_request(request.request())
    }

    pub(crate) fn of_request(request: &'a HttpRequest) -> Self {
        Self {
            head: request.head(),
            is_secure: request.app_config().secure(),
        }
    }
}

impl RequestView for View<'_> {
    fn method(&self) -> &str {
        self.head.method.as_str()
    }

    fn scheme(&self) -> Option<&str> {
        self.head
            .uri
            .scheme_str()
            .or_else(|| self.is_secure.then_some("https"))
    }

    fn authority(&self) -> Option<&str> {
        self.head
            .uri
            .authority()
            .map(|authority| authority.as_str())
    }

    fn path_and_query(&self) -> &str {
        self.head
            .uri
            .path_and_query()
            .map_or("/", |path_and_query| path_and_query.as_str())
    }

    fn header(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        self.head
            .headers
            .get_all(name)
            .for_each(|value| visit(value.as_bytes()));
    }

    fn headers(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.head
            .headers
            .iter()
            .for_each(|(name, value)| visit(name.as_str(), value.as_bytes()));
    }
}

/// Appends headers. Whatever is a header in one version of the `http` crate is one in the other.
pub(crate) fn append(to: &mut HeaderMap, headers: http::HeaderMap) {
    append_headers(headers, |name, value| {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            to.append(name, value);
        }
    });
}

pub(crate) fn status(status: http::StatusCode) -> StatusCode {
    StatusCode::from_u16(status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

pub(crate) fn response<B: MessageBody + 'static>(from: http::Response<B>) -> HttpResponse {
    let (parts, body) = from.into_parts();
    let mut response = HttpResponse::build(status(parts.status)).body(body);
    append(response.headers_mut(), parts.headers);
    response
}
