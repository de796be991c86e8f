//! The shared store as caches use it, with a time limit and without errors.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::breaker::{Breaker, Recovery};
use super::scope::{EntryKey, Scope};
use super::seal::Seal;
use super::shared::{SharedStore, StoreError};

/// The largest difference between the clocks of processes that share values, in milliseconds.
pub(crate) const CLOCK_SKEW: i64 = 5_000;
/// The pause before each probe of a suspended store.
const RECOVERY_PAUSE: Duration = Duration::from_secs(1);
/// The time limit of a probe.
const RECOVERY_LIMIT: Duration = Duration::from_secs(1);
/// The namespace of probes.
const PROBE: &str = "probe";

/// The shared store of a configuration.
#[derive(Clone)]
pub(crate) struct SharingSettings {
    pub(crate) store: Option<Arc<dyn SharedStore>>,
    /// How long a request waits for the store.
    pub(crate) wait: Duration,
}

impl Default for SharingSettings {
    fn default() -> Self {
        Self {
            store: None,
            wait: Duration::from_millis(250),
        }
    }
}

impl fmt::Debug for SharingSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharingSettings")
            .field("store", &self.store.is_some())
            .field("wait", &self.wait)
            .finish()
    }
}

/// A shared store with a time limit, which is suspended as long as it does not respond.
pub(crate) struct Sharing {
    store: Arc<dyn SharedStore>,
    wait: Duration,
    seal: Seal,
    breaker: Breaker,
}

impl Sharing {
    /// Returns `None` if no store is configured.
    pub(crate) fn new(settings: &SharingSettings, scope: &Scope) -> Option<Arc<Self>> {
        let store = Arc::clone(settings.store.as_ref()?);
        Some(Arc::new(Self {
            store,
            wait: settings.wait,
            seal: Seal::new(scope.clone()),
            breaker: Breaker::default(),
        }))
    }

    pub(crate) async fn get(self: &Arc<Self>, namespace: &str, key: &EntryKey) -> Option<Vec<u8>> {
        let text = key.text();
        let sealed = self.limited(|| self.store.get(namespace, &text)).await??;
        self.seal.open(namespace, key, &sealed)
    }

    pub(crate) async fn put(
        self: &Arc<Self>,
        namespace: &str,
        key: &EntryKey,
        value: Vec<u8>,
        time_to_live: Duration,
    ) {
        let text = key.text();
        if let Some(sealed) = self.seal.seal(namespace, key, value) {
            self.limited(|| self.store.put(namespace, &text, sealed, time_to_live))
                .await;
        }
    }

    /// Removes an entry for all processes. `hold` is that of [`SharedStore::remove`].
    #[cfg(feature = "lookups")]
    pub(crate) async fn remove(self: &Arc<Self>, namespace: &str, key: &EntryKey, hold: Duration) {
        let text = key.text();
        self.limited(|| self.store.remove(namespace, &text, hold))
            .await;
    }

    /// Registers a listener for the removals of all processes.
    #[cfg(feature = "lookups")]
    pub(crate) fn on_removal(&self, listener: super::RemovalListener) {
        self.store.on_removal(listener);
    }

    /// Calls the store unless it is suspended, and suspends it if it does not respond.
    async fn limited<T, F>(self: &Arc<Self>, call: impl FnOnce() -> F) -> Option<T>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        if !self.breaker.is_in_use() {
            if let Some(recovery) = self.breaker.resume_recovery() {
                self.recover(recovery);
            }
            return None;
        }
        let problem = match tokio::time::timeout(self.wait, call()).await {
            Ok(Ok(value)) => return Some(value),
            Ok(Err(error)) => describe(&error),
            Err(_) => "it did not respond in time".to_owned(),
        };
        if let Some(recovery) = self.breaker.trip() {
            tracing::warn!(
                "the shared store is suspended until it responds again: {problem}; this process uses its own cache"
            );
            self.recover(recovery);
        }
        None
    }

    /// Probes the store in a separate task, so that no request waits for it.
    fn recover(self: &Arc<Self>, recovery: Recovery) {
        let sharing = Arc::downgrade(self);
        tokio::spawn(async move {
            while !answers_again(&sharing).await {}
            // If the instance was dropped, there is nothing to resume.
            if sharing.strong_count() > 0 {
                tracing::info!("the shared store responds again");
                recovery.complete();
            }
        });
    }
}

/// Returns true if the store responds to a probe, or if the instance was dropped.
async fn answers_again(sharing: &Weak<Sharing>) -> bool {
    tokio::time::sleep(RECOVERY_PAUSE).await;
    let Some(sharing) = sharing.upgrade() else {
        return true;
    };
    let answer = tokio::time::timeout(RECOVERY_LIMIT, sharing.store.get(PROBE, PROBE)).await;
    matches!(answer, Ok(Ok(_)))
}

fn describe(error: &StoreError) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl fmt::Debug for Sharing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sharing")
            .field("wait", &self.wait)
            .field("is_in_use", &self.breaker.is_in_use())
            .finish_non_exhaustive()
    }
}
