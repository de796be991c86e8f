//! Sends a [`Request`]: its attempts and their results.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use tokio::time::{Instant, sleep};
use tracing::{Instrument, Span, debug, debug_span, field::Empty};
use url::form_urlencoded;

use crate::{
    api_error::ApiError,
    connection::Connection,
    error::Error,
    invalid_request::{InvalidRequest, InvalidRequestReason},
    raw_response::RawResponse,
    request::{Body, Credential, Part, Request},
    retry::{Cause, retry_after},
    transport_error::{TimeoutError, TransportError},
};

/// A call under way.
///
/// In a box, so that the code that sends calls is compiled with this crate. The body of an `async fn` is compiled with each
/// crate that awaits it, and again whenever that crate is.
type Exchange = Pin<Box<dyn Future<Output = Result<RawResponse, Error>> + Send>>;

impl Request {
    /// Sends the call, with retries as the retry rules allow.
    pub(crate) fn execute(self) -> Exchange {
        Box::pin(self.exchange())
    }

    async fn exchange(mut self) -> Result<RawResponse, Error> {
        if let Some(reason) = self.invalid {
            return Err(InvalidRequest::new(reason).into());
        }
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(InvalidRequest::new(InvalidRequestReason::NoRuntime).into());
        }
        let span = debug_span!(
            "clerk.request",
            clerk.operation = self.operation,
            http.request.method = %self.method,
            http.response.status_code = Empty,
            clerk.retries = Empty,
            clerk.trace_id = Empty,
        );
        let connection = Arc::clone(&self.connection);
        let connection = &*connection;
        let authorization = self.authorization(connection)?;
        let url = self.url(connection)?;
        let content = self.content()?;
        let _write = Write::of(&self);
        self.attempts(connection, &url, authorization.as_ref(), &content)
            .instrument(span)
            .await
    }

    async fn attempts(
        &self,
        connection: &Connection,
        url: &url::Url,
        authorization: Option<&HeaderValue>,
        content: &Content,
    ) -> Result<RawResponse, Error> {
        let policy = self.retry.as_ref().unwrap_or(&connection.retry);
        let start = Instant::now();
        let mut retries = 0;
        loop {
            let outcome = self.attempt(connection, url, authorization, content).await;
            let span = Span::current();
            let (error, cause) = match outcome {
                Ok(response) => {
                    span.record("http.response.status_code", response.status().as_u16());
                    span.record("clerk.retries", retries);
                    if !span.is_disabled()
                        && let Some(id) = response.trace_id()
                    {
                        span.record("clerk.trace_id", id);
                    }
                    return Ok(response);
                }
                Err(failure) => failure,
            };
            if let Some(status) = error.status() {
                span.record("http.response.status_code", status.as_u16());
            }
            let pause = cause
                .allows_retry(self.repeatable)
                .then(|| policy.pause(retries, start.elapsed(), error.retry_after()))
                .flatten();
            let Some(pause) = pause else {
                span.record("clerk.retries", retries);
                if let Some(id) = error.trace_id() {
                    span.record("clerk.trace_id", id);
                }
                return Err(error);
            };
            debug!(error = %error, pause_ms = pause.as_millis(), "clerk api call failed, retrying");
            sleep(pause).await;
            retries += 1;
        }
    }

    async fn attempt(
        &self,
        connection: &Connection,
        url: &url::Url,
        authorization: Option<&HeaderValue>,
        content: &Content,
    ) -> Result<RawResponse, (Error, Cause)> {
        let mut headers = connection.headers.clone();
        if !self.headers.is_empty() {
            headers.extend(self.headers.clone());
        }
        if let Some(value) = authorization {
            headers.insert(header::AUTHORIZATION, value.clone());
        }
        // Assembled by hand: the builder would look up every header again.
        let mut request = reqwest::Request::new(self.method.clone(), url.clone());
        *request.timeout_mut() = Some(self.timeout.unwrap_or(connection.timeout));
        match content {
            Content::Empty if self.method == Method::GET => {}
            // The length is stated even without a body, because some gateways require it.
            Content::Empty => {
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            Content::Typed(media_type, bytes) => {
                headers.insert(header::CONTENT_TYPE, media_type.clone());
                *request.body_mut() = Some(bytes.clone().into());
            }
            Content::Multipart(parts) => {
                request = form(parts)
                    .and_then(|form| {
                        let builder =
                            reqwest::RequestBuilder::from_parts(connection.http.clone(), request);
                        builder.multipart(form).build()
                    })
                    .map_err(|error| {
                        let reason = InvalidRequestReason::InvalidUpload;
                        (InvalidRequest::caused(reason, error).into(), Cause::Final)
                    })?;
                // Content type and length of the form.
                let of_form = std::mem::take(request.headers_mut());
                headers.extend(of_form);
            }
        }
        *request.headers_mut() = headers;
        let mut response = connection.http.execute(request).await.map_err(failure)?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let body = response.bytes().await;
        if status.is_success() {
            let body = body.map_err(failure)?;
            return Ok(RawResponse::new(status, headers, body));
        }
        // The status decides, even if the body of an error response is cut short.
        let after = retry_after(&headers, now());
        let error = ApiError::new(status, &headers, after, &body.unwrap_or_default());
        Err((Error::Api(Box::new(error)), Cause::of_status(status)))
    }

    fn authorization(
        &mut self,
        connection: &Connection,
    ) -> Result<Option<HeaderValue>, InvalidRequest> {
        let (value, missing) = match self.credential {
            Credential::None => return Ok(None),
            Credential::Secret => (
                connection.secret_key.as_ref(),
                InvalidRequestReason::MissingSecretKey,
            ),
            Credential::Machine => (
                connection.machine_secret_key.as_ref(),
                InvalidRequestReason::MissingMachineSecretKey,
            ),
            Credential::Either => (
                connection
                    .machine_secret_key
                    .as_ref()
                    .or(connection.secret_key.as_ref()),
                InvalidRequestReason::MissingSecretKey,
            ),
        };
        let value = self.authorization.take().or_else(|| value.cloned());
        value.map(Some).ok_or(InvalidRequest::new(missing))
    }

    fn url(&self, connection: &Connection) -> Result<url::Url, InvalidRequest> {
        let base = if self.versioned {
            &connection.versioned_url
        } else {
            &connection.unversioned_url
        };
        let mut text = String::with_capacity(base.len() + self.path.len() + 64);
        text.push_str(base);
        text.push_str(&self.path);
        if !self.query.is_empty() {
            text.push('?');
            let start = text.len();
            let mut pairs = form_urlencoded::Serializer::for_suffix(text, start);
            pairs.extend_pairs(&self.query);
            text = pairs.finish();
        }
        url::Url::parse(&text)
            .map_err(|error| InvalidRequest::caused(InvalidRequestReason::InvalidUrl, error))
    }

    fn content(&mut self) -> Result<Content, InvalidRequest> {
        let json = HeaderValue::from_static("application/json");
        if let Some(fields) = self.fields.take() {
            let invalid = InvalidRequestReason::InvalidBody;
            let fields = fields.into_map().ok_or(InvalidRequest::new(invalid))?;
            let bytes = serde_json::to_vec(&fields)
                .map_err(|error| InvalidRequest::caused(invalid, error))?;
            return Ok(Content::Typed(json, bytes.into()));
        }
        Ok(match std::mem::replace(&mut self.body, Body::Empty) {
            Body::Empty => Content::Empty,
            Body::Json(bytes) => Content::Typed(json, bytes),
            Body::Multipart(parts) => Content::Multipart(parts),
        })
    }
}

