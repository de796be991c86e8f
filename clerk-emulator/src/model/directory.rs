use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::secret::Secret;

/// A directory from which an identity provider provisions users.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Directory {
    pub(crate) id: String,
    pub(crate) name: String,
    /// ID of the enterprise connection.
    pub(crate) connection_id: String,
    pub(crate) provider: String,
    pub(crate) enabled: bool,
    pub(crate) group_role_mapping_enabled: bool,
    /// Paths in the directory, by attribute.
    pub(crate) attribute_mapping: Map<String, Value>,
    pub(crate) api_key: Secret,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// The role assigned to the members of a group in a directory.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupRoleMapping {
    pub(crate) id: String,
    pub(crate) directory_id: String,
    pub(crate) group_id: String,
    pub(crate) group_display_name: String,
    pub(crate) role_id: String,
    /// The priority, counted from 1; the lowest number wins.
    pub(crate) precedence: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}
