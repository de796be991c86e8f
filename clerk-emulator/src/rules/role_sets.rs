//! Role sets: the roles that organizations choose from.

use super::api_error::ApiError;
use super::roles;
use super::settings;
use crate::model::organization::{Membership, Organization};
use crate::model::patch::Patch;
use crate::model::role::{ADMIN, MEMBER, Role};
use crate::model::role_set::{DEFAULT_ROLE_SET, RoleSet};
use crate::store::tables::Tables;

const MOST_ROLES: usize = 10;

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

/// Returns the role set of an organization: its own, or the initial one.
pub(crate) fn of_organization<'a>(
    tables: &'a Tables,
    organization: &Organization,
) -> Option<&'a RoleSet> {
    match &organization.role_set {
        Some(id) => tables.role_sets.get(id),
        None => tables.role_sets.find(|set| set.initial),
    }
}

/// Returns the key of the role that new members of an organization get.
pub(crate) fn default_role(tables: &Tables, organization_id: &str) -> Result<String, ApiError> {
    let role = tables
        .organizations
        .get(organization_id)
        .and_then(|organization| of_organization(tables, organization))
        .and_then(|set| tables.roles.get(&set.default_role));
    match role {
        Some(role) => Ok(role.key.clone()),
        None => Ok(settings::get(tables)?
            .organizations
            .domains_default_role
            .clone()),
    }
}

/// Has the settings name the roles of the initial role set.
fn settle_settings(tables: &mut Tables) -> Result<(), ApiError> {
    let Some(set) = tables.role_sets.find(|set| set.initial) else {
        return Ok(());
    };
    let key = |id: &str| tables.roles.get(id).map(|role| role.key.clone());
    let (creator, default) = (key(&set.creator_role), key(&set.default_role));
    settings::change(tables, |settings| {
        let organizations = &mut settings.organizations;
        if let Some(key) = creator {
            organizations.creator_role = key;
        }
        if let Some(key) = default {
            organizations.domains_default_role = key;
        }
    })?;
    Ok(())
}

/// Returns the IDs of the organizations that have a role set.
pub(crate) fn organizations_with(tables: &Tables, set: &RoleSet) -> Vec<String> {
    tables.organizations.ids(|organization| {
        of_organization(tables, organization).is_some_and(|one| one.id == set.id)
    })
}

/// Finds the role set that an organization is to have, by key.
pub(crate) fn assignable<'a>(tables: &'a Tables, key: &str) -> Result<&'a RoleSet, ApiError> {
    tables.role_sets.find(|set| set.key == key).ok_or_else(|| {
        ApiError::param(
            "resource_not_found",
            "role_set_key",
            format!("The instance has no role set {key}"),
        )
    })
}

/// Assigns a role set, which must have the roles of all members, to an organization.
pub(crate) fn assign(
    tables: &mut Tables,
    organization_id: &str,
    key: &str,
) -> Result<(), ApiError> {
    let set = assignable(tables, key)?;
    let id = set.id.clone();
    let keys: Vec<&str> = roles_of(tables, set)
        .map(|role| role.key.as_str())
        .collect();
    let lacking = tables.memberships.find(|member| {
        member.organization_id == organization_id && !keys.contains(&member.role.as_str())
    });
    if let Some(member) = lacking {
        return Err(ApiError::value(
            "role_set_key",
            &format!(
                "must name a role set with the role {} of a member",
                member.role
            ),
        ));
    }
    if let Some(organization) = tables.organizations.get_mut(organization_id) {
        organization.role_set = Some(id);
    }
    Ok(())
}

