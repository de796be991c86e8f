//! The settings of a [`Clerk`](crate::Clerk), from code and from the environment.

mod build;
mod report;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clerk_backend_api::{ClerkClient, MachineSecretKey, SecretKey};

use crate::authorized_parties::Predicate;
use crate::clock::{Clock, SystemClock};
use crate::config::ForwardedHeaders;
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

/// Builds a [`Clerk`](crate::Clerk); begins with [`Clerk::builder`](crate::Clerk::builder).
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
    /// Variables whose values cannot be used, unless a setter makes up for one.
    unusable: Vec<Remark>,
    /// Variables whose values are used, and should be looked at.
    doubtful: Vec<Remark>,
    /// Variables that are not set, and the other names under which their settings were found.
    other_names: BTreeMap<&'static str, String>,
    /// Whether a key came from a variable: then the two keys must be of one environment.
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

/// An empty text is as good as absent, as in the official SDKs.
fn non_empty(text: impl Into<String>) -> Option<String> {
    Some(text.into()).filter(|text| !text.is_empty())
}

impl ClerkBuilder {
    /// The instance's secret key, `sk_test_...` or `sk_live_...`.
    pub fn secret_key(mut self, key: impl Into<SecretKey>) -> Self {
        self.secret_key = Some(key.into()).filter(|key| !key.expose_secret().is_empty());
        self
    }

    /// The instance's publishable key, `pk_test_...` or `pk_live_...`.
    pub fn publishable_key(mut self, key: impl Into<String>) -> Self {
        self.publishable_key = non_empty(key);
        self
    }

    /// A machine's secret key, `ak_...`, with which opaque machine-to-machine tokens are verified.
    pub fn machine_secret_key(mut self, key: impl Into<MachineSecretKey>) -> Self {
        self.machine_secret_key = Some(key.into()).filter(|key| !key.expose_secret().is_empty());
        self
    }

    /// The instance's PEM public key. Session tokens are then verified without any network.
    pub fn jwt_key(mut self, pem: impl Into<String>) -> Self {
        self.jwt_key = non_empty(pem);
        self
    }

    /// The Backend API's address, `https://api.clerk.com` unless set. http is refused except on loopback.
    pub fn api_url(mut self, url: impl Into<String>) -> Self {
        self.api_url = non_empty(url);
        self
    }

