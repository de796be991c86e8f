//! Role sets: the roles that organizations choose from.

use super::api_error::ApiError;
use super::roles;
use crate::model::patch::Patch;
use crate::model::role::{ADMIN, MEMBER, Role};
use crate::model::role_set::{DEFAULT_ROLE_SET, RoleSet};
use crate::store::tables::Tables;

/// Finds a role set by ID or key.
pub(crate) fn find<'a>(tables: &'a Tables, key_or_id: &str) -> Result<&'a RoleSet, ApiError> {
    tables
        .role_sets
        .find(|set| set.id == key_or_id || set.key == key_or_id)
        .ok_or_else(|| ApiError::not_found("role set", key_or_id))
}

/// Lists the role sets that match the query, oldest first.
pub(crate) fn list<'a>(tables: &'a Tables, query: Option<&str>) -> Vec<&'a RoleSet> {
    let mentions = |set: &&RoleSet| {
        query.is_none_or(|query| {
            [&set.id, &set.key, &set.name]
                .iter()
                .any(|text| text.to_lowercase().contains(query))
        })
    };
    tables.role_sets.iter().filter(mentions).collect()
}

/// Iterates over the roles of a set in order.
pub(crate) fn roles_of<'a>(tables: &'a Tables, set: &RoleSet) -> impl Iterator<Item = &'a Role> {
    set.roles.iter().filter_map(|id| tables.roles.get(id))
}

/// Adds the set of roles that every instance starts with.
pub(crate) fn add_default(tables: &mut Tables, now: i64) {
    let id = |key| roles::by_key(tables, key).map(|role| role.id.clone());
    if let (Some(admin), Some(member)) = (id(ADMIN), id(MEMBER)) {
        tables.role_sets.insert(RoleSet {
            id: RoleSet::new_id(),
            key: DEFAULT_ROLE_SET.to_owned(),
            name: "Default role set".to_owned(),
            description: None,
            roles: vec![admin.clone(), member.clone()],
            default_role: member,
            creator_role: admin,
            initial: true,
            created_at: now,
            updated_at: now,
        });
    }
}

/// Returns the ID of the role with this key.
fn role_id(tables: &Tables, param_name: &str, key: &str) -> Result<String, ApiError> {
    roles::by_key(tables, key)
        .map(|role| role.id.clone())
        .ok_or_else(|| {
            ApiError::param(
                "resource_not_found",
                param_name,
                format!("The instance has no role {key}"),
            )
        })
}

/// The fields of a new role set. Roles are identified by key.
#[derive(Debug)]
pub(crate) struct NewRoleSet {
    pub(crate) key: Option<String>,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) default_role_key: String,
    pub(crate) creator_role_key: String,
    pub(crate) roles: Vec<String>,
    pub(crate) initial: bool,
}

/// Creates a role set.
pub(crate) fn create(tables: &mut Tables, new: NewRoleSet, now: i64) -> Result<&RoleSet, ApiError> {
    let key = new.key.unwrap_or_else(|| {
        let name: String = new
            .name
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        format!("role_set:{name}")
    });
    check_key(tables, &key, None)?;
    let ids = new
        .roles
        .iter()
        .map(|key| role_id(tables, "roles", key))
        .collect::<Result<Vec<_>, _>>()?;
    let set = RoleSet {
        id: RoleSet::new_id(),
        key,
        name: new.name,
        description: new.description,
        default_role: member_of(tables, &ids, "default_role_key", &new.default_role_key)?,
        creator_role: member_of(tables, &ids, "creator_role_key", &new.creator_role_key)?,
        roles: ids,
        initial: new.initial,
        created_at: now,
        updated_at: now,
    };
    if set.initial {
        clear_initial(tables);
    }
    Ok(tables.role_sets.insert(set))
}

/// Returns the ID of a role that must belong to a set.
fn member_of(
    tables: &Tables,
    ids: &[String],
    param_name: &str,
    key: &str,
) -> Result<String, ApiError> {
    let id = role_id(tables, param_name, key)?;
    if ids.contains(&id) {
        Ok(id)
    } else {
        Err(ApiError::value(
            param_name,
            "must be a role of the role set",
        ))
    }
}

fn check_key(tables: &Tables, key: &str, own_id: Option<&str>) -> Result<(), ApiError> {
    let well_formed = key.strip_prefix("role_set:").is_some_and(|name| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    });
    if !well_formed {
        return Err(ApiError::format("key", "must have the form role_set:name"));
    }
    match tables.role_sets.find(|set| set.key == key) {
        Some(other) if own_id != Some(other.id.as_str()) => Err(ApiError::taken("key")),
        _ => Ok(()),
    }
}

