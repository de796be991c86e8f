use std::{fmt, sync::Arc};

use http::Method;

use crate::{
    builder::ClerkClientBuilder, config_error::ConfigError, connection::Connection,
    raw_request::RawRequest, request::Request, secret::SecretKey,
};

/// A client for Clerk's Backend API.
///
/// Clones are cheap and share one connection pool. Build one client and reuse it.
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
    connection: Arc<Connection>,
}

impl ClerkClient {
    /// Creates a client with the default configuration.
    ///
    /// # Errors
    /// Fails if the key is empty or contains characters that are not allowed in a header, or if the
    /// HTTP client cannot be set up.
    pub fn new(secret_key: impl Into<SecretKey>) -> Result<Self, ConfigError> {
        Self::builder().secret_key(secret_key).build()
    }

    /// Builds a client from environment variables; [`ClerkClientBuilder::from_vars`] lists them.
    ///
    /// # Errors
    /// Fails if `CLERK_SECRET_KEY` is not set or a variable has an unusable value.
    pub fn from_env() -> Result<Self, ConfigError> {
        let builder = Self::builder().from_env();
        if builder.has_secret_key() {
            builder.build()
        } else {
            Err(builder
                .problem()
                .unwrap_or(ConfigError::MissingVariable("CLERK_SECRET_KEY")))
        }
    }

    /// Returns a builder to configure a client.
    pub fn builder() -> ClerkClientBuilder {
        ClerkClientBuilder::default()
    }

    /// Creates a request for an operation that this crate does not model, from a method and path segments.
    ///
    /// Each segment is percent-encoded. Sending fails if a segment is empty, or is or decodes to
    /// `.` or `..`.
    ///
    /// ```no_run
    /// use clerk_backend_api::{ClerkClient, Error};
    /// use http::Method;
    ///
    /// # async fn run(client: ClerkClient) -> Result<(), Error> {
    /// let response = client
    ///     .request(Method::POST, ["users", "user_2abc", "new_feature"])
    ///     .query("dry_run", true)
    ///     .json(&serde_json::json!({ "level": 3 }))
    ///     .send()
    ///     .await?;
    /// let value: serde_json::Value = response.json()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn request<I, S>(&self, method: Method, path: I) -> RawRequest
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        RawRequest::new(self.call(method, "raw", ""), path)
    }

    /// Returns a client that shares these connections and also calls `observer` whenever a request other than GET or HEAD has
    /// ended: with a response, with an error, or because it was dropped. Caches use it to drop entries that may have changed.
    ///
    /// `observer` gets the method and the path after the version segment, percent-encoded, such as `/users/user_2abc`. It runs
    /// before the caller gets the response and should return quickly.
    ///
    /// ```
    /// # fn main() -> Result<(), clerk_backend_api::ConfigError> {
    /// let client = clerk_backend_api::ClerkClient::new("sk_test_example")?;
    /// let client = client.on_write(|method, path| println!("{method} {path} has ended"));
    /// # let _ = client;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn on_write(&self, observer: impl Fn(&Method, &str) + Send + Sync + 'static) -> Self {
        let mut connection = Connection::clone(&self.connection);
        connection.write_observers.push(Arc::new(observer));
        Self::over(connection)
    }

    /// Returns the address of the Backend API, without the version segment.
    #[must_use]
    pub fn api_url(&self) -> &str {
        &self.connection.unversioned_url
    }

    /// Returns the secret key that authenticates requests, unless a request sets its own.
    ///
    /// # Security
    /// This key gives full control over the instance. Use it only, hashed, to tell clients apart.
    #[must_use]
    pub fn expose_secret_key(&self) -> Option<&str> {
        let header = self.connection.secret_key.as_ref()?;
        header.to_str().ok()?.strip_prefix("Bearer ")
    }

    pub(crate) fn over(connection: Connection) -> Self {
        Self {
            connection: Arc::new(connection),
        }
    }

    /// Creates the request for an operation.
    pub(crate) fn call(
        &self,
        method: Method,
        operation: &'static str,
        path: &'static str,
    ) -> Request {
        Request::new(&self.connection, method, operation, path)
    }
}

impl fmt::Debug for ClerkClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClerkClient")
            .field("api_url", &self.connection.unversioned_url)
            .field("has_secret_key", &self.connection.secret_key.is_some())
            .field(
                "has_machine_secret_key",
                &self.connection.machine_secret_key.is_some(),
            )
            .field("timeout", &self.connection.timeout)
            .field("retry", &self.connection.retry)
            .finish_non_exhaustive()
    }
}
