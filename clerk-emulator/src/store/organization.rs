use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{Session, Store, User};
use crate::error::Error;
use crate::random;
use crate::seed::{OrganizationSeed, RoleSeed};

const ADMIN_PERMISSIONS: &[&str] = &[
    "org:sys_profile:manage",
    "org:sys_profile:delete",
    "org:sys_memberships:read",
    "org:sys_memberships:manage",
    "org:sys_domains:read",
    "org:sys_domains:manage",
    "org:sys_billing:read",
    "org:sys_billing:manage",
];
const MEMBER_PERMISSIONS: &[&str] = &["org:sys_memberships:read", "org:sys_billing:read"];

/// An organization.
#[derive(Debug)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) slug: String,
    pub(crate) public_metadata: Map<String, Value>,
    pub(crate) private_metadata: Map<String, Value>,
    pub(crate) plan: Option<String>,
    pub(crate) features: Vec<String>,
    pub(crate) max_allowed_memberships: i64,
    pub(crate) admin_delete_enabled: bool,
    pub(crate) created_by: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// A user's place in an organization.
#[derive(Debug)]
pub(crate) struct Membership {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) user_id: String,
    pub(crate) role: String,
    pub(crate) public_metadata: Map<String, Value>,
    pub(crate) private_metadata: Map<String, Value>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// A role that memberships name by its key.
#[derive(Debug)]
pub(crate) struct Role {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) permissions: Vec<String>,
}

impl Role {
    pub(crate) fn defaults() -> IndexMap<String, Self> {
        [
            ("org:admin", "Admin", ADMIN_PERMISSIONS),
            ("org:member", "Member", MEMBER_PERMISSIONS),
        ]
        .into_iter()
        .map(|(key, name, permissions)| {
            let role = Self {
                key: key.to_owned(),
                name: name.to_owned(),
                permissions: permissions.iter().map(|&key| key.to_owned()).collect(),
            };
            (role.key.clone(), role)
        })
        .collect()
    }
}

impl Organization {
    pub(crate) fn new(name: String, slug: String, now: i64) -> Self {
        Self {
            id: random::id("org"),
            name,
            slug,
            public_metadata: Map::new(),
            private_metadata: Map::new(),
            plan: None,
            features: Vec::new(),
            max_allowed_memberships: 0,
            admin_delete_enabled: true,
            created_by: None,
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn image_url(&self, store: &Store) -> String {
        format!("{}/images/{}", store.base_url, self.id)
    }

    /// The organization as the Backend API shows it.
    pub(crate) fn to_json(&self, store: &Store, with_members_count: CountMembers) -> Value {
        let mut json = json!({
            "object": "organization",
            "id": self.id,
            "name": self.name,
            "slug": self.slug,
            "image_url": self.image_url(store),
            "has_image": false,
            "pending_invitations_count": 0,
            "max_allowed_memberships": self.max_allowed_memberships,
            "admin_delete_enabled": self.admin_delete_enabled,
            "public_metadata": self.public_metadata,
            "private_metadata": self.private_metadata,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        });
        if let Some(created_by) = &self.created_by {
            json["created_by"] = json!(created_by);
        }
        if with_members_count == CountMembers::Yes {
            json["members_count"] = json!(store.members_count(&self.id));
        }
        json
    }
}

/// Whether an organization is shown with the number of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CountMembers {
    Yes,
    No,
}

impl Membership {
    pub(crate) fn new(organization_id: String, user_id: String, role: String, now: i64) -> Self {
        Self {
            id: random::id("orgmem"),
            organization_id,
            user_id,
            role,
            public_metadata: Map::new(),
            private_metadata: Map::new(),
            created_at: now,
            updated_at: now,
        }
    }

    /// The membership as the Backend API shows it.
    pub(crate) fn to_json(&self, store: &Store) -> Value {
        let role = store.roles.get(&self.role);
        let organization = store
            .organizations
            .get(&self.organization_id)
            .map(|organization| organization.to_json(store, CountMembers::Yes));
        json!({
            "id": self.id,
            "object": "organization_membership",
            "role": self.role,
            "role_name": role.map_or(self.role.as_str(), |role| role.name.as_str()),
            "permissions": role.map(|role| role.permissions.as_slice()).unwrap_or_default(),
            "public_metadata": self.public_metadata,
            "private_metadata": self.private_metadata,
            "organization": organization,
            "public_user_data": store.users.get(&self.user_id).map(|user| user.public_data(store)),
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        })
    }
}

impl Store {
    pub(super) fn seed_role(&mut self, seed: RoleSeed) {
        let role = self.roles.entry(seed.key.clone()).or_insert_with(|| Role {
            name: seed.key.trim_start_matches("org:").to_owned(),
            key: seed.key,
            permissions: Vec::new(),
        });
        if let Some(name) = seed.name {
            role.name = name;
        }
        for permission in seed.permissions {
            if !role.permissions.contains(&permission) {
                role.permissions.push(permission);
            }
        }
    }

    pub(super) fn seed_organization(
        &mut self,
        seed: OrganizationSeed,
        now: i64,
    ) -> Result<(), Error> {
        let mut organization = Organization::new(seed.name, seed.slug, now);
        if let Some(id) = seed.id {
            organization.id = id;
        }
        for taken in [&organization.id, &organization.slug] {
            if self.organization(taken).is_some() {
                return Err(Error::Duplicate {
                    what: "organization",
                    value: taken.clone(),
                });
            }
        }
        organization.public_metadata = seed.public_metadata;
        organization.private_metadata = seed.private_metadata;
        organization.plan = seed.plan;
        organization.features = seed.features;
        for member in seed.members {
            let user = self
                .user_by_any(&member.user)
                .ok_or_else(|| Error::unknown("user", &member.user))?;
            if !self.roles.contains_key(&member.role) {
                return Err(Error::unknown("role", member.role));
            }
            let user_id = user.id.clone();
            if self.membership(&organization.id, &user_id).is_some() {
                return Err(Error::Duplicate {
                    what: "member",
                    value: member.user,
                });
            }
            organization
                .created_by
                .get_or_insert_with(|| user_id.clone());
            let membership = Membership::new(organization.id.clone(), user_id, member.role, now);
            self.memberships.insert(membership.id.clone(), membership);
        }
        self.organizations
            .insert(organization.id.clone(), organization);
        Ok(())
    }

    pub(crate) fn members_count(&self, organization_id: &str) -> usize {
        self.memberships
            .values()
            .filter(|membership| membership.organization_id == organization_id)
            .count()
    }

    /// Organization, membership and role that a session is in, while all three exist.
    pub(crate) fn active_organization(
        &self,
        session: &Session,
    ) -> Option<(&Organization, &Membership)> {
        let organization = self
            .organizations
            .get(session.organization_id.as_deref()?)?;
        let membership = self.membership(&organization.id, &session.user_id)?;
        Some((organization, membership))
    }

    /// The memberships of one user, oldest first.
    pub(crate) fn memberships_of<'a>(
        &'a self,
        user: &'a User,
    ) -> impl Iterator<Item = &'a Membership> {
        self.memberships
            .values()
            .filter(|membership| membership.user_id == user.id)
    }
}
