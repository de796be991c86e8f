use serde_json::{Value, json};

use super::Shapes;
use crate::model::organization::{Membership, Organization};
use crate::rules::{memberships, organization_access, organization_invitations, role_sets, roles};

/// Specifies whether an organization is rendered with the number of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MembersCount {
    Shown,
    Left,
}

impl Shapes<'_> {
    pub(crate) fn organization(self, one: &Organization, members_count: MembersCount) -> Value {
        let pending = organization_invitations::count_pending(self.tables, &one.id, self.now);
        let mut json = json!({
            "object": "organization",
            "id": one.id,
            "name": one.name,
            "slug": one.slug,
            "image_url": self.instance.image_url(&one.id, one.logo.as_ref()),
            "has_image": one.logo.is_some(),
            "pending_invitations_count": pending,
            "max_allowed_memberships": one.max_allowed_memberships,
            "admin_delete_enabled": one.admin_delete_enabled,
            "role_set_key": role_sets::of_organization(self.tables, one).map(|set| &set.key),
            "public_metadata": one.public_metadata,
            "private_metadata": one.private_metadata,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
        });
        if let Some(created_by) = &one.created_by {
            json["created_by"] = json!(created_by);
        }
        if members_count == MembersCount::Shown {
            json["members_count"] = json!(memberships::count(self.tables, &one.id));
        }
        json
    }

    /// Adds whether nobody can manage the members of the organization.
    pub(crate) fn with_missing_member(self, one: &Organization, mut shown: Value) -> Value {
        let is_missing = !organization_access::has_administrator(self.tables, &one.id);
        shown["missing_member_with_elevated_permissions"] = json!(is_missing);
        shown
    }

    pub(crate) fn membership(self, membership: &Membership) -> Value {
        let role = roles::by_key(self.tables, &membership.role);
        let organization = self.tables.organizations.get(&membership.organization_id);
        let user = self.tables.users.get(&membership.user_id);
        json!({
            "id": membership.id,
            "object": "organization_membership",
            "role": membership.role,
            "role_name": role.map_or(membership.role.as_str(), |role| role.name.as_str()),
            "permissions": role.map(|role| role.permissions.as_slice()).unwrap_or_default(),
            "public_metadata": membership.public_metadata,
            "private_metadata": membership.private_metadata,
            "organization": organization.map(|one| self.organization(one, MembersCount::Shown)),
            "public_user_data": user.map(|user| self.public_user_data(user)),
            "created_at": membership.created_at,
            "updated_at": membership.updated_at,
        })
    }
}
