use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// Id of the one row.
pub(crate) const SIGNING_KEY_ID: &str = "signing_key";

/// The private key of the instance, where it is kept: one row.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredKey {
    pub(crate) id: String,
    /// Base64 of the PKCS#8 form.
    pub(crate) pkcs8: Secret,
}
