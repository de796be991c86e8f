use crate::random;
use serde::{Deserialize, Serialize};

/// The key of the role set that every instance starts with.
pub(crate) const DEFAULT_ROLE_SET: &str = "role_set:default";

/// A set of roles that organizations choose from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleSet {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// The IDs of the roles.
    pub(crate) roles: Vec<String>,
    /// The ID of the role of new members.
    pub(crate) default_role: String,
    /// The ID of the role of creators.
    pub(crate) creator_role: String,
    /// True if new organizations use this role set.
    pub(crate) initial: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl RoleSet {
    /// Returns a fresh ID.
    pub(crate) fn new_id() -> String {
        random::id("rset")
    }
}
