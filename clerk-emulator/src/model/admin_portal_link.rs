use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// A link token that lets the administrators of a company set up their connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdminPortalLink {
    pub(crate) id: String,
    pub(crate) link_id: String,
    pub(crate) organization_id: Option<String>,
    pub(crate) it_contact_id: Option<String>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) token: Secret,
    pub(crate) revoked: bool,
    pub(crate) revocation_reason: Option<String>,
    pub(crate) expires_at: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}
