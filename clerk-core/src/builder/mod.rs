//! The builder of [`Clerk`](crate::Clerk), with its settings from code and from the environment.

mod build;
mod pages;
mod report;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clerk_backend_api::{ClerkClient, MachineSecretKey, SecretKey};

use crate::authorized_parties::Predicate;
use crate::clock::{Clock, SystemClock};
use crate::components::BrowserSdk;
use crate::config::ForwardedHeaders;
use crate::content_security_policy::ContentSecurityPolicy;
use crate::frontend_api_proxy::FrontendApiProxy;
#[cfg(feature = "lookups")]
use crate::lookups::LookupSettings;
use crate::oauth_resource::{OAuthResource, OAuthResources};
use crate::organization_sync::OrganizationSync;
use crate::outbound::OutboundSettings;
use crate::redirect::AllowedRedirectOrigins;
use crate::refusal_page::{RefusalPage, RefusalPages};
use crate::signing_keys::SigningKeySettings;
use crate::store::{SharedStore, SharingSettings};
use crate::token::{AcceptedTokens, DEFAULT_MAX_TOKEN_BYTES};
use crate::variables::{Remark, Variables};
use crate::webhook::WebhookVerifier;

/// A builder of [`Clerk`](crate::Clerk), created by [`Clerk::builder`](crate::Clerk::builder).
#[derive(Clone)]
#[must_use]
pub struct ClerkBuilder {
    secret_key: Option<SecretKey>,
    publishable_key: Option<String>,
    machine_secret_key: Option<MachineSecretKey>,
    jwt_key: Option<String>,
    api_url: Option<String>,
    api_version: Option<String>,
    api_client: Option<ClerkClient>,
    authorized_parties: Vec<String>,
    authorized_party_patterns: Vec<String>,
    authorized_party_predicate: Option<Predicate>,
    audience: Vec<String>,
    issuer: Vec<String>,
    clock_skew: Duration,
    accepts: AcceptedTokens,
    is_satellite: bool,
    satellite_auto_sync: bool,
    domain: Option<String>,
    proxy_url: Option<String>,
    sign_in_url: Option<String>,
    sign_up_url: Option<String>,
    organization_sync: OrganizationSync,
    forwarded_headers: ForwardedHeaders,
    public_url: Option<String>,
    header_only: bool,
    browser_sdk: BrowserSdk,
    content_security_policy: Option<ContentSecurityPolicy>,
    frontend_api_proxy: Option<FrontendApiProxy>,
    websocket_protocol: Option<String>,
    htmx_redirects: bool,
    refusal_pages: RefusalPages,
    oauth_resources: OAuthResources,
    redirect_origins: AllowedRedirectOrigins,
    webhook_signing_secret: Option<secrecy::SecretString>,
    webhook_verifier: Option<WebhookVerifier>,
    webhook_body_limit: usize,
    signing_keys: SigningKeySettings,
    outbound: OutboundSettings,
    max_token_bytes: usize,
    token_cache_bytes: u64,
    machine_token_memory: Duration,
    sharing: SharingSettings,
    #[cfg(feature = "lookups")]
    lookups: LookupSettings,
    any_url: bool,
    allow_http: bool,
    clock: Arc<dyn Clock>,
    /// Variables with unusable values, which are errors unless a setter overrides them.
    unusable: Vec<Remark>,
    /// Variables with questionable values, which are used with a warning.
    doubtful: Vec<Remark>,
    /// Variables that are not set, and the other variables that seem to contain their values.
    other_names: BTreeMap<&'static str, String>,
    /// Whether a key came from a variable, in which case both keys must be of the same environment.
    reads_keys: bool,
}

