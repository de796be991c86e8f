//! The cache of an instance's signing keys.
//!
//! Readers take a snapshot and never wait. There is one download at a time, which all requests that need it join. None of
//! them owns it, so dropping a request does not cancel it. Keys older than [`SigningKeySettings::fresh`] are refreshed while
//! they are in use, and stay in use up to [`SigningKeySettings::stale`] if Clerk cannot be reached. Unknown key IDs cause at
//! most one download per [`SigningKeySettings::cool_down`]. In between, a token with an unknown key ID is undecided, because
//! the key may have been added since.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use clerk_backend_api::{ClerkClient, Error, ErrorCode, Retry};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use serde_json::Value;

use crate::clock::{Clock, Moment};
use crate::crypto::random_bytes;
use crate::discreet::shown;
use crate::error_chain::WithCauses;
use crate::reason::Reason;
use crate::token::{KeyRequest, SigningKey, TokenError};

/// What is known about a key ID without I/O.
#[derive(Clone, Debug)]
pub(crate) enum SigningKeyAnswer {
    Found(Arc<SigningKey>),
    /// A download may find the key.
    Needed,
    Failed(TokenError),
}

/// The settings of the key cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SigningKeySettings {
    /// The age at which keys are refreshed.
    pub(crate) fresh: Duration,
    /// The age up to which keys are used if they cannot be refreshed.
    pub(crate) stale: Duration,
    /// The minimum time between two downloads because of unknown key IDs.
    pub(crate) cool_down: Duration,
    /// How long a request waits for keys.
    pub(crate) wait: Duration,
    /// Whether keys in use are refreshed in a separate task.
    pub(crate) spawn: bool,
}

impl Default for SigningKeySettings {
    fn default() -> Self {
        Self {
            fresh: Duration::from_secs(5 * 60),
            stale: Duration::from_secs(60 * 60),
            cool_down: Duration::from_secs(30),
            wait: Duration::from_secs(2),
            spawn: false,
        }
    }
}

/// The most attempts of a download.
const ATTEMPTS: u32 = 5;
/// The pause before the second attempt. It doubles with every attempt and is extended by a random part of its length.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The time limit of an attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long before a download a token must have been issued for its key to be in the downloaded set. Accounts for clocks
/// that differ and for cached copies of the key set.
const ISSUED_BEFORE: Duration = Duration::from_secs(60);
/// How long a failure is remembered at first if there are no keys in memory. The time doubles up to the cool-down.
const FIRST_FAILURE_MEMORY: Duration = Duration::from_secs(1);

/// The source of the keys.
#[derive(Debug)]
pub(crate) enum SigningKeySource {
    /// One key from the configuration, for every key ID.
    Pem(Arc<SigningKey>),
    /// The Backend API.
    Remote(ClerkClient),
    /// Neither a PEM key nor a secret key is configured.
    None,
}

#[derive(Debug)]
struct KeySet {
    keys: HashMap<String, Arc<SigningKey>>,
    /// The IDs of keys that only the previous set had.
    removed: Vec<String>,
    fetched_at: Moment,
}

#[derive(Default)]
struct Downloads {
    flight: Option<Flight>,
    /// When the last download ended, whether it succeeded or failed.
    last: Option<Moment>,
    /// The last failure, its time, and how long to wait before the next attempt.
    failure: Option<(TokenError, Moment, Duration)>,
    failures_in_a_row: u32,
}

/// A download in progress.
type Flight = Shared<BoxFuture<'static, Result<(), TokenError>>>;

/// Statistics on the downloads of signing keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SigningKeyStats {
    /// The number of successful downloads.
    pub(crate) refreshes: u64,
    /// The number of failed downloads.
    pub(crate) failures: u64,
    /// The time since the last successful download.
    pub(crate) age: Option<Duration>,
}

/// The signing keys of one instance.
pub(crate) struct SigningKeys {
    source: SigningKeySource,
    settings: SigningKeySettings,
    clock: Arc<dyn Clock>,
    set: ArcSwapOption<KeySet>,
    downloads: Mutex<Downloads>,
    /// When the refresh of aging keys was claimed.
    refresh_claimed: Mutex<Option<Moment>>,
    successes: AtomicU64,
    failures: AtomicU64,
}

