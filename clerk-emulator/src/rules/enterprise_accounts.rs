//! Accounts at the identity providers of companies, and signing in with them.

use http::StatusCode;

use super::accounts;
use super::api_error::ApiError;
use super::identifiers;
use super::memberships::{self, NewMembership};
use super::metadata::{self, Update};
use super::organizations;
use super::role_sets;
use super::visit::Visit;
use crate::model::challenge::Challenge;
use crate::model::enterprise_account::EnterpriseAccount;
use crate::model::enterprise_connection::{EnterpriseConnection, Protocol};
use crate::model::external_account::ProviderAccount;
use crate::model::strategy::Strategy;
use crate::random;
use crate::secret::Secret;
use crate::store::tables::Tables;

/// Returns true if people with this email address sign in through the connection once it is active.
pub(crate) fn covers(connection: &EnterpriseConnection, address: &str) -> bool {
    let Some((_, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let domain = domain.to_lowercase();
    let with_subdomains = connection.saml().is_some_and(|saml| saml.allow_subdomains);
    connection.domains.iter().any(|own| {
        domain == *own
            || with_subdomains
                && domain
                    .strip_suffix(own)
                    .is_some_and(|rest| rest.ends_with('.'))
    })
}

/// Iterates over the active connections through which people with this email address sign in.
pub(crate) fn connections<'a>(
    tables: &'a Tables,
    address: &'a str,
) -> impl Iterator<Item = &'a EnterpriseConnection> {
    tables
        .enterprise_connections
        .iter()
        .filter(move |one| one.active && covers(one, address))
}

/// Creates the challenge that the page of the identity provider answers.
pub(crate) fn challenge(
    tables: &Tables,
    address: &str,
    connection_id: Option<&str>,
    redirect_url: Option<String>,
    visit: &Visit,
) -> Result<Challenge, ApiError> {
    let connection = connections(tables, address)
        .find(|one| connection_id.is_none_or(|id| one.id == id))
        .ok_or_else(|| {
            ApiError::param(
                "saml_connection_not_found",
                "identifier",
                "Enterprise single sign-on is not enabled for this email address.",
            )
        })?;
    let redirect_url = redirect_url.ok_or_else(|| ApiError::missing("redirect_url"))?;
    let state = random::alphanumeric(40);
    let mut challenge = Challenge::new(Strategy::EnterpriseSso, visit.now);
    challenge.identifier_id = Some(connection.id.clone());
    challenge.redirect_url = Some(redirect_url);
    challenge.external_url = Some(sign_in_url(&visit.emulator_url, &connection.id, &state));
    challenge.answer = Some(Secret(state));
    Ok(challenge)
}

/// Returns the URL of the page that takes the place of a connection's identity provider.
pub(crate) fn sign_in_url(emulator_url: &str, connection_id: &str, state: &str) -> String {
    format!("{emulator_url}/identity-provider/{connection_id}?state={state}")
}

/// Rejects further ways of signing in for users whose company wants none.
pub(crate) fn check_additional(tables: &Tables, user_id: &str) -> Result<(), ApiError> {
    let company = of_user(tables, user_id)
        .filter_map(|one| tables.enterprise_connections.get(&one.account.provider))
        .find(|one| one.active && one.disable_additional_identifications);
    match company {
        None => Ok(()),
        Some(connection) => Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "enterprise_sso_additional_identifications_disabled",
            format!(
                "Users who sign in with {} cannot add other ways of signing in.",
                connection.label()
            ),
        )),
    }
}

/// Returns the connection that an account comes from.
fn connection_of<'a>(
    tables: &'a Tables,
    account: &ProviderAccount,
) -> Result<&'a EnterpriseConnection, ApiError> {
    tables
        .enterprise_connections
        .get(&account.provider)
        .filter(|one| one.active)
        .ok_or_else(|| {
            ApiError::new(
                StatusCode::NOT_FOUND,
                "saml_connection_active_not_found",
                format!(
                    "No active enterprise connection was found with id {}",
                    account.provider
                ),
            )
        })
}

/// Rejects accounts with an email address that the connection is not for.
pub(crate) fn check_domain(
    connection: &EnterpriseConnection,
    account: &ProviderAccount,
) -> Result<(), ApiError> {
    if covers(connection, &account.email_address) {
        return Ok(());
    }
    let code = match connection.protocol {
        Protocol::Saml(_) => "saml_email_address_domain_mismatch",
        Protocol::Oidc(_) => "enterprise_sso_email_address_domain_mismatch",
    };
    Err(ApiError::bad_request(
        code,
        "The domain of the account's email address is not one of the connection's domains.",
    ))
}

/// Rejects people without an account here where the connection creates none, or its organization is full.
pub(crate) fn check_provisioning(
    tables: &Tables,
    account: &ProviderAccount,
) -> Result<(), ApiError> {
    let connection = connection_of(tables, account)?;
    if let Some(organization) = &connection.organization_id {
        check_room(tables, organization)?;
    }
    if connection.disable_jit_provisioning {
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "saml_jit_provisioning_disabled",
            "The connection creates no accounts, and nobody has this email address yet.",
        ));
    }
    Ok(())
}

/// Returns the active connection of an organization through which a user is its member.
pub(crate) fn membership_connection<'a>(
    tables: &'a Tables,
    organization_id: &str,
    user_id: &'a str,
) -> Option<&'a EnterpriseConnection> {
    of_user(tables, user_id)
        .filter_map(|one| tables.enterprise_connections.get(&one.account.provider))
        .find(|one| one.active && one.organization_id.as_deref() == Some(organization_id))
}

