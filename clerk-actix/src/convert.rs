//! Conversions between actix-web's types, which are those of `http` 0.2, and `http` 1.

use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Payload, RequestHead, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use clerk_core::adapter::{AnswerBody, AnswerError, RequestView, ResponseHead, append_headers};
use futures_core::Stream as _;
use http_body::{Body, Frame};

/// A borrowed view of a request, so that only what is read gets copied.
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

    fn peer_address(&self) -> Option<IpAddr> {
        self.head.peer_addr.map(|address| address.ip())
    }

    fn headers(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.head
            .headers
            .iter()
            .for_each(|(name, value)| visit(name.as_str(), value.as_bytes()));
    }
}

/// The status and the headers of a response.
pub(crate) struct Head<'a> {
    status: StatusCode,
    headers: &'a mut HeaderMap,
}

impl<'a> Head<'a> {
    pub(crate) fn of<B>(response: &'a mut ServiceResponse<B>) -> Self {
        Self {
            status: response.status(),
            headers: response.headers_mut(),
        }
    }
}

impl ResponseHead for Head<'_> {
    fn status(&self) -> u16 {
        self.status.as_u16()
    }

    fn header(&self, name: &http::HeaderName, visit: &mut dyn FnMut(&[u8])) {
        let values = self.headers.get_all(name.as_str());
        values.for_each(|value| visit(value.as_bytes()));
    }

    fn insert(&mut self, name: http::HeaderName, value: http::HeaderValue) {
        if let Some((name, value)) = header(&name, &value) {
            self.headers.insert(name, value);
        }
    }

    fn append(&mut self, name: http::HeaderName, value: http::HeaderValue) {
        if let Some((name, value)) = header(&name, &value) {
            self.headers.append(name, value);
        }
    }
}

/// Converts a header. Both versions of the `http` crate accept the same names and values, so none is lost.
fn header(name: &http::HeaderName, value: &http::HeaderValue) -> Option<(HeaderName, HeaderValue)> {
    /// Values that most responses have, which need no copy.
    const FREQUENT: [&str; 2] = ["private, no-store", "Cookie, Authorization"];
    let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
    let frequent = FREQUENT.iter().find(|frequent| *value == **frequent);
    let value = match frequent {
        Some(frequent) => HeaderValue::from_static(frequent),
        None => HeaderValue::from_bytes(value.as_bytes()).ok()?,
    };
    Some((name, value))
}

/// Appends headers.
pub(crate) fn append(to: &mut HeaderMap, headers: http::HeaderMap) {
    append_headers(headers, |name, value| {
        if let Some((name, value)) = header(&name, &value) {
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

pub(crate) fn answer(from: http::Response<AnswerBody>) -> HttpResponse {
    response(from.map(Answer))
}

/// Adapts the payload of a request to `http_body::Body`.
pub(crate) struct RequestBody {
    payload: Payload,
    is_empty: bool,
}

impl RequestBody {
    pub(crate) fn new(payload: Payload) -> Self {
        Self {
            is_empty: matches!(payload, Payload::None),
            payload,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = PayloadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, PayloadError>>> {
        let chunk = ready!(Pin::new(&mut self.payload).poll_next(cx));
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty
    }
}

/// Adapts the body of an answer to actix-web's `MessageBody`.
struct Answer(AnswerBody);

impl MessageBody for Answer {
    type Error = AnswerError;

    fn size(&self) -> BodySize {
        match self.0.size_hint().exact() {
            Some(bytes) => BodySize::Sized(bytes),
            None => BodySize::Stream,
        }
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, AnswerError>>> {
        loop {
            let frame = ready!(Pin::new(&mut self.0).poll_frame(cx));
            // Frames that are not data are trailers, which actix-web cannot send.
            match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Err(_))) => {}
                Some(Ok(Ok(data))) => return Poll::Ready(Some(Ok(data))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}
