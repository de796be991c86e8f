use std::time::Duration;

use http::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::{
    error::Error,
    finite,
    options::RequestOptions,
    raw_response::RawResponse,
    request::{Credential, Request},
    retry::Retry,
    secret::{MachineSecretKey, SecretKey},
};

/// A request with a custom method and path, created by [`ClerkClient::request`](crate::ClerkClient::request).
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct RawRequest {
    request: Request,
}

impl RawRequest {
    pub(crate) fn new<I, S>(mut request: Request, path: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        for segment in path {
            request = request.segment(segment.as_ref());
        }
        Self { request }
    }

    /// Omits the version segment from the path.
    pub fn unversioned(mut self) -> Self {
        self.request = self.request.unversioned();
        self
    }

    /// Sends the request without a key.
    pub fn unauthenticated(mut self) -> Self {
        self.request = self.request.credential(Credential::None);
        self
    }

    /// Marks this request as safe to repeat, so that it is retried even if the server may already
    /// have processed it. GET, PUT and DELETE are always considered safe to repeat.
    pub fn repeatable(mut self) -> Self {
        self.request = self.request.repeatable();
        self
    }

    /// Appends a query parameter. The same name can be used more than once.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and flags are passed by value"
    )]
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.request
            .push_query(name.to_owned().into(), value.to_string());
        self
    }

    /// Sets a JSON body. The order of the keys is kept.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        self.request.set_json(finite::to_vec(body));
        self
    }

    /// Adds a header to this request.
    pub fn header(self, name: HeaderName, value: HeaderValue) -> Self {
        self.with(RequestOptions::new().header(name, value))
    }

    /// Sets the time limit for one attempt of this request.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with(RequestOptions::new().timeout(timeout))
    }

    /// Sets when this request is retried.
    pub fn retry(self, retry: Retry) -> Self {
        self.with(RequestOptions::new().retry(retry))
    }

    /// Sets the secret key of this request.
    pub fn secret_key(self, key: impl Into<SecretKey>) -> Self {
        self.with(RequestOptions::new().secret_key(key))
    }

    /// Sets the machine secret key of this request.
    pub fn machine_secret_key(self, key: impl Into<MachineSecretKey>) -> Self {
        self.with(RequestOptions::new().machine_secret_key(key))
    }

    /// Applies several options to this request.
    pub fn with(mut self, options: RequestOptions) -> Self {
        self.request.apply(options);
        self
    }

    /// Sends the request. Any 2xx response is a success.
    ///
    /// # Errors
    /// Returns [`Error::Api`] for any other status, and the errors of sending a request.
    pub async fn send(self) -> Result<RawResponse, Error> {
        self.request.execute().await
    }
}