impl Default for ClerkBuilder {
    fn default() -> Self {
        Self {
            secret_key: None,
            publishable_key: None,
            machine_secret_key: None,
            jwt_key: None,
            api_url: None,
            api_version: None,
            api_client: None,
            authorized_parties: Vec::new(),
            authorized_party_patterns: Vec::new(),
            authorized_party_predicate: None,
            audience: Vec::new(),
            issuer: Vec::new(),
            clock_skew: Duration::from_secs(5),
            accepts: AcceptedTokens::any(),
            is_satellite: false,
            satellite_auto_sync: false,
            domain: None,
            proxy_url: None,
            sign_in_url: None,
            sign_up_url: None,
            organization_sync: OrganizationSync::default(),
            forwarded_headers: ForwardedHeaders::default(),
            public_url: None,
            header_only: false,
            browser_sdk: BrowserSdk::default(),
            content_security_policy: None,
            frontend_api_proxy: None,
            websocket_protocol: None,
            htmx_redirects: false,
            refusal_pages: RefusalPages::default(),
            oauth_resources: OAuthResources::default(),
            redirect_origins: AllowedRedirectOrigins::default(),
            webhook_signing_secret: None,
            webhook_verifier: None,
            webhook_body_limit: DEFAULT_WEBHOOK_BODY_LIMIT,
            signing_keys: SigningKeySettings::default(),
            outbound: OutboundSettings::default(),
            max_token_bytes: DEFAULT_MAX_TOKEN_BYTES,
            token_cache_bytes: DEFAULT_TOKEN_CACHE_BYTES,
            machine_token_memory: Duration::from_secs(30),
            sharing: SharingSettings::default(),
            #[cfg(feature = "lookups")]
            lookups: LookupSettings::default(),
            any_url: false,
            allow_http: false,
            clock: Arc::new(SystemClock),
            unusable: Vec::new(),
            doubtful: Vec::new(),
            other_names: BTreeMap::new(),
            reads_keys: false,
        }
    }
}

const DEFAULT_TOKEN_CACHE_BYTES: u64 = 16 * 1024 * 1024;
const DEFAULT_WEBHOOK_BODY_LIMIT: usize = 4 * 1024 * 1024;

/// Treats an empty string as absent, as the official SDKs do.
fn non_empty(text: impl Into<String>) -> Option<String> {
    Some(text.into()).filter(|text| !text.is_empty())
}

impl ClerkBuilder {
    /// Sets the secret key of the instance (`sk_test_...` or `sk_live_...`).
    pub fn secret_key(mut self, key: impl Into<SecretKey>) -> Self {
        self.secret_key = Some(key.into()).filter(|key| !key.expose_secret().is_empty());
        self
    }

    /// Sets the publishable key of the instance (`pk_test_...` or `pk_live_...`).
    pub fn publishable_key(mut self, key: impl Into<String>) -> Self {
        self.publishable_key = non_empty(key);
        self
    }

    /// Sets the secret key of a machine (`ak_...`), which is used to verify opaque M2M tokens.
    pub fn machine_secret_key(mut self, key: impl Into<MachineSecretKey>) -> Self {
        self.machine_secret_key = Some(key.into()).filter(|key| !key.expose_secret().is_empty());
        self
    }

    /// Sets the public key of the instance in PEM format, so that session tokens are verified without network access.
    pub fn jwt_key(mut self, pem: impl Into<String>) -> Self {
        self.jwt_key = non_empty(pem);
        self
    }

    /// Sets the URL of the Backend API. The default is `https://api.clerk.com`.
    ///
    /// `http` is accepted on loopback only.
    pub fn api_url(mut self, url: impl Into<String>) -> Self {
        self.api_url = non_empty(url);
        self
    }

