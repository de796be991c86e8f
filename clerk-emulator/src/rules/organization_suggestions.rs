//! Organizations that people may join because they have an email address at a verified domain.

use super::api_error::ApiError;
use super::inbox;
use super::invitations::NewInvite;
use super::memberships::{self, NewMembership};
use super::organization_access::{self, MANAGE_MEMBERS};
use super::organization_invitations::{self, NewOrganizationInvitation};
use super::organizations;
use super::role_sets;
use crate::model::invitation::InvitationStatus;
use crate::model::organization_domain::OrganizationDomain;
use crate::model::organization_suggestion::{OrganizationSuggestion, SuggestionStatus};
use crate::model::user::User;
use crate::store::table::RowChange;
use crate::store::tables::Tables;

/// Returns the verified domains of this mode that match a verified email address of the user, each with that address, of the
/// organizations that the user is not a member of.
fn reachable(tables: &Tables, user_id: &str, mode: &str) -> Vec<(OrganizationDomain, String)> {
    let Some(user) = tables.users.get(user_id) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for address in proven_addresses(user) {
        let Some((_, domain)) = address.rsplit_once('@') else {
            continue;
        };
        let domains = tables.organization_domains.iter().filter(|one| {
            one.verified_at.is_some()
                && one.enrollment_mode == mode
                && one.name.eq_ignore_ascii_case(domain)
                && organizations::membership(tables, &one.organization_id, user_id).is_none()
        });
        found.extend(domains.map(|one| (one.clone(), address.to_owned())));
    }
    found
}

fn proven_addresses(user: &User) -> Vec<&str> {
    let emails = user.email_addresses.iter();
    emails
        .filter(|one| one.proof.is_given())
        .map(|one| one.email_address.as_str())
        .collect()
}

/// Creates the missing suggestions and invitations that the domains of organizations call for. An organization that cannot
/// invite, for example because it is full, invites nobody: that is no reason to refuse what the user does.
pub(crate) fn enroll(tables: &mut Tables, user_id: &str, now: i64) -> Result<(), ApiError> {
    for (domain, _) in reachable(tables, user_id, "automatic_suggestion") {
        let organization_id = domain.organization_id;
        let known = tables
            .organization_suggestions
            .find(|one| one.organization_id == organization_id && one.user_id == user_id);
        if known.is_none() {
            let user_id = user_id.to_owned();
            let suggestion = OrganizationSuggestion::new(organization_id, user_id, domain.id, now);
            tables.organization_suggestions.insert(suggestion);
        }
    }
    for (domain, address) in reachable(tables, user_id, "automatic_invitation") {
        let organization_id = domain.organization_id;
        let known = tables.organization_invitations.find(|one| {
            one.organization_id == organization_id
                && one.invite.email_address.eq_ignore_ascii_case(&address)
        });
        if known.is_none() {
            let role = role_sets::default_role(tables, &organization_id)?;
            let new = NewOrganizationInvitation {
                invite: NewInvite {
                    email_address: address,
                    public_metadata: None,
                    redirect_url: None,
                    notify: true,
                    template: None,
                    expires_in_days: None,
                },
                role,
                inviter_id: None,
                domain_id: Some(domain.id),
                private_metadata: None,
            };
            // Nothing was changed if it is refused.
            organization_invitations::create(tables, &organization_id, new, now).ok();
        }
    }
    Ok(())
}

/// Does the same for all users who verified an email address since the last commit.
pub(crate) fn enroll_changed(tables: &mut Tables, now: i64) -> Result<(), ApiError> {
    if tables.organization_domains.iter().next().is_none() {
        return Ok(());
    }
    let mut users = Vec::new();
    for change in tables.users.changes() {
        match change {
            RowChange::Inserted(user) => users.push(user.id.clone()),
            RowChange::Replaced { before, after }
                if proven_addresses(before) != proven_addresses(after) =>
            {
                users.push(after.id.clone());
            }
            _ => {}
        }
    }
    users.iter().try_for_each(|user| enroll(tables, user, now))
}

/// Returns the IDs of the pending invitations and suggestions that a domain of an organization led to.
pub(crate) fn pending_of_domain(
    tables: &Tables,
    domain_id: &str,
    now: i64,
) -> (Vec<String>, Vec<String>) {
    let invitations = tables.organization_invitations.ids(|one| {
        one.domain_id.as_deref() == Some(domain_id)
            && one.invite.status_at(now) == InvitationStatus::Pending
    });
    let suggestions = tables.organization_suggestions.ids(|one| {
        one.domain_id.as_deref() == Some(domain_id) && one.status == SuggestionStatus::Suggested
    });
    (invitations, suggestions)
}

