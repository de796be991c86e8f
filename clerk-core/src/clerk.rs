//! The handle that an application holds.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clerk_backend_api::ClerkClient;
use http::HeaderMap;
use serde_json::{Map, Value};

use crate::auth::{Auth, SessionAuth, check_organization_claims};
use crate::authenticate::{
    self, AcceptedTokens, AuthenticateError, Facts, MachineTokenMemory, Pending, RequestState,
    RequestView, session_state,
};
use crate::config::{ClerkBuilder, Config, ConfigError};
use crate::jwks::{KeyAnswer, KeyCache, KeyCacheSettings, KeySource};
use crate::keys::PublishableKey;
use crate::redirect::{Redirect, RedirectError, ReturnBack};
use crate::token::{
    Claims, JwtKey, ParsedToken, TokenCache, TokenError, TokenType, VerifiedSession,
    check_session_category, verify_session,
};
use crate::webhook::WebhookVerifier;

/// Everything that request authentication needs: configuration, signing keys, Backend API client, caches, clock.
///
/// Cheap to clone; clones share their caches. Make one per Clerk instance when the application starts, outside of
/// whatever runs once per worker.
///
/// ```
/// use clerk_core::Clerk;
///
/// # fn main() -> Result<(), clerk_core::ConfigError> {
/// let clerk = Clerk::builder()
///     .secret_key("sk_test_example")
///     .publishable_key("pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk")
///     .authorized_parties(["https://example.com"])
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Clerk {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) client: ClerkClient,
    pub(crate) keys: Arc<KeyCache>,
    pub(crate) tokens: TokenCache,
    pub(crate) machine_tokens: MachineTokenMemory,
    quick_answers: AtomicU64,
}

/// Numbers for the application to export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Downloads of signing keys that succeeded.
    pub key_refreshes: u64,
    /// Downloads of signing keys that failed.
    pub key_refresh_failures: u64,
    /// Milliseconds since the signing keys were downloaded; `None` before the first download.
    pub key_age_millis: Option<u64>,
    /// Bearer tokens that were answered from the cache of verified tokens.
    pub token_cache_hits: u64,
    /// Tokens in that cache.
    pub token_cache_entries: u64,
}

impl Clerk {
    /// A builder with nothing set.
    pub fn builder() -> ClerkBuilder {
        ClerkBuilder::default()
    }

