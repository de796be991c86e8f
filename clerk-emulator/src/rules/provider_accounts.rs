//! Accounts at providers such as Google, each simulated by a page of the emulator.

use super::accounts;
use super::api_error::ApiError;
use super::enterprise_accounts;
use super::identifiers;
use super::visit::Visit;
use crate::model::authentication_settings::PROVIDERS;
use crate::model::challenge::{Challenge, Outcome, Problem, ProviderWishes};
use crate::model::external_account::{ExternalAccount, ProviderAccount};
use crate::model::strategy::Strategy;
use crate::random;
use crate::secret::Secret;
use crate::store::tables::Tables;

/// Returns the name of a known provider, or `custom` for one that an application defines itself.
pub(crate) fn known(provider: &str) -> Option<&'static str> {
    if provider.starts_with("custom_") {
        return Some("custom");
    }
    PROVIDERS.iter().copied().find(|known| *known == provider)
}

/// Creates the challenge that a provider's page answers.
pub(crate) fn challenge(
    provider: &str,
    redirect_url: Option<String>,
    visit: &Visit,
) -> Result<Challenge, ApiError> {
    if known(provider).is_none() {
        return Err(unsupported(provider));
    }
    let redirect_url = redirect_url.ok_or_else(|| ApiError::missing("redirect_url"))?;
    let state = random::alphanumeric(40);
    let mut challenge = Challenge::new(Strategy::OAuth(provider.to_owned()), visit.now);
    challenge.redirect_url = Some(redirect_url);
    challenge.external_url = Some(format!(
        "{}/provider/{provider}?state={state}",
        visit.emulator_url
    ));
    challenge.answer = Some(Secret(state));
    Ok(challenge)
}

fn unsupported(provider: &str) -> ApiError {
    ApiError::bad_request(
        "oauth_unsupported_provider",
        format!("{provider} OAuth is not supported."),
    )
}

/// Returns true for accounts at the identity provider of an enterprise connection, whose ID is then the provider's name.
pub(crate) fn is_enterprise(tables: &Tables, account: &ProviderAccount) -> bool {
    tables.enterprise_connections.contains(&account.provider)
}

/// Returns the user who signs in with an account: the user who has connected it, or the user with its verified email
/// address, to whom the account is then connected.
pub(crate) fn owner(
    tables: &mut Tables,
    account: &ProviderAccount,
    now: i64,
) -> Result<Option<String>, ApiError> {
    if is_enterprise(tables, account) {
        return enterprise_accounts::owner(tables, account, now);
    }
    if let Some(user) = connected(tables, account) {
        return Ok(Some(user));
    }
    let user = identifiers::user_by_verified_email(tables, &account.email_address)
        .map(|user| user.id.clone());
    if let Some(id) = &user {
        accounts::check_may_sign_in(tables, accounts::find(tables, id)?, now)?;
        connect(tables, id, account, now)?;
    }
    Ok(user)
}

/// Returns the user who has connected an account.
pub(crate) fn connected(tables: &Tables, account: &ProviderAccount) -> Option<String> {
    let has =
        |one: &ExternalAccount| one.account.is_same(account) && one.verification.is_verified();
    tables
        .users
        .find(|user| user.external_accounts.iter().any(has))
        .map(|user| user.id.clone())
}

/// Connects an account to a user.
pub(crate) fn connect(
    tables: &mut Tables,
    user_id: &str,
    account: &ProviderAccount,
    now: i64,
) -> Result<(), ApiError> {
    if is_enterprise(tables, account) {
        return enterprise_accounts::connect(tables, user_id, account, now);
    }
    let strategy = Strategy::OAuth(account.provider.clone());
    let connection = ExternalAccount::new(account.clone(), Challenge::verified(strategy, now), now);
    accounts::change(tables, user_id, now, |user| {
        user.external_accounts.push(connection);
        Ok(())
    })?;
    Ok(())
}

/// Finds a connection of a user.
pub(crate) fn find<'a>(
    tables: &'a Tables,
    user_id: &str,
    id: &str,
) -> Result<&'a ExternalAccount, ApiError> {
    accounts::find(tables, user_id)?
        .external_accounts
        .iter()
        .find(|one| one.id == id)
        .ok_or_else(|| ApiError::not_found("external account", id))
}

