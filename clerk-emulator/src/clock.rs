//! The emulator's clock, which runs in real time unless it is moved or stopped.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock that tests can move and stop.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Setting>);

#[derive(Debug, Default, Clone, Copy)]
struct Setting {
    /// The milliseconds added to the base.
    ahead_ms: i64,
    /// The base while the clock is stopped; real time otherwise.
    stopped_at_ms: Option<i64>,
}

impl Clock {
    /// Returns the time in milliseconds since the Unix epoch.
    pub(crate) fn now_ms(&self) -> i64 {
        let setting = self.setting(|setting| *setting);
        setting
            .stopped_at_ms
            .unwrap_or_else(system_ms)
            .saturating_add(setting.ahead_ms)
    }

    /// Returns true while only tests move the clock.
    pub(crate) fn is_stopped(&self) -> bool {
        self.setting(|setting| setting.stopped_at_ms.is_some())
    }

    /// Advances the clock.
    pub(crate) fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.setting(|setting| setting.ahead_ms = setting.ahead_ms.saturating_add(by));
    }

    /// Stops the clock at `at`.
    pub(crate) fn set(&self, at: SystemTime) {
        self.setting(|setting| {
            *setting = Setting {
                ahead_ms: 0,
                stopped_at_ms: Some(to_ms(at)),
            }
        });
    }

    /// Returns to real time.
    pub(crate) fn reset(&self) {
        self.setting(|setting| *setting = Setting::default());
    }

    fn setting<T>(&self, read: impl FnOnce(&mut Setting) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Returns the machine's time in milliseconds since the Unix epoch.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the emulator reads the machine's time"
)]
pub(crate) fn system_ms() -> i64 {
    to_ms(SystemTime::now())
}

/// Converts a time to milliseconds since the Unix epoch.
pub(crate) fn to_ms(at: SystemTime) -> i64 {
    match at.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis())
            .map(|ms| -ms)
            .unwrap_or(i64::MIN),
    }
}
