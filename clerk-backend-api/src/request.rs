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

/// The key that authenticates a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "machine-auth"),
    expect(
        dead_code,
        reason = "only calls about M2M tokens use the key of a machine"
    )
)]
pub(crate) enum Credential {
    /// The instance's secret key, or a machine secret key if the call itself sets one.
    Secret,
    /// A machine secret key only.
    Machine,
    /// The machine secret key if there is one, otherwise the instance's secret key.
    Either,
    /// No key.
    None,
}

/// A call under construction: the part of every typed request that has no type parameters, so that
/// it is compiled only once.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) connection: Arc<Connection>,
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(Cow<'static, str>, String)>,
    /// The keys of a JSON object that replaces `body`.
    pub(crate) fields: Option<Fields>,
    pub(crate) body: Body,
    pub(crate) credential: Credential,
    pub(crate) repeatable: bool,
    pub(crate) versioned: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<crate::Retry>,
    pub(crate) headers: HeaderMap,
    /// The `Authorization` header of this call, set by its options.
    pub(crate) authorization: Option<HeaderValue>,
    /// The first problem found, returned instead of sending the call.
    pub(crate) invalid: Option<InvalidRequestReason>,
    /// The path segment that names the object of the call.
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
    // Queries and bodies contain personal data and passwords, so only their keys are shown.
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

    /// Appends the segment that names the object of the call.
    pub(crate) fn subject_segment(mut self, segment: &str) -> Self {
        segment.clone_into(&mut self.subject);
        self.segment(segment)
    }

    /// Returns the object that the call is about; empty if it is not about a single object.
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

    /// Marks a call that is never repeated once the server may have received it.
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

    /// Sets a query parameter and replaces any previous value.
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

    /// Sets one key of a JSON body to a value or to null, or leaves it out.
    pub(crate) fn patch(&mut self, name: &'static str, value: Patch<impl Wire>) {
        if !matches!(value, Patch::Keep) {
            self.fields().patch(name, value);
        }
    }

    /// Sets one key of a JSON body to the serialized value.
    pub(crate) fn json(&mut self, name: &'static str, value: &impl Serialize) {
        self.fields().json(name, value);
    }

    /// Returns the JSON object of the body and creates it if necessary.
    fn fields(&mut self) -> &mut Fields {
        self.fields.get_or_insert_default()
    }

    /// Makes the body an empty JSON object, until a key is set.
    pub(crate) fn object(mut self) -> Self {
        self.fields = Some(Fields::default());
        self
    }

    /// Makes the body a JSON array.
    pub(crate) fn items(mut self, items: Vec<impl Wire>) -> Self {
        match items.wire() {
            Some(items) => self.set_json(serde_json::to_vec(&items)),
            None => self.invalidate(InvalidRequestReason::InvalidBody),
        }
        self
    }

    /// Appends a text part to the form.
    pub(crate) fn text_part(&mut self, name: &'static str, text: String) {
        self.push_part(name, Part::Text(text));
    }

    /// Appends a file to the form.
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
        // The most explicit format of a key.
        self.authorization = header.or(self.authorization.take());
        self.timeout = options.timeout.or(self.timeout);
        self.retry = options.retry.or(self.retry.take());
        self.headers.extend(options.headers);
    }

    fn invalidate(&mut self, reason: InvalidRequestReason) {
        self.invalid.get_or_insert(reason);
    }
}
