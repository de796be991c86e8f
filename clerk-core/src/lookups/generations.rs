//! Whether what was loaded is older than an eviction.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::EntryKey;

/// How many counters there are. Keys that share one are evicted together, which costs a load and nothing else.
const COUNTERS: usize = 1024;

/// A generation for each key. Whatever was loaded in an older generation is void, whether it has been kept or is still under
/// way.
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
