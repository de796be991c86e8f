use http::StatusCode;

use super::super::accounts;
use super::super::api_error::ApiError;
use super::super::clients;
use super::super::enterprise_accounts;
use super::super::identifiers;
use super::super::lockouts;
use super::super::provider_accounts;
use super::super::sessions::{self, SessionTraits};
use super::super::settings;
use super::super::tickets::{self, Redeemed};
use super::super::trusted_devices;
use super::super::verdict::Verdict;
use super::super::visit::Visit;
use super::completion::advance;
use super::first_factor::{self, FirstFactorAnswer};
use super::lookup::{save, strategy_not_valid};
use crate::model::challenge::{Challenge, Outcome};
use crate::model::external_account::ProviderAccount;
use crate::model::sign_in_attempt::{SignInAttempt, SignInStatus};
use crate::model::strategy::Strategy;
use crate::model::user::User;
use crate::store::tables::Tables;

/// The fields with which a sign-in starts.
#[derive(Debug, Default)]
pub(crate) struct NewSignIn<'a> {
    pub(crate) strategy: Option<Strategy>,
    pub(crate) identifier: Option<&'a str>,
    pub(crate) password: Option<&'a str>,
    pub(crate) ticket: Option<&'a str>,
    pub(crate) trusted_device_id: Option<&'a str>,
    /// The URL to which a link or a provider sends the browser afterward.
    pub(crate) redirect_url: Option<String>,
    /// The account identified by a one-tap token.
    pub(crate) one_tap: Option<ProviderAccount>,
    /// Transfers the account that a provider verified during a sign-up.
    pub(crate) transfer: bool,
}

/// Starts a sign-in and returns its ID. A wrong password is counted and does not start a sign-in.
pub(crate) fn create(
    tables: &mut Tables,
    new: &NewSignIn<'_>,
    visit: &Visit,
) -> Result<(String, Verdict), ApiError> {
    check_no_session(tables, &visit.client_id, visit.now)?;
    let mut attempt = SignInAttempt::new(visit.client_id.clone(), visit.now);
    let id = attempt.id.clone();
    if new.transfer {
        transfer(tables, &mut attempt, visit)?;
    } else if let Some(ticket) = new.ticket {
        by_ticket(tables, &mut attempt, ticket, visit)?;
    } else if new.strategy == Some(Strategy::Ticket) {
        return Err(ApiError::missing("ticket"));
    } else {
        let started = identify(tables, &mut attempt, new, visit);
        match (new.password, attempt.user_id.as_deref()) {
            (Some(_), Some(user_id)) => {
                if let Err(refusal) = lockouts::count(tables, user_id, started, visit.now) {
                    return Ok((id, Verdict::Refused(refusal)));
                }
            }
            _ => started?,
        }
    }
    save(tables, attempt);
    clients::change(tables, &visit.client_id, |client| {
        client.sign_in_id = Some(id.clone())
    });
    Ok((id, Verdict::Done))
}

/// Rejects clients that are already signed in where only one session is allowed.
pub(in crate::rules) fn check_no_session(
    tables: &Tables,
    client_id: &str,
    now: i64,
) -> Result<(), ApiError> {
    let impersonated =
        sessions::living_of_client(tables, client_id, now).any(|one| one.actor.is_some());
    if impersonated {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "session_creation_not_allowed",
            "The browser is in a session of somebody who is impersonated. Sign out of it first.",
        ));
    }
    let single = settings::get(tables)?.authentication.single_session;
    if single && sessions::active(tables, client_id, now).is_some() {
        return Err(ApiError::bad_request(
            "session_exists",
            "You're already signed in.",
        ));
    }
    Ok(())
}

/// Rejects users who are already signed in on the client.
fn check_not_signed_in(tables: &Tables, user: &User, visit: &Visit) -> Result<(), ApiError> {
    let session = sessions::living_of_client(tables, &visit.client_id, visit.now)
        .find(|session| session.user_id == user.id);
    match session {
        Some(session) => Err(ApiError::bad_request(
            "identifier_already_signed_in",
            "You're already signed in",
        )
        .with("session_id", session.id.as_str())),
        None => Ok(()),
    }
}

