//! Clocks, which make time a value that tests control.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A source of the current time.
///
/// A [`Clerk`](crate::Clerk) uses one clock for every check of `exp`, `nbf` and `iat`, and for the ages of everything that
/// it caches, so a test moves all of them together.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the time in milliseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> i64;

    /// Returns the time since some fixed moment, which never goes backward, even if [`now`](Self::now) is set back.
    ///
    /// The age of a cached value is the larger of the ages by both clocks, so that nothing lives longer if a clock is set
    /// back or stops while the machine is suspended. The default implementation uses the operating system's
    /// monotonic clock.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system's monotonic clock"
    )]
    fn monotonic(&self) -> Duration {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        FIRST.get_or_init(Instant::now).elapsed()
    }
}

/// A moment by both clocks, for measuring ages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// In Unix milliseconds.
    pub(crate) wall: i64,
    monotonic: Duration,
}

impl Moment {
    pub(crate) fn now(clock: &dyn Clock) -> Self {
        Self {
            wall: clock.now(),
            monotonic: clock.monotonic(),
        }
    }

    /// Returns the time that has passed since `earlier`, which is the larger of the differences by both clocks, and at least
    /// zero.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        let wall = u64::try_from(self.wall.saturating_sub(earlier.wall)).unwrap_or(0);
        self.monotonic
            .saturating_sub(earlier.monotonic)
            .max(Duration::from_millis(wall))
    }
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system's clock"
    )]
    fn now(&self) -> i64 {
        // A time before 1970 reads as 0. Every token is then "not active yet", which fails closed.
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            })
    }
}

/// A clock for tests that moves only when it is told to.
///
/// Clones share their time. [`advance`](Self::advance) lets time pass, and [`set`](Self::set) changes the time as if someone
/// adjusted the clock.
///
/// ```
/// use std::time::Duration;
/// use clerk_core::{Clock, ManualClock};
///
/// let clock = ManualClock::new(1_700_000_000_000);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), 1_700_000_060_000);
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<ManualTimes>);

#[derive(Debug)]
struct ManualTimes {
    wall: AtomicI64,
    /// In milliseconds.
    monotonic: AtomicU64,
}

impl ManualClock {
    /// Creates a clock that shows `millis`, in milliseconds since 1970.
    #[must_use]
    pub fn new(millis: i64) -> Self {
        Self(Arc::new(ManualTimes {
            wall: AtomicI64::new(millis),
            monotonic: AtomicU64::new(0),
        }))
    }

    /// Sets the time, in milliseconds since 1970, forward or back and without any time passing, as an operator or a time
    /// server would.
    pub fn set(&self, millis: i64) {
        self.0.wall.store(millis, Ordering::SeqCst);
    }

    /// Lets time pass. The time saturates at the end of its range.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let ManualTimes { wall, monotonic } = &*self.0;
        // The closures never return `None`, so the updates cannot fail.
        let _ = wall.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |now| {
            Some(now.saturating_add(by))
        });
        let _ = monotonic.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |now| {
            Some(now.saturating_add(by.unsigned_abs()))
        });
    }
}

impl Clock for ManualClock {
    fn now(&self) -> i64 {
        self.0.wall.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.monotonic.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_the_larger_of_what_both_clocks_say() {
        let hour = 3_600_000;
        let moment = |wall, monotonic| Moment {
            wall,
            monotonic: Duration::from_millis(monotonic),
        };
        for (earlier, later, age) in [
            ((hour, 0), (hour + 5, 5), 5),
            // The clock was set back; set forward; the machine slept; both clocks were exchanged for others.
            ((hour, 0), (0, 7), 7),
            ((0, 0), (hour, 7), 3_600_000),
            ((0, 100), (hour, 100), 3_600_000),
            ((hour, 100), (0, 0), 0),
            ((i64::MAX, 0), (i64::MIN, 3), 3),
            ((i64::MIN, 0), (i64::MAX, 3), i64::MAX as u64),
        ] {
            let (earlier, later) = (moment(earlier.0, earlier.1), moment(later.0, later.1));
            assert_eq!(
                later.since(earlier),
                Duration::from_millis(age),
                "{earlier:?} {later:?}"
            );
        }
    }

    #[test]
    fn a_clock_that_only_tells_the_time_has_a_monotonic_one() {
        #[derive(Debug)]
        struct Stopped;
        impl Clock for Stopped {
            fn now(&self) -> i64 {
                0
            }
        }
        let first = Stopped.monotonic();
        let mut last = first;
        while last == first {
            last = Stopped.monotonic();
            assert!(last >= first);
        }
    }
}