/// Takes the pending invitations and suggestions back that a domain led to.
pub(crate) fn withdraw(tables: &mut Tables, domain_id: &str, now: i64) {
    let (invitations, suggestions) = pending_of_domain(tables, domain_id, now);
    for id in invitations {
        if let Some(row) = tables.organization_invitations.get_mut(&id) {
            row.invite.revoked = true;
            row.invite.updated_at = now;
        }
    }
    for id in suggestions {
        tables.organization_suggestions.remove(&id);
    }
}

/// Lists the suggestions for a user with these statuses, or all of them, oldest first.
pub(crate) fn of_user<'a>(
    tables: &'a Tables,
    user_id: &str,
    statuses: &[&str],
) -> Vec<&'a OrganizationSuggestion> {
    tables
        .organization_suggestions
        .iter()
        .filter(|one| one.user_id == user_id)
        .filter(|one| statuses.is_empty() || statuses.contains(&one.status.as_suggestion()))
        .collect()
}

/// Lists the requests to join an organization with these statuses, or all of them, oldest first.
pub(crate) fn requests<'a>(
    tables: &'a Tables,
    organization_id: &str,
    statuses: &[&str],
) -> Vec<&'a OrganizationSuggestion> {
    tables
        .organization_suggestions
        .iter()
        .filter(|one| one.organization_id == organization_id)
        .filter(|one| one.status != SuggestionStatus::Suggested)
        .filter(|one| statuses.is_empty() || statuses.contains(&one.status.as_request()))
        .collect()
}

fn change(
    tables: &mut Tables,
    id: &str,
    status: SuggestionStatus,
    now: i64,
) -> Result<OrganizationSuggestion, ApiError> {
    let row = tables
        .organization_suggestions
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("organization suggestion", id))?;
    row.status = status;
    row.updated_at = now;
    Ok(row.clone())
}

/// Requests to join an organization that was suggested to the user.
pub(crate) fn accept(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    now: i64,
) -> Result<OrganizationSuggestion, ApiError> {
    let suggestion = tables
        .organization_suggestions
        .get(id)
        .filter(|one| one.user_id == user_id)
        .ok_or_else(|| ApiError::not_found("organization suggestion", id))?;
    if suggestion.status != SuggestionStatus::Suggested {
        return Err(ApiError::bad_request(
            "organization_suggestion_already_accepted",
            "This organization suggestion has already been accepted.",
        ));
    }
    let organization_id = suggestion.organization_id.clone();
    tell_managers(tables, &organization_id, now);
    change(tables, id, SuggestionStatus::Requested, now)
}

/// Tells those who may decide about it of a request to join.
fn tell_managers(tables: &mut Tables, organization_id: &str, now: i64) {
    let managers: Vec<String> = tables
        .memberships
        .iter()
        .filter(|one| one.organization_id == organization_id)
        .filter(|one| organization_access::has(tables, &one.role, MANAGE_MEMBERS))
        .map(|one| one.user_id.clone())
        .collect();
    let told = "Somebody asks to join your organization.";
    for manager in managers {
        inbox::tell_user(
            tables,
            &manager,
            "organization_membership_requested",
            told,
            now,
        );
    }
}

/// Accepts or rejects a request to join.
pub(crate) fn decide(
    tables: &mut Tables,
    organization_id: &str,
    id: &str,
    accepted: bool,
    now: i64,
) -> Result<OrganizationSuggestion, ApiError> {
    let request = tables
        .organization_suggestions
        .get(id)
        .filter(|one| one.organization_id == organization_id)
        .filter(|one| one.status == SuggestionStatus::Requested)
        .ok_or_else(|| ApiError::not_found("pending membership request", id))?;
    let user_id = request.user_id.clone();
    if !accepted {
        return change(tables, id, SuggestionStatus::Rejected, now);
    }
    if organizations::membership(tables, organization_id, &user_id).is_none() {
        let role = role_sets::default_role(tables, organization_id)?;
        let new = NewMembership {
            user_id,
            role,
            public_metadata: None,
            private_metadata: None,
        };
        memberships::create(tables, organization_id, new, now)?;
    }
    change(tables, id, SuggestionStatus::Accepted, now)
}
