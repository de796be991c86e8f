//! The permissions of members within an organization.

use http::StatusCode;

use super::api_error::ApiError;
use super::organizations;
use super::roles;
use super::settings;
use crate::model::organization::Membership;
use crate::store::tables::Tables;

pub(crate) const MANAGE_PROFILE: &str = "org:sys_profile:manage";
pub(crate) const DELETE: &str = "org:sys_profile:delete";
pub(crate) const READ_MEMBERS: &str = "org:sys_memberships:read";
pub(crate) const MANAGE_MEMBERS: &str = "org:sys_memberships:manage";
pub(crate) const READ_DOMAINS: &str = "org:sys_domains:read";
pub(crate) const READ_BILLING: &str = "org:sys_billing:read";
pub(crate) const MANAGE_BILLING: &str = "org:sys_billing:manage";
pub(crate) const MANAGE_CONNECTIONS: &str = "org:sys_entconns:manage";
pub(crate) const MANAGE_DOMAINS: &str = "org:sys_domains:manage";

/// Rejects instances without organizations.
pub(crate) fn check_enabled(tables: &Tables) -> Result<(), ApiError> {
    if settings::get(tables)?.organizations.enabled {
        Ok(())
    } else {
        Err(ApiError::forbidden(
            "organization_not_enabled_in_instance",
            "The organizations feature is not enabled for this instance.",
        ))
    }
}

/// Finds a user's membership. The error is the same for organizations that do not exist and for those to which the user
/// does not belong.
pub(crate) fn membership<'a>(
    tables: &'a Tables,
    organization_id: &str,
    user_id: &str,
) -> Result<&'a Membership, ApiError> {
    check_enabled(tables)?;
    organizations::membership(tables, organization_id, user_id).ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "organization_not_found_or_unauthorized",
            "Given organization not found, or you don't have permission to access the organization",
        )
    })
}

/// Rejects members whose role lacks a permission.
pub(crate) fn require(
    tables: &Tables,
    organization_id: &str,
    user_id: &str,
    permission: &str,
) -> Result<(), ApiError> {
    let membership = membership(tables, organization_id, user_id)?;
    if has(tables, &membership.role, permission) {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "missing_organization_permission",
        "Current user is missing an organization permission.",
    )
    .with("permissions", vec![permission.to_owned()]))
}

/// Rejects users who do not administer the members of an organization.
pub(crate) fn check_administrator(
    tables: &Tables,
    organization_id: &str,
    user_id: &str,
) -> Result<(), ApiError> {
    let membership = organizations::membership(tables, organization_id, user_id);
    if membership.is_some_and(|one| has(tables, &one.role, MANAGE_MEMBERS)) {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "not_an_admin_in_organization",
        format!("The user {user_id} is not an administrator in the organization"),
    ))
}

/// Returns true if a member can manage the members of an organization.
pub(crate) fn has_administrator(tables: &Tables, organization_id: &str) -> bool {
    tables
        .memberships
        .iter()
        .filter(|one| one.organization_id == organization_id)
        .any(|one| has(tables, &one.role, MANAGE_MEMBERS))
}

/// Returns true if a role has a permission.
pub(crate) fn has(tables: &Tables, role: &str, permission: &str) -> bool {
    roles::by_key(tables, role)
        .is_some_and(|role| role.permissions.iter().any(|one| one == permission))
}

/// Rejects that the last member who can manage members is removed or gets a role without this permission.
pub(crate) fn check_not_last_manager(
    tables: &Tables,
    organization_id: &str,
    user_id: &str,
) -> Result<(), ApiError> {
    let own = organizations::membership(tables, organization_id, user_id);
    if own.is_some_and(|own| !has(tables, &own.role, MANAGE_MEMBERS)) {
        return Ok(());
    }
    let mut others = tables
        .memberships
        .iter()
        .filter(|one| one.organization_id == organization_id && one.user_id != user_id);
    if others.any(|one| has(tables, &one.role, MANAGE_MEMBERS)) {
        return Ok(());
    }
    Err(ApiError::bad_request(
        "organization_minimum_permissions_needed",
        "There has to be at least one organization member with the minimum required permissions",
    ))
}
