use crate::random;
use serde::{Deserialize, Serialize};

/// A URL that native applications may be sent to after signing in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedirectUrl {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl RedirectUrl {
    /// Creates an allowed redirect URL.
    pub(crate) fn new(url: String, now: i64) -> Self {
        Self {
            id: random::id("ru"),
            url,
            created_at: now,
            updated_at: now,
        }
    }
}
