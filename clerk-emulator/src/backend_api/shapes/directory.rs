use serde_json::{Value, json};

use super::Shapes;
use super::enterprise_connection::custom_attributes;
use crate::model::directory::{Directory, GroupRoleMapping};

/// The two families of operations, which have different names for directories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    Directory,
    /// The older one.
    Scim,
}

impl Naming {
    /// Returns the name of a directory in the API.
    pub(crate) fn object(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Scim => "scim_directory",
        }
    }

    /// Returns the name of a mapping in the API.
    pub(crate) fn mapping_object(self) -> &'static str {
        match self {
            Self::Directory => "directory_group_role_mapping",
            Self::Scim => "scim_group_role_mapping",
        }
    }
}

/// Specifies whether the key is shown, which it is only if it was just created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApiKey {
    Shown,
    Left,
}

impl Shapes<'_> {
    pub(crate) fn directory(self, one: &Directory, naming: Naming, key: ApiKey) -> Value {
        let connection = self.tables.enterprise_connections.get(&one.connection_id);
        let attributes = connection.map(|connection| connection.custom_attributes.as_slice());
        let mut json = json!({
            "object": naming.object(),
            "id": one.id,
            "name": one.name,
            "enterprise_connection_id": one.connection_id,
            "endpoint_url": format!("{}/v1/scim/v2/{}", self.instance.url, one.id),
            "provider": one.provider,
            "enabled": one.enabled,
            "group_role_mapping_enabled": one.group_role_mapping_enabled,
            "attribute_mapping": one.attribute_mapping,
            "custom_attributes": custom_attributes(attributes.unwrap_or_default()),
            "created_at": one.created_at,
            "updated_at": one.updated_at,
        });
        if key == ApiKey::Shown {
            json["api_key"] = json!(one.api_key.0);
        }
        json
    }

    pub(crate) fn group_role_mapping(self, one: &GroupRoleMapping, naming: Naming) -> Value {
        let mut json = json!({
            "object": naming.mapping_object(),
            "id": one.id,
            "directory_id": one.directory_id,
            "scim_directory_id": one.directory_id,
            "directory_group_id": one.group_id,
            "scim_group_id": one.group_id,
            "directory_group_display_name": one.group_display_name,
            "scim_group_display_name": one.group_display_name,
            "precedence": one.precedence,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
        });
        if let Some(role) = self.tables.roles.get(&one.role_id) {
            json["role"] = self.role(role);
        }
        json
    }
}