    /// Sets the version segment in the paths of the Backend API. The default is `v1`.
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = non_empty(version);
        self
    }

    /// Sets the client of the Backend API. By default, it is created from the keys and URLs of this builder.
    pub fn api_client(mut self, client: ClerkClient) -> Self {
        self.api_client = Some(client);
        self
    }

    /// Sets the origins that session tokens may be issued for (`azp`), such as `https://example.com` or
    /// `http://localhost:3000`, and those of extensions and app shells, such as `chrome-extension://<id>` or
    /// `capacitor://localhost`. By default, all origins are accepted.
    ///
    /// `http` and `https` origins are normalized to the form that browsers send: the host in lowercase and punycode, without
    /// a default port. One trailing slash is removed. [`build`](Self::build) refuses origins that can never match, such as
    /// those with a path, a query, whitespace or `*`, or without a scheme.
    ///
    /// # Security
    /// Set this in production. Otherwise, tokens that another application of the same Clerk instance obtained on another
    /// subdomain are accepted (Clerk docs: "Manual JWT verification").
    pub fn authorized_parties<I>(mut self, origins: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.authorized_parties = origins.into_iter().map(Into::into).collect();
        self
    }

    /// Sets patterns of origins that session tokens may be issued for, in addition to
    /// [`authorized_parties`](Self::authorized_parties). They are meant for preview deployments.
    ///
    /// Each `*` matches exactly one label of the host, as in `https://*.preview.example.com`.
    ///
    /// # Security
    /// Every host that matches is trusted like the application itself. Do not use a domain under which others can register
    /// names, such as that of a hosting provider.
    pub fn authorized_party_patterns<I>(mut self, patterns: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.authorized_party_patterns = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a predicate for origins that session tokens may be issued for (`azp`), in addition to
    /// [`authorized_parties`](Self::authorized_parties).
    ///
    /// Its argument is the claim, which is an origin as browsers serialize it. It is called on every request, so it must be
    /// fast, and it must not panic.
    ///
    /// # Security
    /// Compare complete origins. For example, an origin that ends with `example.com` may be `https://evil-example.com`.
    pub fn authorized_party_predicate(
        mut self,
        predicate: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.authorized_party_predicate = Some(Arc::new(predicate));
        self
    }

    /// Sets the accepted audiences (`aud`). Session tokens without an audience are accepted, but OAuth access tokens without
    /// one are not.
    pub fn audience<I>(mut self, audiences: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.audience = audiences.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the accepted issuers (`iss`) of session tokens. By default, every issuer is accepted, because the signing key
    /// already identifies the instance.
    pub fn issuer<I>(mut self, issuers: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.issuer = issuers.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the tolerated difference between this machine's clock and Clerk's. The default is 5 seconds.
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew;
        self
    }

    /// Sets the types of tokens that the middleware accepts. The default is every type. Guards and extractors narrow this
    /// further.
    pub fn accepts(mut self, accepts: impl Into<AcceptedTokens>) -> Self {
        self.accepts = accepts.into();
        self
    }

    /// Sets whether this application runs on a satellite domain (Clerk docs: "Satellite domains").
    pub fn is_satellite(mut self, is_satellite: bool) -> Self {
        self.is_satellite = is_satellite;
        self
    }

    /// Sets whether a satellite synchronizes with its primary domain on the first visit, when there are no cookies. The
    /// default is false.
    pub fn satellite_auto_sync(mut self, auto_sync: bool) -> Self {
        self.satellite_auto_sync = auto_sync;
        self
    }

    /// Sets the domain of the satellite, without a scheme.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = non_empty(domain);
        self
    }

    /// Sets the proxy URL of the Frontend API: an absolute URL, or a path on this application's own origin.
    pub fn proxy_url(mut self, url: impl Into<String>) -> Self {
        self.proxy_url = non_empty(url);
        self
    }

    /// Sets the URL or path of the sign-in page. The default is that of Clerk's account portal.
    pub fn sign_in_url(mut self, url: impl Into<String>) -> Self {
        self.sign_in_url = non_empty(url);
        self
    }

    /// Sets the URL or path of the sign-up page. The default is that of Clerk's account portal.
    pub fn sign_up_url(mut self, url: impl Into<String>) -> Self {
        self.sign_up_url = non_empty(url);
        self
    }

    /// Sets the paths that activate an organization or the personal account.
    pub fn organization_sync(mut self, sync: OrganizationSync) -> Self {
        self.organization_sync = sync;
        self
    }

    /// Sets which forwarded headers are trusted. The default is all of them.
    pub fn forwarded_headers(mut self, trust: ForwardedHeaders) -> Self {
        self.forwarded_headers = trust;
        self
    }

    /// Sets whether requests are authenticated only by the `Authorization` header, for APIs without pages. The default is
    /// false.
    ///
    /// Cookies are then ignored, and browsers are not redirected to a handshake or a sign-in page. Another site cannot make
    /// a browser send a signed-in request.
    pub fn header_only(mut self, on: bool) -> Self {
        self.header_only = on;
        self
    }

    /// Sets the WebSocket subprotocol that precedes a token in `Sec-WebSocket-Protocol`. By default, no tokens are read from
    /// this header.
    ///
    /// Browsers cannot set `Authorization` for WebSockets, but they can call `new WebSocket(url, ["clerk.token", token])`.
    /// The application must accept the subprotocol in its response.
    pub fn websocket_protocol(mut self, name: impl Into<String>) -> Self {
        self.websocket_protocol = non_empty(name);
        self
    }

    /// Sets whether requests of htmx are redirected to the sign-in page and to the URLs of [`Protect`](crate::Protect). The
    /// default is false, which treats them like API requests.
    ///
    /// The redirect is an `HX-Redirect` header in a response with status 401 or 403, which makes htmx load the whole page from
    /// there. After signing in, the browser returns to the page that sent the request (`HX-Current-URL`) if it has the
    /// application's own origin.
    pub fn htmx_redirects(mut self, on: bool) -> Self {
        self.htmx_redirects = on;
        self
    }

    /// Sets the function that renders the HTML body of refusals for browsers that asked for a page. By default, it is a plain
    /// page. API clients get JSON.
    ///
    /// ```
    /// let clerk = clerk_core::Clerk::builder()
    ///     .refusal_page(|refused| format!("<!doctype html><title>{0}</title><h1>{0}</h1>", refused.status()));
    /// # let _ = clerk;
    /// ```
    pub fn refusal_page(
        mut self,
        render: impl Fn(&RefusalPage<'_>) -> String + Send + Sync + 'static,
    ) -> Self {
        self.refusal_pages = RefusalPages::rendered_by(render);
        self
    }

    /// Adds routes of this application that OAuth clients, such as MCP clients, call. You can add several resources.
    ///
    /// The middleware then responds to `GET`, `HEAD` and `OPTIONS` requests for `/.well-known/oauth-protected-resource`, for the
    /// same path followed by that of the resource, and for `/.well-known/oauth-authorization-server`. Add the middleware around
    /// the whole application. Guards that accept OAuth tokens refer to the metadata in their challenges (RFC 9728).
    pub fn oauth_resource(mut self, resource: OAuthResource) -> Self {
        self.oauth_resources.push(resource);
        self
    }

    /// Sets the origin at which browsers reach this application, such as `https://app.example.com`.
    ///
    /// By default, the origin is determined from the headers of each request. Set it if the application never sees its own
    /// host.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = non_empty(url);
        self
    }

    /// Sets the allowed targets of redirects whose target comes from a request. The default is the application's own origin
    /// and loopback.
    pub fn allowed_redirect_origins(mut self, origins: AllowedRedirectOrigins) -> Self {
        self.redirect_origins = origins;
        self
    }

    /// Sets the signing secret of the webhook endpoint (`whsec_...`).
    pub fn webhook_signing_secret(mut self, secret: impl Into<secrecy::SecretString>) -> Self {
        self.webhook_signing_secret = Some(secret.into());
        self
    }

    /// Sets the verifier of webhooks, for settings such as a second secret during a rotation. The signing secret is then
    /// ignored.
    pub fn webhook_verifier(mut self, verifier: WebhookVerifier) -> Self {
        self.webhook_verifier = Some(verifier);
        self
    }

    /// Sets the maximum length of webhook bodies, in bytes. The default is 4 MiB. Longer webhooks get 413.
    pub fn webhook_body_limit(mut self, bytes: usize) -> Self {
        self.webhook_body_limit = bytes;
        self
    }

    /// Sets the age at which signing keys are refreshed. The default is 5 minutes.
    pub fn signing_keys_fresh_for(mut self, age: Duration) -> Self {
        self.signing_keys.fresh = age;
        self
    }

    /// Sets the age up to which signing keys are used if Clerk cannot be reached. The default is one hour.
    pub fn signing_keys_serve_for(mut self, age: Duration) -> Self {
        self.signing_keys.stale = age;
        self
    }

    /// Sets the minimum time between two downloads of signing keys because of unknown key IDs. The default is 30 seconds.
    pub fn unknown_signing_key_cool_down(mut self, cool_down: Duration) -> Self {
        self.signing_keys.cool_down = cool_down;
        self
    }

    /// Sets how long a request waits for signing keys. The default is 2 seconds. After that, the request is undecided.
    pub fn signing_key_wait(mut self, wait: Duration) -> Self {
        self.signing_keys.wait = wait;
        self
    }

    /// Sets whether aging signing keys are refreshed in a task on the current tokio runtime. The default is false: one request
    /// every 5 minutes waits for the refresh, and verifying tokens spawns no tasks.
    pub fn background_refresh(mut self, spawn: bool) -> Self {
        self.signing_keys.spawn = spawn;
        self
    }

    /// Sets the maximum length, in bytes, of tokens in requests and for [`Clerk::verify_token`](crate::Clerk::verify_token).
    /// The default is 16 KiB.
    ///
    /// A longer token is refused ([`Reason::TokenInvalid`](crate::Reason::TokenInvalid)) before it is decoded and before
    /// Clerk is called. Clerk's session cookies are shorter than 4 KiB.
    pub fn max_token_bytes(mut self, bytes: usize) -> Self {
        self.max_token_bytes = bytes;
        self
    }

    /// Sets the size of the cache of verified session tokens, in bytes. The default is 16 MiB; 0 disables the cache.
    ///
    /// 16 MiB hold about 5,000 tokens with Clerk's default claims, and fewer with more claims.
    pub fn token_cache_bytes(mut self, bytes: u64) -> Self {
        self.token_cache_bytes = bytes;
        self
    }

    /// Sets how long positive verdicts on opaque machine tokens are cached. The default is 30 seconds; zero disables the
    /// cache.
    ///
    /// # Security
    /// A revoked token may be accepted for this long.
    pub fn machine_token_memory(mut self, time: Duration) -> Self {
        self.machine_token_memory = time;
        self
    }

    /// Sets the store through which several processes share cached answers, such as that of `clerk-redis`. By default, each
    /// process has its own cache.
    ///
    /// If the store does not respond, requests continue without it, and a separate task probes it every second. The store's
    /// suspension is logged at WARN, and its return at INFO.
    ///
    /// ```no_run
    /// # fn on(store: impl clerk_core::SharedStore) -> clerk_core::ClerkBuilder {
    /// clerk_core::Clerk::builder().shared_store(store)
    /// # }
    /// ```
    pub fn shared_store(mut self, store: impl SharedStore) -> Self {
        self.sharing.store = Some(Arc::new(store));
        self
    }

    /// Sets how long a request waits for the shared store, for reading and for writing. The default is 250 milliseconds each.
    pub fn shared_store_wait(mut self, wait: Duration) -> Self {
        self.sharing.wait = wait;
        self
    }

    /// Sets how long [`Clerk::users`](crate::Clerk::users) and [`Clerk::organizations`](crate::Clerk::organizations) cache an
    /// object. The default is 30 seconds; zero disables the cache.
    ///
    /// Webhooks and calls through [`Clerk::api`](crate::Clerk::api) remove objects from the cache earlier.
    #[cfg(feature = "lookups")]
    pub fn lookup_memory(mut self, time: Duration) -> Self {
        self.lookups.memory = time;
        self
    }

    /// Sets how long a lookup of a user or an organization waits for Clerk. The default is 2 seconds. A later response is
    /// cached for the next lookup.
    #[cfg(feature = "lookups")]
    pub fn lookup_wait(mut self, wait: Duration) -> Self {
        self.lookups.wait = wait;
        self
    }

    /// Sets the size of the caches of users and of organizations, in bytes. The default is about 16 MiB for each.
    #[cfg(feature = "lookups")]
    pub fn lookup_cache_bytes(mut self, bytes: u64) -> Self {
        self.lookups.cache_bytes = bytes;
        self
    }

    /// Sets the maximum number of concurrent calls to Clerk that check opaque machine tokens. The default is 64, and the minimum
    /// is 1.
    ///
    /// Further checks wait for their turn and are not refused. Session refreshes and handshakes have a queue with the same limit,
    /// and downloads of signing keys have no limit. Concurrent checks of the same token share one call, and a token that is
    /// unknown to Clerk is not checked again for 10 seconds.
    pub fn concurrent_token_checks(mut self, checks: usize) -> Self {
        self.outbound.at_once = checks;
        self
    }

    /// Sets how long a request waits for a call to Clerk, including its time in the queue. The default is 5 seconds.
    ///
    /// Such a call checks an opaque machine token, refreshes a session, or exchanges a handshake nonce. If there is no response
    /// in time, the request is undecided, and guards respond with 503 and `Retry-After`. For signing keys, see
    /// [`signing_key_wait`](Self::signing_key_wait).
    pub fn authentication_timeout(mut self, time: Duration) -> Self {
        self.outbound.timeout = time;
        self
    }

    /// Sets the clock for all checks and caches. The default is the system's clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Allows `http` for a Backend API that is not on loopback, such as an emulator in another container.
    ///
    /// # Security
    /// Keys and tokens are then sent unencrypted. Use it for development only.
    pub fn dangerous_allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Accepts any proxy URL, as the official SDKs do, without validating it and even with `http`.
    ///
    /// # Security
    /// Session tokens are sent to that URL.
    pub fn dangerous_any_proxy_url(mut self) -> Self {
        self.any_url = true;
        self
    }

    /// Sets the variables of [`Clerk::from_env`](crate::Clerk::from_env) from names and values, such as those of an emulator.
    ///
    /// Other names are ignored. A variable that is absent or empty changes nothing.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clerk = clerk_core::Clerk::builder()
    ///     .from_vars([
    ///         ("CLERK_SECRET_KEY", "sk_test_example"),
    ///         ("CLERK_PUBLISHABLE_KEY", "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk"),
    ///     ])
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_vars<N, V>(self, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        self.with_variables(Variables::read(variables))
    }

    /// Sets the variables of [`Clerk::from_env`](crate::Clerk::from_env) from the environment.
    pub fn from_env(self) -> Self {
        self.with_variables(Variables::of_the_process())
    }

    fn with_variables(mut self, variables: Variables) -> Self {
        use crate::variables as names;

        let has = |name| variables.is_set(name);
        self.reads_keys |= has(names::CLERK_SECRET_KEY) || has(names::CLERK_PUBLISHABLE_KEY);
        if has(names::CLERK_SECRET_KEY) {
            self.secret_key = variables.text(names::CLERK_SECRET_KEY).map(Into::into);
        }
        if has(names::CLERK_MACHINE_SECRET_KEY) {
            let key = variables.text(names::CLERK_MACHINE_SECRET_KEY);
            self.machine_secret_key = key.map(Into::into);
        }
        if has(names::CLERK_WEBHOOK_SIGNING_SECRET) {
            let secret = variables.text(names::CLERK_WEBHOOK_SIGNING_SECRET);
            self.webhook_signing_secret = secret.map(Into::into);
        }
        if has(names::CLERK_AUTHORIZED_PARTIES) {
            self.authorized_parties = variables.list(names::CLERK_AUTHORIZED_PARTIES);
        }
        if has(names::CLERK_AUTHORIZED_PARTY_PATTERNS) {
            self.authorized_party_patterns = variables.list(names::CLERK_AUTHORIZED_PARTY_PATTERNS);
        }
        if has(names::CLERK_DEVELOPMENT_ALLOW_HTTP) {
            self.allow_http = variables.flag(names::CLERK_DEVELOPMENT_ALLOW_HTTP);
        }
        if has(names::CLERK_IS_SATELLITE) {
            self.is_satellite = variables.flag(names::CLERK_IS_SATELLITE);
        }
        for (name, field) in [
            (names::CLERK_PUBLISHABLE_KEY, &mut self.publishable_key),
            (names::CLERK_JWT_KEY, &mut self.jwt_key),
            (names::CLERK_API_URL, &mut self.api_url),
            (names::CLERK_API_VERSION, &mut self.api_version),
            (names::CLERK_PROXY_URL, &mut self.proxy_url),
            (names::CLERK_PUBLIC_URL, &mut self.public_url),
            (names::CLERK_DOMAIN, &mut self.domain),
            (names::CLERK_SIGN_IN_URL, &mut self.sign_in_url),
            (names::CLERK_SIGN_UP_URL, &mut self.sign_up_url),
        ] {
            if variables.is_set(name) {
                *field = variables.text(name);
            }
        }
        self.unusable.retain(|remark| !has(remark.variable));
        self.doubtful.retain(|remark| !has(remark.variable));
        self.other_names.retain(|name, _| !has(name));
        self.unusable.extend(variables.unusable);
        self.doubtful.extend(variables.doubtful);
        self.other_names.extend(variables.other_names);
        self
    }
}

/// Omits all values, because any of them may be a misplaced secret.
impl fmt::Debug for ClerkBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClerkBuilder").finish_non_exhaustive()
    }
}