fn identify(
    tables: &mut Tables,
    attempt: &mut SignInAttempt,
    new: &NewSignIn<'_>,
    visit: &Visit,
) -> Result<(), ApiError> {
    let identifier = new.identifier.map(str::trim);
    let through_company = identifier.is_some_and(|address| {
        enterprise_accounts::connections(tables, address)
            .next()
            .is_some()
    });
    if let Some(identifier) = identifier {
        attempt.identifier = Some(identifier.to_owned());
        match identifiers::user_by_identifier(tables, identifier) {
            Some(user) => {
                accounts::check_may_sign_in(tables, user, visit.now)?;
                check_not_signed_in(tables, user, visit)?;
                enterprise_accounts::check_identifier(tables, &user.id, identifier)?;
                attempt.user_id = Some(user.id.clone());
                attempt.status = SignInStatus::NeedsFirstFactor;
            }
            // The identity provider of the company knows the person.
            None if through_company => {}
            None => {
                return Err(ApiError::param(
                    "form_identifier_not_found",
                    "identifier",
                    "Couldn't find your account.",
                ));
            }
        }
    }
    match &new.strategy {
        // A password that is sent along with the address of a person of a company is not tried.
        None if through_company => Ok(()),
        None | Some(Strategy::Password) => match new.password {
            Some(password) if attempt.user_id.is_some() => {
                let answer = FirstFactorAnswer {
                    password: Some(password),
                    ..FirstFactorAnswer::of(Strategy::Password)
                };
                first_factor::try_answer(tables, attempt, &answer, visit)
            }
            Some(_) => Err(ApiError::missing("identifier")),
            None if new.strategy.is_some() && attempt.user_id.is_none() => {
                Err(ApiError::missing("identifier"))
            }
            None => Ok(()),
        },
        Some(Strategy::GoogleOneTap) => {
            let account = new
                .one_tap
                .clone()
                .ok_or_else(|| ApiError::missing("token"))?;
            let Some(user_id) = provider_accounts::owner(tables, &account, visit.now)? else {
                return Err(ApiError::param(
                    "external_account_not_found",
                    "token",
                    "The External Account was not found.",
                ));
            };
            attempt.identifier = Some(account.email_address);
            attempt.user_id = Some(user_id);
            attempt.status = SignInStatus::NeedsFirstFactor;
            attempt.first_factor = Some(Challenge::verified(Strategy::GoogleOneTap, visit.now));
            advance(tables, attempt, visit)
        }
        Some(Strategy::OAuth(provider)) => {
            attempt.first_factor = Some(provider_accounts::challenge(
                provider,
                new.redirect_url.clone(),
                visit,
            )?);
            Ok(())
        }
        Some(Strategy::EnterpriseSso) => {
            let redirect_url = new.redirect_url.clone();
            let strategy = &Strategy::EnterpriseSso;
            first_factor::prepare(tables, attempt, strategy, None, redirect_url, visit)
        }
        Some(Strategy::TrustedDevice) => {
            let id = new
                .trusted_device_id
                .ok_or_else(|| ApiError::missing("trusted_device_id"))?;
            let device = trusted_devices::usable(tables, id).ok_or_else(strategy_not_valid)?;
            let user = accounts::find(tables, &device.user_id)?;
            accounts::check_may_sign_in(tables, user, visit.now)?;
            check_not_signed_in(tables, user, visit)?;
            attempt.identifier = Some(user.identifier().to_owned());
            attempt.user_id = Some(user.id.clone());
            attempt.status = SignInStatus::NeedsFirstFactor;
            attempt.first_factor = Some(trusted_devices::authentication(id, visit.now));
            Ok(())
        }
        Some(Strategy::Passkey) if attempt.user_id.is_none() => {
            attempt.status = SignInStatus::NeedsFirstFactor;
            first_factor::prepare(tables, attempt, &Strategy::Passkey, None, None, visit)
        }
        Some(strategy) => {
            if attempt.user_id.is_none() {
                return Err(ApiError::missing("identifier"));
            }
            let redirect_url = new.redirect_url.clone();
            first_factor::prepare(tables, attempt, strategy, None, redirect_url, visit)
        }
    }
}

/// Signs in with a sign-in token, an actor token, or the invitation of a person who has an account.
fn by_ticket(
    tables: &mut Tables,
    attempt: &mut SignInAttempt,
    ticket: &str,
    visit: &Visit,
) -> Result<(), ApiError> {
    let redeemed = tickets::redeem_for_sign_in(tables, ticket, visit.now)?;
    let user = accounts::find(tables, redeemed.user_id())?;
    accounts::check_may_sign_in(tables, user, visit.now)?;
    check_not_signed_in(tables, user, visit)?;
    attempt.identifier = Some(user.identifier().to_owned());
    attempt.user_id = Some(user.id.clone());
    attempt.status = SignInStatus::NeedsFirstFactor;
    attempt.first_factor = Some(Challenge::verified(Strategy::Ticket, visit.now));
    let ticket = match redeemed {
        Redeemed::Ticket(ticket) => Some(ticket),
        Redeemed::Invitation { user_id } => {
            tickets::accept_invitation(tables, ticket, &user_id, visit.now)?;
            None
        }
    };
    advance(tables, attempt, visit)?;
    if let (Some(session), Some(ticket)) = (&attempt.created_session_id, ticket) {
        let traits = SessionTraits {
            actor: ticket.actor,
            organization_id: ticket.organization_id,
            lifetime_ms: ticket.session_lifetime_ms,
            ..SessionTraits::default()
        };
        sessions::set_traits(tables, session, traits);
    }
    Ok(())
}

/// Signs in the user whose account a provider verified during a sign-up.
fn transfer(
    tables: &mut Tables,
    attempt: &mut SignInAttempt,
    visit: &Visit,
) -> Result<(), ApiError> {
    let nothing = || {
        ApiError::bad_request(
            "account_transfer_invalid",
            "There is no account to transfer",
        )
    };
    let sign_up = tables
        .clients
        .get(&visit.client_id)
        .and_then(|client| tables.sign_up_attempts.get(client.sign_up_id.as_deref()?))
        .ok_or_else(nothing)?;
    let verification = sign_up.external_verification.clone().ok_or_else(nothing)?;
    let account = sign_up.external_account.clone().ok_or_else(nothing)?;
    if verification.outcome != Outcome::Transferable {
        return Err(nothing());
    }
    let user_id = provider_accounts::owner(tables, &account, visit.now)?.ok_or_else(nothing)?;
    attempt.identifier = Some(account.email_address);
    attempt.user_id = Some(user_id);
    attempt.status = SignInStatus::NeedsFirstFactor;
    attempt.first_factor = Some(Challenge {
        outcome: Outcome::Verified,
        ..verification
    });
    advance(tables, attempt, visit)
}
