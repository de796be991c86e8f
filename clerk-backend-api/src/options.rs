use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    retry::Retry,
    secret::{MachineSecretKey, SecretKey},
};

/// Options that override the client's configuration for a single request.
///
/// ```no_run
/// use std::time::Duration;
/// use clerk_backend_api::{ClerkClient, Error, RequestOptions, Retry};
///
/// # async fn run(client: ClerkClient) -> Result<(), Error> {
/// let options = RequestOptions::new().timeout(Duration::from_secs(2)).retry(Retry::none());
/// let user = client.users().get("user_2abc").with(options).send().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RequestOptions {
    pub(crate) secret_key: Option<SecretKey>,
    pub(crate) machine_secret_key: Option<MachineSecretKey>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<Retry>,
    pub(crate) headers: HeaderMap,
}

impl RequestOptions {
    /// Creates options that override nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the secret key, for example that of another instance.
    pub fn secret_key(mut self, key: impl Into<SecretKey>) -> Self {
        self.secret_key = Some(key.into());
        self
    }

    /// Sets the secret key of the machine that sends the request.
    pub fn machine_secret_key(mut self, key: impl Into<MachineSecretKey>) -> Self {
        self.machine_secret_key = Some(key.into());
        self
    }

    /// Sets the time limit for one attempt.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets when the request is retried.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Adds a header. It replaces any other header of the same name, including `Authorization`.
    pub fn header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        // The value may be a credential, so debug output never shows it.
        value.set_sensitive(true);
        self.headers.insert(name, value);
        self
    }
}
