//! The cache of one type of objects. Concurrent lookups of an object share one load, which runs in its own task.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clerk_backend_api::ClerkClient;
use moka::Expiry;
use moka::future::Cache;

use super::error::LookupError;
use super::evictions::Evictions;
use super::object::LookedUp;
use super::settings::LookupSettings;
use crate::clock::Clock;
use crate::store::{CLOCK_SKEW, EntryKey};

/// How long a failure is cached, so that lookups do not make an outage worse.
const FAILURE_MEMORY: Duration = Duration::from_secs(2);
/// The longest time that a failure is cached if the Backend API asks to wait.
const MAX_FAILURE_MEMORY: Duration = Duration::from_secs(30);
/// How many times a lookup loads an object that is evicted while it is being loaded.
const ATTEMPTS: usize = 3;

pub(super) struct ObjectCache<T> {
    entries: Cache<EntryKey, Arc<Entry<T>>>,
    client: ClerkClient,
    evictions: Arc<Evictions>,
    settings: LookupSettings,
    clock: Arc<dyn Clock>,
}

struct Entry<T> {
    outcome: Result<Arc<T>, LookupError>,
    /// The generation of the key when the object was loaded.
    generation: u64,
    /// In Unix milliseconds.
    loaded_at: i64,
    lives: Duration,
    /// The approximate size in memory, in bytes.
    weight: u32,
}

impl<T: LookedUp> ObjectCache<T> {
    pub(super) fn new(
        client: ClerkClient,
        evictions: Arc<Evictions>,
        settings: LookupSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            entries: Cache::builder()
                .max_capacity(settings.cache_bytes)
                .weigher(|_, entry: &Arc<Entry<T>>| entry.weight)
                .expire_after(LivesOf)
                .build(),
            client,
            evictions,
            settings,
            clock,
        }
    }

    pub(super) async fn get(self: &Arc<Self>, id: &str) -> Result<Arc<T>, LookupError> {
        let key = self.evictions.key::<T>(id);
        if let Some(entry) = self.entries.get(&key).await
            && self.is_fresh(&key, &entry)
        {
            return entry.outcome.clone();
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // The client returns the error for a missing runtime.
            let (object, _) = T::load(&self.client, id)
                .await
                .map_err(LookupError::from_api)?;
            return Ok(Arc::new(object));
        };
        // The load runs in its own task, because any lookup that waits for it may be dropped or never polled again.
        let (cache, id) = (Arc::clone(self), id.to_owned());
        let load = runtime.spawn(async move { cache.load_once(key, &id).await });
        match tokio::time::timeout(self.settings.wait, load).await {
            Ok(Ok(outcome)) => outcome,
            // The task is canceled when its runtime shuts down.
            Ok(Err(_)) | Err(_) => Err(LookupError::TimedOut),
        }
    }

    /// Loads the object, or joins the load that is in progress.
    async fn load_once(&self, key: EntryKey, id: &str) -> Result<Arc<T>, LookupError> {
        let mut attempt = 1;
        loop {
            let entry = self
                .entries
                .entry(key)
                .or_insert_with_if(self.load(key, id), |kept| !self.is_fresh(&key, kept))
                .await
                .into_value();
            if attempt == ATTEMPTS || self.is_of_this_generation(&key, &entry) {
                return entry.outcome.clone();
            }
            attempt += 1;
        }
    }

    async fn load(&self, key: EntryKey, id: &str) -> Arc<Entry<T>> {
        let generation = self.evictions.generation(&key);
        if let Some(entry) = self.shared(&key, id, generation).await {
            return Arc::new(entry);
        }
        let load = T::load(&self.client, id);
        let loaded = match tokio::time::timeout(self.settings.load_limit, load).await {
            Ok(Ok((object, body))) if object.id() == id => Ok((object, body)),
            Ok(Ok(_)) => Err(LookupError::OtherObject),
            Ok(Err(error)) => Err(LookupError::from_api(error)),
            Err(_) => Err(LookupError::TimedOut),
        };
        let loaded_at = self.clock.now();
        let entry = match loaded {
            Ok((object, body)) => {
                let lives = self.settings.memory;
                let entry = Entry::found(object, &body, generation, loaded_at, lives);
                if self.is_of_this_generation(&key, &entry) {
                    self.share(&key, loaded_at, &body).await;
                }
                entry
            }
            Err(error) => {
                log(T::NAMESPACE, &error);
                Entry::missing(error, generation, loaded_at)
            }
        };
        Arc::new(entry)
    }

    /// Returns the object from the shared store if another process loaded it recently.
    async fn shared(&self, key: &EntryKey, id: &str, generation: u64) -> Option<Entry<T>> {
        if self.settings.memory.is_zero() {
            return None;
        }
        let value = self.evictions.sharing()?.get(T::NAMESPACE, key).await?;
        let (loaded_at, body) = value.split_first_chunk()?;
        let loaded_at = i64::from_be_bytes(*loaded_at);
        let age = self.clock.now().saturating_sub(loaded_at);
        if age < -CLOCK_SKEW || self.evictions.is_outdated(loaded_at) {
            return None;
        }
        let age = Duration::from_millis(u64::try_from(age).unwrap_or(0));
        let lives = self.settings.memory.checked_sub(age)?;
        let object: T = serde_json::from_slice(body).ok()?;
        let entry = Entry::found(object, body, generation, loaded_at, lives);
        (entry.outcome.as_ref().is_ok_and(|object| object.id() == id)).then_some(entry)
    }

    async fn share(&self, key: &EntryKey, loaded_at: i64, body: &Bytes) {
        if let Some(sharing) = self
            .evictions
            .sharing()
            .filter(|_| !self.settings.memory.is_zero())
        {
            let value = [&loaded_at.to_be_bytes(), &**body].concat();
            let time_to_live = self.settings.memory;
            sharing.put(T::NAMESPACE, key, value, time_to_live).await;
        }
    }

    /// Returns true if a cached object may still be returned. The cache itself also checks its age by a monotonic clock.
    fn is_fresh(&self, key: &EntryKey, entry: &Entry<T>) -> bool {
        let age = self.clock.now().saturating_sub(entry.loaded_at);
        u64::try_from(age).is_ok_and(|age| Duration::from_millis(age) < entry.lives)
            && self.is_of_this_generation(key, entry)
    }

    fn is_of_this_generation(&self, key: &EntryKey, entry: &Entry<T>) -> bool {
        self.evictions.generation(key) == entry.generation
    }
}

