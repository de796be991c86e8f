//! The handle of an instance for applications.

use std::fmt;
use std::sync::Arc;

use clerk_backend_api::ClerkClient;
#[cfg(feature = "lookups")]
use clerk_backend_api::{Organization, User};
use http::HeaderMap;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::auth::{Auth, SessionAuth};
use crate::authenticate::{
    self, AuthStatus, AuthenticateError, Facts, Outcome, RequestState, Start,
};
use crate::builder::ClerkBuilder;
use crate::clock::Moment;
use crate::config_error::ConfigError;
use crate::diagnose;
use crate::diagnosis::Diagnosis;
use crate::instance::Instance;
#[cfg(feature = "lookups")]
use crate::lookups::Lookups;
use crate::publishable_key::PublishableKey;
use crate::reason::Reason;
use crate::redirect::{RedirectError, ReturnBack};
use crate::request::RequestView;
use crate::sign_in::{PendingSession, sign_in_url, sign_up_url};
use crate::signing_keys::SigningKeyAnswer;
use crate::token::{
    AcceptedTokens, Claims, ParsedToken, TokenError, VerifiedSession, check_organization_claims,
    check_session_category, verify_session,
};
#[cfg(feature = "lookups")]
use crate::webhook::WebhookEvent;
use crate::webhook::WebhookVerifier;

/// A handle of a Clerk instance, with its configuration, signing keys, Backend API client, caches and clock.
///
/// It is cheap to clone, and clones share their caches. Create one per Clerk instance when the application starts, outside
/// code that runs once per worker.
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
    instance: Arc<Instance>,
}

/// Statistics of an instance, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// The number of successful downloads of signing keys.
    pub signing_key_refreshes: u64,
    /// The number of failed downloads of signing keys.
    pub signing_key_refresh_failures: u64,
    /// The time since the signing keys were downloaded, in milliseconds, or `None` before the first download.
    pub signing_key_age_millis: Option<u64>,
    /// The number of bearer tokens that were found in the cache of verified tokens.
    pub token_cache_hits: u64,
    /// The number of tokens in that cache.
    pub token_cache_entries: u64,
    /// Requests with a valid token, also of a session with pending tasks.
    pub signed_in: u64,
    /// Requests without a token, or with one of a kind that is not accepted.
    pub signed_out: u64,
    /// Requests whose token was refused.
    pub refused_tokens: u64,
    /// Requests that could not be decided, because Clerk was out of reach or refused this application's keys.
    pub undecided: u64,
    /// Browsers that were sent through a handshake.
    pub handshakes: u64,
    /// Requests that contradict the configuration, answered with 500.
    pub contradictions: u64,
}

impl Clerk {
    /// Creates a builder without any settings.
    pub fn builder() -> ClerkBuilder {
        ClerkBuilder::default()
    }

