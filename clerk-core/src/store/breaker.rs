//! The circuit breaker of the shared store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const IN_USE: u8 = 0;
/// A task probes the store until it responds.
const RECOVERING: u8 = 1;
/// The runtime of that task shut down before the store responded.
const ABANDONED: u8 = 2;

/// Suspends a store that fails, so that a failure delays only the requests of one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaker(Arc<AtomicU8>);

/// The right to probe the store until it responds.
#[derive(Debug)]
pub(super) struct Recovery(Option<Breaker>);

impl Breaker {
    pub(super) fn is_in_use(&self) -> bool {
        self.0.load(Ordering::Acquire) == IN_USE
    }

    /// Suspends the store. Returns `Some` for the caller that did so.
    pub(super) fn trip(&self) -> Option<Recovery> {
        self.enter_recovery(IN_USE)
    }

    /// Returns `Some` for one caller if the store is suspended and no task probes it.
    pub(super) fn resume_recovery(&self) -> Option<Recovery> {
        self.enter_recovery(ABANDONED)
    }

    fn enter_recovery(&self, from: u8) -> Option<Recovery> {
        self.0
            .compare_exchange(from, RECOVERING, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
            .then(|| Recovery(Some(self.clone())))
    }
}

impl Recovery {
    /// Resumes the use of the store.
    pub(super) fn complete(mut self) {
        if let Some(breaker) = self.0.take() {
            breaker.0.store(IN_USE, Ordering::Release);
        }
    }
}

impl Drop for Recovery {
    fn drop(&mut self) {
        if let Some(breaker) = &self.0 {
            breaker.0.store(ABANDONED, Ordering::Release);
        }
    }
}
