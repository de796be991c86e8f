use std::{env, fmt, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use url::{Host, Url};

use crate::{
    client::{ClerkClient, Inner},
    error::ConfigError,
    retry::Retry,
    secret::{MachineSecretKey, SecretKey},
};

/// The dated version of the Backend API that this crate was written against.
pub const API_VERSION: &str = "2026-05-12";

const DEFAULT_BASE_URL: &str = "https://api.clerk.com";
const DEFAULT_VERSION_SEGMENT: &str = "v1";

/// Collects the configuration of a [`ClerkClient`].
///
/// [`build`](Self::build) checks everything and does no I/O.
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
    base_url: String,
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
}

impl Default for ClerkClientBuilder {
    fn default() -> Self {
        Self {
            secret_key: None,
            machine_secret_key: None,
            base_url: DEFAULT_BASE_URL.to_owned(),
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
        }
    }
}

impl ClerkClientBuilder {
    /// The configuration that `lookup` gives for the names of the official SDKs' variables:
    ///
    /// | variable | meaning | default |
    /// |---|---|---|
    /// | `CLERK_SECRET_KEY` | secret key of the instance | none |
    /// | `CLERK_MACHINE_SECRET_KEY` | secret key of a machine | none |
    /// | `CLERK_API_URL` | base URL | `https://api.clerk.com` |
    /// | `CLERK_API_VERSION` | version segment of the path | `v1` |
    ///
    /// An empty value counts as not set.
    pub fn from_lookup(lookup: impl Fn(&'static str) -> Option<String>) -> Self {
        let lookup = |name| lookup(name).filter(|value| !value.is_empty());
        let mut builder = Self {
            secret_key: lookup("CLERK_SECRET_KEY").map(SecretKey::from),
            machine_secret_key: lookup("CLERK_MACHINE_SECRET_KEY").map(MachineSecretKey::from),
            ..Self::default()
        };
        if let Some(url) = lookup("CLERK_API_URL") {
            builder.base_url = url;
        }
        if let Some(segment) = lookup("CLERK_API_VERSION") {
            builder.version_segment = segment;
        }
        builder
    }

    /// The secret key of the instance.
    ///
    /// Without one only calls that carry their own key, a machine secret key or no key at all
    /// can be sent.
    pub fn secret_key(mut self, key: impl Into<SecretKey>) -> Self {
        self.secret_key = Some(key.into());
        self
    }

    /// The secret key of the machine that this program is, for M2M tokens.
    pub fn machine_secret_key(mut self, key: impl Into<MachineSecretKey>) -> Self {
        self.machine_secret_key = Some(key.into());
        self
    }

    /// Where the API is, with or without the trailing version segment.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// The version segment of the path, `v1` unless changed.
    pub fn api_version(mut self, segment: impl Into<String>) -> Self {
        self.version_segment = segment.into();
        self
    }

    /// The dated version that is asked for, [`API_VERSION`] unless changed.
    ///
    /// The types of this crate are made for [`API_VERSION`]; another date is for emergencies.
    pub fn api_version_header(mut self, date: impl Into<String>) -> Self {
        self.version_header = date.into();
        self
    }

    /// How long one attempt may take from connecting to the last byte, 30 s unless changed.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long connecting may take, 10 s unless changed. Not used with
    /// [`http_client`](Self::http_client).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// When failed calls are repeated.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Replaces the `User-Agent` header as a whole.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Appends the application's own product token to the `User-Agent` header.
    pub fn app_info(mut self, name: impl fmt::Display, version: impl fmt::Display) -> Self {
        self.app_info = Some(format!("{name}/{version}"));
        self
    }

    /// A header that is sent with every call.
    pub fn default_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sends through an HTTP client of the application, for example one with a proxy or a shared
    /// connection pool.
    ///
    /// # Security
    /// Give it `redirect::Policy::none()`: this crate's own client follows no redirects, so that
    /// calls and keys go to the configured origin only.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// Accepts `http` base URLs that lead off this machine.
    ///
    /// # Security
    /// Keys and personal data then travel in the clear.
    pub fn dangerously_allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Checks the configuration and makes the client.
    ///
    /// # Errors
    /// When a key is empty or unfit for a header, the base URL is not usable or not safe, or no
    /// HTTP client can be made.
    pub fn build(self) -> Result<ClerkClient, ConfigError> {
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
        let base = self.checked_base_url(segment)?;
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
            None => reqwest::Client::builder()
                .connect_timeout(self.connect_timeout)
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .map_err(|error| ConfigError::HttpClient(Box::new(error)))?,
        };
        Ok(ClerkClient::from_inner(Inner {
            http,
            unversioned_base: base.clone(),
            versioned_base: format!("{base}/{segment}"),
            headers,
            secret_key,
            machine_secret_key,
            timeout: self.timeout,
            retry: self.retry,
        }))
    }

    /// The base URL without trailing slash and version segment.
    fn checked_base_url(&self, segment: &str) -> Result<String, ConfigError> {
        let url = Url::parse(self.base_url.trim())
            .map_err(|error| ConfigError::InvalidBaseUrl(Some(error)))?;
        let plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        match url.scheme() {
            _ if !plain => return Err(ConfigError::InvalidBaseUrl(None)),
            "https" => {}
            "http" if loopback || self.allow_http => {}
            "http" => return Err(ConfigError::InsecureBaseUrl),
            _ => return Err(ConfigError::InvalidBaseUrl(None)),
        }
        let base = url.as_str().trim_end_matches('/');
        let base = base
            .strip_suffix(segment)
            .and_then(|base| base.strip_suffix('/'))
            .unwrap_or(base);
        Ok(base.trim_end_matches('/').to_owned())
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
            .field("base_url", &self.base_url)
            .field("version_segment", &self.version_segment)
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// Reads the environment of the process, the only place that does.
pub(crate) fn from_environment() -> Result<ClerkClientBuilder, ConfigError> {
    let unreadable = std::cell::Cell::new(None);
    #[expect(
        clippy::disallowed_methods,
        reason = "the sanctioned reader of the environment"
    )]
    let builder = ClerkClientBuilder::from_lookup(|name| match env::var(name) {
        Ok(value) => Some(value),
        Err(env::VarError::NotPresent) => None,
        Err(env::VarError::NotUnicode(_)) => {
            unreadable.set(Some(name));
            None
        }
    });
    match unreadable.get() {
        Some(name) => Err(ConfigError::UnreadableVariable(name)),
        None if builder.secret_key.is_none() => {
            Err(ConfigError::MissingVariable("CLERK_SECRET_KEY"))
        }
        None => Ok(builder),
    }
}

/// The `Authorization` value for a key, kept out of debug output.
pub(crate) fn bearer(key: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {key}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}