/// Starts connecting a provider account and returns the ID of the connection.
pub(crate) fn start_connecting(
    tables: &mut Tables,
    user_id: &str,
    provider: &str,
    redirect_url: Option<String>,
    wishes: ProviderWishes,
    visit: &Visit,
) -> Result<String, ApiError> {
    enterprise_accounts::check_additional(tables, user_id)?;
    let mut challenge = challenge(provider, redirect_url, visit)?;
    challenge.heed(wishes);
    let user = accounts::find(tables, user_id)?;
    let is_connected = user
        .external_accounts
        .iter()
        .any(|one| one.account.provider == provider && one.verification.is_verified());
    if is_connected {
        return Err(ApiError::bad_request(
            "oauth_account_already_connected",
            format!(
                "Another account is already connected for this particular provider ({provider})"
            ),
        ));
    }
    let account = ProviderAccount::unknown(provider);
    let connection = ExternalAccount::new(account, challenge, visit.now);
    let id = connection.id.clone();
    accounts::change(tables, user_id, visit.now, |user| {
        // Discard connections that were started earlier and never finished.
        user.external_accounts
            .retain(|one| one.account.provider != provider || one.verification.is_verified());
        user.external_accounts.push(connection);
        Ok(())
    })?;
    Ok(id)
}

/// Starts verifying a connected account again.
pub(crate) fn reauthorize(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    redirect_url: Option<String>,
    wishes: ProviderWishes,
    additional_scopes: &[&str],
    visit: &Visit,
) -> Result<(), ApiError> {
    let provider = find(tables, user_id, id)?.account.provider.clone();
    let mut challenge = challenge(&provider, redirect_url, visit)?;
    challenge.heed(wishes);
    accounts::change(tables, user_id, visit.now, |user| {
        for one in user.external_accounts.iter_mut().filter(|one| one.id == id) {
            one.verification = challenge.clone();
            one.updated_at = visit.now;
            for scope in additional_scopes {
                one.approved_scopes.push(' ');
                one.approved_scopes.push_str(scope);
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// Completes a user's connection with the provider's answer.
pub(crate) fn finish_connecting(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    account: &ProviderAccount,
    now: i64,
) -> Result<(), ApiError> {
    let owner = connected(tables, account).or_else(|| {
        identifiers::user_by_verified_email(tables, &account.email_address)
            .map(|user| user.id.clone())
    });
    let claimed = owner.is_some_and(|owner| owner != user_id);
    accounts::change(tables, user_id, now, |user| {
        for one in user.external_accounts.iter_mut().filter(|one| one.id == id) {
            one.updated_at = now;
            if claimed {
                one.verification.problem = Some(Problem::new(
                    "oauth_identification_claimed",
                    "The email address associated with this OAuth account is already claimed by \
                              another user.",
                ));
            } else {
                one.verification.outcome = Outcome::Verified;
                one.account = account.clone();
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// Records why a connection failed.
pub(crate) fn deny_connecting(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    problem: &Problem,
    now: i64,
) -> Result<(), ApiError> {
    accounts::change(tables, user_id, now, |user| {
        for one in user.external_accounts.iter_mut().filter(|one| one.id == id) {
            one.verification.problem = Some(problem.clone());
        }
        Ok(())
    })?;
    Ok(())
}

/// Removes a connection from its user.
pub(crate) fn disconnect(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    now: i64,
) -> Result<(), ApiError> {
    find(tables, user_id, id)?;
    accounts::change(tables, user_id, now, |user| {
        user.external_accounts.retain(|one| one.id != id);
        Ok(())
    })?;
    Ok(())
}

/// Lists a user's accounts at a provider, which is named as in `google` or `oauth_google`.
pub(crate) fn of_provider<'a>(
    tables: &'a Tables,
    user_id: &str,
    provider: &str,
) -> Result<Vec<&'a ExternalAccount>, ApiError> {
    let name = provider.strip_prefix("oauth_").unwrap_or(provider);
    let user = accounts::find(tables, user_id)?;
    if known(name).is_none() {
        return Err(unsupported(provider));
    }
    let at_provider =
        |one: &&ExternalAccount| one.account.provider == name && one.verification.is_verified();
    Ok(user.external_accounts.iter().filter(at_provider).collect())
}