impl SigningKeys {
    pub(crate) fn new(
        source: SigningKeySource,
        settings: SigningKeySettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            source,
            settings,
            clock,
            set: ArcSwapOption::empty(),
            downloads: Mutex::default(),
            refresh_claimed: Mutex::default(),
            successes: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        }
    }

    /// Returns the key in memory that currently has this ID.
    pub(crate) fn current(&self, kid: Option<&str>, now: Moment) -> Option<Arc<SigningKey>> {
        match &self.source {
            SigningKeySource::Pem(key) => Some(Arc::clone(key)),
            SigningKeySource::None => None,
            SigningKeySource::Remote(_) => {
                let set = self.set.load();
                let set = set.as_ref()?;
                if now.since(set.fetched_at) >= self.settings.stale {
                    return None;
                }
                set.keys.get(kid?).map(Arc::clone)
            }
        }
    }

    /// Returns true if this is the key in memory that currently has this ID. Does not touch the count of its references, which all
    /// cores share.
    pub(crate) fn is_current(&self, kid: Option<&str>, key: &Arc<SigningKey>, now: Moment) -> bool {
        let is_same =
            |current: &Arc<SigningKey>| Arc::ptr_eq(current, key) || current.is_same_key(key);
        match &self.source {
            SigningKeySource::Pem(current) => is_same(current),
            SigningKeySource::None => false,
            SigningKeySource::Remote(_) => {
                let set = self.set.load();
                let serving = set
                    .as_ref()
                    .filter(|set| now.since(set.fetched_at) < self.settings.stale);
                serving
                    .zip(kid)
                    .and_then(|(set, kid)| set.keys.get(kid))
                    .is_some_and(is_same)
            }
        }
    }

    /// Looks up a key in memory, and tells whether a download may find it.
    pub(crate) fn look_up(&self, request: &KeyRequest, now: Moment) -> SigningKeyAnswer {
        if let Some(key) = self.current(request.kid.as_deref(), now) {
            return SigningKeyAnswer::Found(key);
        }
        if matches!(self.source, SigningKeySource::None) {
            return SigningKeyAnswer::Failed(TokenError::new(
                Reason::JwkFailedToResolve,
                "there is no key to verify the token with: set CLERK_JWT_KEY or CLERK_SECRET_KEY",
            ));
        }
        let set = self.set.load();
        let serving = set
            .as_ref()
            .filter(|set| now.since(set.fetched_at) < self.settings.stale);
        let downloads = self.downloads();
        let is_within = |since: Moment, time: Duration| now.since(since) < time;
        match (serving, downloads.last, &downloads.failure) {
            (Some(set), Some(last), _) if is_within(last, self.settings.cool_down) => {
                SigningKeyAnswer::Failed(if is_known_to_be_absent(request, set, now) {
                    unknown_kid()
                } else {
                    not_asked()
                })
            }
            (None, _, Some((error, since, time))) if is_within(*since, *time) => {
                SigningKeyAnswer::Failed(error.clone())
            }
            _ => SigningKeyAnswer::Needed,
        }
    }

    /// Returns true if aging keys need a refresh that no request has claimed.
    pub(crate) fn is_refresh_due(&self, now: Moment) -> bool {
        self.is_aging(now)
            && match self.refresh_claimed.try_lock() {
                Ok(claimed) => self.is_claim_over(*claimed, now),
                // Another request is claiming it.
                Err(_) => false,
            }
    }

    /// Claims the refresh of aging keys. Returns true for one caller per cool-down.
    pub(crate) fn claim_refresh(&self, now: Moment) -> bool {
        if !self.is_aging(now) {
            return false;
        }
        let Ok(mut claimed) = self.refresh_claimed.try_lock() else {
            return false;
        };
        let is_ours = self.is_claim_over(*claimed, now);
        if is_ours {
            *claimed = Some(now);
        }
        is_ours
    }

    fn is_aging(&self, now: Moment) -> bool {
        matches!(self.source, SigningKeySource::Remote(_))
            && self.set.load().as_ref().is_some_and(|set| {
                let age = now.since(set.fetched_at);
                (self.settings.fresh..self.settings.stale).contains(&age)
            })
    }

    fn is_claim_over(&self, claimed: Option<Moment>, now: Moment) -> bool {
        claimed.is_none_or(|claimed| now.since(claimed) >= self.settings.cool_down)
    }

    /// Refreshes the keys, in a separate task if the application asked for that, or else before it returns.
    pub(crate) async fn refresh(self: &Arc<Self>) {
        let flight = self.join();
        if self.settings.spawn {
            tokio::spawn(flight);
        } else {
            // A refresh that takes too long continues when the next request joins it.
            let _ = tokio::time::timeout(self.settings.wait, flight).await;
        }
    }

    /// Downloads the keys, or joins the download in progress, and returns the key with this ID.
    pub(crate) async fn fetch(
        self: &Arc<Self>,
        kid: Option<&str>,
    ) -> Result<Arc<SigningKey>, TokenError> {
        let flight = self.join();
        let download = tokio::time::timeout(self.settings.wait, flight).await;
        if let Some(key) = self.current(kid, self.now()) {
            return Ok(key);
        }
        match download {
            Ok(Ok(())) => Err(unknown_kid()),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(TokenError::new(
                Reason::JwksFailedToLoad,
                "the signing keys were not loaded in time; a later request may succeed",
            )),
        }
    }

    pub(crate) fn stats(&self) -> SigningKeyStats {
        let set = self.set.load();
        SigningKeyStats {
            refreshes: self.successes.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            age: set.as_ref().map(|set| self.now().since(set.fetched_at)),
        }
    }

    fn now(&self) -> Moment {
        Moment::now(&*self.clock)
    }

    fn join(self: &Arc<Self>) -> Flight {
        let mut downloads = self.downloads();
        let cache = Arc::clone(self);
        downloads
            .flight
            .get_or_insert_with(|| async move { cache.download().await }.boxed().shared())
            .clone()
    }

    async fn download(&self) -> Result<(), TokenError> {
        let SigningKeySource::Remote(client) = &self.source else {
            return Ok(());
        };
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        let answer = loop {
            match load(client).await {
                Err(failure) if failure.may_pass && attempt < ATTEMPTS => {
                    tokio::time::sleep(pause + pause.mul_f64(random_fraction())).await;
                    pause *= 2;
                    attempt += 1;
                }
                Err(failure) => break Err(failure.error),
                Ok(keys) => break Ok(keys),
            }
        };
        let now = self.now();
        let mut downloads = self.downloads();
        downloads.flight = None;
        downloads.last = Some(now);
        match answer {
            Ok(keys) => {
                self.successes.fetch_add(1, Ordering::Relaxed);
                downloads.failure = None;
                downloads.failures_in_a_row = 0;
                self.set.store(Some(Arc::new(self.key_set(&keys, now))));
                Ok(())
            }
            Err(error) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                let memory = FIRST_FAILURE_MEMORY
                    .saturating_mul(1 << downloads.failures_in_a_row.min(16))
                    .min(self.settings.cool_down);
                if self.set.load().is_some() {
                    tracing::warn!(reason = %error.reason(), "the signing keys could not be refreshed: {error}; the keys in memory stay in use");
                } else if downloads.failures_in_a_row == 0 {
                    tracing::error!(reason = %error.reason(), "the signing keys could not be loaded: {error}");
                }
                downloads.failures_in_a_row = downloads.failures_in_a_row.saturating_add(1);
                downloads.failure = Some((error.clone(), now, memory));
                Err(error)
            }
        }
    }

    /// Creates the new set. A key that did not change remains the same object, so tokens that it verified stay cached.
    fn key_set(&self, jwks: &[Value], now: Moment) -> KeySet {
        let before = self.set.load();
        let keys: HashMap<_, _> = jwks
            .iter()
            .filter_map(|jwk| {
                let kid = jwk.get("kid")?.as_str()?;
                let entry = SigningKey::from_jwk(jwk);
                let known = before
                    .as_ref()
                    .and_then(|set| set.keys.get(kid))
                    .filter(|known| known.is_same_key(&entry));
                Some((
                    kid.to_owned(),
                    known.map_or_else(|| Arc::new(entry), Arc::clone),
                ))
            })
            .collect();
        let removed = before
            .iter()
            .flat_map(|set| set.keys.keys())
            .filter(|kid| !keys.contains_key(*kid))
            .cloned()
            .collect();
        KeySet {
            keys,
            removed,
            fetched_at: now,
        }
    }

    fn downloads(&self) -> std::sync::MutexGuard<'_, Downloads> {
        // Nothing panics while the lock is held, and the content would be consistent even if the lock were poisoned.
        self.downloads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

