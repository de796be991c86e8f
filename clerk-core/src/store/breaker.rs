//! Whether the shared store is in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const IN_USE: u8 = 0;
/// A task tries the store until it answers.
const RECOVERING: u8 = 1;
/// The runtime of that task ended before the store answered.
const ABANDONED: u8 = 2;

/// Takes a store that fails out of use, so that a failure costs the requests of one moment and no others.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaker(Arc<AtomicU8>);

/// Whoever holds it tries the store until it answers.
#[derive(Debug)]
pub(super) struct Recovery(Option<Breaker>);

impl Breaker {
    pub(super) fn is_in_use(&self) -> bool {
        self.0.load(Ordering::Acquire) == IN_USE
    }

    /// Takes the store out of use; `Some` for the one who did.
    pub(super) fn trip(&self) -> Option<Recovery> {
        self.enter_recovery(IN_USE)
    }

    /// `Some` for one caller when nobody tries a store that is out of use.
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
    /// The store answers again.
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
