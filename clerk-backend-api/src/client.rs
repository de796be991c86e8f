use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Method};

use crate::{
    config::{ClerkClientBuilder, from_environment},
    error::ConfigError,
    raw::RawRequest,
    retry::Retry,
    secret::SecretKey,
};

/// A client of Clerk's Backend API.
///
/// Cloning is cheap and all clones share one connection pool: make one client and keep it.
///
/// ```no_run
/// use clerk_backend_api::ClerkClient;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let client = ClerkClient::from_env()?;
/// let user = client.users().get("user_2abc").send().await?;
/// println!("{}", user.id);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ClerkClient {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) http: reqwest::Client,
    pub(crate) unversioned_base: String,
    pub(crate) versioned_base: String,
    pub(crate) headers: HeaderMap,
    pub(crate) secret_key: Option<HeaderValue>,
    pub(crate) machine_secret_key: Option<HeaderValue>,
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
}

impl ClerkClient {
    /// A client with the default configuration.
    ///
    /// # Errors
    /// When the key is empty or holds characters that no header may hold, or when no HTTP client
    /// can be made.
    pub fn new(secret_key: impl Into<SecretKey>) -> Result<Self, ConfigError> {
        Self::builder().secret_key(secret_key).build()
    }

    /// A client configured by the environment, see [`ClerkClientBuilder::from_lookup`] for the
    /// variables.
    ///
    /// # Errors
    /// When `CLERK_SECRET_KEY` is not set, or a variable has an unusable value.
    pub fn from_env() -> Result<Self, ConfigError> {
        from_environment()?.build()
    }

    /// Starts the configuration of a client.
    pub fn builder() -> ClerkClientBuilder {
        ClerkClientBuilder::default()
    }

    /// A call that this crate does not model, given by method and path segments.
    ///
    /// Each segment is percent-encoded. An empty segment, and one that is or decodes to `.` or
    /// `..`, is an error when the call is sent.
    ///
    /// ```no_run
    /// use clerk_backend_api::{ClerkClient, Error};
    /// use http::Method;
    ///
    /// # async fn run(client: ClerkClient) -> Result<(), Error> {
    /// let answer = client
    ///     .request(Method::POST, ["users", "user_2abc", "new_feature"])
    ///     .query("dry_run", true)
    ///     .json(&serde_json::json!({ "level": 3 }))
    ///     .send()
    ///     .await?;
    /// let value: serde_json::Value = answer.json()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn request<I, S>(&self, method: Method, path: I) -> RawRequest
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        RawRequest::new(self, method, path)
    }

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }
}

impl fmt::Debug for ClerkClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClerkClient")
            .field("base_url", &self.inner.unversioned_base)
            .field("has_secret_key", &self.inner.secret_key.is_some())
            .field(
                "has_machine_secret_key",
                &self.inner.machine_secret_key.is_some(),
            )
            .field("timeout", &self.inner.timeout)
            .field("retry", &self.inner.retry)
            .finish_non_exhaustive()
    }
}
