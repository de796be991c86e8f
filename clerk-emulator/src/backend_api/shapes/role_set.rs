use serde_json::{Value, json};

use super::Shapes;
use crate::model::role::Role;
use crate::model::role_set::RoleSet;
use crate::rules::role_sets;

impl Shapes<'_> {
    pub(crate) fn role_set(self, set: &RoleSet) -> Value {
        let organizations = role_sets::organizations_with(self.tables, set);
        let item = |id: &str| {
            let role = self.tables.roles.get(id)?;
            Some(self.item(role, &organizations))
        };
        let roles: Vec<Value> = role_sets::roles_of(self.tables, set)
            .map(|role| self.item(role, &organizations))
            .collect();
        json!({
            "object": "role_set",
            "id": set.id,
            "name": set.name,
            "key": set.key,
            "description": set.description,
            "roles": roles,
            "default_role": item(&set.default_role),
            "creator_role": item(&set.creator_role),
            "type": if set.initial { "initial" } else { "custom" },
            "role_set_migration": null,
            "created_at": set.created_at,
            "updated_at": set.updated_at,
        })
    }

    fn item(self, role: &Role, organizations: &[String]) -> Value {
        let members = self.tables.memberships.iter();
        let count = members
            .filter(|one| one.role == role.key && organizations.contains(&one.organization_id))
            .count();
        json!({
            "object": "role_set_item",
            "id": role.id,
            "name": role.name,
            "key": role.key,
            "description": role.description,
            "members_count": count,
            "has_members": count > 0,
            "created_at": role.created_at,
            "updated_at": role.updated_at,
        })
    }
}
