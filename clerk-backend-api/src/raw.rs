use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    client::ClerkClient,
    error::{DecodeError, Error, trace_id},
    lenient::model,
    options::RequestOptions,
    page::Page,
    request::{Credential, Request},
    retry::Retry,
    secret::{MachineSecretKey, SecretKey},
};

/// A call given by method and path, made by [`ClerkClient::request`].
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct RawRequest {
    request: Request,
}

impl RawRequest {
    pub(crate) fn new<I, S>(client: &ClerkClient, method: Method, path: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut request = Request::new(client, method, "raw", "");
        for segment in path {
            request = request.segment(segment.as_ref());
        }
        Self { request }
    }

    /// Leaves the version segment out of the path.
    pub fn unversioned(mut self) -> Self {
        self.request = self.request.unversioned();
        self
    }

    /// Sends no key at all.
    pub fn unauthenticated(mut self) -> Self {
        self.request = self.request.credential(Credential::None);
        self
    }

    /// Declares that the call may run twice without a second effect, so that it is repeated when
    /// its fate is unknown. GET, PUT and DELETE are taken for repeatable anyway.
    pub fn repeatable(mut self) -> Self {
        self.request = self.request.repeatable();
        self
    }

    /// Appends a query parameter; the same name may be given several times.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and flags are passed by value"
    )]
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.request
            .push_query(name.to_owned().into(), value.to_string());
        self
    }

    /// The body, written as JSON in the key order of the given value.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        self.request.set_json(serde_json::to_vec(body));
        self
    }

    /// A header of this call.
    pub fn header(self, name: HeaderName, value: HeaderValue) -> Self {
        self.with(RequestOptions::new().header(name, value))
    }

    /// How long one attempt of this call may take.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with(RequestOptions::new().timeout(timeout))
    }

    /// When this call is repeated.
    pub fn retry(self, retry: Retry) -> Self {
        self.with(RequestOptions::new().retry(retry))
    }

    /// The secret key of this call.
    pub fn secret_key(self, key: impl Into<SecretKey>) -> Self {
        self.with(RequestOptions::new().secret_key(key))
    }

    /// Sends this call under a machine secret key.
    pub fn machine_secret_key(self, key: impl Into<MachineSecretKey>) -> Self {
        self.with(RequestOptions::new().machine_secret_key(key))
    }

    /// Several options of this call at once.
    pub fn with(mut self, options: RequestOptions) -> Self {
        self.request.apply(options);
        self
    }

    /// Sends the call. Any 2xx answer is a success.
    ///
    /// # Errors
    /// [`Error::Api`] for any other answer, and every error that a call can meet on its way.
    pub async fn send(self) -> Result<RawResponse, Error> {
        self.request.execute().await
    }
}

/// A successful answer as it came.
#[derive(Clone)]
pub struct RawResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl RawResponse {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            status,
            headers,
            body,
        }
    }

    /// The status of the answer, a 2xx one.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers of the answer.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body of the answer; empty when there was none.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The identifier under which Clerk's support finds the call.
    #[must_use]
    pub fn trace_id(&self) -> Option<String> {
        trace_id(&self.headers)
    }

    /// Reads the body as JSON, whatever content type it was declared to be.
    ///
    /// # Errors
    /// [`Error::Decode`] when the body is not JSON of that form.
    #[inline]
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body)
            .map_err(|source| self.decode_error(std::any::type_name::<T>(), source))
    }

    /// An answer without a body; whatever it holds is ignored.
    #[cfg(any(feature = "instance", feature = "machine-auth"))]
    #[expect(
        clippy::unnecessary_wraps,
        reason = "as the other readers of an answer"
    )]
    pub(crate) fn nothing(&self) -> Result<(), Error> {
        Ok(())
    }

    /// An answer that is text.
    #[cfg(feature = "instance")]
    #[expect(
        clippy::unnecessary_wraps,
        reason = "as the other readers of an answer"
    )]
    pub(crate) fn text(&self) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&self.body).into_owned())
    }

    /// An answer that is a list; entries that are null are dropped.
    #[inline]
    pub(crate) fn list<T: DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        Ok(self.json::<Page<T>>()?.data)
    }

    /// An answer that is a number of things.
    pub(crate) fn count(&self) -> Result<u64, Error> {
        let count: TotalCount = self.json()?;
        Ok(count.total_count.try_into().unwrap_or_default())
    }

    #[cold]
    pub(crate) fn decode_error(&self, expected: &'static str, source: serde_json::Error) -> Error {
        Error::Decode(Box::new(DecodeError::new(
            self.status,
            &self.headers,
            self.body.clone(),
            expected,
            source,
        )))
    }
}

impl std::fmt::Debug for RawResponse {
    // Bodies may hold secrets and personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body_length", &self.body.len())
            .finish()
    }
}

#[derive(Default)]
struct TotalCount {
    total_count: i64,
}

model! {
    TotalCount
    lenient { "total_count" => total_count, }
}