    /// The version segment of the Backend API's paths, `v1` unless set.
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = non_empty(version);
        self
    }

    /// The Backend API client to use, instead of one made from the keys and addresses given here.
    pub fn api_client(mut self, client: ClerkClient) -> Self {
        self.api_client = Some(client);
        self
    }

    /// Origins that may have asked for session tokens (`azp`), such as `https://example.com` or `http://localhost:3000`;
    /// also those of extensions and app shells, such as `chrome-extension://<id>` or `capacitor://localhost`.
    ///
    /// `http` and `https` origins are brought to the form in which browsers send them: host in lower case and as punycode,
    /// no default port. One slash at the end is dropped. [`build`](Self::build) refuses what can never match: paths,
    /// queries, blanks, a missing scheme, stars.
    ///
    /// # Security
    /// Set it in production. Without it, a token that another application of the same Clerk instance obtained on
    /// another subdomain is accepted here (Clerk docs: "Manual JWT verification").
    pub fn authorized_parties<I>(mut self, origins: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.authorized_parties = origins.into_iter().map(Into::into).collect();
        self
    }

    /// Patterns of origins that may have asked for session tokens, for preview deployments: each star stands for exactly
    /// one label of the host, as in `https://*.preview.example.com`. They count in addition to
    /// [`authorized_parties`](Self::authorized_parties). None unless set.
    ///
    /// # Security
    /// Every host that a pattern matches is trusted like the application itself. Do not use a domain under which others
    /// can register names, such as that of a hosting provider.
    pub fn authorized_party_patterns<I>(mut self, patterns: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.authorized_party_patterns = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// Accepts session tokens whose authorized party (`azp`) the predicate accepts, in addition to
    /// [`authorized_parties`](Self::authorized_parties). None unless set.
    ///
    /// The predicate is given the text of the claim, an origin as browsers serialize it, and is asked on every request. It
    /// must be fast, and must not panic.
    ///
    /// # Security
    /// Compare whole origins: a text that ends with `example.com` may be `https://evil-example.com`.
    pub fn authorized_party_predicate(
        mut self,
        predicate: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.authorized_party_predicate = Some(Arc::new(predicate));
        self
    }

    /// Audiences (`aud`) that are accepted. Session tokens without an audience pass; OAuth access tokens do not.
    pub fn audience<I>(mut self, audiences: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.audience = audiences.into_iter().map(Into::into).collect();
        self
    }

    /// Issuers (`iss`) whose session tokens are accepted; any when not set, because the signing key already tells the
    /// instance.
    pub fn issuer<I>(mut self, issuers: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.issuer = issuers.into_iter().map(Into::into).collect();
        self
    }

    /// How far this machine's clock and Clerk's may be apart: 5 seconds unless set.
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew;
        self
    }

    /// Which kinds of tokens the middlewares accept: every kind unless set. Guards and extractors narrow further.
    pub fn accepts(mut self, accepts: impl Into<AcceptedTokens>) -> Self {
        self.accepts = accepts.into();
        self
    }

    /// Whether this application runs on a satellite domain (Clerk docs: "Satellite domains").
    pub fn is_satellite(mut self, is_satellite: bool) -> Self {
        self.is_satellite = is_satellite;
        self
    }

    /// Whether a satellite asks its primary on a first visit, without any cookie: no unless set.
    pub fn satellite_auto_sync(mut self, auto_sync: bool) -> Self {
        self.satellite_auto_sync = auto_sync;
        self
    }

    /// The satellite's domain, without scheme.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = non_empty(domain);
        self
    }

    /// Where the Frontend API is proxied: an absolute URL, or a path on this application's own origin.
    pub fn proxy_url(mut self, url: impl Into<String>) -> Self {
        self.proxy_url = non_empty(url);
        self
    }

    /// The sign-in page, absolute or a path. Clerk's account portal unless set.
    pub fn sign_in_url(mut self, url: impl Into<String>) -> Self {
        self.sign_in_url = non_empty(url);
        self
    }

    /// The sign-up page, absolute or a path. Clerk's account portal unless set.
    pub fn sign_up_url(mut self, url: impl Into<String>) -> Self {
        self.sign_up_url = non_empty(url);
        self
    }

    /// Paths that activate an organization.
    pub fn organization_sync(mut self, sync: OrganizationSync) -> Self {
        self.organization_sync = sync;
        self
    }

    /// Which forwarded headers are believed: all unless set.
    pub fn forwarded_headers(mut self, trust: ForwardedHeaders) -> Self {
        self.forwarded_headers = trust;
        self
    }

    /// Authenticates by the `Authorization` header alone: for an API without pages. Cookies are ignored, no browser is sent
    /// through a handshake or to a sign-in page, and so no request that another site makes a browser send can be signed in.
    pub fn header_only(mut self, on: bool) -> Self {
        self.header_only = on;
        self
    }

    /// Reads the token of a WebSocket's opening request from `Sec-WebSocket-Protocol`, where it follows the subprotocol of
    /// this name, since browsers cannot set `Authorization` there: `new WebSocket(url, ["clerk.token", token])`. The
    /// application must accept the subprotocol in its answer. Off unless set.
    pub fn websocket_protocol(mut self, name: impl Into<String>) -> Self {
        self.websocket_protocol = non_empty(name);
        self
    }

    /// Sends requests of htmx to the sign-in page, and to the URLs of [`Protect`](crate::Protect), by `HX-Redirect` beside
    /// 401 or 403: htmx then leads the whole page there. Off unless set; such requests are refused as API requests then.
    ///
    /// The way back is the page that sent the request (`HX-Current-URL`), when it belongs to the application's own origin.
    pub fn htmx_redirects(mut self, on: bool) -> Self {
        self.htmx_redirects = on;
        self
    }

    /// Renders the HTML page that a browser shows when it asked for a document and was refused. A plain page of the
    /// library's own is shown unless set; API clients get JSON.
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

    /// Declares routes of this application that OAuth clients, such as MCP clients, call. May be called several times.
    ///
    /// The attach middleware then answers `GET` and `OPTIONS` of `/.well-known/oauth-protected-resource`, of its form with the
    /// resource's path behind it, and of `/.well-known/oauth-authorization-server`; put the middleware around the whole
    /// application. Guards that accept OAuth tokens name the metadata in their challenges (RFC 9728).
    pub fn oauth_resource(mut self, resource: OAuthResource) -> Self {
        self.oauth_resources.push(resource);
        self
    }

    /// The origin under which browsers reach this application, such as `https://app.example.com`. Without it the origin is
    /// read from each request's headers; an application that never sees its own host needs it.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = non_empty(url);
        self
    }

    /// Where redirects may lead whose target comes from a request: the application's own origin and loopback unless
    /// more is allowed here.
    pub fn allowed_redirect_origins(mut self, origins: AllowedRedirectOrigins) -> Self {
        self.redirect_origins = origins;
        self
    }

    /// The signing secret of the webhook endpoint, `whsec_...`.
    pub fn webhook_signing_secret(mut self, secret: impl Into<secrecy::SecretString>) -> Self {
        self.webhook_signing_secret = Some(secret.into());
        self
    }

    /// Verifies webhooks with settings of its own, such as a second secret during a rotation; the signing secret is not
    /// used then.
    pub fn webhook_verifier(mut self, verifier: WebhookVerifier) -> Self {
        self.webhook_verifier = Some(verifier);
        self
    }

    /// The longest body of a webhook that is read, in bytes: 4 MiB unless set. A longer one is answered with 413.
    pub fn webhook_body_limit(mut self, bytes: usize) -> Self {
        self.webhook_body_limit = bytes;
        self
    }

    /// Age from which signing keys are refreshed: 5 minutes unless set.
    pub fn signing_keys_fresh_for(mut self, age: Duration) -> Self {
        self.signing_keys.fresh = age;
        self
    }

    /// Age up to which signing keys serve while Clerk is out of reach: an hour unless set.
    pub fn signing_keys_serve_for(mut self, age: Duration) -> Self {
        self.signing_keys.stale = age;
        self
    }

    /// Least time between two key downloads that unknown key ids cause: 30 seconds unless set.
    pub fn unknown_signing_key_cool_down(mut self, cool_down: Duration) -> Self {
        self.signing_keys.cool_down = cool_down;
        self
    }

    /// How long a request waits for signing keys: 2 seconds unless set. Then it is undecided.
    pub fn signing_key_wait(mut self, wait: Duration) -> Self {
        self.signing_keys.wait = wait;
        self
    }

    /// Refreshes aging signing keys in a task on the current tokio runtime. Without it, one request in 5 minutes
    /// waits for the refresh, and the verification of tokens spawns no task.
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

    /// The most memory, in bytes, that session tokens which were verified before may take: 16 MiB unless set, some 5,000
    /// tokens of Clerk's default shape; 0 switches the cache off. Tokens with more claims take more of it.
    pub fn token_cache_bytes(mut self, bytes: u64) -> Self {
        self.token_cache_bytes = bytes;
        self
    }

    /// How long a positive answer about an opaque machine token is remembered: 30 seconds unless set; zero asks Clerk
    /// on every request. A revoked token may work for this long.
    pub fn machine_token_memory(mut self, time: Duration) -> Self {
        self.machine_token_memory = time;
        self
    }

    /// The store through which several processes share what they asked Clerk; none unless set, and each process remembers by
    /// itself. `clerk-redis` has one.
    ///
    /// While it does not answer, requests go on without it; a task of its own tries it every second. The log says when it is
    /// out of use, at WARN, and when it answers again, at INFO.
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

    /// How long a request waits for the shared store, to read and to write: 250 milliseconds each unless set.
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

    /// Memory for users, and as much for organizations, that were looked up: about 16 MiB each unless set.
    #[cfg(feature = "lookups")]
    pub fn lookup_cache_bytes(mut self, bytes: u64) -> Self {
        self.lookups.cache_bytes = bytes;
        self
    }

    /// How many opaque machine tokens Clerk is asked about at once: 64 unless set, and at least one. Further checks wait for
    /// their turn; none is refused because of the others. Refreshes and handshakes of sessions wait in a line of their own,
    /// which is as wide, and signing keys in none.
    ///
    /// Identical tokens share a call, and one that Clerk does not know is not asked for again for 10 seconds.
    pub fn concurrent_token_checks(mut self, checks: usize) -> Self {
        self.outbound.at_once = checks;
        self
    }

    /// How long a request waits for a call to Clerk that it needs, its turn included: the check of an opaque machine token,
    /// the refresh of a session, or the exchange of a handshake nonce. 5 seconds unless set. Then the request is undecided,
    /// and guards answer 503 with `Retry-After`.
    ///
    /// For signing keys see [`signing_key_wait`](Self::signing_key_wait).
    pub fn authentication_timeout(mut self, time: Duration) -> Self {
        self.outbound.timeout = time;
        self
    }

    /// The clock of every check and every cache: the system's unless set.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Allows plain http to a Backend API that is not on loopback, such as an emulator in another container.
    ///
    /// # Security
    /// Keys and tokens then travel unencrypted: for development only.
    pub fn dangerous_allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Takes the proxy URL as it is, as the official SDKs do: without a check of its form, and over plain http.
    ///
    /// # Security
    /// Session tokens travel to that address.
    pub fn dangerous_any_proxy_url(mut self) -> Self {
        self.any_url = true;
        self
    }

    /// Reads the variables of [`Clerk::from_env`](crate::Clerk::from_env) from names and values, such as those of an emulator. Other names are
    /// ignored. What is absent or empty changes nothing.
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

    /// Reads the variables of [`Clerk::from_env`](crate::Clerk::from_env) from the environment.
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

/// Values are not shown: a secret may stand in the place of any of them.
impl fmt::Debug for ClerkBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClerkBuilder").finish_non_exhaustive()
    }
}
