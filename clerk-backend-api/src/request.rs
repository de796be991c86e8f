use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use serde::Serialize;

use crate::{
    connection::{Connection, bearer},
    fields::{Fields, Wire},
    invalid_request::InvalidRequestReason,
    options::RequestOptions,
    patch::Patch,
    path::push_segment,
    upload::Upload,
};

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
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) connection: Arc<Connection>,
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(Cow<'static, str>, String)>,
    /// The keys of a JSON object that is the body, instead of `body`.
    pub(crate) fields: Option<Fields>,
    pub(crate) body: Body,
    pub(crate) credential: Credential,
    pub(crate) repeatable: bool,
    pub(crate) versioned: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<crate::Retry>,
    pub(crate) headers: HeaderMap,
    /// `Authorization` of this call, chosen by the options given to it.
    pub(crate) authorization: Option<HeaderValue>,
    /// The first thing that is wrong, reported instead of sending.
    pub(crate) invalid: Option<InvalidRequestReason>,
    /// The path segment that names the object the call is about.
    subject: String,
}

#[derive(Clone)]
pub(crate) enum Body {
    Empty,
    Json(Bytes),
    Multipart(Vec<(&'static str, Part)>),
}

#[derive(Clone)]
pub(crate) enum Part {
    Text(String),
    File(Upload),
}

impl std::fmt::Debug for Request {
    // Queries and bodies hold personal data and passwords: only their keys are shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let query: Vec<_> = self.query.iter().map(|(name, _)| name).collect();
        f.debug_struct("Request")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("query", &query)
            .field("body", &self.fields)
            .finish_non_exhaustive()
    }
}

impl Request {
    pub(crate) fn new(
        connection: &Arc<Connection>,
        method: Method,
        operation: &'static str,
        path: &'static str,
    ) -> Self {
        let repeatable = matches!(
            method,
            Method::GET | Method::PUT | Method::DELETE | Method::HEAD
        );
        Self {
            connection: Arc::clone(connection),
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
            subject: String::new(),
        }
    }

    pub(crate) fn segment(mut self, segment: &str) -> Self {
        if let Err(error) = push_segment(&mut self.path, segment) {
            self.invalidate(error.reason());
        }
        self
    }

    /// Appends the segment that names the object the call is about.
    pub(crate) fn subject_segment(mut self, segment: &str) -> Self {
        segment.clone_into(&mut self.subject);
        self.segment(segment)
    }

    /// What the call is about; empty if that is not a single object.
    pub(crate) fn subject(&self) -> String {
        self.subject.clone()
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

    /// Sets one key of a JSON body to the serialized value.
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
}
