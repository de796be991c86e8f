use std::{env, fmt, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use url::{Host, Url};

use crate::{
    client::ClerkClient,
    config_error::ConfigError,
    connection::{Connection, bearer},
    retry::Retry,
    secret::{MachineSecretKey, SecretKey},
};

/// The dated version of the Backend API that this crate is written for and requests by default.
pub const API_VERSION: &str = "2026-05-12";

const DEFAULT_API_URL: &str = "https://api.clerk.com";
const DEFAULT_VERSION_SEGMENT: &str = "v1";

/// Configures and builds a [`ClerkClient`].
///
/// [`build`](Self::build) validates the settings and performs no I/O.
///
/// ```
/// use std::time::Duration;
/// use clerk_backend_api::{ClerkClient, Retry};
///
/// # fn main() -> Result<(), clerk_backend_api::ConfigError> {
/// let client = ClerkClient::builder()
///     .secret_key("sk_test_example")
///     .timeout(Duration::from_secs(10))
///     .retry(Retry::default().max_retries(4))
///     .app_info("my-service", "1.4.0")
///     .build()?;
/// # let _ = client;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct ClerkClientBuilder {
    secret_key: Option<SecretKey>,
    machine_secret_key: Option<MachineSecretKey>,
    api_url: String,
    version_segment: String,
    version_header: String,
    timeout: Duration,
    connect_timeout: Duration,
    retry: Retry,
    user_agent: Option<String>,
    app_info: Option<String>,
    headers: HeaderMap,
    http_client: Option<reqwest::Client>,
    allow_http: bool,
    unreadable_variable: Option<&'static str>,
}

impl Default for ClerkClientBuilder {
    fn default() -> Self {
        Self {
            secret_key: None,
            machine_secret_key: None,
            api_url: DEFAULT_API_URL.to_owned(),
            version_segment: DEFAULT_VERSION_SEGMENT.to_owned(),
            version_header: API_VERSION.to_owned(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            retry: Retry::default(),
            user_agent: None,
            app_info: None,
            headers: HeaderMap::new(),
            http_client: None,
            allow_http: false,
            unreadable_variable: None,
        }
    }
}

/// The environment variables that the client reads.
const VARIABLES: [&str; 5] = [
    "CLERK_SECRET_KEY",
    "CLERK_MACHINE_SECRET_KEY",
    "CLERK_API_URL",
    "CLERK_API_VERSION",
    "CLERK_DEVELOPMENT_ALLOW_HTTP",
];

impl ClerkClientBuilder {
    /// Applies the settings in these environment variables of the official SDKs, given as names and values. Other
    /// variables are ignored.
    ///
    /// | variable | setting | default |
    /// |---|---|---|
    /// | `CLERK_SECRET_KEY` | [`secret_key`](Self::secret_key) | none |
    /// | `CLERK_MACHINE_SECRET_KEY` | [`machine_secret_key`](Self::machine_secret_key) | none |
    /// | `CLERK_API_URL` | [`api_url`](Self::api_url) | `https://api.clerk.com` |
    /// | `CLERK_API_VERSION` | [`api_version`](Self::api_version) | `v1` |
    ///
    /// A variable that is empty or not set leaves its setting unchanged.
    pub fn from_vars<N, V>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: AsRef<str>,
        V: Into<String>,
    {
        for (name, value) in variables {
            let value: String = value.into();
            if value.is_empty() {
                continue;
            }
            match name.as_ref() {
                "CLERK_SECRET_KEY" => self.secret_key = Some(value.into()),
                "CLERK_MACHINE_SECRET_KEY" => self.machine_secret_key = Some(value.into()),
                "CLERK_API_URL" => self.api_url = value,
                "CLERK_API_VERSION" => self.version_segment = value,
                "CLERK_DEVELOPMENT_ALLOW_HTTP" => self.allow_http |= value == "true",
                _ => {}
            }
        }
        self
    }