/// Rejects identifiers other than email addresses of users who sign in through their company.
pub(crate) fn check_identifier(
    tables: &Tables,
    user_id: &str,
    identifier: &str,
) -> Result<(), ApiError> {
    let is_connected = || {
        of_user(tables, user_id)
            .filter_map(|one| tables.enterprise_connections.get(&one.account.provider))
            .any(|one| one.active)
    };
    if !identifiers::is_email(identifier) && is_connected() {
        return Err(ApiError::param(
            "sign_in_must_use_enterprise_connection_identifier",
            "identifier",
            "Your account belongs to an enterprise connection. Sign in with your email address.",
        ));
    }
    Ok(())
}

/// Returns the user who signs in with an account: the user who has it already, or the user with its verified email
/// address, to whom it is then connected.
pub(crate) fn owner(
    tables: &mut Tables,
    account: &ProviderAccount,
    now: i64,
) -> Result<Option<String>, ApiError> {
    check_domain(connection_of(tables, account)?, account)?;
    let connected = connected(tables, account);
    let user = connected.or_else(|| {
        identifiers::user_by_verified_email(tables, &account.email_address)
            .map(|user| user.id.clone())
    });
    if let Some(id) = &user {
        accounts::check_may_sign_in(tables, accounts::find(tables, id)?, now)?;
        connect(tables, id, account, now)?;
    }
    Ok(user)
}

/// Connects an account to the user whose email address it verifies.
pub(crate) fn link(
    tables: &mut Tables,
    user_id: &str,
    address: &str,
    account: &ProviderAccount,
    now: i64,
) -> Result<(), ApiError> {
    check_domain(connection_of(tables, account)?, account)?;
    if !account.email_address.eq_ignore_ascii_case(address) {
        return Err(ApiError::bad_request(
            "enterprise_sso_email_address_mismatch",
            format!(
                "The email address to verify differs from the one in the response of the identity provider ({}).",
                account.email_address
            ),
        ));
    }
    if connected(tables, account).is_some_and(|owner| owner != user_id) {
        return Err(ApiError::bad_request(
            "identification_claimed",
            "The account at the identity provider belongs to another user.",
        ));
    }
    connect(tables, user_id, account, now)
}

/// Returns the user who has an account.
pub(crate) fn connected(tables: &Tables, account: &ProviderAccount) -> Option<String> {
    tables
        .enterprise_accounts
        .find(|one| one.account.is_same(account))
        .map(|one| one.user_id.clone())
}

/// Notes that a user has signed in with an account: adopts the names and custom attributes from the identity provider, and
/// adds the user to the organization of the connection.
pub(crate) fn connect(
    tables: &mut Tables,
    user_id: &str,
    account: &ProviderAccount,
    now: i64,
) -> Result<(), ApiError> {
    let connection = connection_of(tables, account)?;
    let (sync, organization) = (
        connection.sync_user_attributes,
        connection.organization_id.clone(),
    );
    let known = tables
        .enterprise_accounts
        .find(|one| one.account.is_same(account))
        .cloned();
    let is_new = known.is_none();
    // First, because it is refused if the organization is full.
    if let Some(organization) = &organization
        && organizations::membership(tables, organization, user_id).is_none()
    {
        check_room(tables, organization)?;
        let new = NewMembership {
            user_id: user_id.to_owned(),
            role: role_sets::default_role(tables, organization)?,
            public_metadata: None,
            private_metadata: None,
        };
        memberships::create(tables, organization, new, now)?;
    }
    let row = match known {
        Some(mut known) => {
            known.account = account.clone();
            known.last_authenticated_at = now;
            known.updated_at = now;
            known
        }
        None => EnterpriseAccount::new(user_id.to_owned(), account.clone(), now),
    };
    tables.enterprise_accounts.insert(row);
    if sync {
        accounts::change(tables, user_id, now, |user| {
            for (own, given) in [
                (&mut user.first_name, &account.first_name),
                (&mut user.last_name, &account.last_name),
            ] {
                if !given.is_empty() {
                    *own = Some(given.clone());
                }
            }
            Ok(())
        })?;
    }
    if (sync || is_new) && !account.attributes.is_empty() {
        accounts::change(tables, user_id, now, |user| {
            let given = Some(account.attributes.clone());
            let current = &mut user.public_metadata;
            metadata::update("public_metadata", current, given, Update::Merge)
        })?;
    }
    Ok(())
}

/// Rejects one more member of the organization of a connection that is full.
fn check_room(tables: &Tables, organization_id: &str) -> Result<(), ApiError> {
    let organization = organizations::find(tables, organization_id)?;
    memberships::check_quota(tables, organization, 0).map_err(|_| {
        ApiError::forbidden(
            "organization_membership_quota_exceeded_for_sso",
            "The organization of your company has its maximum of members. Ask its administrators.",
        )
    })
}

/// Iterates over a user's accounts, oldest first.
pub(crate) fn of_user<'a>(
    tables: &'a Tables,
    user_id: &'a str,
) -> impl Iterator<Item = &'a EnterpriseAccount> {
    tables
        .enterprise_accounts
        .iter()
        .filter(move |one| one.user_id == user_id)
}