fn clear_initial(tables: &mut Tables) {
    for id in tables.role_sets.ids(|set| set.initial) {
        if let Some(set) = tables.role_sets.get_mut(&id) {
            set.initial = false;
        }
    }
}

fn change<'a>(
    tables: &'a mut Tables,
    id: &str,
    now: i64,
    change: impl FnOnce(&mut RoleSet),
) -> Result<&'a RoleSet, ApiError> {
    let set = tables
        .role_sets
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("role set", id))?;
    change(set);
    set.updated_at = now;
    Ok(set)
}

/// An update of a role set. Roles are identified by key.
#[derive(Debug, Default)]
pub(crate) struct RoleSetUpdate {
    pub(crate) key: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) description: Patch<String>,
    pub(crate) default_role_key: Option<String>,
    pub(crate) creator_role_key: Option<String>,
    pub(crate) make_initial: bool,
}

/// Updates a role set.
pub(crate) fn update<'a>(
    tables: &'a mut Tables,
    key_or_id: &str,
    update: RoleSetUpdate,
    now: i64,
) -> Result<&'a RoleSet, ApiError> {
    let set = find(tables, key_or_id)?;
    let (id, roles) = (set.id.clone(), set.roles.clone());
    if let Some(key) = &update.key {
        check_key(tables, key, Some(&id))?;
    }
    let member = |param: &str, key: Option<String>| {
        key.map(|key| member_of(tables, &roles, param, &key))
            .transpose()
    };
    let default_role = member("default_role_key", update.default_role_key)?;
    let creator_role = member("creator_role_key", update.creator_role_key)?;
    if update.make_initial {
        clear_initial(tables);
    }
    change(tables, &id, now, |set| {
        if let Some(key) = update.key {
            set.key = key;
        }
        if let Some(name) = update.name {
            set.name = name;
        }
        update.description.apply(&mut set.description);
        if let Some(role) = default_role {
            set.default_role = role;
        }
        if let Some(role) = creator_role {
            set.creator_role = role;
        }
        set.initial |= update.make_initial;
    })
}

/// Adds roles to a set, optionally making one of them the default role or the creator's role.
pub(crate) fn add_roles<'a>(
    tables: &'a mut Tables,
    key_or_id: &str,
    keys: &[String],
    default_role_key: Option<String>,
    creator_role_key: Option<String>,
    now: i64,
) -> Result<&'a RoleSet, ApiError> {
    let id = find(tables, key_or_id)?.id.clone();
    let added = keys
        .iter()
        .map(|key| role_id(tables, "role_keys", key))
        .collect::<Result<Vec<_>, _>>()?;
    change(tables, &id, now, |set| {
        for role in added {
            if !set.roles.contains(&role) {
                set.roles.push(role);
            }
        }
    })?;
    let marks = RoleSetUpdate {
        default_role_key,
        creator_role_key,
        ..RoleSetUpdate::default()
    };
    update(tables, &id, marks, now)
}

/// Replaces one role with another.
pub(crate) fn replace_role<'a>(
    tables: &'a mut Tables,
    key_or_id: &str,
    key: &str,
    to_key: &str,
    now: i64,
) -> Result<&'a RoleSet, ApiError> {
    let set = find(tables, key_or_id)?;
    let id = set.id.clone();
    let from = member_of(tables, &set.roles, "role_key", key)?;
    let to = role_id(tables, "to_role_key", to_key)?;
    change(tables, &id, now, |set| {
        let replaces_itself = set.roles.contains(&to);
        set.roles.retain(|role| *role != from || from == to);
        if !replaces_itself {
            set.roles.push(to.clone());
        }
        for role in [&mut set.default_role, &mut set.creator_role] {
            if *role == from {
                role.clone_from(&to);
            }
        }
    })
}

/// Deletes a role set in favor of another and returns its ID.
pub(crate) fn replace(
    tables: &mut Tables,
    key_or_id: &str,
    destination: &str,
    now: i64,
) -> Result<String, ApiError> {
    let set = find(tables, key_or_id)?;
    let (id, initial) = (set.id.clone(), set.initial);
    let destination = find(tables, destination)?.id.clone();
    if destination == id {
        return Err(ApiError::value(
            "dest_role_set_key",
            "must name another role set",
        ));
    }
    if initial {
        change(tables, &destination, now, |set| set.initial = true)?;
    }
    tables.role_sets.remove(&id);
    Ok(id)
}
