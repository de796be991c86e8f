//! How look-ups are remembered, and how long they may take.

use std::time::Duration;

/// How long a load may take, whether or not somebody still waits for it.
pub(super) const LOAD_LIMIT: Duration = Duration::from_secs(10);

/// How look-ups are remembered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LookupSettings {
    /// How long an object is remembered.
    pub(crate) memory: Duration,
    /// How long a look-up waits for an answer.
    pub(crate) wait: Duration,
    /// Memory for each kind of objects.
    pub(crate) cache_bytes: u64,
}

impl Default for LookupSettings {
    fn default() -> Self {
        Self {
            memory: Duration::from_secs(30),
            wait: Duration::from_secs(2),
            cache_bytes: 16 * 1024 * 1024,
        }
    }
}
