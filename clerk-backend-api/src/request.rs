use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use serde::Serialize;
use tokio::time::{Instant, sleep};
use tracing::{Instrument, Span, debug, debug_span, field::Empty};
use url::form_urlencoded;

use crate::{
    client::{ClerkClient, Inner},
    config::bearer,
    error::{ApiError, Error, InvalidRequest, InvalidRequestReason, TimeoutError, TransportError},
    fields::{Fields, Wire},
    options::RequestOptions,
    patch::Patch,
    path::push_segment,
    raw::RawResponse,
    retry::{Cause, retry_after},
    upload::Upload,
};

/// A typed request: the struct, the options that all requests take, and how the answer is read.
///
/// `reader` is the method of `RawResponse` that reads the answer.
macro_rules! request {
    ($(#[$attribute:meta])* $name:ident -> $answer:ty, $reader:ident) => {
        $(#[$attribute])*
        #[derive(Clone, Debug)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct $name {
            request: $crate::request::Request,
        }

        impl $name {
            /// Options of this call alone, such as another key or an extra header.
            pub fn with(mut self, options: $crate::RequestOptions) -> Self {
                self.request.apply(options);
                self
            }

            /// How long one attempt of this call may take.
            pub fn timeout(self, timeout: ::std::time::Duration) -> Self {
                self.with($crate::RequestOptions::new().timeout(timeout))
            }

            /// When this call is repeated.
            pub fn retry(self, retry: $crate::Retry) -> Self {
                self.with($crate::RequestOptions::new().retry(retry))
            }

            /// Sends the request.
            ///
            /// # Errors
            /// Whatever [`Error`](crate::Error) lists.
            // Inlined so that reading the answer is compiled where it is used, and nowhere else.
            #[inline]
            pub async fn send(self) -> Result<$answer, $crate::Error> {
                self.request.execute().await?.$reader()
            }

            /// Sends the request and gives status, headers, body and trace id of the answer, too.
            ///
            /// # Errors
            /// As [`send`](Self::send).
            #[inline]
            pub async fn send_with_response(
                self,
            ) -> Result<$crate::Response<$answer>, $crate::Error> {
                let answer = self.request.execute().await?;
                Ok($crate::Response::new(answer.$reader()?, answer))
            }
        }
    };
}
pub(crate) use request;

/// What one object in a request's body may hold.
macro_rules! input {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(Clone, Debug)]
        #[must_use]
        pub struct $name {
            fields: $crate::fields::Fields,
        }

        impl $crate::fields::Wire for $name {
            fn wire(self) -> Option<::serde_json::Value> {
                self.fields.wire()
            }
        }
    };
}
pub(crate) use input;

/// A key under which the server recognises a repeated call.
#[cfg(feature = "billing")]
pub(crate) fn generated_key() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Collects the values of a list.
pub(crate) fn list_of<T, I: Into<T>>(values: impl IntoIterator<Item = I>) -> Vec<T> {
    values.into_iter().map(Into::into).collect()
}

/// Which key a call is sent under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "machine-auth"),
    expect(
        dead_code,
        reason = "only the calls about M2M tokens go under a machine's key"
    )
)]
pub(crate) enum Credential {
    /// The instance's secret key; a machine secret key only when the call itself was given one.
    Secret,
    /// A machine secret key and nothing else.
    Machine,
    /// The machine secret key when there is one, else the instance's.
    Either,
    /// No key.
    None,
}

/// One call in the making: what every typed request holds, free of type parameters so that it is
/// compiled once.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    client: ClerkClient,
    operation: &'static str,
    method: Method,
    path: String,
    query: Vec<(Cow<'static, str>, String)>,
    /// The keys of a JSON object that is the body, instead of `body`.
    fields: Option<Fields>,
    body: Body,
    credential: Credential,
    repeatable: bool,
    versioned: bool,
    timeout: Option<Duration>,
    retry: Option<crate::Retry>,
    headers: HeaderMap,
    /// `Authorization` of this call, chosen by the options given to it.
    authorization: Option<HeaderValue>,
    /// The first thing that is wrong, reported instead of sending.
    invalid: Option<InvalidRequestReason>,
}

#[derive(Clone)]
enum Body {
    Empty,
    Json(Bytes),
    Multipart(Vec<(&'static str, Part)>),
}

#[derive(Clone)]
enum Part {
    Text(String),
    File(Upload),
}

impl std::fmt::Debug for Body {
    // Bodies hold passwords and personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Json(_) => "Json(..)",
            Self::Multipart(_) => "Multipart(..)",
        })
    }
}

