//! The builder of [`Clerk`](crate::Clerk), with its settings from code and from the environment.

mod build;
mod environment;
mod limits;
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
#[cfg(feature = "route-matcher")]
use crate::organization_sync::OrganizationSync;
use crate::outbound::OutboundSettings;
use crate::redirect::AllowedRedirectOrigins;
use crate::refusal_page::{RefusalPage, RefusalPages};
use crate::signing_keys::SigningKeySettings;
use crate::store::SharingSettings;
use crate::token::{AcceptedTokens, DEFAULT_MAX_TOKEN_BYTES};
use crate::variables::Remark;
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
    #[cfg(feature = "route-matcher")]
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
            #[cfg(feature = "route-matcher")]
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
    #[cfg(feature = "route-matcher")]
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
}

/// Omits all values, because any of them may be a misplaced secret.
impl fmt::Debug for ClerkBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClerkBuilder").finish_non_exhaustive()
    }
}
