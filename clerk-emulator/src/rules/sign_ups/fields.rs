use super::super::api_error::ApiError;
use super::super::clients;
use super::super::enterprise_accounts;
use super::super::identifiers;
use super::super::metadata;
use super::super::passwords::{Checks, NewPassword, Policy};
use super::super::provider_accounts;
use super::super::restrictions::check_identifier;
use super::super::settings;
use super::super::sign_ins;
use super::super::tickets;
use super::super::visit::Visit;
use super::completion::{complete_if_ready, take_provider_account};
use super::lookup::find_open;
use super::mode::check_mode;
use crate::model::challenge::{Challenge, Outcome};
use crate::model::external_account::ProviderAccount;
use crate::model::metadata::Metadata;
use crate::model::patch::Patch;
use crate::model::sign_up_attempt::SignUpAttempt;
use crate::model::strategy::Strategy;
use crate::secret::Secret;
use crate::store::tables::Tables;

/// The fields that a sign-up accepts.
#[derive(Debug, Default)]
pub(crate) struct SignUpFields {
    pub(crate) email_address: Patch<String>,
    pub(crate) phone_number: Patch<String>,
    pub(crate) web3_wallet: Patch<String>,
    pub(crate) username: Patch<String>,
    pub(crate) first_name: Patch<String>,
    pub(crate) last_name: Patch<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) unsafe_metadata: Option<Metadata>,
    pub(crate) locale: Option<String>,
    pub(crate) legal_accepted: Option<bool>,
    pub(crate) strategy: Option<Strategy>,
    pub(crate) redirect_url: Option<String>,
    pub(crate) enterprise_connection_id: Option<String>,
    pub(crate) ticket: Option<String>,
    /// The account identified by a one-tap token.
    pub(crate) one_tap: Option<ProviderAccount>,
    /// Transfers the account that a provider verified during a sign-in.
    pub(crate) transfer: bool,
}

/// Starts a sign-up and returns its ID.
pub(crate) fn create(
    tables: &mut Tables,
    fields: SignUpFields,
    visit: &Visit,
) -> Result<String, ApiError> {
    sign_ins::check_no_session(tables, &visit.client_id, visit.now)?;
    let mut attempt = SignUpAttempt::new(visit.client_id.clone(), visit.now);
    let id = attempt.id.clone();
    if fields.transfer {
        transfer(tables, &mut attempt, visit)?;
    }
    clients::change(tables, &visit.client_id, |client| {
        client.sign_up_id = Some(id.clone())
    });
    apply(tables, attempt, fields, visit)?;
    Ok(id)
}

/// Adds or changes fields of a sign-up.
pub(crate) fn update(
    tables: &mut Tables,
    id: &str,
    fields: SignUpFields,
    visit: &Visit,
) -> Result<(), ApiError> {
    let attempt = find_open(tables, &visit.client_id, id, visit.now)?;
    apply(tables, attempt, fields, visit)
}

fn apply(
    tables: &mut Tables,
    mut attempt: SignUpAttempt,
    fields: SignUpFields,
    visit: &Visit,
) -> Result<(), ApiError> {
    if let Some(ticket) = &fields.ticket {
        take_ticket(tables, &mut attempt, ticket, visit)?;
    } else if fields.strategy == Some(Strategy::Ticket) && attempt.ticket.is_none() {
        return Err(ApiError::missing("ticket"));
    }
    // A provider's account may already be known, in which case no sign-up results.
    let by_provider = matches!(
        fields.strategy,
        Some(Strategy::OAuth(_) | Strategy::EnterpriseSso)
    );
    let by_company = attempt
        .external_account
        .as_ref()
        .is_some_and(|account| provider_accounts::is_enterprise(tables, account));
    if attempt.ticket.is_none() && !by_provider && !by_company {
        check_mode(tables)?;
    }
    check_on(tables, &fields)?;
    set_identifiers(
        tables,
        &mut attempt,
        fields.email_address,
        fields.phone_number,
    )?;
    if let Some(address) = fields.web3_wallet.value() {
        identifiers::check_new_wallet(tables, address)?;
        check_identifier(tables, address)?;
        attempt.wallet_verification = None;
    }
    fields.web3_wallet.apply(&mut attempt.web3_wallet);
    if let Some(username) = fields.username.value() {
        identifiers::check_username(tables, username, None)?;
    }
    fields.username.apply(&mut attempt.username);
    fields.first_name.apply(&mut attempt.first_name);
    fields.last_name.apply(&mut attempt.last_name);
    if let Some(password) = fields.password {
        attempt.password = Some(Policy::of(tables)?.accept(NewPassword::Text {
            password,
            checks: Checks::Enforced,
        })?);
    }
    if let Some(given) = fields.unsafe_metadata {
        metadata::check("unsafe_metadata", &given)?;
        attempt.unsafe_metadata = given;
    }
    attempt.locale = fields.locale.or(attempt.locale.take());
    match fields.legal_accepted {
        Some(true) => attempt.legal_accepted_at = Some(visit.now),
        Some(false) => attempt.legal_accepted_at = None,
        None => {}
    }
    match fields.strategy {
        Some(Strategy::OAuth(provider)) => {
            let challenge =
                provider_accounts::challenge(&provider, fields.redirect_url.clone(), visit)?;
            attempt.external_verification = Some(challenge);
        }
        Some(Strategy::EnterpriseSso) => {
            let address = attempt
                .email_address
                .as_deref()
                .ok_or_else(|| ApiError::missing("email_address"))?;
            attempt.external_verification = Some(enterprise_accounts::challenge(
                tables,
                address,
                fields.enterprise_connection_id.as_deref(),
                fields.redirect_url.clone(),
                visit,
            )?);
        }
        Some(Strategy::GoogleOneTap) => {
            let account = fields.one_tap.ok_or_else(|| ApiError::missing("token"))?;
            let challenge = Challenge::new(Strategy::GoogleOneTap, visit.now);
            attempt.external_verification = Some(challenge);
            take_provider_account(tables, &mut attempt, account, visit)?;
        }
        _ => {}
    }
    complete_if_ready(tables, &mut attempt, visit)?;
    tables.sign_up_attempts.insert(attempt);
    Ok(())
}

