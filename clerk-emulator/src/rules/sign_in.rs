//! Signing in by choosing a user, with a password, or with a ticket.

use super::identifiers;
use super::lockouts;
use super::memberships;
use super::organizations;
use super::sessions::{self, SessionTraits};
use super::sign_ins;
use super::tickets;
use crate::model::user::User;
use crate::store::tables::Tables;

/// The reason a sign-in failed, for the person who attempted it.
pub(crate) type Refusal = &'static str;

const LOCKED: Refusal = "This account is locked.";

/// The user who signs in, and how the user is authenticated.
#[derive(Debug)]
pub(crate) enum Attempt<'a> {
    /// A person, and one of the person's organizations, chosen on the emulator's page.
    Chosen {
        user_id: &'a str,
        organization_id: Option<&'a str>,
    },
    /// An identifier with a password.
    Password {
        identifier: &'a str,
        password: &'a str,
    },
    /// A sign-in token.
    Ticket(&'a str),
}

/// Signs a user in on a client, from the application at `origin`.
pub(crate) fn sign_in(
    tables: &mut Tables,
    client_id: &str,
    attempt: &Attempt<'_>,
    origin: Option<String>,
    now: i64,
) -> Result<(), Refusal> {
    let mut traits = SessionTraits::default();
    let (user_id, organization_id) = match attempt {
        Attempt::Ticket(ticket) => match tickets::redeem(tables, ticket, now) {
            Some(ticket) => {
                traits.actor = ticket.actor;
                traits.lifetime_ms = ticket.session_lifetime_ms;
                (ticket.user_id, ticket.organization_id)
            }
            None => invited(tables, ticket, now)?,
        },
        Attempt::Chosen {
            user_id,
            organization_id,
        } => {
            let user = tables.users.get(user_id).ok_or("This person is gone.")?;
            if let Some(id) = organization_id {
                organizations::membership(tables, id, user_id)
                    .ok_or("This person is no longer a member there.")?;
            }
            let organization_id = organization_id.map(str::to_owned);
            admitted(tables, user, organization_id, now)?
        }
        Attempt::Password {
            identifier,
            password,
        } => {
            let wrong = "The address or the password is wrong.";
            let user = identifiers::user_by_any(tables, identifier).ok_or(wrong)?;
            let id = user.id.clone();
            admitted(tables, user, None, now)?;
            let tried = match user.password_is(password) {
                true => Ok(()),
                false => Err(sign_ins::incorrect_password()),
            };
            if let Err(refusal) = lockouts::count(tables, &id, tried, now) {
                return Err(match refusal.code {
                    "user_locked" => LOCKED,
                    _ => wrong,
                });
            }
            let user = tables.users.get(&id).ok_or(wrong)?;
            if user.password_compromised {
                return Err("This password is known to others and must be reset.");
            }
            admitted(tables, user, None, now)?
        }
    };
    let session_id = sessions::start(tables, client_id, &user_id, origin, now);
    traits.organization_id = organization_id;
    sessions::set_traits(tables, &session_id, traits);
    Ok(())
}

/// Accepts the invitation of a person who has an account.
fn invited(
    tables: &mut Tables,
    ticket: &str,
    now: i64,
) -> Result<(String, Option<String>), Refusal> {
    let refusal = "This sign-in link was used, revoked or is too old.";
    let invite = tickets::invited(tables, ticket, now).map_err(|_| refusal)?;
    let user = identifiers::user_by_verified_email(tables, &invite.email_address)
        .ok_or("Nobody with the invited email address has an account yet.")?;
    let (user_id, _) = admitted(tables, user, None, now)?;
    tickets::accept_invitation(tables, ticket, &user_id, now).map_err(|_| refusal)?;
    let user = tables.users.get(&user_id).ok_or(refusal)?;
    admitted(tables, user, None, now)
}

/// Rejects users who may not sign in. If a user belongs to exactly one organization, it becomes active, as on instances
/// without personal accounts.
fn admitted(
    tables: &Tables,
    user: &User,
    organization_id: Option<String>,
    now: i64,
) -> Result<(String, Option<String>), Refusal> {
    if user.banned {
        return Err("This person is banned.");
    }
    if lockouts::of(tables, user, now).locked {
        return Err(LOCKED);
    }
    let mut own = memberships::of_user(tables, &user.id);
    let only = match (own.next(), own.next()) {
        (Some(only), None) => Some(only.organization_id.clone()),
        _ => None,
    };
    Ok((user.id.clone(), organization_id.or(only)))
}