struct LoadFailure {
    error: TokenError,
    may_pass: bool,
}

/// Makes one attempt of a download. As in the reference, every failure may be temporary, because a gateway in front of Clerk
/// can respond with anything.
async fn load(client: &ClerkClient) -> Result<Vec<Value>, LoadFailure> {
    let may_pass = |error| LoadFailure {
        error,
        may_pass: true,
    };
    let unexpected = |cause: &dyn std::error::Error| {
        may_pass(TokenError::new(
            Reason::UnexpectedError,
            format!(
                "Clerk's Backend API at {} could not be reached, or did not respond with JSON: {}",
                shown(client.api_url()),
                WithCauses(cause)
            ),
        ))
    };
    let answer = client
        .request(http::Method::GET, ["jwks"])
        .retry(Retry::none())
        .timeout(ATTEMPT_TIMEOUT)
        .send()
        .await
        .map_err(|error| match &error {
            Error::Api(_) if error.has_code(ErrorCode::CLERK_KEY_INVALID) => {
                may_pass(TokenError::new(
                    Reason::SecretKeyInvalid,
                    "Clerk refused the secret key: check CLERK_SECRET_KEY",
                ))
            }
            Error::Api(api) if serde_json::from_slice::<Value>(&api.body).is_ok() => {
                may_pass(TokenError::new(
                    Reason::JwksFailedToLoad,
                    format!(
                        "Clerk's Backend API responded to the request for signing keys with {}",
                        api.status
                    ),
                ))
            }
            _ => unexpected(&error),
        })?;
    let body: Value = answer.json().map_err(|error| unexpected(&error))?;
    match body.get("keys").and_then(Value::as_array) {
        Some(keys) if !keys.is_empty() => Ok(keys.clone()),
        _ => Err(LoadFailure {
            error: TokenError::new(
                Reason::JwksFailedToLoad,
                "Clerk's Backend API returned no signing keys for this instance",
            ),
            may_pass: false,
        }),
    }
}

