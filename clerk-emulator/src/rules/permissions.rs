//! Permissions of roles.

use http::StatusCode;

use super::api_error::ApiError;
use crate::model::role::{Permission, PermissionKind};
use crate::store::tables::Tables;

/// Finds a permission by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a Permission, ApiError> {
    tables
        .permissions
        .get(id)
        .ok_or_else(|| ApiError::not_found("permission", id))
}

/// Finds a permission by key.
pub(crate) fn by_key<'a>(tables: &'a Tables, key: &str) -> Option<&'a Permission> {
    tables.permissions.find(|permission| permission.key == key)
}

/// Lists the permissions that match the query, oldest first.
pub(crate) fn list<'a>(tables: &'a Tables, query: Option<&str>) -> Vec<&'a Permission> {
    let mentions = |one: &&Permission| {
        query.is_none_or(|query| {
            [&one.id, &one.key, &one.name]
                .iter()
                .any(|text| text.to_lowercase().contains(query))
        })
    };
    tables.permissions.iter().filter(mentions).collect()
}

/// Ensures that a permission with this key exists.
pub(crate) fn ensure(tables: &mut Tables, key: &str, now: i64) {
    if by_key(tables, key).is_none() {
        let permission = Permission::new(key.to_owned(), key.to_owned(), String::new(), now);
        tables.permissions.insert(permission);
    }
}

fn check_key(tables: &Tables, key: &str, own_id: Option<&str>) -> Result<(), ApiError> {
    let part = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    };
    let well_formed = key
        .strip_prefix("org:")
        .and_then(|rest| rest.split_once(':'))
        .is_some_and(|(feature, action)| {
            part(feature) && part(action) && !feature.starts_with("sys_")
        });
    if !well_formed {
        return Err(ApiError::format(
            "key",
            "must have the form org:feature:action",
        ));
    }
    match by_key(tables, key) {
        Some(other) if own_id != Some(other.id.as_str()) => Err(ApiError::taken("key")),
        _ => Ok(()),
    }
}

/// Creates a permission.
pub(crate) fn create(
    tables: &mut Tables,
    key: String,
    name: String,
    description: String,
    now: i64,
) -> Result<&Permission, ApiError> {
    check_key(tables, &key, None)?;
    let permission = Permission::new(key, name, description, now);
    Ok(tables.permissions.insert(permission))
}

/// An update of a permission.
#[derive(Debug, Default)]
pub(crate) struct PermissionUpdate {
    pub(crate) key: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
}

/// Updates a permission, including in the roles that have it.
pub(crate) fn update<'a>(
    tables: &'a mut Tables,
    id: &str,
    update: PermissionUpdate,
    now: i64,
) -> Result<&'a Permission, ApiError> {
    let previous = own(tables, id)?.key.clone();
    if let Some(key) = &update.key {
        check_key(tables, key, Some(id))?;
        for role in tables
            .roles
            .ids(|role| role.permissions.contains(&previous))
        {
            if let Some(role) = tables.roles.get_mut(&role) {
                for permission in &mut role.permissions {
                    if *permission == previous {
                        permission.clone_from(key);
                    }
                }
            }
        }
    }
    let permission = tables
        .permissions
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("permission", id))?;
    if let Some(key) = update.key {
        permission.key = key;
    }
    if let Some(name) = update.name {
        permission.name = name;
    }
    if let Some(description) = update.description {
        permission.description = description;
    }
    permission.updated_at = now;
    Ok(permission)
}

/// Finds a permission created by the application.
fn own<'a>(tables: &'a Tables, id: &str) -> Result<&'a Permission, ApiError> {
    let permission = find(tables, id)?;
    if permission.kind == PermissionKind::System {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "organization_system_permission_not_modifiable",
            "System permissions cannot be changed",
        ));
    }
    Ok(permission)
}

/// Deletes a permission and removes it from the roles that have it.
pub(crate) fn delete(tables: &mut Tables, id: &str) -> Result<(), ApiError> {
    let key = own(tables, id)?.key.clone();
    for role in tables.roles.ids(|role| role.permissions.contains(&key)) {
        if let Some(role) = tables.roles.get_mut(&role) {
            role.permissions.retain(|permission| *permission != key);
        }
    }
    tables.permissions.remove(id);
    Ok(())
}
