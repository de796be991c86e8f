//! The faults that are waiting for requests.

use std::sync::{Mutex, PoisonError};

use http::{Method, StatusCode};

use super::fault::{Effect, Fault};

/// The faults that are waiting for requests.
///
/// Returned by [`Emulator::faults`](crate::Emulator::faults). Faults are tried in the order in which they were
/// added, and are removed once they are used up.
///
/// # Key outages and the application's cool-down
///
/// An application that could not load the keys does not retry at once: between two downloads it waits for
/// a cool-down, 30 seconds unless configured otherwise, and responds with 503 in the meantime. So the request after
/// [`resume_keys`](Self::resume_keys), or after any fault on the key set, may still be refused, although the
/// keys are served again. In a test, give the application a clock of its own and move it past the cool-down,
/// or set a shorter one (`unknown_key_cool_down` of `clerk-core`).
#[derive(Debug, Default)]
pub struct Faults {
    waiting: Mutex<Vec<Fault>>,
    keys_stopped: Mutex<bool>,
}

impl Faults {
    /// Adds a fault.
    pub fn add(&self, fault: Fault) {
        lock(&self.waiting).push(fault);
    }

    /// Returns the faults that are waiting, in the order in which they are tried.
    pub(crate) fn waiting(&self) -> Vec<Fault> {
        let waiting = lock(&self.waiting);
        let mut waiting = waiting.clone();
        waiting.retain(|fault| !fault.is_used_up());
        waiting
    }

    /// Removes every fault. Keys are served again.
    pub fn clear(&self) {
        lock(&self.waiting).clear();
        self.resume_keys();
    }

    /// Makes the key sets respond with 503 until [`resume_keys`](Self::resume_keys).
    pub fn stop_keys(&self) {
        *lock(&self.keys_stopped) = true;
    }

    /// Serves the key sets again.
    ///
    /// The application notices once its cool-down is over; see
    /// [the type](Self#key-outages-and-the-applications-cool-down).
    pub fn resume_keys(&self) {
        *lock(&self.keys_stopped) = false;
    }

    /// Takes the effects on this request: any number of delays, then at most one failure.
    pub(crate) fn take(&self, method: &Method, path: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        if *lock(&self.keys_stopped) && path.ends_with("/jwks") | path.ends_with("/jwks.json") {
            effects.push(Effect::Status(StatusCode::SERVICE_UNAVAILABLE));
            return effects;
        }
        let mut waiting = lock(&self.waiting);
        for fault in waiting.iter_mut() {
            if !fault.matches(method, path) {
                continue;
            }
            fault.remaining = fault.remaining.map(|left| left.saturating_sub(1));
            effects.push(fault.effect.clone());
            if !matches!(fault.effect, Effect::Slow(_)) {
                break;
            }
        }
        waiting.retain(|fault| !fault.is_used_up());
        effects
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
