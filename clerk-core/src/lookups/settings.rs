//! The settings of lookups.

use std::time::Duration;

/// The time limit of a load, which continues if nothing waits for it anymore.
pub(super) const LOAD_LIMIT: Duration = Duration::from_secs(10);

/// The settings of lookups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LookupSettings {
    /// How long an object is cached.
    pub(crate) memory: Duration,
    /// How long a lookup waits for a load.
    pub(crate) wait: Duration,
    /// The time limit of a load.
    pub(crate) load_limit: Duration,
    /// The size of the cache of each type of objects.
    pub(crate) cache_bytes: u64,
}

impl Default for LookupSettings {
    fn default() -> Self {
        Self {
            memory: Duration::from_secs(30),
            wait: Duration::from_secs(2),
            load_limit: LOAD_LIMIT,
            cache_bytes: 16 * 1024 * 1024,
        }
    }
}