/// A request that may change something. The observers are notified when it is dropped, because the server may have received it
/// no matter how it ended.
struct Write {
    connection: Arc<Connection>,
    method: Method,
    path: String,
}

impl Write {
    fn of(request: &Request) -> Option<Self> {
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        (!reads && !request.connection.write_observers.is_empty()).then(|| Self {
            connection: Arc::clone(&request.connection),
            method: request.method.clone(),
            path: request.path.clone(),
        })
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        for observer in &self.connection.write_observers {
            observer(&self.method, &self.path);
        }
    }
}

/// A body that can be sent any number of times.
enum Content {
    Empty,
    Typed(HeaderValue, Bytes),
    Multipart(Vec<(&'static str, Part)>),
}

/// Sending consumes a form, so each attempt builds its own; the bytes of the file are shared.
fn form(parts: &[(&'static str, Part)]) -> Result<reqwest::multipart::Form, reqwest::Error> {
    let mut form = reqwest::multipart::Form::new();
    for (name, part) in parts {
        form = match part {
            Part::Text(text) => form.text(*name, text.clone()),
            Part::File(upload) => {
                let bytes = upload.content();
                let length = bytes.len() as u64;
                let part = reqwest::multipart::Part::stream_with_length(bytes.clone(), length)
                    .file_name(upload.name())
                    .mime_str(upload.media_type())?;
                form.part(*name, part)
            }
        };
    }
    Ok(form)
}

fn failure(error: reqwest::Error) -> (Error, Cause) {
    let cause = if error.is_connect() {
        Cause::Untouched
    } else {
        Cause::Unknown
    };
    if error.is_builder() {
        let error = InvalidRequest::caused(InvalidRequestReason::InvalidUrl, error.without_url());
        (error.into(), Cause::Final)
    } else if error.is_timeout() {
        (Error::Timeout(TimeoutError::new(error)), cause)
    } else {
        (Error::Transport(TransportError::new(error)), cause)
    }
}

/// The wall clock, used only for a `Retry-After` that is a date.
#[expect(
    clippy::disallowed_methods,
    reason = "the only place where this crate reads the clock"
)]
fn now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}