    /// Creates an instance that is configured by environment variables.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `CLERK_SECRET_KEY` | the secret key of the instance |
    /// | `CLERK_PUBLISHABLE_KEY` | the publishable key of the instance |
    /// | `CLERK_MACHINE_SECRET_KEY` | the secret key of a machine, for M2M tokens |
    /// | `CLERK_JWT_KEY` | the public key in PEM format; with it, session tokens are verified without network access |
    /// | `CLERK_AUTHORIZED_PARTIES` | origins that session tokens may be issued for, separated by commas |
    /// | `CLERK_AUTHORIZED_PARTY_PATTERNS` | the same for preview deployments, such as `https://*.preview.example.com` |
    /// | `CLERK_API_URL`, `CLERK_API_VERSION` | the URL and version of the Backend API; the defaults are `https://api.clerk.com` and `v1` |
    /// | `CLERK_PROXY_URL` | the proxy URL or path of the Frontend API |
    /// | `CLERK_PUBLIC_URL` | the origin at which browsers reach this application |
    /// | `CLERK_DOMAIN`, `CLERK_IS_SATELLITE` | the domain of a satellite, and whether the application is one |
    /// | `CLERK_SIGN_IN_URL`, `CLERK_SIGN_UP_URL` | the sign-in and sign-up pages |
    /// | `CLERK_WEBHOOK_SIGNING_SECRET` | the signing secret of the webhook endpoint |
    /// | `CLERK_DEVELOPMENT_ALLOW_HTTP` | `true` allows `http` for a Backend API that is not on loopback, for development |
    ///
    /// An empty variable counts as not set. Whitespace and one pair of quotes around a value are removed, with a warning.
    ///
    /// # Errors
    /// Returns [`ConfigError`] if a required variable is missing or a value is unusable: only whitespace, a placeholder such as
    /// `YOUR_SECRET_KEY`, whitespace or line breaks inside the value, a key in the wrong variable, a test key with a live key,
    /// or text that is not Unicode. The error names the variable, and another variable that seems to contain the value, such
    /// as `VITE_CLERK_PUBLISHABLE_KEY`. It never contains a key.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().from_env().build()
    }

    pub(crate) fn of(instance: Instance) -> Self {
        Self {
            instance: Arc::new(instance),
        }
    }

    /// Returns the client of the Backend API, with this instance's keys.
    #[must_use]
    pub fn api(&self) -> &ClerkClient {
        &self.instance.client
    }

    /// Returns the cached lookups of users by ID.
    ///
    /// ```no_run
    /// # async fn run(clerk: clerk_core::Clerk) -> Result<(), clerk_core::LookupError> {
    /// let user = clerk.users().get("user_2abc").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "lookups")]
    #[must_use]
    pub fn users(&self) -> Lookups<'_, User> {
        self.instance.lookups.users()
    }

    /// Returns the cached lookups of organizations by ID.
    #[cfg(feature = "lookups")]
    #[must_use]
    pub fn organizations(&self) -> Lookups<'_, Organization> {
        self.instance.lookups.organizations()
    }

    /// Removes the users and organizations that a verified webhook of this instance reports as changed from the cache.
    ///
    /// The extractors of the adapters do this automatically for every webhook that they verify. Call this method for webhooks
    /// that arrive in another way, such as through a queue.
    #[cfg(feature = "lookups")]
    pub fn evict_after(&self, event: &WebhookEvent) {
        self.instance.lookups.evict_after(event);
    }

    /// Returns the publishable key, for pages that load Clerk's browser SDK.
    #[must_use]
    pub fn publishable_key(&self) -> Option<&PublishableKey> {
        self.instance.config.publishable_key.as_ref()
    }

    /// Returns the verifier of this instance's webhooks, or `None` if no signing secret is configured.
    #[must_use]
    pub fn webhooks(&self) -> Option<&WebhookVerifier> {
        self.instance.config.webhooks.as_ref()
    }

    /// Returns the time by the configured clock, in Unix milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.instance.clock.now()
    }

    /// Authenticates a request, accepting the configured types of tokens.
    ///
    /// # Errors
    /// Returns [`AuthenticateError`] if the request contradicts the configuration; respond with 500. An invalid token is not an
    /// error: the state is then signed out and contains the reason.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use clerk_core::Reason;
    ///
    /// # let clerk = clerk_core::Clerk::builder().secret_key("sk_test_example")
    /// #     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").build()?;
    /// let request = http::Request::get("/").header("host", "example.com").body(())?;
    /// let state = clerk.authenticate_request(&request).await?;
    /// assert_eq!(state.reason(), Some(&Reason::SessionTokenAndUatMissing));
    /// # Ok(())
    /// # }
    /// ```
    pub fn authenticate_request<'a>(
        &'a self,
        request: &dyn RequestView,
    ) -> impl Future<Output = Result<RequestState, AuthenticateError>> + Send + use<'a> {
        self.authenticate_request_accepting(request, &self.instance.config.accepts)
    }

    /// Authenticates a request, accepting these types of tokens.
    ///
    /// # Errors
    /// Returns the same errors as [`authenticate_request`](Self::authenticate_request).
    pub fn authenticate_request_accepting<'a>(
        &'a self,
        request: &dyn RequestView,
        accepts: &AcceptedTokens,
    ) -> impl Future<Output = Result<RequestState, AuthenticateError>> + Send + use<'a> {
        let start = authenticate::start(&self.instance, request, accepts);
        async move {
            let outcome = match start {
                Ok(Start::Done(state)) => Ok(state),
                Ok(Start::Waiting(pending)) => authenticate::finish(pending).await,
                Err(error) => Err(error),
            };
            self.count(&outcome);
            outcome
        }
    }

    /// Counts the outcome of a request, for [`stats`](Self::stats).
    pub(crate) fn count(&self, outcome: &Result<RequestState, AuthenticateError>) {
        let outcomes = &self.instance.outcomes;
        match outcome {
            Ok(state) => match state.status() {
                AuthStatus::SignedIn => outcomes.signed_in(),
                AuthStatus::SignedOut => outcomes.signed_out(state.reason(), state.message()),
                AuthStatus::Handshake => outcomes.handshake(state.reason(), state.message()),
            },
            Err(_) => outcomes.contradiction(),
        }
    }

    /// Verifies a token outside of a request, as `verifyToken` does in the official SDKs.
    ///
    /// Accepts every token that the instance signed for a user: session tokens, and tokens of JWT templates, which have no
    /// session ID and may outlive the session that they were created in. A machine's token without a category in its header is
    /// accepted too; its subject is then a machine (`mch_...`). To accept only sessions, use
    /// [`verify_session_token`](Self::verify_session_token). To authenticate a request, use
    /// [`authenticate_request`](Self::authenticate_request).
    ///
    /// # Errors
    /// Returns [`TokenError`] if the token is refused.
    pub async fn verify_token(&self, token: &str) -> Result<SessionAuth, TokenError> {
        let Instance {
            config,
            client,
            signing_keys,
            clock,
            ..
        } = &*self.instance;
        let now = Moment::now(&**clock);
        let mut token = ParsedToken::parse(token, config.max_token_bytes)?;
        check_session_category(&token)?;
        let key = match signing_keys.look_up(&token.key_request(), now) {
            SigningKeyAnswer::Found(key) => key,
            SigningKeyAnswer::Failed(error) => return Err(error),
            SigningKeyAnswer::Needed => {
                token.let_go_of_decoded();
                signing_keys.fetch(token.kid()).await?
            }
        };
        let session = verify_session(&token, &key, &config.rules, clock.now())?;
        Ok(SessionAuth::new(
            Arc::new(session),
            client.clone(),
            None,
            self.instance.config.is_development(),
        ))
    }

    /// Verifies a session token outside of a request.
    ///
    /// The token must have a session ID (`sid`), and must not be a token of a JWT template or of a machine. It is valid until
    /// it expires, even if the user has signed out since.
    ///
    /// # Errors
    /// Returns [`TokenError`] if the token is refused.
    pub async fn verify_session_token(&self, token: &str) -> Result<SessionAuth, TokenError> {
        let session = self.verify_token(token).await?;
        let names_a_session = session.session_id().is_some_and(|sid| !sid.is_empty());
        if names_a_session && !session.is_other_token() {
            Ok(session)
        } else {
            Err(TokenError::new(
                Reason::TokenInvalid,
                "the token is not a session token: it has no session ID (sid), or was created for something else",
            ))
        }
    }

    /// Creates the authentication state of a session with these claims, for tests and for applications that verified a token by
    /// other means.
    ///
    /// # Errors
    /// Returns [`TokenError`] if the organization claims cannot be decoded.
    ///
    /// # Security
    /// Nothing is verified: anyone who controls the claims can sign in as any user.
    pub fn dangerous_auth_from_claims(
        &self,
        claims: Map<String, Value>,
    ) -> Result<Auth, TokenError> {
        let claims = Claims::new(claims);
        check_organization_claims(&claims)?;
        let outcome = Outcome::Session {
            session: Arc::new(VerifiedSession::vouched_for(claims)),
            headers: HeaderMap::new(),
        };
        let state = RequestState::of(
            outcome,
            &self.instance.client,
            self.instance.config.is_development(),
            || None,
            |_| None,
        );
        Ok(state.into_parts().0)
    }

    /// Reports what is configured, what is wrong with it, and what was seen since the start: tokens that are not valid yet by
    /// this machine's clock, and origins that are not among the authorized parties. Does no I/O.
    ///
    /// What keeps an instance from being built is reported by [`ClerkBuilder::diagnose`].
    ///
    /// ```
    /// # fn main() -> Result<(), clerk_core::ConfigError> {
    /// let clerk = clerk_core::Clerk::builder()
    ///     .secret_key("sk_live_example")
    ///     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
    ///     .build()?;
    /// let diagnosis = clerk.diagnose();
    /// assert_eq!(diagnosis.findings()[0].code, "authorized-parties-missing");
    /// diagnosis.log();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn diagnose(&self) -> Diagnosis {
        diagnose::offline(&self.instance)
    }

    /// Reports what [`diagnose`](Self::diagnose) does, and asks the Backend API: whether it can be reached and accepts the
    /// secret key, whether its clock is this machine's, and whether the keys belong to one instance. Makes at most two
    /// calls of at most 5 seconds each.
    pub async fn diagnose_online(&self) -> Diagnosis {
        diagnose::online(&self.instance).await
    }

    /// Returns the statistics since this instance was built.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let keys = self.instance.signing_keys.stats();
        let outcomes = self.instance.outcomes.read();
        Stats {
            signing_key_refreshes: keys.refreshes,
            signing_key_refresh_failures: keys.failures,
            signing_key_age_millis: keys
                .age
                .map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
            token_cache_hits: self.instance.token_cache_hits.read(),
            token_cache_entries: self.instance.tokens.len() as u64,
            signed_in: outcomes.signed_in,
            signed_out: outcomes.without_token,
            refused_tokens: outcomes.refused_tokens,
            undecided: outcomes.undecided,
            handshakes: outcomes.handshakes,
            contradictions: outcomes.contradictions,
        }
    }

    /// Returns the URL of the sign-in page, which sends the browser back afterward (Clerk docs: "Customize your redirect
    /// URLs").
    ///
    /// # Errors
    /// Returns [`RedirectError`] if there is no page to redirect to or a configured URL is not valid.
    pub fn build_sign_in_url(
        &self,
        request: &dyn RequestView,
        back: ReturnBack<'_>,
    ) -> Result<String, RedirectError> {
        let facts = self.facts(request);
        sign_in_url(&self.instance.config, &facts, PendingSession::Absent, back)
    }

    /// Returns the URL of the sign-up page, which sends the browser back afterward.
    ///
    /// # Errors
    /// Returns the same errors as [`build_sign_in_url`](Self::build_sign_in_url).
    pub fn build_sign_up_url(
        &self,
        request: &dyn RequestView,
        back: ReturnBack<'_>,
    ) -> Result<String, RedirectError> {
        sign_up_url(&self.instance.config, &self.facts(request), back)
    }

    pub(crate) fn facts(&self, request: &dyn RequestView) -> Facts {
        Facts::read(request, &self.instance.config, self.now(), &|_| None)
    }

    pub(crate) fn instance(&self) -> &Arc<Instance> {
        &self.instance
    }
}

impl fmt::Debug for Clerk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clerk")
            .field(
                "publishable_key",
                &self
                    .instance
                    .config
                    .publishable_key
                    .as_ref()
                    .map(PublishableKey::as_str),
            )
            .finish_non_exhaustive()
    }
}
