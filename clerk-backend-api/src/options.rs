use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    retry::Retry,
    secret::{MachineSecretKey, SecretKey},
};

/// What one call does differently from the rest of its client.
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
    /// No difference yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The secret key of another instance.
    pub fn secret_key(mut self, key: impl Into<SecretKey>) -> Self {
        self.secret_key = Some(key.into());
        self
    }

    /// The secret key of the machine in whose name the call is made.
    pub fn machine_secret_key(mut self, key: impl Into<MachineSecretKey>) -> Self {
        self.machine_secret_key = Some(key.into());
        self
    }

    /// How long one attempt may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// When the call is repeated.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// An extra header; it replaces one of the same name, `Authorization` included.
    pub fn header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        // It may be a credential: no debug output shows it.
        value.set_sensitive(true);
        self.headers.insert(name, value);
        self
    }
}