impl Request {
    pub(crate) fn new(
        client: &ClerkClient,
        method: Method,
        operation: &'static str,
        path: &'static str,
    ) -> Self {
        let repeatable = matches!(
            method,
            Method::GET | Method::PUT | Method::DELETE | Method::HEAD
        );
        Self {
            client: client.clone(),
            operation,
            method,
            path: String::from(path),
            query: Vec::new(),
            fields: None,
            body: Body::Empty,
            credential: Credential::Secret,
            repeatable,
            versioned: true,
            timeout: None,
            retry: None,
            headers: HeaderMap::new(),
            authorization: None,
            invalid: None,
        }
    }

    pub(crate) fn segment(mut self, segment: &str) -> Self {
        if let Err(error) = push_segment(&mut self.path, segment) {
            self.invalidate(error.reason());
        }
        self
    }

    /// Appends a constant part of the path, which begins with a slash.
    pub(crate) fn path(mut self, part: &'static str) -> Self {
        self.path.push_str(part);
        self
    }

    pub(crate) fn credential(mut self, credential: Credential) -> Self {
        self.credential = credential;
        self
    }

    pub(crate) fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Never sent again once the server may have seen it.
    pub(crate) fn unrepeatable(mut self) -> Self {
        self.repeatable = false;
        self
    }

    pub(crate) fn unversioned(mut self) -> Self {
        self.versioned = false;
        self
    }

    pub(crate) fn push_query(&mut self, name: Cow<'static, str>, value: String) {
        self.query.push((name, value));
    }

    /// Sets a query parameter, instead of what it was set to before.
    pub(crate) fn set_query(&mut self, name: &'static str, value: impl Into<String>) {
        self.remove_query(name);
        self.push_query(name.into(), value.into());
    }

    /// Appends a query parameter once for each value.
    pub(crate) fn extend_query<T: Into<String>>(
        &mut self,
        name: &'static str,
        values: impl IntoIterator<Item = T>,
    ) {
        for value in values {
            self.push_query(name.into(), value.into());
        }
    }