/// Rejects fields that the settings switch off.
fn check_on(tables: &Tables, fields: &SignUpFields) -> Result<(), ApiError> {
    let set = &settings::get(tables)?.authentication;
    let is_set = |patch: &Patch<String>| matches!(patch, Patch::Set(_));
    for (name, is_given, requirement) in [
        (
            "email_address",
            is_set(&fields.email_address),
            set.email_address,
        ),
        (
            "phone_number",
            is_set(&fields.phone_number),
            set.phone_number,
        ),
        ("username", is_set(&fields.username), set.username),
        ("first_name", is_set(&fields.first_name), set.first_name),
        ("last_name", is_set(&fields.last_name), set.last_name),
        ("password", fields.password.is_some(), set.password),
    ] {
        if is_given && !requirement.is_on() {
            return Err(ApiError::unknown(name));
        }
    }
    Ok(())
}

fn set_identifiers(
    tables: &Tables,
    attempt: &mut SignUpAttempt,
    email_address: Patch<String>,
    phone_number: Patch<String>,
) -> Result<(), ApiError> {
    if let Some(address) = email_address.value() {
        identifiers::check_new_email(tables, address)?;
        // An invitation from the application takes precedence over its lists.
        if attempt.ticket.is_none() {
            check_identifier(tables, address)?;
        }
    }
    if let Some(number) = phone_number.value() {
        identifiers::check_new_phone(tables, number)?;
        check_identifier(tables, number)?;
    }
    let is_same = |patch: &Patch<String>, now: &Option<String>| match (patch, now) {
        (Patch::Keep, _) => true,
        (Patch::Clear, now) => now.is_none(),
        (Patch::Set(new), Some(now)) => new.eq_ignore_ascii_case(now),
        (Patch::Set(_), None) => false,
    };
    if !is_same(&email_address, &attempt.email_address) {
        attempt.email_verification = None;
    }
    if !is_same(&phone_number, &attempt.phone_number) {
        attempt.phone_verification = None;
    }
    email_address.apply(&mut attempt.email_address);
    phone_number.apply(&mut attempt.phone_number);
    Ok(())
}

/// Sets the address of an invitation, which the ticket verifies.
fn take_ticket(
    tables: &mut Tables,
    attempt: &mut SignUpAttempt,
    ticket: &str,
    visit: &Visit,
) -> Result<(), ApiError> {
    let invited = tickets::invited(tables, ticket, visit.now)?;
    attempt.email_address = Some(invited.email_address.clone());
    attempt.email_verification = Some(Challenge::verified(Strategy::Ticket, visit.now));
    attempt.public_metadata = invited.public_metadata.clone();
    attempt.ticket = Some(ticket.to_owned());
    Ok(())
}

/// Transfers the account that a provider verified during a sign-in on the same client.
fn transfer(
    tables: &mut Tables,
    attempt: &mut SignUpAttempt,
    visit: &Visit,
) -> Result<(), ApiError> {
    let nothing = || {
        ApiError::bad_request(
            "account_transfer_invalid",
            "There is no account to transfer",
        )
    };
    let sign_in = tables
        .clients
        .get(&visit.client_id)
        .and_then(|client| tables.sign_in_attempts.get(client.sign_in_id.as_deref()?))
        .ok_or_else(nothing)?;
    let account = sign_in.external_account.clone().ok_or_else(nothing)?;
    let challenge = sign_in
        .first_factor
        .clone()
        .filter(|challenge| challenge.outcome == Outcome::Transferable)
        .ok_or_else(nothing)?;
    attempt.external_verification = Some(Challenge {
        identifier_id: challenge.identifier_id,
        ..Challenge::new(challenge.strategy, visit.now)
    });
    take_provider_account(tables, attempt, account, visit)
}
