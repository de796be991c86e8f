use super::metadata::Metadata;
use crate::random;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};

/// The default lifetime of a template's tokens, in seconds.
const DEFAULT_LIFETIME_SECONDS: i64 = 60;
const DEFAULT_CLOCK_SKEW_SECONDS: i64 = 5;

/// A named set of claims for tokens that other services read.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JwtTemplate {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) claims: Metadata,
    pub(crate) lifetime: i64,
    pub(crate) allowed_clock_skew: i64,
    pub(crate) custom_signing_key: bool,
    pub(crate) signing_algorithm: String,
    pub(crate) signing_key: Option<Secret>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl JwtTemplate {
    /// Creates a template whose tokens are signed with the instance's key.
    pub(crate) fn new(name: String, claims: Metadata, now: i64) -> Self {
        Self {
            id: random::id("jtmp"),
            name,
            claims,
            lifetime: DEFAULT_LIFETIME_SECONDS,
            allowed_clock_skew: DEFAULT_CLOCK_SKEW_SECONDS,
            custom_signing_key: false,
            signing_algorithm: "RS256".to_owned(),
            signing_key: None,
            created_at: now,
            updated_at: now,
        }
    }
}
