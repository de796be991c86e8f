//! The members of organizations and their roles.

use super::accounts;
use super::api_error::ApiError;
use super::metadata::{self, Update};
use super::organizations;
use super::role_sets;
use super::roles;
use super::user_list::UserFilter;
use crate::model::metadata::Metadata;
use crate::model::organization::{Membership, Organization};
use crate::model::user::User;
use crate::store::tables::Tables;

/// Iterates over a user's memberships, oldest first.
pub(crate) fn of_user<'a>(
    tables: &'a Tables,
    user_id: &str,
) -> impl Iterator<Item = &'a Membership> {
    tables
        .memberships
        .iter()
        .filter(move |membership| membership.user_id == user_id)
}

/// Counts the members of an organization.
pub(crate) fn count(tables: &Tables, organization_id: &str) -> usize {
    tables
        .memberships
        .iter()
        .filter(|membership| membership.organization_id == organization_id)
        .count()
}

/// The fields of a new membership.
#[derive(Debug)]
pub(crate) struct NewMembership {
    pub(crate) user_id: String,
    pub(crate) role: String,
    pub(crate) public_metadata: Option<Metadata>,
    pub(crate) private_metadata: Option<Metadata>,
}

/// Adds a user to an organization.
pub(crate) fn create<'a>(
    tables: &'a mut Tables,
    organization: &str,
    new: NewMembership,
    now: i64,
) -> Result<&'a Membership, ApiError> {
    let organization = organizations::find(tables, organization)?;
    let organization_id = organization.id.clone();
    accounts::find(tables, &new.user_id)?;
    check_role(tables, organization, &new.role)?;
    if organizations::membership(tables, &organization_id, &new.user_id).is_some() {
        return Err(ApiError::bad_request(
            "already_a_member_in_organization",
            format!(
                "The user {} is already a member of the organization",
                new.user_id
            ),
        ));
    }
    check_quota(tables, organization, 0)?;
    let mut membership = Membership::new(organization_id, new.user_id, new.role, now);
    apply_metadata(
        &mut membership,
        new.public_metadata,
        new.private_metadata,
        Update::Replace,
    )?;
    Ok(tables.memberships.insert(membership))
}

/// Rejects one more member of an organization that has its maximum of members and outstanding invitations.
pub(crate) fn check_quota(
    tables: &Tables,
    organization: &Organization,
    outstanding: usize,
) -> Result<(), ApiError> {
    let most = organization.max_allowed_memberships;
    let taken = count(tables, &organization.id) + outstanding;
    if usize::try_from(most).is_ok_and(|most| most > 0 && taken >= most) {
        return Err(ApiError::forbidden(
            "organization_membership_quota_exceeded",
            format!(
                "The organization has its maximum of {most} members, including outstanding invitations"
            ),
        ));
    }
    Ok(())
}

/// Rejects roles that do not exist in the instance, or that the role set of an organization lacks.
pub(crate) fn check_role(
    tables: &Tables,
    organization: &Organization,
    role: &str,
) -> Result<(), ApiError> {
    let Some(found) = roles::by_key(tables, role) else {
        return Err(ApiError::param(
            "resource_not_found",
            "role",
            format!("The instance has no role {role}"),
        ));
    };
    match role_sets::of_organization(tables, organization) {
        // Seeds and tests use the roles of the instance without thinking of role sets.
        Some(set) if !set.initial && !set.roles.contains(&found.id) => Err(ApiError::value(
            "role",
            "must be in the role set of the organization",
        )),
        _ => Ok(()),
    }
}

/// Finds a user's membership in an organization, which is identified by ID or slug.
pub(crate) fn find<'a>(
    tables: &'a Tables,
    organization: &str,
    user_id: &str,
) -> Result<&'a Membership, ApiError> {
    let organization = organizations::find(tables, organization)?;
    organizations::membership(tables, &organization.id, user_id)
        .ok_or_else(|| ApiError::not_found("member of the organization", user_id))
}

fn change<'a>(
    tables: &'a mut Tables,
    organization: &str,
    user_id: &str,
    now: i64,
    change: impl FnOnce(&mut Membership) -> Result<(), ApiError>,
) -> Result<&'a Membership, ApiError> {
    let id = find(tables, organization, user_id)?.id.clone();
    let membership = tables
        .memberships
        .get_mut(&id)
        .ok_or_else(|| ApiError::not_found("membership", &id))?;
    change(membership)?;
    membership.updated_at = now;
    Ok(membership)
}

/// Changes the role of a member.
pub(crate) fn set_role<'a>(
    tables: &'a mut Tables,
    organization: &str,
    user_id: &str,
    role: String,
    now: i64,
) -> Result<&'a Membership, ApiError> {
    find(tables, organization, user_id)?;
    check_role(tables, organizations::find(tables, organization)?, &role)?;
    change(tables, organization, user_id, now, |membership| {
        membership.role = role;
        Ok(())
    })
}

/// Merges metadata into that of a membership.
pub(crate) fn merge_metadata<'a>(
    tables: &'a mut Tables,
    organization: &str,
    user_id: &str,
    public: Option<Metadata>,
    private: Option<Metadata>,
    now: i64,
) -> Result<&'a Membership, ApiError> {
    change(tables, organization, user_id, now, |membership| {
        apply_metadata(membership, public, private, Update::Merge)
    })
}

fn apply_metadata(
    membership: &mut Membership,
    public: Option<Metadata>,
    private: Option<Metadata>,
    how: Update,
) -> Result<(), ApiError> {
    metadata::update(
        "public_metadata",
        &mut membership.public_metadata,
        public,
        how,
    )?;
    metadata::update(
        "private_metadata",
        &mut membership.private_metadata,
        private,
        how,
    )
}

/// Removes a member. The user's sessions in this organization return to the personal account.
pub(crate) fn delete(
    tables: &mut Tables,
    organization: &str,
    user_id: &str,
) -> Result<(), ApiError> {
    let id = find(tables, organization, user_id)?.id.clone();
    if let Some(membership) = tables.memberships.remove(&id) {
        organizations::leave_sessions(tables, &membership.organization_id, Some(user_id));
    }
    Ok(())
}

/// A filter for a list of memberships.
#[derive(Debug, Default)]
pub(crate) struct MembershipFilter<'a> {
    pub(crate) organization_id: Option<&'a str>,
    pub(crate) roles: Vec<&'a str>,
    /// The filter for the members.
    pub(crate) users: UserFilter<'a>,
}

/// Lists memberships, oldest first, each with its user.
pub(crate) fn list<'a>(
    tables: &'a Tables,
    filter: &MembershipFilter<'_>,
) -> Vec<(&'a Membership, &'a User)> {
    tables
        .memberships
        .iter()
        .filter(|row| {
            filter
                .organization_id
                .is_none_or(|id| row.organization_id == id)
        })
        .filter(|row| filter.roles.is_empty() || filter.roles.contains(&row.role.as_str()))
        .filter_map(|row| Some((row, tables.users.get(&row.user_id)?)))
        .filter(|(_, user)| filter.users.lets_through(tables, user))
        .collect()
}
