//! Directories of identity providers, and the roles assigned by their groups.

use serde_json::{Map, Value};

use super::api_error::ApiError;
use super::enterprise_connections::{self, Family};
use super::roles;
use crate::model::directory::{Directory, GroupRoleMapping};
use crate::random;
use crate::secret::Secret;
use crate::store::tables::Tables;

const LONGEST_DISPLAY_NAME: usize = 255;

fn new_key() -> Secret {
    Secret(format!("scim_{}", random::alphanumeric(40)))
}

/// Finds a directory by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a Directory, ApiError> {
    tables
        .directories
        .get(id)
        .ok_or_else(|| ApiError::not_found("directory", id))
}

/// Lists directories, newest first.
pub(crate) fn list(tables: &Tables) -> Vec<&Directory> {
    tables.directories.iter().rev().collect()
}

/// The fields of a new directory.
#[derive(Debug)]
pub(crate) struct NewDirectory {
    pub(crate) connection_id: String,
    pub(crate) name: Option<String>,
    pub(crate) provider: String,
    pub(crate) mappings: Vec<NewMapping>,
}

/// A new mapping from a group to a role.
#[derive(Debug)]
pub(crate) struct NewMapping {
    pub(crate) group_id: String,
    pub(crate) group_display_name: Option<String>,
    pub(crate) role_id: String,
    pub(crate) precedence: Option<i64>,
}

/// Creates a directory.
pub(crate) fn create(
    tables: &mut Tables,
    new: NewDirectory,
    now: i64,
) -> Result<&Directory, ApiError> {
    let connection = enterprise_connections::find(tables, Family::Enterprise, &new.connection_id)
        .map_err(|_| {
        ApiError::value(
            "enterprise_connection_id",
            "must be the id of an enterprise connection",
        )
    })?;
    let id = random::id("dir");
    let attributes = [
        ("email_address", "emails.0.value"),
        ("first_name", "name.givenName"),
        ("last_name", "name.familyName"),
        ("user_id", "externalId"),
    ];
    let directory = Directory {
        id: id.clone(),
        name: new.name.unwrap_or_else(|| connection.name.clone()),
        connection_id: new.connection_id,
        provider: new.provider,
        enabled: true,
        group_role_mapping_enabled: !new.mappings.is_empty(),
        attribute_mapping: attributes
            .into_iter()
            .map(|(attribute, path)| (attribute.to_owned(), path.into()))
            .collect(),
        api_key: new_key(),
        created_at: now,
        updated_at: now,
    };
    tables.directories.insert(directory);
    for mapping in new.mappings {
        roles::find(tables, &mapping.role_id)
            .map_err(|_| ApiError::value("role_id", "must be the id of a role"))?;
        add_mapping(tables, &id, mapping, now)?;
    }
    find(tables, &id)
}

/// An update of a directory.
#[derive(Debug, Default)]
pub(crate) struct DirectoryUpdate {
    pub(crate) name: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) provider: Option<String>,
    /// The attributes to merge. A null value removes an attribute.
    pub(crate) attribute_mapping: Option<Map<String, Value>>,
    pub(crate) group_role_mapping_enabled: Option<bool>,
}

/// Updates a directory.
pub(crate) fn update<'a>(
    tables: &'a mut Tables,
    id: &str,
    update: DirectoryUpdate,
    now: i64,
) -> Result<&'a Directory, ApiError> {
    let directory = tables
        .directories
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("directory", id))?;
    for (attribute, path) in update.attribute_mapping.unwrap_or_default() {
        match path {
            Value::Null => {
                directory.attribute_mapping.remove(&attribute);
            }
            Value::String(_) => {
                directory.attribute_mapping.insert(attribute, path);
            }
            _ => {
                return Err(ApiError::format(
                    "attribute_mapping",
                    "must hold texts, or null",
                ));
            }
        }
    }
    if let Some(name) = update.name {
        directory.name = name;
    }
    if let Some(provider) = update.provider {
        directory.provider = provider;
    }
    directory.enabled = update.enabled.unwrap_or(directory.enabled);
    directory.group_role_mapping_enabled = update
        .group_role_mapping_enabled
        .unwrap_or(directory.group_role_mapping_enabled);
    directory.updated_at = now;
    Ok(directory)
}

/// Replaces the key that the identity provider uses for its calls.
pub(crate) fn rotate_key<'a>(
    tables: &'a mut Tables,
    id: &str,
    now: i64,
) -> Result<&'a Directory, ApiError> {
    let directory = tables
        .directories
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("directory", id))?;
    directory.api_key = new_key();
    directory.updated_at = now;
    Ok(directory)
}