/// Gives another role to the members of organizations, and to the people they invite, who have or would have this
/// one.
fn reassign(tables: &mut Tables, organizations: &[String], from: &str, to: &str, now: i64) {
    let members = tables
        .memberships
        .ids(|one| one.role == from && organizations.contains(&one.organization_id));
    for id in members {
        if let Some(member) = tables.memberships.get_mut(&id) {
            to.clone_into(&mut member.role);
            member.updated_at = now;
        }
    }
    let invitations = tables
        .organization_invitations
        .ids(|one| one.role == from && organizations.contains(&one.organization_id));
    for id in invitations {
        if let Some(invitation) = tables.organization_invitations.get_mut(&id) {
            to.clone_into(&mut invitation.role);
        }
    }
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
    check_count("roles", &new.roles)?;
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
    let id = set.id.clone();
    let initial = set.initial;
    if initial {
        clear_initial(tables);
    }
    tables.role_sets.insert(set);
    if initial {
        settle_settings(tables)?;
    }
    find(tables, &id)
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

/// Rejects lists of no role or of more than ten.
fn check_count(param_name: &str, keys: &[String]) -> Result<(), ApiError> {
    match keys.len() {
        1..=MOST_ROLES => Ok(()),
        _ => Err(ApiError::value(
            param_name,
            &format!("must have between 1 and {MOST_ROLES} roles"),
        )),
    }
}

/// Makes no role set the initial one. Organizations keep the one that they have.
fn clear_initial(tables: &mut Tables) {
    let initial = tables.role_sets.find(|set| set.initial);
    let initial = initial.map(|set| set.id.clone());
    for id in tables.organizations.ids(|one| one.role_set.is_none()) {
        if let Some(organization) = tables.organizations.get_mut(&id) {
            organization.role_set.clone_from(&initial);
        }
    }
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
    if set.initial {
        settle_settings(tables)?;
    }
    find(tables, id)
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
    check_count("role_keys", keys)?;
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

/// Adds a role to the initial role set.
pub(crate) fn add_to_initial(tables: &mut Tables, role_id: &str, now: i64) -> Result<(), ApiError> {
    let Some(set) = tables.role_sets.find(|set| set.initial) else {
        return Ok(());
    };
    let id = set.id.clone();
    change(tables, &id, now, |set| set.roles.push(role_id.to_owned()))?;
    Ok(())
}

/// Replaces one role with another, also for the members who have it.
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
    let organizations = organizations_with(tables, set);
    reassign(tables, &organizations, key, to_key, now);
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

/// Deletes a role set in favor of another and returns its ID. The organizations that have it get the other one, and
/// their members the roles that `reassignments` name, by key.
pub(crate) fn replace(
    tables: &mut Tables,
    key_or_id: &str,
    destination: &str,
    reassignments: &[(String, String)],
    now: i64,
) -> Result<String, ApiError> {
    let set = find(tables, key_or_id)?;
    let (id, initial) = (set.id.clone(), set.initial);
    let destination = find(tables, destination)?;
    if destination.id == id {
        return Err(ApiError::value(
            "dest_role_set_key",
            "must name another role set",
        ));
    }
    for (_, to) in reassignments {
        member_of(tables, &destination.roles, "reassignment_mappings", to)?;
    }
    let organizations = organizations_with(tables, set);
    let lost = roles_of(tables, set)
        .filter(|role| !destination.roles.contains(&role.id))
        .filter(|role| !reassignments.iter().any(|(from, _)| *from == role.key))
        .find(|role| {
            let has = |member: &Membership| {
                member.role == role.key && organizations.contains(&member.organization_id)
            };
            tables.memberships.find(has).is_some()
        });
    if let Some(role) = lost {
        return Err(ApiError::param(
            "form_param_missing",
            "reassignment_mappings",
            format!(
                "reassignment_mappings must name another role for {}",
                role.key
            ),
        ));
    }
    let destination = destination.id.clone();
    for (from, to) in reassignments {
        reassign(tables, &organizations, from, to, now);
    }
    for id in organizations {
        if let Some(organization) = tables.organizations.get_mut(&id) {
            organization.role_set = Some(destination.clone());
        }
    }
    if initial {
        change(tables, &destination, now, |set| set.initial = true)?;
    }
    tables.role_sets.remove(&id);
    Ok(id)
}
