//! The shared store as the caches see it: never slower than a stated time, and never an error.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::breaker::{Breaker, Recovery};
use super::scope::{EntryKey, Scope};
use super::seal::Seal;
use super::shared::{SharedStore, StoreError};

/// How far the clocks of processes that share values may be apart, in milliseconds.
pub(crate) const CLOCK_SKEW: i64 = 5_000;
/// The pause before each try of a store that is out of use.
const RECOVERY_PAUSE: Duration = Duration::from_secs(1);
/// The longest that such a try may take.
const RECOVERY_LIMIT: Duration = Duration::from_secs(1);
/// The namespace of such tries.
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

/// A shared store with a time limit, which is out of use for as long as it does not answer.
pub(crate) struct Sharing {
    store: Arc<dyn SharedStore>,
    wait: Duration,
    seal: Seal,
    breaker: Breaker,
}

impl Sharing {
    /// `None` where no store is configured.
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

    /// Removes an entry for every process. `hold` is that of [`SharedStore::remove`].
    #[cfg(feature = "lookups")]
    pub(crate) async fn remove(self: &Arc<Self>, namespace: &str, key: &EntryKey, hold: Duration) {
        let text = key.text();
        self.limited(|| self.store.remove(namespace, &text, hold))
            .await;
    }

    /// Has `listener` called for the removals of every process.
    #[cfg(feature = "lookups")]
    pub(crate) fn on_removal(&self, listener: super::RemovalListener) {
        self.store.on_removal(listener);
    }

    /// Calls the store, unless it is out of use, and takes it out of use when it does not answer.
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
            Err(_) => "it did not answer in time".to_owned(),
        };
        if let Some(recovery) = self.breaker.trip() {
            tracing::warn!(
                "the shared store is out of use until it answers again: {problem}; each process remembers by itself"
            );
            self.recover(recovery);
        }
        None
    }

    /// Tries the store in a task of its own, so that no request waits for it.
    fn recover(self: &Arc<Self>, recovery: Recovery) {
        let sharing = Arc::downgrade(self);
        tokio::spawn(async move {
            while !answers_again(&sharing).await {}
            // Whatever it was, nothing is left to recover when the instance is gone.
            if sharing.strong_count() > 0 {
                tracing::info!("the shared store answers again");
                recovery.complete();
            }
        });
    }
}

/// Whether the store answers a try, or belongs to nobody any more.
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
