//! The interface of stores that several processes share.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A future that a [`SharedStore`] returns.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A function that a [`SharedStore`] calls for every removal.
pub type RemovalListener = Box<dyn Fn(Removal<'_>) + Send + Sync>;

/// A store that several processes share, so that they do not all have to ask Clerk for the same answers.
///
/// Without one, each process has its own cache. `clerk-redis` implements this trait with Redis, and an application can
/// implement it with any storage that its processes share.
///
/// Keys are digests. Values are encrypted and authenticated with a key that is derived from the instance's secret key, and
/// contain the version of their format and their instance. Someone who can read the store learns neither tokens nor users
/// from it, and someone who can write to it can delete entries but not forge them.
///
/// A store may be slow or fail. If a call fails or takes longer than [`ClerkBuilder::shared_store_wait`], requests continue
/// without the store, and a separate task probes it every second until it responds.
///
/// [`ClerkBuilder::shared_store_wait`]: crate::ClerkBuilder::shared_store_wait
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Mutex;
/// use std::time::{Duration, Instant};
///
/// use clerk_core::{Removal, RemovalListener, SharedStore, StoreFuture};
///
/// /// A store for several instances of [`Clerk`](clerk_core::Clerk) in one process.
/// #[derive(Default)]
/// struct InThisProcess {
///     entries: Mutex<HashMap<(String, String), (Option<Vec<u8>>, Instant)>>,
///     listeners: Mutex<Vec<RemovalListener>>,
/// }
///
/// impl SharedStore for InThisProcess {
///     fn get<'a>(&'a self, namespace: &'a str, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
///         Box::pin(async move {
///             let entries = self.entries.lock().unwrap();
///             let entry = entries.get(&(namespace.to_owned(), key.to_owned()));
///             Ok(entry.filter(|(_, until)| Instant::now() < *until).and_then(|(value, _)| value.clone()))
///         })
///     }
///
///     fn put<'a>(&'a self, namespace: &'a str, key: &'a str, value: Vec<u8>, time_to_live: Duration) -> StoreFuture<'a, ()> {
///         Box::pin(async move {
///             let mut entries = self.entries.lock().unwrap();
///             let now = Instant::now();
///             entries.retain(|_, (_, until)| now < *until);
///             entries.entry((namespace.to_owned(), key.to_owned())).or_insert((Some(value), now + time_to_live));
///             Ok(())
///         })
///     }
///
///     fn remove<'a>(&'a self, namespace: &'a str, key: &'a str, hold: Duration) -> StoreFuture<'a, ()> {
///         Box::pin(async move {
///             let mut entries = self.entries.lock().unwrap();
///             entries.insert((namespace.to_owned(), key.to_owned()), (None, Instant::now() + hold));
///             for listener in self.listeners.lock().unwrap().iter() {
///                 listener(Removal::Entry { namespace, key });
///             }
///             Ok(())
///         })
///     }
///
///     fn on_removal(&self, listener: RemovalListener) {
///         self.listeners.lock().unwrap().push(listener);
///     }
/// }
/// ```
pub trait SharedStore: Send + Sync + 'static {
    /// Returns the value of this key, unless it has expired.
    fn get<'a>(&'a self, namespace: &'a str, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// Stores a value for at most this time. Does nothing if there is a value already, or if [`remove`](Self::remove) holds
    /// the key.
    fn put<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a str,
        value: Vec<u8>,
        time_to_live: Duration,
    ) -> StoreFuture<'a, ()>;

    /// Removes the value, notifies the listeners of every process, and holds the key: for the time of `hold`,
    /// [`put`](Self::put) does nothing for it, because an answer that is still being loaded may be older than the removal.
    fn remove<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a str,
        hold: Duration,
    ) -> StoreFuture<'a, ()>;

    /// Calls `listener` for every removal by any process, including this one, and whenever removals may have been missed.
    fn on_removal(&self, listener: RemovalListener);
}

/// The argument of a [`RemovalListener`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Removal<'a> {
    /// An entry was removed.
    Entry {
        /// The namespace of the entry.
        namespace: &'a str,
        /// The key of the entry.
        key: &'a str,
    },
    /// Removals may have been missed, because the connection to the store was lost or reestablished.
    Unknown,
}

/// Why a [`SharedStore`] failed. Its message is logged.
#[derive(Debug)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps an error of the underlying storage.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the shared store failed")
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
