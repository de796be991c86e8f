use serde_json::{Value, json};

use super::Shapes;
use crate::model::role::{Permission, Role};
use crate::rules::permissions;

impl Shapes<'_> {
    pub(crate) fn role(self, role: &Role) -> Value {
        let permissions: Vec<Value> = role
            .permissions
            .iter()
            .filter_map(|key| permissions::by_key(self.tables, key))
            .map(|permission| self.permission(permission))
            .collect();
        json!({
            "object": "role",
            "id": role.id,
            "name": role.name,
            "key": role.key,
            "description": role.description,
            "is_creator_eligible": role.is_creator_eligible(),
            "permissions": permissions,
            "created_at": role.created_at,
            "updated_at": role.updated_at,
        })
    }

    pub(crate) fn permission(self, permission: &Permission) -> Value {
        json!({
            "object": "permission",
            "id": permission.id,
            "name": permission.name,
            "key": permission.key,
            "description": permission.description,
            "type": permission.kind.as_str(),
            "created_at": permission.created_at,
            "updated_at": permission.updated_at,
        })
    }
}