impl<T> Entry<T> {
    fn found(object: T, body: &[u8], generation: u64, loaded_at: i64, lives: Duration) -> Self {
        Self {
            outcome: Ok(Arc::new(object)),
            generation,
            loaded_at,
            lives,
            // The text of the response, once more for the parts read from it, and the fixed parts.
            weight: u32::try_from(body.len().saturating_mul(2) + 2 * size_of::<T>())
                .unwrap_or(u32::MAX),
        }
    }

    fn missing(error: LookupError, generation: u64, loaded_at: i64) -> Self {
        let memory = error.retry_after().unwrap_or_default();
        Self {
            lives: memory.clamp(FAILURE_MEMORY, MAX_FAILURE_MEMORY),
            outcome: Err(error),
            generation,
            loaded_at,
            weight: 1024,
        }
    }
}

fn log(namespace: &'static str, error: &LookupError) {
    match error {
        LookupError::NotFound => tracing::debug!(clerk.object = namespace, "{error}"),
        LookupError::Unavailable(source) => {
            tracing::warn!(clerk.object = namespace, error = %source, "a lookup failed: {error}");
        }
        _ => tracing::warn!(clerk.object = namespace, "a lookup failed: {error}"),
    }
}

/// Expires each entry after its own lifetime.
struct LivesOf;

impl<T> Expiry<EntryKey, Arc<Entry<T>>> for LivesOf {
    fn expire_after_create(
        &self,
        _: &EntryKey,
        entry: &Arc<Entry<T>>,
        _: Instant,
    ) -> Option<Duration> {
        Some(entry.lives)
    }

    fn expire_after_update(
        &self,
        _: &EntryKey,
        entry: &Arc<Entry<T>>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.lives)
    }
}

impl<T> fmt::Debug for ObjectCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectCache")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use clerk_backend_api::User;

    use super::*;
    use crate::clock::ManualClock;
    use crate::store::{Scope, ScopeInputs};

    /// A cache of users from the Backend API at this URL.
    fn cache(api_url: &str, settings: LookupSettings) -> Arc<ObjectCache<User>> {
        let client = ClerkClient::builder()
            .secret_key("sk_test_1")
            .api_url(api_url)
            .build()
            .unwrap();
        let scope = Scope::new(ScopeInputs {
            instance: None,
            api_url: client.api_url(),
            secret_key: client.expose_secret_key(),
            machine_secret_key: None,
            audience: &[],
        });
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(0));
        let evictions = Evictions::new(scope, None, Arc::clone(&clock));
        Arc::new(ObjectCache::new(client, evictions, settings, clock))
    }

    #[tokio::test]
    async fn a_load_ends_even_if_lookups_would_wait_longer() {
        // Connections are accepted, and never answered.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let settings = LookupSettings {
            wait: Duration::from_secs(3600),
            load_limit: Duration::from_millis(10),
            ..LookupSettings::default()
        };
        let outcome = cache(&url, settings).get("user_1").await;
        assert!(matches!(outcome, Err(LookupError::TimedOut)), "{outcome:?}");
    }

    #[tokio::test]
    async fn memory_is_bounded_by_what_the_answers_weigh() {
        const BYTES: u64 = 64 * 1024;
        let settings = LookupSettings {
            cache_bytes: BYTES,
            ..LookupSettings::default()
        };
        let cache = cache("http://127.0.0.1:1", settings);
        for user in 0..1000 {
            let padding = "x".repeat(user % 5000);
            let body =
                format!(r#"{{ "object": "user", "id": "user_{user}", "last_name": "{padding}" }}"#);
            let object = serde_json::from_str(&body).unwrap();
            let key = cache.evictions.key::<User>(&format!("user_{user}"));
            let entry = Entry::found(object, body.as_bytes(), 0, 0, settings.memory);
            assert!(entry.weight as usize >= body.len());
            cache.entries.insert(key, Arc::new(entry)).await;
        }
        cache.entries.run_pending_tasks().await;
        assert!(cache.entries.weighted_size() <= BYTES);
        assert!(cache.entries.entry_count() > 0);
    }
}
