//! Invitations to the application.

use url::Url;

use super::api_error::ApiError;
use super::identifiers;
use super::metadata;
use super::restrictions;
use crate::model::invitation::{Invitation, InvitationStatus, Invite};
use crate::model::metadata::Metadata;
use crate::store::tables::Tables;

const DEFAULT_DAYS: i64 = 30;
const MOST_DAYS: i64 = 365;

/// The fields of a new invitation.
#[derive(Debug)]
pub(crate) struct NewInvite {
    pub(crate) email_address: String,
    pub(crate) public_metadata: Option<Metadata>,
    pub(crate) redirect_url: Option<String>,
    pub(crate) expires_in_days: Option<i64>,
    /// Determines whether an email is sent to the address.
    pub(crate) notify: bool,
    pub(crate) template: Option<String>,
}

impl NewInvite {
    /// Validates the fields and creates a pending invitation from them.
    pub(super) fn accept(self, now: i64) -> Result<Invite, ApiError> {
        identifiers::check_email(&self.email_address)?;
        let days = self.expires_in_days.unwrap_or(DEFAULT_DAYS);
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(ApiError::value(
                "expires_in_days",
                &format!("must be between 1 and {MOST_DAYS}"),
            ));
        }
        if let Some(url) = &self.redirect_url
            && Url::parse(url).is_err()
        {
            return Err(ApiError::format("redirect_url", "must be an absolute URL"));
        }
        let mut invite = Invite::new(self.email_address, days, now);
        invite.notify = self.notify;
        invite.template = self.template;
        invite.redirect_url = self.redirect_url;
        invite.public_metadata = self.public_metadata.unwrap_or_default();
        metadata::check("public_metadata", &invite.public_metadata)?;
        Ok(invite)
    }
}

/// Determines whether an address that is already invited or has an account may be invited again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    Refused,
    Ignored,
}

/// Finds an invitation by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a Invitation, ApiError> {
    tables
        .invitations
        .get(id)
        .ok_or_else(|| ApiError::not_found("invitation", id))
}

/// Invites a person to the application.
pub(crate) fn create(
    tables: &mut Tables,
    new: NewInvite,
    existing: Existing,
    now: i64,
) -> Result<&Invitation, ApiError> {
    let invite = new.accept(now)?;
    restrictions::check_access(tables, [invite.email_address.as_str()])?;
    if existing == Existing::Refused {
        let pending = tables.invitations.find(|other| {
            other.invite.status_at(now) == InvitationStatus::Pending
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
        if identifiers::user_by_email(tables, &invite.email_address).is_some() {
            return Err(ApiError::taken("email_address"));
        }
    }
    Ok(tables.invitations.insert(Invitation::new(invite)))
}

/// Revokes an invitation that was not accepted.
pub(crate) fn revoke<'a>(
    tables: &'a mut Tables,
    id: &str,
    now: i64,
) -> Result<&'a Invitation, ApiError> {
    match find(tables, id)?.invite.status_at(now) {
        InvitationStatus::Pending | InvitationStatus::Expired => {}
        InvitationStatus::Accepted => {
            return Err(ApiError::bad_request(
                "invitation_already_accepted",
                "Invitation is already accepted, try signing in instead.",
            ));
        }
        InvitationStatus::Revoked => {
            return Err(ApiError::bad_request(
                "invitation_already_revoked",
                "Invitation is already revoked.",
            ));
        }
    }
    let invitation = tables
        .invitations
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("invitation", id))?;
    invitation.invite.revoked = true;
    invitation.invite.updated_at = now;
    Ok(invitation)
}

/// Deletes an invitation.
pub(crate) fn delete(tables: &mut Tables, id: &str) -> Result<(), ApiError> {
    find(tables, id)?;
    tables.invitations.remove(id);
    Ok(())
}

/// Lists invitations, oldest first: those with the given status, or all that are not revoked.
pub(crate) fn list<'a>(
    tables: &'a Tables,
    status: Option<&str>,
    query: Option<&str>,
    now: i64,
) -> Vec<&'a Invitation> {
    tables
        .invitations
        .iter()
        .filter(|one| match status {
            Some(status) => one.invite.status_at(now).as_str() == status,
            None => !one.invite.revoked,
        })
        .filter(|one| {
            query.is_none_or(|query| {
                one.id.to_lowercase() == query
                    || one.invite.email_address.to_lowercase().contains(query)
            })
        })
        .collect()
}
