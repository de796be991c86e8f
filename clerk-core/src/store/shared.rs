//! The trait of stores that several processes share.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A future that a [`SharedStore`] returns.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The function that a [`SharedStore`] calls for every removal.
pub type RemovalListener = Box<dyn Fn(Removal<'_>) + Send + Sync>;

/// A store that several processes share: what one of them asked Clerk, the others need not ask again.
///
/// Without one, each process remembers answers by itself. `clerk-redis` implements it on Redis; an application can
/// implement it on whatever its hosts have in common.
///
/// Keys are digests. Values are encrypted and authenticated under the instance's secret key, and name the version of their
/// format and their instance: who can read the store learns neither tokens nor users from it, and who can write to it can
/// delete entries, but cannot make any.
///
/// A store may be slow or fail. A call that takes longer than [`ClerkBuilder::shared_store_wait`], or fails, is given up:
/// requests then go on without the store, and it is tried again every second by a task of its own until it answers.
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
/// /// For several instances of [`Clerk`](clerk_core::Clerk) in one process.
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
    /// Returns the value under this key, unless its time to live is over.
    fn get<'a>(&'a self, namespace: &'a str, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// Keeps a value for at most this time. A value that is there already, or a [`remove`](Self::remove) that still holds
    /// the key, wins.
    fn put<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a str,
        value: Vec<u8>,
        time_to_live: Duration,
    ) -> StoreFuture<'a, ()>;

    /// Removes the value, tells the listeners of every process, and ignores what is [`put`](Self::put) under this key for
    /// the time of `hold`: an answer that is still under way may be older than the removal.
    fn remove<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a str,
        hold: Duration,
    ) -> StoreFuture<'a, ()>;

    /// Calls `listener` for each removal by any process, this one included, and whenever removals may have been missed.
    fn on_removal(&self, listener: RemovalListener);
}

/// What a [`RemovalListener`] is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Removal<'a> {
    /// An entry was removed.
    Entry {
        /// The entry's namespace.
        namespace: &'a str,
        /// The entry's key.
        key: &'a str,
    },
    /// The connection to the store was lost or made anew, so that removals may have been missed.
    Unknown,
}

/// Why a [`SharedStore`] failed. The text goes into the log.
#[derive(Debug)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps the error of whatever the store is built on.
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