fn unknown_kid() -> TokenError {
    TokenError::new(
        Reason::JwkKidMismatch,
        "no signing key of this instance has the token's key ID (kid): the token probably comes from another instance; \
         check that CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY belong together",
    )
}

/// Creates the error for a key ID that is unknown until the cool-down allows another download.
fn not_asked() -> TokenError {
    TokenError::new(
        Reason::JwksFailedToLoad,
        "no signing key in memory has the token's key ID (kid), and the keys were loaded recently; a later request \
         will ask for them again",
    )
}

/// Returns true if the key was removed from the set, or if the set was downloaded long enough after the token was issued to
/// contain its key.
fn is_known_to_be_absent(request: &KeyRequest, set: &KeySet, now: Moment) -> bool {
    if request
        .kid
        .as_ref()
        .is_none_or(|kid| set.removed.contains(kid))
    {
        return true;
    }
    let margin = i64::try_from(ISSUED_BEFORE.as_millis()).unwrap_or(i64::MAX);
    // If the clock was set back since, the times cannot be compared.
    now.wall >= set.fetched_at.wall
        && request
            .issued
            .is_some_and(|issued| issued.saturating_add(margin) <= set.fetched_at.wall)
}

/// Returns a random number from 0 up to but excluding 1, or 0 if the system provides no randomness, which only makes the
/// pauses equal.
fn random_fraction() -> f64 {
    let [byte] = random_bytes().unwrap_or_default();
    f64::from(byte) / 256.0
}
