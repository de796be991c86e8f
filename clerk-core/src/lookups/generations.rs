//! Generations, which tell whether a value is older than an eviction.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::EntryKey;

/// The number of counters. Keys that share a counter are evicted together, which only costs another load.
const COUNTERS: usize = 1024;

/// A generation for each key. A value of an older generation is invalid, whether it is cached or still being loaded.
pub(super) struct Generations(Box<[AtomicU64]>);

impl Generations {
    pub(super) fn new() -> Self {
        Self((0..COUNTERS).map(|_| AtomicU64::new(0)).collect())
    }

    pub(super) fn current(&self, key: &EntryKey) -> u64 {
        self.counter(key).load(Ordering::Acquire)
    }

    pub(super) fn evict(&self, key: &EntryKey) {
        self.counter(key).fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn evict_all(&self) {
        for counter in &self.0 {
            counter.fetch_add(1, Ordering::AcqRel);
        }
    }

    fn counter(&self, key: &EntryKey) -> &AtomicU64 {
        let [first, second, ..] = *key.bytes();
        &self.0[usize::from(u16::from_be_bytes([first, second])) % self.0.len()]
    }
}

impl fmt::Debug for Generations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generations").finish_non_exhaustive()
    }
}
