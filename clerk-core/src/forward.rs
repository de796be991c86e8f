//! Forwards requests to the Frontend API, with streams in both directions.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::{BoxFuture, Either, select};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use reqwest::RequestBuilder;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;
use url::Url;

use crate::answer_body::AnswerBody;
use crate::frontend_api_proxy::PreparedProxy;

/// A request to the Frontend API, without its body. It borrows nothing from the original request.
#[must_use]
pub struct Forward {
    client: reqwest::Client,
    proxy: PreparedProxy,
    method: Method,
    url: Url,
    public_url: Url,
    headers: HeaderMap,
}

/// Omits the URL and the headers, because they may contain tokens.
impl fmt::Debug for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forward")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl Forward {
    pub(crate) fn new(
        client: reqwest::Client,
        proxy: PreparedProxy,
        method: Method,
        url: Url,
        public_url: Url,
        headers: HeaderMap,
    ) -> Self {
        Self {
            client,
            proxy,
            method,
            url,
            public_url,
            headers,
        }
    }

    /// Sends the request with its body, and returns the response, whose body is read while it is sent on.
    ///
    /// The response is 413 if the body is too long, 400 if it ends early, 502 if the Frontend API cannot be reached,
    /// and 504 if it does not respond in time. Dropping the future cancels the request.
    pub async fn send(self, body: impl Body<Data = Bytes>) -> Response<AnswerBody> {
        let limit = self.proxy.body_limit;
        let stated = self.headers.get(CONTENT_LENGTH);
        let stated = stated.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if stated.is_some_and(|length| length > limit) {
            return too_long(limit);
        }
        let mut request = self
            .client
            .request(self.method.clone(), self.url.clone())
            .headers(self.headers.clone());
        let (sender, receiver) = mpsc::channel(1);
        if !body.is_end_stream() {
            request = request.body(reqwest::Body::wrap(Received(receiver)));
        }
        let exchange = async {
            let sending = sending(request);
            let reading = pin!(pump(body, &sender, limit));
            match select(reading, sending).await {
                Either::Left((Ok(()), sending)) => Ok(sending.await),
                Either::Left((Err(unread), _)) => Err(unread),
                // The Frontend API responded without reading the whole body.
                Either::Right((response, _)) => Ok(response),
            }
        };
        match timeout(self.proxy.timeout, exchange).await {
            Ok(Ok(Ok(response))) => self.answer(response),
            Ok(Ok(Err(error))) => {
                let status = match error.is_timeout() {
                    true => StatusCode::GATEWAY_TIMEOUT,
                    false => StatusCode::BAD_GATEWAY,
                };
                failure(status, &error.without_url())
            }
            Ok(Err(Unread::TooLong)) => too_long(limit),
            Ok(Err(Unread::Broken)) => refusal(
                StatusCode::BAD_REQUEST,
                "proxy_request_failed",
                "the body of the request ended early",
            ),
            Err(elapsed) => failure(StatusCode::GATEWAY_TIMEOUT, &elapsed),
        }
    }

    fn answer(&self, response: reqwest::Response) -> Response<AnswerBody> {
        let (parts, body) = Response::from(response).into_parts();
        let headers = self
            .proxy
            .response_headers(&parts.headers, &self.public_url);
        let mut answer = Response::new(AnswerBody::streaming(body));
        *answer.status_mut() = parts.status;
        *answer.headers_mut() = headers;
        answer
    }
}

/// Sends the request. In a box, so that the HTTP client is compiled here and not again with every application.
fn sending(request: RequestBuilder) -> BoxFuture<'static, reqwest::Result<reqwest::Response>> {
    Box::pin(request.send())
}

/// The reason why the body of a request was not read to its end.
enum Unread {
    TooLong,
    Broken,
}

/// Reads the body, and then marks its end.
async fn pump(
    body: impl Body<Data = Bytes>,
    sender: &mpsc::Sender<Option<Bytes>>,
    limit: u64,
) -> Result<(), Unread> {
    let mut body = pin!(body);
    let mut left = limit;
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let frame = frame.map_err(|_| Unread::Broken)?;
        // Frames that are not data are trailers, which are not forwarded.
        if let Ok(data) = frame.into_data() {
            left = left.checked_sub(data.len() as u64).ok_or(Unread::TooLong)?;
            if sender.send(Some(data)).await.is_err() {
                // The Frontend API does not need the rest of the body; its response follows.
                return Ok(());
            }
        }
    }
    let _ = sender.send(None).await;
    Ok(())
}

/// The body of the forwarded request. If the mark of its end is missing, it was cut off.
struct Received(mpsc::Receiver<Option<Bytes>>);

/// The error of a client's request whose body was not read to its end.
#[derive(Debug, thiserror::Error)]
#[error("the body of the request ended early")]
struct Cut;

impl Body for Received {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        self.0.poll_recv(cx).map(|received| match received {
            Some(Some(data)) => Some(Ok(Frame::data(data))),
            Some(None) => None,
            None => Some(Err(Cut)),
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

fn too_long(limit: u64) -> Response<AnswerBody> {
    refusal(
        StatusCode::PAYLOAD_TOO_LARGE,
        "proxy_request_failed",
        &format!("the body of the request is longer than {limit} bytes"),
    )
}

fn failure(status: StatusCode, error: &(dyn Error + 'static)) -> Response<AnswerBody> {
    tracing::warn!(error, "a request to the Frontend API failed");
    let message = match status {
        StatusCode::GATEWAY_TIMEOUT => "the Frontend API did not respond in time",
        _ => "the Frontend API could not be reached",
    };
    refusal(status, "proxy_request_failed", message)
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response<AnswerBody> {
    let body = json!({ "errors": [{ "code": code, "message": message }] }).to_string();
    let mut answer = Response::new(AnswerBody::from(Bytes::from(body)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
