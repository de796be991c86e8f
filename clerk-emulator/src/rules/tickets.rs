//! Tickets: links that sign a user in once.

use serde_json::Value;

use super::accounts;
use super::api_error::ApiError;
use super::identifiers;
use super::lockouts;
use super::memberships;
use super::organization_access;
use super::organization_invitations;
use super::organizations;
use super::waitlist;
use crate::model::invitation::{InvitationStatus, Invite};
use crate::model::ticket::{Ticket, TicketStatus};
use crate::store::tables::Tables;

/// The kinds of tickets, each with its own names in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TicketKind {
    SignIn,
    Actor,
}

impl TicketKind {
    fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in token",
            Self::Actor => "actor token",
        }
    }

    fn default_lifetime_seconds(self) -> i64 {
        match self {
            Self::SignIn => 30 * 86_400,
            Self::Actor => 3600,
        }
    }

    fn not_pending_code(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in_token_cannot_be_revoked_code",
            Self::Actor => "actor_token_cannot_be_revoked_code",
        }
    }

    fn is(self, ticket: &Ticket) -> bool {
        ticket.actor.is_some() == (self == Self::Actor)
    }
}

/// The longest session, in seconds, that an actor token or an agent task starts unless it says otherwise.
pub(crate) const BORROWED_SESSION_SECONDS: i64 = 1800;

/// The fields of a new ticket.
#[derive(Debug, Default)]
pub(crate) struct NewTicket {
    pub(crate) user_id: String,
    /// The actor, for an actor token.
    pub(crate) actor: Option<Value>,
    /// The ID or the slug of the organization that becomes active when the user signs in.
    pub(crate) organization: Option<String>,
    pub(crate) lifetime_seconds: Option<i64>,
    /// The lifetime of the session that the ticket starts, if it is not that of ordinary sessions.
    pub(crate) session_lifetime_seconds: Option<i64>,
}

/// Creates a sign-in token, or an actor token if an actor is named.
pub(crate) fn create(tables: &mut Tables, new: NewTicket, now: i64) -> Result<&Ticket, ApiError> {
    accounts::find(tables, &new.user_id)?;
    let organization_id = match new.organization {
        None => None,
        Some(organization) => {
            organization_access::check_enabled(tables)?;
            let membership = memberships::find(tables, &organization, &new.user_id)?;
            Some(membership.organization_id.clone())
        }
    };
    let kind = match new.actor {
        Some(_) => TicketKind::Actor,
        None => TicketKind::SignIn,
    };
    let milliseconds = |seconds: i64| seconds.saturating_mul(1000);
    let lifetime = new
        .lifetime_seconds
        .unwrap_or(kind.default_lifetime_seconds());
    let expires_at = now.saturating_add(milliseconds(lifetime));
    let ticket = Ticket {
        organization_id,
        session_lifetime_ms: new.session_lifetime_seconds.map(milliseconds),
        ..Ticket::new(new.user_id, new.actor, expires_at, now)
    };
    Ok(tables.tickets.insert(ticket))
}

/// Revokes a pending ticket of this kind.
pub(crate) fn revoke<'a>(
    tables: &'a mut Tables,
    kind: TicketKind,
    id: &str,
    now: i64,
) -> Result<&'a Ticket, ApiError> {
    let not_found = || ApiError::not_found(kind.name(), id);
    let ticket = tables
        .tickets
        .get(id)
        .filter(|ticket| kind.is(ticket))
        .ok_or_else(not_found)?;
    if ticket.status != TicketStatus::Pending {
        return Err(ApiError::bad_request(
            kind.not_pending_code(),
            format!(
                "The {} is {}, only pending ones can be revoked",
                kind.name(),
                ticket.status.as_str()
            ),
        ));
    }
    let ticket = tables.tickets.get_mut(id).ok_or_else(not_found)?;
    ticket.status = TicketStatus::Revoked;
    ticket.updated_at = now;
    Ok(ticket)
}

/// What signs a user in.
#[derive(Debug)]
pub(crate) enum Redeemed {
    /// A ticket, which is used up.
    Ticket(Ticket),
    /// The invitation of a person who has an account, which is still to be accepted.
    Invitation { user_id: String },
}

impl Redeemed {
    pub(crate) fn user_id(&self) -> &str {
        match self {
            Self::Ticket(ticket) => &ticket.user_id,
            Self::Invitation { user_id } => user_id,
        }
    }
}

/// Uses up a ticket, or finds the account of whoever is invited with it, or returns the reason why it is not valid.
pub(crate) fn redeem_for_sign_in(
    tables: &mut Tables,
    token: &str,
    now: i64,
) -> Result<Redeemed, ApiError> {
    if tables.tickets.find(|one| one.token == token).is_some() {
        return redeem_ticket(tables, token, now).map(Redeemed::Ticket);
    }
    let invite = invited(tables, token, now)?;
    let user =
        identifiers::user_by_verified_email(tables, &invite.email_address).ok_or_else(invalid)?;
    let user_id = user.id.clone();
    Ok(Redeemed::Invitation { user_id })
}

