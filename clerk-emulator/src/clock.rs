//! The clock behind every stamp the emulator writes: real time, moved or stopped on request.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time as the emulator sees it.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Hands>);

#[derive(Debug, Default, Clone, Copy)]
struct Hands {
    /// Milliseconds added to the base.
    ahead_ms: i64,
    /// The base while the clock is stopped; real time otherwise.
    stopped_at_ms: Option<i64>,
}

impl Clock {
    /// Milliseconds since the Unix epoch.
    pub(crate) fn now_ms(&self) -> i64 {
        let hands = self.hands(|hands| *hands);
        hands
            .stopped_at_ms
            .unwrap_or_else(system_ms)
            .saturating_add(hands.ahead_ms)
    }

    /// Moves the clock ahead.
    pub(crate) fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.hands(|hands| hands.ahead_ms = hands.ahead_ms.saturating_add(by));
    }

    /// Stops the clock at `at`.
    pub(crate) fn set(&self, at: SystemTime) {
        self.hands(|hands| {
            *hands = Hands {
                ahead_ms: 0,
                stopped_at_ms: Some(to_ms(at)),
            }
        });
    }

    /// Goes back to real time.
    pub(crate) fn reset(&self) {
        self.hands(|hands| *hands = Hands::default());
    }

    fn hands<T>(&self, read: impl FnOnce(&mut Hands) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the emulator reads the machine's time"
)]
fn system_ms() -> i64 {
    to_ms(SystemTime::now())
}

fn to_ms(at: SystemTime) -> i64 {
    match at.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis())
            .map(|ms| -ms)
            .unwrap_or(i64::MIN),
    }
}