    /// Configures everything from the environment.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `CLERK_SECRET_KEY` | the instance's secret key |
    /// | `CLERK_PUBLISHABLE_KEY` | the instance's publishable key |
    /// | `CLERK_MACHINE_SECRET_KEY` | a machine's secret key, for machine-to-machine tokens |
    /// | `CLERK_JWT_KEY` | the PEM public key; verification then needs no network |
    /// | `CLERK_AUTHORIZED_PARTIES` | origins that may have asked for session tokens, separated by commas |
    /// | `CLERK_API_URL`, `CLERK_API_VERSION` | the Backend API, `https://api.clerk.com` and `v1` |
    /// | `CLERK_PROXY_URL` | where the Frontend API is proxied, absolute or a path |
    /// | `CLERK_DOMAIN`, `CLERK_IS_SATELLITE` | the domain of a satellite, and whether this is one |
    /// | `CLERK_SIGN_IN_URL`, `CLERK_SIGN_UP_URL` | the pages to sign in and up on |
    /// | `CLERK_WEBHOOK_SIGNING_SECRET` | the secret of the webhook endpoint |
    ///
    /// # Errors
    /// [`ConfigError`] when a needed variable is missing or one cannot be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().from_env().build()
    }

    pub(crate) fn assemble(
        config: Config,
        client: ClerkClient,
        jwt_key: Option<JwtKey>,
        has_secret_key: bool,
        key_cache: KeyCacheSettings,
        token_cache_bytes: u64,
        machine_tokens: MachineTokenMemory,
    ) -> Self {
        let source = match jwt_key {
            Some(key) => KeySource::Pem(key.entry),
            None if has_secret_key => KeySource::Remote(client.clone()),
            None => KeySource::None,
        };
        let keys = Arc::new(KeyCache::new(source, key_cache, Arc::clone(&config.clock)));
        let tokens = TokenCache::new(token_cache_bytes);
        Self {
            inner: Arc::new(Inner {
                config,
                client,
                keys,
                tokens,
                machine_tokens,
                quick_answers: AtomicU64::new(0),
            }),
        }
    }

    /// The Backend API, with this instance's keys.
    #[must_use]
    pub fn api(&self) -> &ClerkClient {
        &self.inner.client
    }

    /// The publishable key, for pages that load Clerk's browser SDK.
    #[must_use]
    pub fn publishable_key(&self) -> Option<&PublishableKey> {
        self.inner.config.publishable_key.as_ref()
    }

    /// Verifies the webhooks of this instance; `None` when no signing secret is configured.
    #[must_use]
    pub fn webhooks(&self) -> Option<&WebhookVerifier> {
        self.inner.config.webhooks.as_ref()
    }

    /// Unix milliseconds, by the clock of the configuration.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.inner.config.clock.now()
    }

    /// Authenticates a request, accepting the kinds of tokens that the configuration names.
    ///
    /// # Errors
    /// [`AuthenticateError`] when the request shows that the configuration is wrong; frameworks answer 500. An invalid
    /// token is no error: the state is then signed out and says why.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let clerk = clerk_core::Clerk::builder().secret_key("sk_test_example")
    /// #     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").build()?;
    /// let request = http::Request::get("/").header("host", "example.com").body(())?;
    /// let state = clerk.authenticate_request(&request).await?;
    /// assert_eq!(state.reason(), Some("session-token-and-uat-missing"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn authenticate_request(
        &self,
        request: &(impl RequestView + ?Sized),
    ) -> Result<RequestState, AuthenticateError> {
        self.authenticate_request_accepting(request, &self.inner.config.accepts)
            .await
    }

    /// Authenticates a request, accepting these kinds of tokens.
    ///
    /// # Errors
    /// As [`authenticate_request`](Self::authenticate_request).
    pub async fn authenticate_request_accepting(
        &self,
        request: &(impl RequestView + ?Sized),
        accepts: &AcceptedTokens,
    ) -> Result<RequestState, AuthenticateError> {
        match self.begin(request, accepts)? {
            Authentication::Done(state) => Ok(state),
            Authentication::Waiting(waiting) => waiting.finish().await,
        }
    }

    /// Authenticates as far as that is possible without I/O. For middlewares: with the signing keys in memory, most
    /// requests are done here, without a future.
    ///
    /// # Errors
    /// As [`authenticate_request`](Self::authenticate_request).
    pub fn begin_authentication(
        &self,
        request: &(impl RequestView + ?Sized),
    ) -> Result<Authentication, AuthenticateError> {
        self.begin(request, &self.inner.config.accepts)
    }

    fn begin(
        &self,
        request: &(impl RequestView + ?Sized),
        accepts: &AcceptedTokens,
    ) -> Result<Authentication, AuthenticateError> {
        if let Some(state) = self.quick(request, accepts) {
            return Ok(Authentication::Done(state));
        }
        Ok(match authenticate::start(self, request, accepts)? {
            Ok(state) => Authentication::Done(state),
            Err(pending) => Authentication::Waiting(WaitingAuthentication(Box::new(pending))),
        })
    }

    /// The hot path: one `Authorization: Bearer` header with a session token that was verified before.
    fn quick(
        &self,
        request: &(impl RequestView + ?Sized),
        accepts: &AcceptedTokens,
    ) -> Option<RequestState> {
        let Inner {
            config,
            client,
            keys,
            tokens,
            quick_answers,
            ..
        } = &*self.inner;
        // A satellite's configuration is checked against each request's origin, so it takes the long way.
        if !accepts.accepts(TokenType::SessionToken) || config.is_satellite {
            return None;
        }
        let now = config.clock.now();
        let mut values = 0;
        let mut session = None;
        request.header("authorization", &mut |value| {
            values += 1;
            let token = value
                .strip_prefix(b"Bearer ")
                .and_then(|token| std::str::from_utf8(token).ok());
            if let (1, Some(token)) = (values, token) {
                session = tokens.get(token, &config.rules, now, |kid| keys.current(kid, now));
            }
        });
        if values != 1 || keys.is_refresh_due(now) {
            return None;
        }
        let session = session?;
        quick_answers.fetch_add(1, Ordering::Relaxed);
        Some(session_state(session, client, HeaderMap::new()))
    }

    /// Verifies a session token that did not come with a request (`verifyToken` in the official SDKs).
    ///
    /// Takes every token that the instance signed for a session: whether it came from a header or a cookie, and
    /// whether the client has signed out since, is not known here. To authenticate a request, use
    /// [`authenticate_request`](Self::authenticate_request).
    ///
    /// # Errors
    /// [`TokenError`] says why the token was refused.
    pub async fn verify_token(&self, token: &str) -> Result<SessionAuth, TokenError> {
        let Inner {
            config,
            client,
            keys,
            ..
        } = self.inner();
        let token = Arc::new(ParsedToken::parse(token)?);
        check_session_category(&token)?;
        let key = match keys.look_up(token.kid(), config.clock.now()) {
            KeyAnswer::Found(key) => key,
            KeyAnswer::Failed(error) => return Err(error),
            KeyAnswer::Needed => keys.fetch(token.kid()).await?,
        };
        let session = verify_session(&token, &key, &config.rules, config.clock.now())?;
        Ok(SessionAuth {
            session: Arc::new(session),
            client: client.clone(),
        })
    }

    /// The auth object of a session with these claims, for tests and for applications that verified a token by other
    /// means.
    ///
    /// # Errors
    /// [`TokenError`] when the organization claims cannot be decoded.
    ///
    /// # Security
    /// Nothing is verified: whoever controls the claims is signed in as anybody.
    pub fn dangerous_auth_from_claims(
        &self,
        claims: Map<String, Value>,
    ) -> Result<Auth, TokenError> {
        let claims = Claims::new(claims);
        check_organization_claims(&claims)?;
        let session = Arc::new(VerifiedSession::vouched_for(claims));
        Ok(session_state(session, &self.inner.client, HeaderMap::new())
            .into_parts()
            .0)
    }

    /// Numbers since this handle was built.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let (key_refreshes, key_refresh_failures, key_age) = self.inner.keys.stats();
        Stats {
            key_refreshes,
            key_refresh_failures,
            key_age_millis: key_age.map(|age| u64::try_from(age).unwrap_or(0)),
            token_cache_hits: self.inner.quick_answers.load(Ordering::Relaxed),
            token_cache_entries: self.inner.tokens.len() as u64,
        }
    }

    /// Where to sign in, with the way back to the page that was asked for, or elsewhere
    /// (`redirectToSignIn` in the official SDKs; Clerk docs: "Customize your redirect URLs").
    ///
    /// # Errors
    /// [`RedirectError`] when there is no page to go to, or a configured one is no URL.
    pub fn redirect_to_sign_in(
        &self,
        request: &(impl RequestView + ?Sized),
        back: ReturnBack<'_>,
    ) -> Result<String, RedirectError> {
        self.sign_in_redirect(&Facts::read(request, &self.inner.config), false, back)
    }

    /// Where to sign up, with the way back to the page that was asked for, or elsewhere (`redirectToSignUp`).
    ///
    /// # Errors
    /// As [`redirect_to_sign_in`](Self::redirect_to_sign_in).
    pub fn redirect_to_sign_up(
        &self,
        request: &(impl RequestView + ?Sized),
        back: ReturnBack<'_>,
    ) -> Result<String, RedirectError> {
        let facts = Facts::read(request, &self.inner.config);
        self.redirect(&facts).sign_up(back)
    }

    /// `is_pending`: whether somebody is signed in who has tasks to do first; the page is then that of the tasks.
    pub(crate) fn sign_in_redirect(
        &self,
        facts: &Facts,
        is_pending: bool,
        back: ReturnBack<'_>,
    ) -> Result<String, RedirectError> {
        self.redirect(facts)
            .pending_session(is_pending)
            .sign_in(back)
    }

    fn redirect<'a>(&'a self, facts: &'a Facts) -> Redirect<'a> {
        let config = &self.inner.config;
        Redirect::new(facts.url.as_str())
            .publishable_key(config.publishable_key.as_ref())
            .sign_in_url(config.sign_in_url.as_deref())
            .sign_up_url(config.sign_up_url.as_deref())
            .satellite(config.is_satellite)
            .dev_browser_token(facts.dev_browser.as_deref())
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }
}

impl fmt::Debug for Clerk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clerk")
            .field(
                "publishable_key",
                &self
                    .inner
                    .config
                    .publishable_key
                    .as_ref()
                    .map(PublishableKey::as_str),
            )
            .finish_non_exhaustive()
    }
}

/// What [`Clerk::begin_authentication`] gives.
#[derive(Debug)]
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "a middleware must know what to do in every case"
)]
pub enum Authentication {
    /// The outcome.
    Done(RequestState),
    /// Keys or an answer of Clerk's are needed first.
    Waiting(WaitingAuthentication),
}

/// A request whose authentication waits for keys or for an answer of Clerk's. Borrows nothing.
#[must_use]
pub struct WaitingAuthentication(Box<Pending>);

impl WaitingAuthentication {
    /// Does what is needed. Dropping the future loses nothing but this request.
    ///
    /// # Errors
    /// As [`Clerk::authenticate_request`].
    pub async fn finish(self) -> Result<RequestState, AuthenticateError> {
        authenticate::finish(*self.0).await
    }
}

impl fmt::Debug for WaitingAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WaitingAuthentication")
    }
}
