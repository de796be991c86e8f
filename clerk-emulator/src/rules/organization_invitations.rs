//! Invitations to organizations.

use http::StatusCode;

use super::accounts;
use super::api_error::ApiError;
use super::identifiers;
use super::invitations::NewInvite;
use super::memberships::{self, NewMembership};
use super::metadata;
use super::organization_access;
use super::organizations;
use super::restrictions;
use crate::model::invitation::{InvitationStatus, OrganizationInvitation};
use crate::model::metadata::Metadata;
use crate::store::tables::Tables;

/// The fields of a new organization invitation.
#[derive(Debug)]
pub(crate) struct NewOrganizationInvitation {
    pub(crate) invite: NewInvite,
    pub(crate) role: String,
    pub(crate) inviter_id: Option<String>,
    pub(crate) domain_id: Option<String>,
    pub(crate) private_metadata: Option<Metadata>,
}

/// Finds an invitation of an organization, which is identified by ID or slug.
pub(crate) fn find<'a>(
    tables: &'a Tables,
    organization: &str,
    id: &str,
) -> Result<&'a OrganizationInvitation, ApiError> {
    let organization = organizations::find(tables, organization)?;
    tables
        .organization_invitations
        .get(id)
        .filter(|one| one.organization_id == organization.id)
        .ok_or_else(|| ApiError::not_found("organization invitation", id))
}

/// Invites a person to an organization.
pub(crate) fn create<'a>(
    tables: &'a mut Tables,
    organization: &str,
    new: NewOrganizationInvitation,
    now: i64,
) -> Result<&'a OrganizationInvitation, ApiError> {
    let organization = organizations::find(tables, organization)?;
    let organization_id = organization.id.clone();
    memberships::check_role(tables, organization, &new.role)?;
    if let Some(inviter) = &new.inviter_id {
        accounts::find(tables, inviter)?;
        organization_access::check_administrator(tables, &organization_id, inviter)?;
    }
    let invite = new.invite.accept(now)?;
    let private_metadata = new.private_metadata.unwrap_or_default();
    metadata::check("private_metadata", &private_metadata)?;
    let pending = tables.organization_invitations.find(|other| {
        other.organization_id == organization_id
            && other.invite.status_at(now) == InvitationStatus::Pending
            && other
                .invite
                .email_address
                .eq_ignore_ascii_case(&invite.email_address)
    });
    if pending.is_some() {
        return Err(ApiError::bad_request(
            "duplicate_record",
            format!(
                "There are already pending invitations for the email address {}",
                invite.email_address
            ),
        ));
    }
    let outstanding = tables.organization_invitations.iter().filter(|other| {
        other.organization_id == organization_id
            && other.invite.status_at(now) == InvitationStatus::Pending
    });
    memberships::check_quota(tables, organization, outstanding.count())?;
    if let Some(user) = identifiers::user_by_email(tables, &invite.email_address)
        && organizations::membership(tables, &organization_id, &user.id).is_some()
    {
        return Err(ApiError::bad_request(
            "already_a_member_in_organization",
            format!(
                "{} is already a member of the organization",
                invite.email_address
            ),
        ));
    }
    if identifiers::user_by_email(tables, &invite.email_address).is_none() {
        restrictions::check_access(tables, [invite.email_address.as_str()])?;
    }
    Ok(tables
        .organization_invitations
        .insert(OrganizationInvitation {
            id: OrganizationInvitation::new_id(),
            organization_id,
            inviter_id: new.inviter_id,
            domain_id: new.domain_id,
            role: new.role,
            private_metadata,
            invite,
        }))
}

/// Revokes a pending invitation, on behalf of a user if one is named.
pub(crate) fn revoke<'a>(
    tables: &'a mut Tables,
    organization: &str,
    id: &str,
    requester: Option<&str>,
    now: i64,
) -> Result<&'a OrganizationInvitation, ApiError> {
    let found = find(tables, organization, id)?;
    if let Some(requester) = requester {
        accounts::find(tables, requester)?;
        organization_access::check_administrator(tables, &found.organization_id, requester)?;
    }
    let status = found.invite.status_at(now);
    if status != InvitationStatus::Pending {
        return Err(ApiError::bad_request(
            "organization_invitation_not_pending",
            format!(
                "The invitation is {}, only pending ones can be revoked",
                status.as_str()
            ),
        ));
    }
    let invitation = tables
        .organization_invitations
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("organization invitation", id))?;
    invitation.invite.revoked = true;
    invitation.invite.updated_at = now;
    Ok(invitation)
}

/// Accepts a pending invitation on behalf of a user, who becomes a member.
pub(crate) fn accept<'a>(
    tables: &'a mut Tables,
    id: &str,
    user_id: &str,
    now: i64,
) -> Result<&'a OrganizationInvitation, ApiError> {
    let not_found = || ApiError::not_found("organization invitation", id);
    let invitation = tables
        .organization_invitations
        .get(id)
        .ok_or_else(not_found)?;
    if invitation.invite.status_at(now) != InvitationStatus::Pending {
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "organization_invitation_not_pending",
            "The organization invitation is not in the 'pending' status.",
        ));
    }
    let organization_id = invitation.organization_id.clone();
    let membership = NewMembership {
        user_id: user_id.to_owned(),
        role: invitation.role.clone(),
        public_metadata: Some(invitation.invite.public_metadata.clone()),
        private_metadata: Some(invitation.private_metadata.clone()),
    };
    if organizations::membership(tables, &organization_id, user_id).is_none() {
        memberships::create(tables, &organization_id, membership, now)?;
    }
    let invitation = tables
        .organization_invitations
        .get_mut(id)
        .ok_or_else(not_found)?;
    invitation.invite.accepted = true;
    invitation.invite.updated_at = now;
    Ok(invitation)
}

/// A filter for a list of invitations.
#[derive(Debug, Default)]
pub(crate) struct InvitationFilter<'a> {
    pub(crate) organization_id: Option<&'a str>,
    /// The statuses to include. An empty list includes all.
    pub(crate) statuses: Vec<&'a str>,
    /// The addresses to include. An empty list includes all.
    pub(crate) email_addresses: Vec<&'a str>,
    pub(crate) query: Option<String>,
}

/// Lists invitations, oldest first.
pub(crate) fn list<'a>(
    tables: &'a Tables,
    filter: &InvitationFilter<'_>,
    now: i64,
) -> Vec<&'a OrganizationInvitation> {
    tables
        .organization_invitations
        .iter()
        .filter(|one| {
            filter
                .organization_id
                .is_none_or(|id| one.organization_id == id)
        })
        .filter(|one| {
            filter.statuses.is_empty()
                || filter
                    .statuses
                    .contains(&one.invite.status_at(now).as_str())
        })
        .filter(|one| {
            filter.email_addresses.is_empty()
                || filter
                    .email_addresses
                    .iter()
                    .any(|email| one.invite.email_address.eq_ignore_ascii_case(email))
        })
        .filter(|one| {
            filter.query.as_deref().is_none_or(|query| {
                one.id.to_lowercase() == query
                    || one.invite.email_address.to_lowercase().contains(query)
            })
        })
        .collect()
}

/// Counts the pending invitations of an organization.
pub(crate) fn count_pending(tables: &Tables, organization_id: &str, now: i64) -> usize {
    let filter = InvitationFilter {
        organization_id: Some(organization_id),
        statuses: vec![InvitationStatus::Pending.as_str()],
        ..InvitationFilter::default()
    };
    list(tables, &filter, now).len()
}
