use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// The ID of the only row.
pub(crate) const SIGNING_KEY_ID: &str = "signing_key";

/// The stored private key of the instance: a single row.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredKey {
    pub(crate) id: String,
    /// The base64 of the PKCS#8 encoding.
    pub(crate) pkcs8: Secret,
}
