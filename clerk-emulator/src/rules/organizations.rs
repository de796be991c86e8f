//! Organizations.

use super::api_error::ApiError;
use super::billing::subscriptions;
use super::metadata::{self, Update};
use super::role_sets;
use super::settings;
use crate::model::metadata::Metadata;
use crate::model::organization::{Membership, Organization};
use crate::model::session::Session;
use crate::model::user::Image;
use crate::store::tables::Tables;

const LONGEST_NAME: usize = 256;

/// Finds an organization by ID or slug.
pub(crate) fn by_id_or_slug<'a>(tables: &'a Tables, id_or_slug: &str) -> Option<&'a Organization> {
    tables
        .organizations
        .get(id_or_slug)
        .or_else(|| tables.organizations.find(|one| one.slug == id_or_slug))
}

/// Finds an organization by ID or slug.
pub(crate) fn find<'a>(tables: &'a Tables, id_or_slug: &str) -> Result<&'a Organization, ApiError> {
    by_id_or_slug(tables, id_or_slug).ok_or_else(|| ApiError::not_found("organization", id_or_slug))
}

/// Returns the ID of an organization, identified by ID or slug, if the user belongs to it.
pub(crate) fn of_user(tables: &Tables, id_or_slug: &str, user_id: &str) -> Option<String> {
    let organization = by_id_or_slug(tables, id_or_slug)?;
    membership(tables, &organization.id, user_id).map(|_| organization.id.clone())
}

/// Finds a user's membership in an organization, both identified by ID.
pub(crate) fn membership<'a>(
    tables: &'a Tables,
    id: &str,
    user_id: &str,
) -> Option<&'a Membership> {
    tables
        .memberships
        .find(|row| row.organization_id == id && row.user_id == user_id)
}

/// Returns the active organization of a session along with the membership, if both exist.
pub(crate) fn active<'a>(
    tables: &'a Tables,
    session: &Session,
) -> Option<(&'a Organization, &'a Membership)> {
    let organization = tables
        .organizations
        .get(session.organization_id.as_deref()?)?;
    let membership = membership(tables, &organization.id, &session.user_id)?;
    Some((organization, membership))
}

/// The fields of a new organization.
#[derive(Debug, Default)]
pub(crate) struct NewOrganization {
    pub(crate) name: String,
    pub(crate) slug: Option<String>,
    pub(crate) created_by: Option<String>,
    pub(crate) public_metadata: Option<Metadata>,
    pub(crate) private_metadata: Option<Metadata>,
    pub(crate) max_allowed_memberships: Option<i64>,
    pub(crate) created_at: Option<i64>,
    pub(crate) role_set_key: Option<String>,
}

/// Creates an organization and returns its ID. Its creator gets the role named in the settings.
pub(crate) fn create(
    tables: &mut Tables,
    new: NewOrganization,
    now: i64,
) -> Result<String, ApiError> {
    if let Some(user) = &new.created_by
        && !tables.users.contains(user)
    {
        return Err(ApiError::not_found("user", user));
    }
    let slug = match new.slug {
        Some(slug) => {
            check_slugs_enabled(tables)?;
            check_slug(tables, &slug, None)?;
            slug
        }
        None => free_slug(tables, &new.name),
    };
    check_name(&new.name)?;
    let mut organization = Organization::new(new.name, slug, now);
    organization.created_at = new.created_at.unwrap_or(now);
    let defaults = settings::get(tables)?.organizations.clone();
    organization.max_allowed_memberships =
        check_limit(new.max_allowed_memberships)?.unwrap_or(defaults.max_allowed_memberships);
    organization.created_by.clone_from(&new.created_by);
    apply_metadata(
        &mut organization,
        new.public_metadata,
        new.private_metadata,
        Update::Replace,
    )?;
    let mut creator_role = defaults.creator_role;
    if let Some(key) = &new.role_set_key {
        let set = role_sets::assignable(tables, key)?;
        if let Some(role) = tables.roles.get(&set.creator_role) {
            creator_role.clone_from(&role.key);
        }
        organization.role_set = Some(set.id.clone());
    }
    let id = organization.id.clone();
    tables.organizations.insert(organization);
    subscriptions::open(tables, &id, now);
    if let Some(user) = new.created_by {
        let membership = Membership::new(id.clone(), user, creator_role, now);
        tables.memberships.insert(membership);
    }
    Ok(id)
}