/// Uses up a ticket, or returns the reason why it is not valid.
pub(crate) fn redeem_ticket(
    tables: &mut Tables,
    token: &str,
    now: i64,
) -> Result<Ticket, ApiError> {
    let ticket = tables
        .tickets
        .find(|ticket| ticket.token == token)
        .ok_or_else(invalid)?;
    let kind = match ticket.actor {
        Some(_) => TicketKind::Actor,
        None => TicketKind::SignIn,
    };
    let refused = |code, message: String| Err(ApiError::bad_request(code, message));
    match (ticket.status, kind) {
        (TicketStatus::Pending, _) if now >= ticket.expires_at => refused(
            "ticket_expired_code",
            "This ticket has expired and cannot be used anymore.".to_owned(),
        ),
        (TicketStatus::Pending, _) => redeem(tables, token, now).ok_or_else(invalid),
        (status, kind) => {
            let (used, revoked) = match kind {
                TicketKind::SignIn => (
                    "sign_in_token_already_used_code",
                    "sign_in_token_revoked_code",
                ),
                TicketKind::Actor => ("actor_token_already_used_code", "actor_token_revoked_code"),
            };
            let name = kind.name();
            if status == TicketStatus::Revoked {
                refused(
                    revoked,
                    format!("This {name} has been revoked and cannot be used anymore."),
                )
            } else {
                refused(
                    used,
                    format!("This {name} has already been used. Each token can only be used once."),
                )
            }
        }
    }
}

/// Returns the invitation, to the application or to an organization, to which a ticket belongs.
pub(crate) fn invited<'a>(
    tables: &'a Tables,
    ticket: &str,
    now: i64,
) -> Result<&'a Invite, ApiError> {
    let to_application = tables.invitations.find(|one| one.invite.ticket == ticket);
    let to_organization = tables
        .organization_invitations
        .find(|one| one.invite.ticket == ticket);
    let refused = |code, message: &str| Err(ApiError::bad_request(code, message));
    let (invite, accepted, revoked) = match (to_application, to_organization) {
        (Some(one), _) => (
            &one.invite,
            "invitation_already_accepted",
            "revoked_invitation",
        ),
        (None, Some(one)) => (
            &one.invite,
            "organization_invitation_already_accepted",
            "organization_invitation_revoked_code",
        ),
        (None, None) => {
            let is_for_sign_in = tables.tickets.find(|one| one.token == ticket).is_some();
            return if is_for_sign_in {
                refused(
                    "sign_in_token_not_in_sign_in_code",
                    "Sign in tokens can only be used during sign in.",
                )
            } else {
                Err(invalid())
            };
        }
    };
    match invite.status_at(now) {
        InvitationStatus::Pending => Ok(invite),
        InvitationStatus::Expired => refused(
            "ticket_expired_code",
            "This ticket has expired and cannot be used anymore.",
        ),
        InvitationStatus::Accepted => refused(
            accepted,
            "This invitation has already been accepted. Sign in instead.",
        ),
        InvitationStatus::Revoked => refused(
            revoked,
            "This invitation has been revoked and cannot be used anymore.",
        ),
    }
}

/// Returns true if the ticket signs its user in.
pub(crate) fn is_for_sign_in(tables: &Tables, ticket: &str, now: i64) -> bool {
    tables
        .tickets
        .find(|one| one.token == ticket && one.is_redeemable(now))
        .is_some()
}

/// Marks the invitation of a ticket as accepted by a user, who joins the organization if the invitation is to one.
pub(crate) fn accept_invitation(
    tables: &mut Tables,
    ticket: &str,
    user_id: &str,
    now: i64,
) -> Result<(), ApiError> {
    let of_application = tables.invitations.find(|one| one.invite.ticket == ticket);
    if let Some(id) = of_application.map(|one| one.id.clone()) {
        if let Some(invitation) = tables.invitations.get_mut(&id) {
            invitation.invite.accepted = true;
            invitation.invite.updated_at = now;
        }
        return waitlist::complete(tables, &id, now);
    }
    let of_organization = tables
        .organization_invitations
        .find(|one| one.invite.ticket == ticket);
    match of_organization.map(|one| one.id.clone()) {
        Some(id) => organization_invitations::accept(tables, &id, user_id, now).map(drop),
        None => Ok(()),
    }
}

/// Returns the error for a ticket that was never issued.
pub(crate) fn invalid() -> ApiError {
    ApiError::bad_request(
        "ticket_invalid_code",
        "This ticket is invalid. Make sure you're using a valid ticket generated by Clerk.",
    )
}

/// Uses up a ticket and returns it, if it is valid and its user may sign in.
pub(crate) fn redeem(tables: &mut Tables, token: &str, now: i64) -> Option<Ticket> {
    let id = tables
        .tickets
        .find(|ticket| ticket.token == token && ticket.is_redeemable(now))?
        .id
        .clone();
    let ticket = tables.tickets.get_mut(&id)?;
    ticket.status = TicketStatus::Accepted;
    ticket.updated_at = now;
    let mut ticket = ticket.clone();
    // The user may have left the organization since.
    ticket.organization_id = ticket
        .organization_id
        .filter(|id| organizations::membership(tables, id, &ticket.user_id).is_some());
    let user = tables.users.get(&ticket.user_id)?;
    let locked = lockouts::of(tables, user, now).locked;
    (!user.banned && !locked).then_some(ticket)
}
