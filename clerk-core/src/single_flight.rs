//! Coalescing of concurrent calls with the same key into one.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

/// The calls in progress, by key.
///
/// All waiters of a call drive it, and none owns it: dropping a waiter neither cancels the call nor makes it fail, unless it
/// is the last one.
pub(crate) struct SingleFlight<K, T: Clone> {
    flights: Arc<Mutex<Flights<K, T>>>,
}

struct Flights<K, T: Clone> {
    started: u64,
    by_key: HashMap<K, (u64, WeakShared<BoxFuture<'static, T>>)>,
}

impl<K, T: Clone> Default for SingleFlight<K, T> {
    fn default() -> Self {
        Self {
            flights: Arc::new(Mutex::new(Flights {
                started: 0,
                by_key: HashMap::new(),
            })),
        }
    }
}

impl<K, T> SingleFlight<K, T>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Joins the call for `key` that is in progress, or starts it.
    pub(crate) fn join(
        &self,
        key: K,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Shared<BoxFuture<'static, T>> {
        let mut flights = lock(&self.flights);
        let running = flights.by_key.get(&key);
        if let Some(flight) = running.and_then(|(_, flight)| flight.upgrade()) {
            return flight;
        }
        flights.started += 1;
        let landing = Landing {
            flights: Arc::clone(&self.flights),
            key: key.clone(),
            number: flights.started,
        };
        let number = landing.number;
        let flight = async move {
            let _landing = landing;
            call.await
        }
        .boxed()
        .shared();
        if let Some(weak) = flight.downgrade() {
            flights.by_key.insert(key, (number, weak));
        }
        flight
    }
}

impl<K, T: Clone> fmt::Debug for SingleFlight<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleFlight")
            .field("running", &lock(&self.flights).by_key.len())
            .finish()
    }
}

/// Removes a call from the map when it ends or when its last waiter is dropped.
struct Landing<K: Eq + Hash, T: Clone> {
    flights: Arc<Mutex<Flights<K, T>>>,
    key: K,
    number: u64,
}

impl<K: Eq + Hash, T: Clone> Drop for Landing<K, T> {
    fn drop(&mut self) {
        let mut flights = lock(&self.flights);
        // The next call for the key may have started already.
        let is_own = flights.by_key.get(&self.key);
        if is_own.is_some_and(|(number, _)| *number == self.number) {
            flights.by_key.remove(&self.key);
        }
    }
}

fn lock<K, T: Clone>(flights: &Mutex<Flights<K, T>>) -> MutexGuard<'_, Flights<K, T>> {
    // Nothing panics while the lock is held, and the content would be consistent even if the lock were poisoned.
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::oneshot;

    use super::*;

    fn running(flights: &SingleFlight<&'static str, u32>) -> usize {
        lock(&flights.flights).by_key.len()
    }

    #[tokio::test]
    async fn whoever_asks_the_same_at_the_same_time_shares_a_call() {
        let flights = SingleFlight::default();
        let calls = Arc::new(AtomicUsize::new(0));
        let ask = |key: &'static str| {
            let calls = Arc::clone(&calls);
            flights.join(key, async move {
                tokio::task::yield_now().await;
                calls.fetch_add(1, Ordering::SeqCst);
                7
            })
        };
        let answers = join_all((0..100).map(|number| ask(["a", "b"][number % 2]))).await;
        assert_eq!(answers, [7; 100]);
        assert_eq!(calls.load(Ordering::SeqCst), 2);
        assert_eq!(running(&flights), 0);
        assert_eq!(ask("a").await, 7);
        assert_eq!(calls.load(Ordering::SeqCst), 3, "an answer is not kept");
    }

    #[tokio::test]
    async fn a_dropped_waiter_neither_ends_a_call_nor_holds_it() {
        let flights = SingleFlight::default();
        let (answer, answered) = oneshot::channel();
        let mut first = flights.join("a", async { answered.await.unwrap_or(0) });
        assert_eq!((&mut first).now_or_never(), None);
        let mut second = flights.join("a", async { 1 });
        assert_eq!(
            (&mut second).now_or_never(),
            None,
            "it has joined the first"
        );
        drop(first);
        answer.send(7).unwrap();
        assert_eq!(second.await, 7);

        // Dropping the last waiter cancels the call, and the next waiter starts a new one.
        let mut only = flights.join("b", std::future::pending());
        assert_eq!((&mut only).now_or_never(), None);
        drop(only);
        assert_eq!(running(&flights), 0);
        drop(flights.join("c", std::future::pending()));
        assert_eq!(running(&flights), 0, "one that nobody ever polled, too");
        assert_eq!(flights.join("b", async { 2 }).await, 2);
    }
}