/// Rejects names that are blank or too long, or that contain URLs or HTML.
fn check_name(name: &str) -> Result<(), ApiError> {
    if name.trim().is_empty() {
        return Err(ApiError::missing("name"));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(ApiError::param(
            "form_param_max_length_exceeded",
            "name",
            format!("name must have at most {LONGEST_NAME} characters"),
        ));
    }
    let is_tag = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    if name.contains("://") || name.split('<').skip(1).any(is_tag) {
        return Err(ApiError::format("name", "must not contain URLs or HTML"));
    }
    Ok(())
}

fn check_limit(limit: Option<i64>) -> Result<Option<i64>, ApiError> {
    match limit {
        Some(limit) if limit < 0 => Err(ApiError::value(
            "max_allowed_memberships",
            "must not be negative",
        )),
        limit => Ok(limit),
    }
}

/// Rejects slugs that are malformed or already taken.
fn check_slug(tables: &Tables, slug: &str, own_id: Option<&str>) -> Result<(), ApiError> {
    let well_formed = !slug.is_empty()
        && slug
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !well_formed {
        return Err(ApiError::format(
            "slug",
            "can only contain lower-case letters, digits and hyphens",
        ));
    }
    match by_id_or_slug(tables, slug) {
        Some(other) if own_id != Some(other.id.as_str()) => Err(ApiError::taken("slug")),
        _ => Ok(()),
    }
}

/// Rejects slugs that are chosen where the instance has none.
fn check_slugs_enabled(tables: &Tables) -> Result<(), ApiError> {
    if settings::get(tables)?.organizations.slug_disabled {
        return Err(ApiError::forbidden(
            "organization_slugs_disabled",
            "This instance does not have slugs enabled for organizations.",
        ));
    }
    Ok(())
}

/// Creates a slug from a name.
fn free_slug(tables: &Tables, name: &str) -> String {
    let mut slug: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    slug = slug.trim_matches('-').to_owned();
    if slug.is_empty() {
        slug.push_str("organization");
    }
    let taken = |slug: &str| by_id_or_slug(tables, slug).is_some();
    if !taken(&slug) {
        return slug;
    }
    (2_u64..)
        .map(|number| format!("{slug}-{number}"))
        .find(|slug| !taken(slug))
        .unwrap_or(slug)
}

/// An update of an organization.
#[derive(Debug, Default)]
pub(crate) struct OrganizationUpdate {
    pub(crate) name: Option<String>,
    pub(crate) slug: Option<String>,
    pub(crate) max_allowed_memberships: Option<i64>,
    pub(crate) admin_delete_enabled: Option<bool>,
    pub(crate) created_at: Option<i64>,
    pub(crate) role_set_key: Option<String>,
}

/// Updates an organization.
pub(crate) fn update<'a>(
    tables: &'a mut Tables,
    id_or_slug: &str,
    update: OrganizationUpdate,
    now: i64,
) -> Result<&'a Organization, ApiError> {
    let id = find(tables, id_or_slug)?.id.clone();
    if let Some(slug) = &update.slug {
        check_slugs_enabled(tables)?;
        check_slug(tables, slug, Some(&id))?;
    }
    if let Some(name) = &update.name {
        check_name(name)?;
    }
    let most = check_limit(update.max_allowed_memberships)?;
    if let Some(key) = &update.role_set_key {
        role_sets::assign(tables, &id, key)?;
    }
    change(tables, &id, now, |organization| {
        if let Some(name) = update.name {
            organization.name = name;
        }
        if let Some(slug) = update.slug {
            organization.slug = slug;
        }
        if let Some(most) = most {
            organization.max_allowed_memberships = most;
        }
        if let Some(enabled) = update.admin_delete_enabled {
            organization.admin_delete_enabled = enabled;
        }
        if let Some(created_at) = update.created_at {
            organization.created_at = created_at;
        }
        Ok(())
    })
}

fn change<'a>(
    tables: &'a mut Tables,
    id_or_slug: &str,
    now: i64,
    change: impl FnOnce(&mut Organization) -> Result<(), ApiError>,
) -> Result<&'a Organization, ApiError> {
    let id = find(tables, id_or_slug)?.id.clone();
    let organization = tables
        .organizations
        .get_mut(&id)
        .ok_or_else(|| ApiError::not_found("organization", &id))?;
    change(organization)?;
    organization.updated_at = now;
    Ok(organization)
}

