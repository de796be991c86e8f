//! Settings of the builder that limit times, sizes and numbers of calls, and where cached answers are kept.

use std::sync::Arc;
use std::time::Duration;

use super::ClerkBuilder;
use crate::store::SharedStore;

impl ClerkBuilder {
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
}
