use super::super::accounts::{self, NewUser, Profile, UserMetadata};
use super::super::api_error::ApiError;
use super::super::clients;
use super::super::enterprise_accounts;
use super::super::identifiers;
use super::super::provider_accounts;
use super::super::restrictions::check_identifier;
use super::super::sessions;
use super::super::tickets;
use super::super::visit::Visit;
use super::mode::check_mode;
use super::requirements::{missing_fields, unverified_fields};
use crate::model::challenge::{Challenge, Outcome, Problem};
use crate::model::external_account::ProviderAccount;
use crate::model::identifier::Proof;
use crate::model::patch::Patch;
use crate::model::sign_up_attempt::SignUpAttempt;
use crate::model::strategy::Strategy;
use crate::store::tables::Tables;

/// Creates the user and signs in once everything has been provided and verified.
pub(crate) fn complete_if_ready(
    tables: &mut Tables,
    attempt: &mut SignUpAttempt,
    visit: &Visit,
) -> Result<(), ApiError> {
    let waits_for_provider = attempt
        .external_verification
        .as_ref()
        .is_some_and(|challenge| !challenge.is_verified());
    if waits_for_provider
        || !missing_fields(tables, attempt).is_empty()
        || !unverified_fields(attempt).is_empty()
    {
        return Ok(());
    }
    let user_id = create_user(tables, attempt, visit.now)?;
    if let Some(account) = &attempt.external_account {
        provider_accounts::connect(tables, &user_id, account, visit.now)?;
    }
    if let Some(ticket) = &attempt.ticket {
        tickets::accept_invitation(tables, ticket, &user_id, visit.now)?;
    }
    let origin = visit.origin.clone();
    let session_id = sessions::start(tables, &attempt.client_id, &user_id, origin, visit.now);
    sessions::note_activity(tables, &session_id, visit.activity.clone());
    clients::change(tables, &attempt.client_id, |client| {
        client.sign_in_id = None
    });
    attempt.created_user_id = Some(user_id);
    attempt.created_session_id = Some(session_id);
    Ok(())
}

fn create_user(tables: &mut Tables, attempt: &SignUpAttempt, now: i64) -> Result<String, ApiError> {
    let claimed = |taken: bool| match taken {
        true => Err(ApiError::bad_request(
            "identification_claimed",
            "One or more identifiers on this sign up have since been connected to a different User. Please \
             sign up again.",
        )),
        false => Ok(()),
    };
    if let Some(address) = &attempt.email_address {
        claimed(identifiers::user_by_email(tables, address).is_some())?;
    }
    if let Some(number) = &attempt.phone_number {
        claimed(identifiers::user_by_phone(tables, number).is_some())?;
    }
    let proof = |challenge: &Option<Challenge>| match challenge {
        Some(challenge) => proof_by(&challenge.strategy),
        None => Proof::None,
    };
    let wallet = match (&attempt.web3_wallet, &attempt.wallet_verification) {
        (Some(address), Some(challenge)) => {
            claimed(identifiers::user_by_wallet(tables, address).is_some())?;
            Some((address.clone(), proof_by(&challenge.strategy)))
        }
        _ => None,
    };
    let email = attempt.email_address.clone();
    let phone = attempt.phone_number.clone();
    let new = NewUser {
        email_addresses: email
            .map(|address| (address, proof(&attempt.email_verification)))
            .into_iter()
            .collect(),
        phone_numbers: phone
            .map(|number| (number, proof(&attempt.phone_verification)))
            .into_iter()
            .collect(),
        web3_wallets: wallet.into_iter().collect(),
        username: attempt.username.clone(),
        external_id: attempt.external_id.clone(),
        metadata: UserMetadata {
            public: Some(attempt.public_metadata.clone()),
            private: None,
            unsafe_: Some(attempt.unsafe_metadata.clone()),
        },
        skip_password_requirement: true,
        profile: Profile {
            first_name: set(&attempt.first_name),
            last_name: set(&attempt.last_name),
            locale: set(&attempt.locale),
            legal_accepted_at: attempt.legal_accepted_at.map_or(Patch::Keep, Patch::Set),
            ..Profile::default()
        },
        ..NewUser::default()
    };
    let id = accounts::create(tables, new, now)?.id.clone();
    if let Some(password) = attempt.password.clone() {
        accounts::change(tables, &id, now, |user| {
            user.password = Some(password);
            user.password_last_updated_at = Some(now);
            Ok(())
        })?;
    }
    Ok(id)
}

fn set(value: &Option<String>) -> Patch<String> {
    value.clone().map_or(Patch::Keep, Patch::Set)
}

/// Returns the proof that a strategy provides for an address or number.
fn proof_by(strategy: &Strategy) -> Proof {
    match strategy {
        Strategy::EmailLink => Proof::Link,
        Strategy::Ticket => Proof::Ticket,
        Strategy::Web3(name) => Proof::Signature(name.clone()),
        Strategy::GoogleOneTap => Proof::Provider("google".into()),
        Strategy::EnterpriseSso => Proof::EnterpriseSso,
        Strategy::OAuth(provider) => provider_accounts::known(provider)
            .map_or(Proof::Code, |name| Proof::Provider(name.into())),
        _ => Proof::Code,
    }
}

/// Applies a provider's answer to a sign-up. If the person already has an account, the sign-up becomes a sign-in.
pub(crate) fn take_provider_account(
    tables: &mut Tables,
    attempt: &mut SignUpAttempt,
    account: ProviderAccount,
    visit: &Visit,
) -> Result<(), ApiError> {
    let owner = provider_accounts::owner(tables, &account, visit.now)?;
    let Some(challenge) = attempt.external_verification.as_mut() else {
        return Ok(());
    };
    challenge.attempts += 1;
    attempt.external_account = Some(account.clone());
    if owner.is_some() {
        challenge.outcome = Outcome::Transferable;
        challenge.problem = Some(Problem::new(
            "external_account_exists",
            "The external account already exists. Sign in instead.",
        ));
        return Ok(());
    }
    // A connection is the application's invitation to the people of a company.
    let by_company = provider_accounts::is_enterprise(tables, &account);
    if by_company {
        enterprise_accounts::check_provisioning(tables, &account)?;
    }
    if attempt.ticket.is_none() {
        if !by_company {
            check_mode(tables)?;
        }
        check_identifier(tables, &account.email_address)?;
    }
    let differs = attempt
        .email_address
        .as_ref()
        .is_some_and(|typed| !typed.eq_ignore_ascii_case(&account.email_address));
    if challenge.strategy == Strategy::EnterpriseSso && differs {
        return Err(ApiError::bad_request(
            "saml_email_address_domain_mismatch",
            format!(
                "The provided email address differs from the one in the response of the identity provider ({}).",
                account.email_address
            ),
        ));
    }
    challenge.outcome = Outcome::Verified;
    if attempt.email_address.is_none() {
        attempt.email_address = Some(account.email_address.clone());
    }
    if attempt.email_address.as_ref() == Some(&account.email_address) {
        let strategy = challenge.strategy.clone();
        attempt.email_verification = Some(Challenge::verified(strategy, visit.now));
    }
    let given = |name: String| (!name.is_empty()).then_some(name);
    attempt.first_name = attempt.first_name.take().or(given(account.first_name));
    attempt.last_name = attempt.last_name.take().or(given(account.last_name));
    Ok(())
}
