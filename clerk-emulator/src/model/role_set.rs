use crate::random;
use serde::{Deserialize, Serialize};

/// Key of the role set that every instance starts with.
pub(crate) const DEFAULT_ROLE_SET: &str = "role_set:default";

/// The roles that organizations choose from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleSet {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// Ids.
    pub(crate) roles: Vec<String>,
    /// Id of the role of new members.
    pub(crate) default_role: String,
    /// Id of the role of creators.
    pub(crate) creator_role: String,
    /// Whether new organizations get this one.
    pub(crate) initial: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl RoleSet {
    /// Returns a fresh id.
    pub(crate) fn new_id() -> String {
        random::id("rset")
    }
}
