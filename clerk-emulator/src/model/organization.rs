use super::metadata::Metadata;
use super::user::Image;
use crate::random;
use serde::{Deserialize, Serialize};

/// An organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) slug: String,
    pub(crate) public_metadata: Metadata,
    pub(crate) private_metadata: Metadata,
    pub(crate) plan: Option<String>,
    pub(crate) features: Vec<String>,
    pub(crate) logo: Option<Image>,
    pub(crate) max_allowed_memberships: i64,
    pub(crate) admin_delete_enabled: bool,
    /// The ID of the role set. Without one, the organization has the initial one.
    pub(crate) role_set: Option<String>,
    pub(crate) created_by: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// A user's membership in an organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Membership {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) user_id: String,
    /// Key of the role.
    pub(crate) role: String,
    pub(crate) public_metadata: Metadata,
    pub(crate) private_metadata: Metadata,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl Organization {
    /// Creates an organization without members.
    pub(crate) fn new(name: String, slug: String, now: i64) -> Self {
        Self {
            id: random::id("org"),
            name,
            slug,
            public_metadata: Metadata::new(),
            private_metadata: Metadata::new(),
            plan: None,
            features: Vec::new(),
            logo: None,
            max_allowed_memberships: 0,
            admin_delete_enabled: true,
            role_set: None,
            created_by: None,
            created_at: now,
            updated_at: now,
        }
    }
}

impl Membership {
    /// Creates a membership without metadata.
    pub(crate) fn new(organization_id: String, user_id: String, role: String, now: i64) -> Self {
        Self {
            id: random::id("orgmem"),
            organization_id,
            user_id,
            role,
            public_metadata: Metadata::new(),
            private_metadata: Metadata::new(),
            created_at: now,
            updated_at: now,
        }
    }
}
