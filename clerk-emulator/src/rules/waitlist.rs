//! The waitlist.

use http::StatusCode;

use super::api_error::ApiError;
use super::identifiers;
use super::inbox;
use super::invitations::{self, Existing, NewInvite};
use crate::model::waitlist::{WaitlistEntry, WaitlistStatus};
use crate::store::tables::Tables;

/// Finds an entry by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a WaitlistEntry, ApiError> {
    tables
        .waitlist_entries
        .get(id)
        .ok_or_else(|| ApiError::not_found("waitlist entry", id))
}

/// Adds an address, or finds its existing entry, and confirms this by email.
pub(crate) fn add(
    tables: &mut Tables,
    email_address: String,
    notify: bool,
    now: i64,
) -> Result<&WaitlistEntry, ApiError> {
    identifiers::check_email(&email_address)?;
    if notify {
        let told = "You are on the waitlist.";
        inbox::tell(tables, &email_address, "waitlist_confirmation", told, now);
    }
    let listed = tables
        .waitlist_entries
        .find(|entry| entry.email_address.eq_ignore_ascii_case(&email_address))
        .map(|entry| entry.id.clone());
    match listed {
        Some(id) => find(tables, &id),
        None => Ok(tables
            .waitlist_entries
            .insert(WaitlistEntry::new(email_address, now))),
    }
}

/// Lists entries, oldest first.
pub(crate) fn list<'a>(
    tables: &'a Tables,
    status: Option<&str>,
    query: Option<&str>,
) -> Vec<&'a WaitlistEntry> {
    tables
        .waitlist_entries
        .iter()
        .filter(|entry| status.is_none_or(|status| entry.status.as_str() == status))
        .filter(|entry| {
            query.is_none_or(|query| {
                entry.email_address.to_lowercase().contains(query)
                    || entry.id.eq_ignore_ascii_case(query)
            })
        })
        .collect()
}

/// Invites a person on the waitlist.
pub(crate) fn invite<'a>(
    tables: &'a mut Tables,
    id: &str,
    existing: Existing,
    now: i64,
) -> Result<&'a WaitlistEntry, ApiError> {
    let email_address = find(tables, id)?.email_address.clone();
    let invite = NewInvite {
        email_address,
        public_metadata: None,
        redirect_url: None,
        expires_in_days: None,
        notify: true,
        template: Some("waitlist_invitation".to_owned()),
    };
    let invitation_id = invitations::create(tables, invite, existing, now)?
        .id
        .clone();
    change(tables, id, now, |entry| {
        entry.status = WaitlistStatus::Invited;
        entry.invitation_id = Some(invitation_id);
    })
}

/// Notes that a person on the waitlist, if it is one, accepted this invitation.
pub(super) fn complete(tables: &mut Tables, invitation_id: &str, now: i64) -> Result<(), ApiError> {
    let invited = |entry: &WaitlistEntry| entry.invitation_id.as_deref() == Some(invitation_id);
    match tables
        .waitlist_entries
        .find(invited)
        .map(|entry| entry.id.clone())
    {
        Some(id) => change(tables, &id, now, |entry| {
            entry.status = WaitlistStatus::Completed
        })
        .map(drop),
        None => Ok(()),
    }
}

/// Returns when a person was invited.
pub(crate) fn invited_at(tables: &Tables, entry: &WaitlistEntry) -> Option<i64> {
    let invitation = tables.invitations.get(entry.invitation_id.as_deref()?)?;
    Some(invitation.invite.created_at)
}

/// Rejects a person on the waitlist.
pub(crate) fn reject<'a>(
    tables: &'a mut Tables,
    id: &str,
    now: i64,
) -> Result<&'a WaitlistEntry, ApiError> {
    match find(tables, id)?.status {
        WaitlistStatus::Pending => {}
        WaitlistStatus::Invited => return Err(already_invited()),
        WaitlistStatus::Completed => return Err(already_completed()),
        WaitlistStatus::Rejected => {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "waitlist_entry_already_rejected",
                "The waitlist entry has already been rejected.",
            ));
        }
    }
    change(tables, id, now, |entry| {
        entry.status = WaitlistStatus::Rejected
    })
}

/// Removes an entry from the waitlist, unless the person is invited.
pub(crate) fn delete(tables: &mut Tables, id: &str) -> Result<(), ApiError> {
    match find(tables, id)?.status {
        WaitlistStatus::Invited => return Err(already_invited()),
        WaitlistStatus::Completed => return Err(already_completed()),
        WaitlistStatus::Pending | WaitlistStatus::Rejected => {}
    }
    tables.waitlist_entries.remove(id);
    Ok(())
}

fn already_invited() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "waitlist_entry_already_invited",
        "The waitlist entry has already been invited.",
    )
}

fn already_completed() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "waitlist_entry_already_completed",
        "The waitlist entry has already been completed.",
    )
}

fn change<'a>(
    tables: &'a mut Tables,
    id: &str,
    now: i64,
    change: impl FnOnce(&mut WaitlistEntry),
) -> Result<&'a WaitlistEntry, ApiError> {
    let entry = tables
        .waitlist_entries
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("waitlist entry", id))?;
    change(entry);
    entry.updated_at = now;
    Ok(entry)
}