    /// Applies the settings from environment variables; see [`from_vars`](Self::from_vars).
    ///
    /// A variable that is not valid Unicode makes [`build`](Self::build) fail.
    #[expect(
        clippy::disallowed_methods,
        reason = "the only place where this crate reads the environment"
    )]
    pub fn from_env(mut self) -> Self {
        let mut variables = Vec::new();
        for name in VARIABLES {
            match env::var(name) {
                Ok(value) => variables.push((name, value)),
                Err(env::VarError::NotPresent) => {}
                Err(env::VarError::NotUnicode(_)) => self.unreadable_variable = Some(name),
            }
        }
        self.from_vars(variables)
    }

    pub(crate) fn has_secret_key(&self) -> bool {
        self.secret_key.is_some()
    }

    /// Returns the error from reading the environment, if any.
    pub(crate) fn problem(&self) -> Option<ConfigError> {
        self.unreadable_variable
            .map(ConfigError::UnreadableVariable)
    }

    /// Sets the secret key of the instance.
    ///
    /// Without one, a client can only send requests that set their own key, use a machine secret key, or need no key.
    pub fn secret_key(mut self, key: impl Into<SecretKey>) -> Self {
        self.secret_key = Some(key.into());
        self
    }

    /// Sets the secret key of the machine that this program runs as, for M2M tokens.
    pub fn machine_secret_key(mut self, key: impl Into<MachineSecretKey>) -> Self {
        self.machine_secret_key = Some(key.into());
        self
    }

    /// Sets the URL of the Backend API, with or without the version segment at its end;
    /// `https://api.clerk.com` by default.
    pub fn api_url(mut self, url: impl Into<String>) -> Self {
        self.api_url = url.into();
        self
    }

    /// Sets the version segment of the path, `v1` by default.
    pub fn api_version(mut self, segment: impl Into<String>) -> Self {
        self.version_segment = segment.into();
        self
    }

    /// Sets the dated API version to request, [`API_VERSION`] by default.
    ///
    /// The types of this crate match [`API_VERSION`]; use another version only in emergencies.
    pub fn api_version_header(mut self, date: impl Into<String>) -> Self {
        self.version_header = date.into();
        self
    }

    /// Sets the time limit for one attempt, from connecting to the last byte; 30 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the time limit for connecting, 10 seconds by default. Has no effect together with
    /// [`http_client`](Self::http_client).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets when failed requests are retried.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Replaces the entire `User-Agent` header.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Appends the name and version of the application to the `User-Agent` header.
    pub fn app_info(mut self, name: impl fmt::Display, version: impl fmt::Display) -> Self {
        self.app_info = Some(format!("{name}/{version}"));
        self
    }

    /// Adds a header to every request.
    pub fn default_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Uses an HTTP client of the application, for example one with a proxy or a shared connection
    /// pool.
    ///
    /// # Security
    /// Configure it with `redirect::Policy::none()` and, for loopback URLs, with `no_proxy()`. The
    /// client that this crate builds itself follows no redirects, so that keys are sent to the
    /// configured origin only, and uses no proxy for loopback URLs.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// Accepts `http` API URLs whose host is not loopback, for development.
    ///
    /// # Security
    /// Keys and personal data are then sent unencrypted.
    pub fn dangerous_allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Validates the configuration and builds the client.
    ///
    /// # Errors
    /// Fails if a key is empty or contains characters that are not allowed in a header, if the API
    /// URL is invalid or unencrypted, or if the HTTP client cannot be set up.
    pub fn build(self) -> Result<ClerkClient, ConfigError> {
        if let Some(problem) = self.problem() {
            return Err(problem);
        }
        if self.secret_key.as_ref().is_some_and(SecretKey::is_empty) {
            return Err(ConfigError::EmptySecretKey);
        }
        if self
            .machine_secret_key
            .as_ref()
            .is_some_and(MachineSecretKey::is_empty)
        {
            return Err(ConfigError::EmptyMachineSecretKey);
        }
        let segment = self.version_segment.trim_matches('/');
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if segment.is_empty() || segment.chars().all(|c| c == '.') || !segment.chars().all(valid) {
            return Err(ConfigError::InvalidApiVersion);
        }
        let url = self.checked_api_url(segment)?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        let secret_key = self
            .secret_key
            .as_ref()
            .map(|key| {
                bearer(key.expose_secret()).ok_or(ConfigError::InvalidHeader("the secret key"))
            })
            .transpose()?;
        let machine_secret_key = self
            .machine_secret_key
            .as_ref()
            .map(|key| {
                bearer(key.expose_secret())
                    .ok_or(ConfigError::InvalidHeader("the machine secret key"))
            })
            .transpose()?;
        let headers = self.request_headers()?;
        let http = match self.http_client {
            Some(client) => client,
            None => http_client(&url, self.connect_timeout)?,
        };
        Ok(ClerkClient::over(Connection {
            http,
            unversioned_url: base.clone(),
            versioned_url: format!("{base}/{segment}"),
            headers,
            secret_key,
            machine_secret_key,
            timeout: self.timeout,
            retry: self.retry,
            write_observers: Vec::new(),
        }))
    }

    /// Returns the validated API URL without the version segment.
    fn checked_api_url(&self, segment: &str) -> Result<Url, ConfigError> {
        let text = self.api_url.trim();
        // The URL parser would drop some of these characters and misinterpret others.
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(ConfigError::InvalidApiUrl(None));
        }
        let mut url = Url::parse(text).map_err(|error| ConfigError::InvalidApiUrl(Some(error)))?;
        let plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        match url.scheme() {
            _ if !plain => return Err(ConfigError::InvalidApiUrl(None)),
            "https" => {}
            "http" if is_loopback(&url) || self.allow_http => {}
            "http" => return Err(ConfigError::InsecureApiUrl),
            _ => return Err(ConfigError::InvalidApiUrl(None)),
        }
        let path = url.path().trim_end_matches('/');
        let path = path
            .strip_suffix(segment)
            .filter(|rest| rest.ends_with('/'))
            .unwrap_or(path);
        let path = path.trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(url)
    }

    fn request_headers(&self) -> Result<HeaderMap, ConfigError> {
        let version = env!("CARGO_PKG_VERSION");
        let agent = self
            .user_agent
            .clone()
            .unwrap_or_else(|| format!("clerk-backend-api-rust/{version}"));
        let agent = match &self.app_info {
            Some(app) => format!("{agent} {app}"),
            None => agent,
        };
        let agent = HeaderValue::try_from(agent)
            .map_err(|_| ConfigError::InvalidHeader("the user agent"))?;
        let date = HeaderValue::try_from(&self.version_header)
            .map_err(|_| ConfigError::InvalidHeader("the api version header"))?;
        let sdk = HeaderValue::from_static(concat!("rust/", env!("CARGO_PKG_VERSION")));
        let mut headers = HeaderMap::with_capacity(self.headers.len() + 6);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, agent);
        headers.insert(HeaderName::from_static("clerk-api-version"), date);
        headers.insert(HeaderName::from_static("x-clerk-sdk"), sdk);
        headers.extend(self.headers.clone());
        Ok(headers)
    }
}