/// Deletes a directory along with its mappings.
pub(crate) fn delete(tables: &mut Tables, id: &str) -> Result<(), ApiError> {
    find(tables, id)?;
    tables
        .group_role_mappings
        .remove_where(|mapping| mapping.directory_id == id);
    tables.directories.remove(id);
    Ok(())
}

/// Lists the mappings of a directory by precedence.
pub(crate) fn mappings<'a>(
    tables: &'a Tables,
    id: &str,
) -> Result<Vec<&'a GroupRoleMapping>, ApiError> {
    find(tables, id)?;
    let mut mappings: Vec<_> = tables
        .group_role_mappings
        .iter()
        .filter(|mapping| mapping.directory_id == id)
        .collect();
    mappings.sort_by_key(|mapping| mapping.precedence);
    Ok(mappings)
}

fn check_enabled(tables: &Tables, id: &str) -> Result<(), ApiError> {
    if find(tables, id)?.group_role_mapping_enabled {
        Ok(())
    } else {
        Err(ApiError::bad_request(
            "feature_not_enabled",
            "Group role mapping is not enabled for this directory",
        ))
    }
}

fn add_mapping<'a>(
    tables: &'a mut Tables,
    id: &str,
    new: NewMapping,
    now: i64,
) -> Result<&'a GroupRoleMapping, ApiError> {
    let existing = mappings(tables, id)?;
    if existing
        .iter()
        .any(|mapping| mapping.group_id == new.group_id)
    {
        return Err(ApiError::param(
            "duplicate_record",
            "directory_group_id",
            "The group has a mapping already",
        ));
    }
    if new
        .group_display_name
        .as_ref()
        .is_some_and(|name| name.chars().count() > LONGEST_DISPLAY_NAME)
    {
        return Err(ApiError::value(
            "directory_group_display_name",
            &format!("must have at most {LONGEST_DISPLAY_NAME} characters"),
        ));
    }
    let last = existing.last().map_or(0, |mapping| mapping.precedence);
    let precedence = new.precedence.unwrap_or(last.saturating_add(1));
    if precedence < 1 {
        return Err(ApiError::value("precedence", "must be at least 1"));
    }
    // Shift the mapping at this position and those after it to make room.
    let mut taken = precedence;
    let moved: Vec<String> = existing
        .iter()
        .filter(|mapping| mapping.precedence >= precedence)
        .map_while(|mapping| {
            let collides = mapping.precedence == taken;
            taken = taken.saturating_add(1);
            collides.then(|| mapping.id.clone())
        })
        .collect();
    for id in moved {
        if let Some(mapping) = tables.group_role_mappings.get_mut(&id) {
            mapping.precedence = mapping.precedence.saturating_add(1);
            mapping.updated_at = now;
        }
    }
    Ok(tables.group_role_mappings.insert(GroupRoleMapping {
        id: random::id("grm"),
        directory_id: id.to_owned(),
        group_id: new.group_id,
        group_display_name: new.group_display_name.unwrap_or_default(),
        role_id: new.role_id,
        precedence,
        created_at: now,
        updated_at: now,
    }))
}

/// Adds a mapping to a directory.
pub(crate) fn create_mapping<'a>(
    tables: &'a mut Tables,
    id: &str,
    new: NewMapping,
    now: i64,
) -> Result<&'a GroupRoleMapping, ApiError> {
    check_enabled(tables, id)?;
    roles::find(tables, &new.role_id)?;
    add_mapping(tables, id, new, now)
}

/// Replaces all mappings of a directory. Their order determines the precedence.
pub(crate) fn replace_mappings(
    tables: &mut Tables,
    id: &str,
    new: Vec<NewMapping>,
    now: i64,
) -> Result<(), ApiError> {
    check_enabled(tables, id)?;
    tables
        .group_role_mappings
        .remove_where(|mapping| mapping.directory_id == id);
    for mapping in new {
        roles::find(tables, &mapping.role_id)?;
        add_mapping(tables, id, mapping, now)?;
    }
    Ok(())
}

/// Deletes a mapping of a directory.
pub(crate) fn delete_mapping(
    tables: &mut Tables,
    id: &str,
    mapping_id: &str,
) -> Result<(), ApiError> {
    check_enabled(tables, id)?;
    tables
        .group_role_mappings
        .get(mapping_id)
        .filter(|mapping| mapping.directory_id == id)
        .ok_or_else(|| ApiError::not_found("group role mapping", mapping_id))?;
    tables.group_role_mappings.remove(mapping_id);
    Ok(())
}
