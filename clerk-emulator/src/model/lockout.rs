use serde::{Deserialize, Serialize};

/// The failed attempts of a user since the last success.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lockout {
    pub(crate) user_id: String,
    pub(crate) failed_attempts: u32,
    /// Set after too many failed attempts.
    pub(crate) locked_until: Option<i64>,
}
