use crate::random;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};

/// The default lifetime of an M2M token, in seconds.
const DEFAULT_TOKEN_TTL_SECONDS: i64 = 3600;

/// A service of the application.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Machine {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) secret_key: Secret,
    /// The key before the last rotation, and the time at which it stops working.
    #[serde(default)]
    pub(crate) previous_secret_key: Option<(Secret, i64)>,
    /// IDs of the machines that it may call.
    pub(crate) scopes: Vec<String>,
    pub(crate) default_token_ttl: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl Machine {
    /// Creates a machine that may not call any other.
    pub(crate) fn new(name: String, now: i64) -> Self {
        Self {
            id: random::id("mch"),
            name,
            secret_key: Self::new_secret_key(),
            previous_secret_key: None,
            scopes: Vec::new(),
            default_token_ttl: DEFAULT_TOKEN_TTL_SECONDS,
            created_at: now,
            updated_at: now,
        }
    }

    /// Creates a machine secret key.
    pub(crate) fn new_secret_key() -> Secret {
        Secret(format!("ak_{}", random::alphanumeric(43)))
    }

    /// Returns true if this is the machine's key, or its previous one while that still works.
    pub(crate) fn has_secret_key(&self, key: &str, now: i64) -> bool {
        let previous = self.previous_secret_key.as_ref();
        self.secret_key.0 == key || previous.is_some_and(|(old, end)| old.0 == key && now < *end)
    }

    /// Returns true if the machine may call the one with this ID.
    pub(crate) fn may_call(&self, machine_id: &str) -> bool {
        self.scopes.iter().any(|scope| scope == machine_id)
    }
}