/// Merges or replaces metadata. Omitted metadata stays unchanged.
pub(crate) fn update_metadata<'a>(
    tables: &'a mut Tables,
    id_or_slug: &str,
    public: Option<Metadata>,
    private: Option<Metadata>,
    how: Update,
    now: i64,
) -> Result<&'a Organization, ApiError> {
    change(tables, id_or_slug, now, |organization| {
        apply_metadata(organization, public, private, how)
    })
}

fn apply_metadata(
    organization: &mut Organization,
    public: Option<Metadata>,
    private: Option<Metadata>,
    how: Update,
) -> Result<(), ApiError> {
    metadata::update(
        "public_metadata",
        &mut organization.public_metadata,
        public,
        how,
    )?;
    metadata::update(
        "private_metadata",
        &mut organization.private_metadata,
        private,
        how,
    )
}

/// Replaces or removes the logo.
pub(crate) fn set_logo<'a>(
    tables: &'a mut Tables,
    id_or_slug: &str,
    logo: Option<Image>,
    now: i64,
) -> Result<&'a Organization, ApiError> {
    change(tables, id_or_slug, now, |organization| {
        organization.logo = logo;
        Ok(())
    })
}

/// Deletes an organization along with its memberships and returns its ID. Sessions in it return to the personal
/// account.
pub(crate) fn delete(tables: &mut Tables, id_or_slug: &str) -> Result<String, ApiError> {
    let id = find(tables, id_or_slug)?.id.clone();
    tables.organizations.remove(&id);
    tables
        .memberships
        .remove_where(|membership| membership.organization_id == id);
    tables
        .organization_domains
        .remove_where(|domain| domain.organization_id == id);
    tables
        .organization_suggestions
        .remove_where(|suggestion| suggestion.organization_id == id);
    tables
        .organization_invitations
        .remove_where(|invitation| invitation.organization_id == id);
    // People go on signing in through its connections.
    let is_of_it = |id_of_it: &Option<String>| id_of_it.as_ref() == Some(&id);
    let connections = tables
        .enterprise_connections
        .ids(|one| is_of_it(&one.organization_id));
    for connection in connections {
        if let Some(connection) = tables.enterprise_connections.get_mut(&connection) {
            connection.organization_id = None;
        }
    }
    tables
        .credentials
        .remove_where(|credential| credential.subject == id);
    tables
        .credit_entries
        .remove_where(|entry| entry.owner_id == id);
    subscriptions::close(tables, &id);
    leave_sessions(tables, &id, None);
    Ok(id)
}

/// Moves sessions out of an organization: those of one user, or all of them.
pub(crate) fn leave_sessions(tables: &mut Tables, organization_id: &str, user_id: Option<&str>) {
    let sessions = tables.sessions.ids(|session| {
        session.organization_id.as_deref() == Some(organization_id)
            && user_id.is_none_or(|user_id| session.user_id == user_id)
    });
    for id in sessions {
        if let Some(session) = tables.sessions.get_mut(&id) {
            session.organization_id = None;
        }
    }
}

/// A filter for a list of organizations.
#[derive(Debug, Default)]
pub(crate) struct OrganizationFilter<'a> {
    pub(crate) ids: Vec<&'a str>,
    pub(crate) user_ids: Vec<&'a str>,
    /// The lowercase text to find in the name or slug, or the whole ID.
    pub(crate) query: Option<String>,
}

/// Lists organizations, oldest first. A minus sign before an ID excludes it.
pub(crate) fn list<'a>(
    tables: &'a Tables,
    filter: &OrganizationFilter<'_>,
) -> Vec<&'a Organization> {
    tables
        .organizations
        .iter()
        .filter(|one| included(&filter.ids, |id| one.id == id))
        .filter(|one| {
            included(&filter.user_ids, |user| {
                membership(tables, &one.id, user).is_some()
            })
        })
        .filter(|one| {
            filter.query.as_deref().is_none_or(|query| {
                one.id.eq_ignore_ascii_case(query)
                    || one.name.to_lowercase().contains(query)
                    || one.slug.to_lowercase().contains(query)
            })
        })
        .collect()
}

/// Applies a list of values, where a minus sign before a value excludes it and a plus sign, or no sign, includes it.
pub(crate) fn included(wanted: &[&str], has: impl Fn(&str) -> bool) -> bool {
    let mut includes = false;
    let mut hit = false;
    for value in wanted {
        match value.strip_prefix('-') {
            Some(value) if has(value) => return false,
            Some(_) => {}
            None => {
                includes = true;
                // A plus sign that the client did not encode arrives as a space.
                hit |= has(value.trim_start_matches(['+', ' ']));
            }
        }
    }
    !includes || hit
}
