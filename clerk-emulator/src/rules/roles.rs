//! Organization roles.

use http::StatusCode;

use super::api_error::ApiError;
use super::permissions;
use crate::model::invitation::{InvitationStatus, OrganizationInvitation};
use crate::model::patch::Patch;
use crate::model::role::{ADMIN, MEMBER, Role};
use crate::model::role_set::RoleSet;
use crate::store::tables::Tables;

const MOST_ROLES: usize = 10;

/// Finds a role by key.
pub(crate) fn by_key<'a>(tables: &'a Tables, key: &str) -> Option<&'a Role> {
    tables.roles.find(|role| role.key == key)
}

/// Finds a role by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a Role, ApiError> {
    tables
        .roles
        .get(id)
        .ok_or_else(|| ApiError::not_found("organization role", id))
}

/// Lists the roles that match the query, oldest first.
pub(crate) fn list<'a>(tables: &'a Tables, query: Option<&str>) -> Vec<&'a Role> {
    let mentions = |one: &&Role| {
        query.is_none_or(|query| {
            [&one.id, &one.key, &one.name]
                .iter()
                .any(|text| text.to_lowercase().contains(query))
        })
    };
    tables.roles.iter().filter(mentions).collect()
}

fn check_key(tables: &Tables, key: &str, own_id: Option<&str>) -> Result<(), ApiError> {
    let well_formed = key.strip_prefix("org:").is_some_and(|name| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    });
    if !well_formed {
        return Err(ApiError::format("key", "must have the form org:role"));
    }
    match by_key(tables, key) {
        Some(other) if own_id != Some(other.id.as_str()) => Err(ApiError::taken("key")),
        _ => Ok(()),
    }
}

/// Iterates over the permissions of a role, without system permissions, which tokens do not contain.
pub(crate) fn custom_permissions<'a>(
    tables: &'a Tables,
    key: &str,
) -> impl Iterator<Item = &'a str> + use<'a> {
    by_key(tables, key)
        .into_iter()
        .flat_map(|role| &role.permissions)
        .map(String::as_str)
        .filter(|permission| !permission.starts_with("org:sys_"))
}

/// Converts permission IDs to permission keys.
fn keys_of(tables: &Tables, ids: &[String]) -> Result<Vec<String>, ApiError> {
    ids.iter()
        .map(|id| permissions::find(tables, id).map(|one| one.key.clone()))
        .collect()
}

/// The fields of a new role.
#[derive(Debug)]
pub(crate) struct NewRole {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// The IDs of the permissions.
    pub(crate) permissions: Vec<String>,
}

/// Creates a role.
pub(crate) fn create(tables: &mut Tables, new: NewRole, now: i64) -> Result<&Role, ApiError> {
    check_key(tables, &new.key, None)?;
    if tables.roles.iter().count() >= MOST_ROLES {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "organization_instance_roles_quota_exceeded",
            format!("An instance has at most {MOST_ROLES} roles"),
        ));
    }
    let mut role = Role::new(new.key, new.name, now);
    role.description = new.description;
    role.permissions = keys_of(tables, &new.permissions)?;
    Ok(tables.roles.insert(role))
}

/// An update of a role.
#[derive(Debug, Default)]
pub(crate) struct RoleUpdate {
    pub(crate) key: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) description: Patch<String>,
    /// The IDs of the permissions.
    pub(crate) permissions: Option<Vec<String>>,
}

/// Updates a role, including in the memberships that have it.
pub(crate) fn update<'a>(
    tables: &'a mut Tables,
    id: &str,
    update: RoleUpdate,
    now: i64,
) -> Result<&'a Role, ApiError> {
    let previous = find(tables, id)?.key.clone();
    let keys = update
        .permissions
        .map(|ids| keys_of(tables, &ids))
        .transpose()?;
    if let Some(key) = &update.key {
        check_key(tables, key, Some(id))?;
        for membership in tables.memberships.ids(|one| one.role == previous) {
            if let Some(membership) = tables.memberships.get_mut(&membership) {
                membership.role.clone_from(key);
            }
        }
    }
    let role = change(tables, id)?;
    if let Some(key) = update.key {
        role.key = key;
    }
    if let Some(name) = update.name {
        role.name = name;
    }
    update.description.apply(&mut role.description);
    if let Some(keys) = keys {
        role.permissions = keys;
    }
    role.updated_at = now;
    Ok(role)
}

fn change<'a>(tables: &'a mut Tables, id: &str) -> Result<&'a mut Role, ApiError> {
    tables
        .roles
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("organization role", id))
}

/// Deletes a role that has no members. The two initial roles, and the default and creator roles of role sets, cannot be
/// deleted.
pub(crate) fn delete(tables: &mut Tables, id: &str, now: i64) -> Result<(), ApiError> {
    let key = find(tables, id)?.key.clone();
    let any_set = |fits: &dyn Fn(&RoleSet) -> bool| tables.role_sets.find(fits).is_some();
    if any_set(&|set| set.creator_role == id) {
        return Err(ApiError::param(
            "organization_role_default_creator_role",
            "organization_role_id",
            format!("The role {key} is the creator role of a role set"),
        ));
    }
    if any_set(&|set| set.default_role == id) {
        return Err(ApiError::param(
            "organization_role_domain_default_role",
            "organization_role_id",
            format!("The role {key} is the default role of a role set"),
        ));
    }
    if key == ADMIN || key == MEMBER {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "organization_role_not_deletable",
            format!("The role {key} is one of the two initial roles"),
        ));
    }
    if tables.memberships.find(|one| one.role == key).is_some() {
        return Err(ApiError::param(
            "organization_role_assigned_members",
            "organization_role_id",
            format!("The role {key} is assigned to members"),
        ));
    }
    let invited = |one: &OrganizationInvitation| {
        one.role == key && one.invite.status_at(now) == InvitationStatus::Pending
    };
    if tables.organization_invitations.find(invited).is_some() {
        return Err(ApiError::param(
            "organization_role_exists_in_invitations",
            "organization_role_id",
            format!("The role {key} is in pending invitations. Revoke them first."),
        ));
    }
    for set in tables
        .role_sets
        .ids(|set| set.roles.iter().any(|role| role == id))
    {
        if let Some(set) = tables.role_sets.get_mut(&set) {
            set.roles.retain(|role| role != id);
        }
    }
    tables.roles.remove(id);
    Ok(())
}

/// Adds a permission to a role.
pub(crate) fn assign<'a>(
    tables: &'a mut Tables,
    id: &str,
    permission_id: &str,
    now: i64,
) -> Result<&'a Role, ApiError> {
    find(tables, id)?;
    let key = permissions::find(tables, permission_id)?.key.clone();
    let role = change(tables, id)?;
    if role.permissions.contains(&key) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "organization_role_permission_association_exists",
            format!("The role has the permission {key} already"),
        ));
    }
    role.permissions.push(key);
    role.updated_at = now;
    Ok(role)
}

/// Removes a permission from a role.
pub(crate) fn unassign<'a>(
    tables: &'a mut Tables,
    id: &str,
    permission_id: &str,
    now: i64,
) -> Result<&'a Role, ApiError> {
    find(tables, id)?;
    let key = permissions::find(tables, permission_id)?.key.clone();
    let role = change(tables, id)?;
    if !role.permissions.contains(&key) {
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "organization_role_permission_association_not_found",
            format!("The role does not have the permission {key}"),
        ));
    }
    role.permissions.retain(|permission| *permission != key);
    role.updated_at = now;
    Ok(role)
}