    pub(crate) fn remove_query(&mut self, name: &str) {
        self.query.retain(|(key, _)| key != name);
    }

    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        let pair = self.query.iter().find(|(key, _)| key == name);
        pair.map(|(_, value)| value.as_str())
    }

    /// Sets one key of a JSON body.
    pub(crate) fn field(&mut self, name: &'static str, value: impl Wire) {
        self.fields().field(name, value);
    }

    /// Sets one key of a JSON body, or sets it to null, or leaves it out.
    pub(crate) fn patch(&mut self, name: &'static str, value: Patch<impl Wire>) {
        if !matches!(value, Patch::Keep) {
            self.fields().patch(name, value);
        }
    }

    /// Sets one key of a JSON body to whatever the value serialises to.
    pub(crate) fn json(&mut self, name: &'static str, value: &impl Serialize) {
        self.fields().json(name, value);
    }

    /// The JSON object that is the body; an empty one when there was none.
    fn fields(&mut self) -> &mut Fields {
        self.fields.get_or_insert_default()
    }

    /// An empty JSON object as the body, until a key is set.
    pub(crate) fn object(mut self) -> Self {
        self.fields = Some(Fields::default());
        self
    }

    /// A JSON array as the body.
    pub(crate) fn items(mut self, items: Vec<impl Wire>) -> Self {
        match items.wire() {
            Some(items) => self.set_json(serde_json::to_vec(&items)),
            None => self.invalidate(InvalidRequestReason::InvalidBody),
        }
        self
    }

    /// Appends a text part of a form.
    pub(crate) fn text_part(&mut self, name: &'static str, text: String) {
        self.push_part(name, Part::Text(text));
    }

    /// Appends a file of a form.
    pub(crate) fn file_part(&mut self, name: &'static str, upload: Upload) {
        self.push_part(name, Part::File(upload));
    }

    fn push_part(&mut self, name: &'static str, part: Part) {
        if let Body::Multipart(parts) = &mut self.body {
            parts.push((name, part));
        } else {
            self.body = Body::Multipart(vec![(name, part)]);
        }
    }

    pub(crate) fn set_json(&mut self, body: Result<Vec<u8>, serde_json::Error>) {
        match body {
            Ok(body) => self.body = Body::Json(body.into()),
            Err(_) => self.invalidate(InvalidRequestReason::InvalidBody),
        }
    }

    pub(crate) fn apply(&mut self, mut options: RequestOptions) {
        let header = options.headers.remove(header::AUTHORIZATION);
        let key = match (&options.machine_secret_key, &options.secret_key) {
            (Some(key), _)
                if self.credential != Credential::Secret || options.secret_key.is_none() =>
            {
                Some(key.expose_secret())
            }
            (_, Some(key)) if self.credential != Credential::Machine => Some(key.expose_secret()),
            _ => None,
        };
        match key.map(bearer) {
            Some(Some(_)) if key == Some("") => {
                self.invalidate(InvalidRequestReason::MissingSecretKey)
            }
            Some(Some(value)) => self.authorization = Some(value),
            Some(None) => self.invalidate(InvalidRequestReason::InvalidHeader),
            None => {}
        }
        // The most explicit form of a key.
        self.authorization = header.or(self.authorization.take());
        self.timeout = options.timeout.or(self.timeout);
        self.retry = options.retry.or(self.retry.take());
        self.headers.extend(options.headers);
    }

    fn invalidate(&mut self, reason: InvalidRequestReason) {
        self.invalid.get_or_insert(reason);
    }

    /// Sends the call, and again as the retry rules allow.
    pub(crate) async fn execute(mut self) -> Result<RawResponse, Error> {
        if let Some(reason) = self.invalid {
            return Err(InvalidRequest::new(reason).into());
        }
        let span = debug_span!(
            "clerk.request",
            clerk.operation = self.operation,
            http.request.method = %self.method,
            http.response.status_code = Empty,
            clerk.retries = Empty,
            clerk.trace_id = Empty,
        );
        let client = self.client.clone();
        let inner = client.inner();
        let authorization = self.authorization(inner)?;
        let url = self.url(inner)?;
        let content = self.content()?;
        self.attempts(inner, &url, authorization.as_ref(), &content)
            .instrument(span)
            .await
    }

    async fn attempts(
        &self,
        inner: &Inner,
        url: &url::Url,
        authorization: Option<&HeaderValue>,
        content: &Content,
    ) -> Result<RawResponse, Error> {
        let policy = self.retry.as_ref().unwrap_or(&inner.retry);
        let start = Instant::now();
        let mut retries = 0;
        loop {
            let outcome = self.attempt(inner, url, authorization, content).await;
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
        inner: &Inner,
        url: &url::Url,
        authorization: Option<&HeaderValue>,
        content: &Content,
    ) -> Result<RawResponse, (Error, Cause)> {
        let mut headers = inner.headers.clone();
        if !self.headers.is_empty() {
            headers.extend(self.headers.clone());
        }
        if let Some(value) = authorization {
            headers.insert(header::AUTHORIZATION, value.clone());
        }
        // Put together by hand: the builder would look up every header once more.
        let mut request = reqwest::Request::new(self.method.clone(), url.clone());
        *request.timeout_mut() = Some(self.timeout.unwrap_or(inner.timeout));
        match content {
            Content::Empty if self.method == Method::GET => {}
            // Without a body the length is still stated: some gateways insist.
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
                            reqwest::RequestBuilder::from_parts(inner.http.clone(), request);
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
        let mut response = inner.http.execute(request).await.map_err(failure)?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let body = response.bytes().await;
        if status.is_success() {
            let body = body.map_err(failure)?;
            return Ok(RawResponse::new(status, headers, body));
        }
        // The status decides even when the body of a refusal is cut short.
        let after = retry_after(&headers, now());
        let error = ApiError::new(status, &headers, after, &body.unwrap_or_default());
        Err((Error::Api(Box::new(error)), Cause::of_status(status)))
    }

    fn authorization(&mut self, inner: &Inner) -> Result<Option<HeaderValue>, InvalidRequest> {
        let (value, missing) = match self.credential {
            Credential::None => return Ok(None),
            Credential::Secret => (
                inner.secret_key.as_ref(),
                InvalidRequestReason::MissingSecretKey,
            ),
            Credential::Machine => (
                inner.machine_secret_key.as_ref(),
                InvalidRequestReason::MissingMachineSecretKey,
            ),
            Credential::Either => (
                inner
                    .machine_secret_key
                    .as_ref()
                    .or(inner.secret_key.as_ref()),
                InvalidRequestReason::MissingSecretKey,
            ),
        };
        let value = self.authorization.take().or_else(|| value.cloned());
        value.map(Some).ok_or(InvalidRequest::new(missing))
    }

    fn url(&self, inner: &Inner) -> Result<url::Url, InvalidRequest> {
        let base = if self.versioned {
            &inner.versioned_base
        } else {
            &inner.unversioned_base
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

/// A body ready to be sent, any number of times.
enum Content {
    Empty,
    Typed(HeaderValue, Bytes),
    Multipart(Vec<(&'static str, Part)>),
}

/// A form is consumed by sending it, so each attempt makes its own; the file's bytes are shared.
fn form(parts: &[(&'static str, Part)]) -> Result<reqwest::multipart::Form, reqwest::Error> {
    let mut form = reqwest::multipart::Form::new();
    for (name, part) in parts {
        form = match part {
            Part::Text(text) => form.text(*name, text.clone()),
            Part::File(upload) => {
                let bytes = upload.content();
                let length = bytes.len() as u64;
                let part = reqwest::multipart::Part::stream_with_length(bytes.clone(), length)
                    .file_name(upload.name().to_owned())
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

/// The wall clock, for nothing but a `Retry-After` that is a date.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this crate asks for the time"
)]
fn now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}
