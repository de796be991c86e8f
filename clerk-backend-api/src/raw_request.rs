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

/// A call given by method and path, made by [`ClerkClient::request`](crate::ClerkClient::request).
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
        self.request.set_json(finite::to_vec(body));
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
