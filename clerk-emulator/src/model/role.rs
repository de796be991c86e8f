use crate::random;
use serde::{Deserialize, Serialize};

/// A role, which memberships refer to by its key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Role {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// The keys of its permissions.
    pub(crate) permissions: Vec<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// The key of the role that creators of organizations have.
pub(crate) const ADMIN: &str = "org:admin";
/// The key of the role of ordinary members.
pub(crate) const MEMBER: &str = "org:member";

/// The system permissions of administrators.
pub(crate) const ADMIN_PERMISSIONS: &[&str] = &[
    "org:sys_profile:manage",
    "org:sys_profile:delete",
    "org:sys_memberships:read",
    "org:sys_memberships:manage",
    "org:sys_domains:read",
    "org:sys_domains:manage",
    "org:sys_billing:read",
    "org:sys_billing:manage",
    "org:sys_entconns:manage",
];
/// The system permissions of ordinary members.
pub(crate) const MEMBER_PERMISSIONS: &[&str] =
    &["org:sys_memberships:read", "org:sys_billing:read"];

/// The permissions without which a role cannot be that of creators.
pub(crate) const CREATOR_PERMISSIONS: &[&str] = &[
    "org:sys_memberships:manage",
    "org:sys_memberships:read",
    "org:sys_profile:delete",
];

impl Role {
    /// Returns true if creators of organizations can have this role.
    pub(crate) fn is_creator_eligible(&self) -> bool {
        CREATOR_PERMISSIONS
            .iter()
            .all(|needed| self.permissions.iter().any(|one| one == needed))
    }

    /// Creates a role without permissions.
    pub(crate) fn new(key: impl Into<String>, name: impl Into<String>, now: i64) -> Self {
        Self {
            id: random::id("role"),
            key: key.into(),
            name: name.into(),
            description: None,
            permissions: Vec::new(),
            created_at: now,
            updated_at: now,
        }
    }

    /// Creates the two roles that every instance starts with.
    pub(crate) fn defaults(now: i64) -> [Self; 2] {
        let with = |key, name, permissions: &[&str]| Self {
            permissions: permissions.iter().map(|&key| key.to_owned()).collect(),
            ..Self::new(key, name, now)
        };
        [
            with(ADMIN, "Admin", ADMIN_PERMISSIONS),
            with(MEMBER, "Member", MEMBER_PERMISSIONS),
        ]
    }
}

/// A permission that roles grant, identified by its key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Permission {
    pub(crate) id: String,
    /// `org:<feature>:<action>`.
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) kind: PermissionKind,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// The origin of a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PermissionKind {
    /// Defined by Clerk; cannot be changed.
    System,
    /// Defined by the application.
    User,
}

impl PermissionKind {
    /// Returns the name in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
        }
    }
}

impl Permission {
    /// Creates a permission. Keys that begin with `org:sys_` belong to Clerk.
    pub(crate) fn new(key: String, name: String, description: String, now: i64) -> Self {
        let kind = if key.starts_with("org:sys_") {
            PermissionKind::System
        } else {
            PermissionKind::User
        };
        Self {
            id: random::id("perm"),
            key,
            name,
            description,
            kind,
            created_at: now,
            updated_at: now,
        }
    }
}