impl fmt::Debug for ClerkClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClerkClientBuilder")
            .field("secret_key", &self.secret_key)
            .field("machine_secret_key", &self.machine_secret_key)
            .field("api_url", &self.api_url)
            .field("version_segment", &self.version_segment)
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// Returns true if the host of the URL is a loopback address.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Builds the default HTTP client. It follows no redirects, so that keys are sent to the configured
/// origin only.
fn http_client(url: &Url, connect_timeout: Duration) -> Result<reqwest::Client, ConfigError> {
    let builder = || {
        let builder = reqwest::Client::builder()
            .connect_timeout(connect_timeout)
            .redirect(reqwest::redirect::Policy::none());
        if is_loopback(url) {
            // A proxy from the environment would receive the key unencrypted, and would look for the server on its own
            // machine.
            builder.no_proxy()
        } else {
            builder
        }
    };
    #[cfg(all(feature = "transport-ring", not(feature = "transport")))]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails if another thread was faster, which chose for the process then.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    #[cfg(any(
        feature = "transport",
        feature = "transport-ring",
        feature = "native-tls"
    ))]
    if url.scheme() == "http" && is_loopback(url) {
        // No certificates are checked, so none are needed.
        let client = builder().tls_certs_only([]).build();
        return client.map_err(|error| ConfigError::HttpClient(Box::new(error)));
    }
    let client = builder().build();
    #[cfg(all(
        feature = "webpki-roots",
        any(
            feature = "transport",
            feature = "transport-ring",
            feature = "native-tls"
        )
    ))]
    let client = client.or_else(|_| {
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
        let roots = roots.filter_map(|root| reqwest::Certificate::from_der(root).ok());
        builder().tls_certs_only(roots).build()
    });
    client.map_err(|error| ConfigError::HttpClient(Box::new(error)))
}
