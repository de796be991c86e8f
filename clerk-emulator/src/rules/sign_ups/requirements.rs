use super::super::enterprise_accounts;
use super::super::settings;
use crate::model::authentication_settings::{AuthenticationSettings, Requirement};
use crate::model::challenge::Challenge;
use crate::model::sign_up_attempt::SignUpAttempt;
use crate::model::strategy::Strategy;
use crate::store::tables::Tables;

fn fields(settings: &AuthenticationSettings) -> [(&'static str, Requirement); 6] {
    [
        ("email_address", settings.email_address),
        ("phone_number", settings.phone_number),
        ("username", settings.username),
        ("password", settings.password),
        ("first_name", settings.first_name),
        ("last_name", settings.last_name),
    ]
}

fn named(tables: &Tables, wanted: Requirement) -> Vec<&'static str> {
    settings::get(tables)
        .map(|settings| fields(&settings.authentication))
        .into_iter()
        .flatten()
        .filter(|(_, requirement)| *requirement == wanted)
        .map(|(name, _)| name)
        .collect()
}

/// Returns the fields that everyone must provide. No password is needed when signing up through a provider.
pub(crate) fn required_fields(tables: &Tables, attempt: &SignUpAttempt) -> Vec<&'static str> {
    let mut required = named(tables, Requirement::Required);
    let is_proven_elsewhere = proven(attempt.external_verification.as_ref());
    required.retain(|field| *field != "password" || !is_proven_elsewhere);
    let legal = settings::get(tables).is_ok_and(|settings| settings.authentication.legal_consent);
    if legal {
        required.push("legal_accepted");
    }
    required
}

/// Returns the optional fields.
pub(crate) fn optional_fields(tables: &Tables, attempt: &SignUpAttempt) -> Vec<&'static str> {
    let mut optional = named(tables, Requirement::Optional);
    let required = named(tables, Requirement::Required);
    if required.contains(&"password") && proven(attempt.external_verification.as_ref()) {
        optional.push("password");
    }
    optional
}

/// Returns the required fields that have not been provided yet.
pub(crate) fn missing_fields(tables: &Tables, attempt: &SignUpAttempt) -> Vec<&'static str> {
    let mut missing = required_fields(tables, attempt);
    missing.retain(|field| match *field {
        "email_address" => attempt.email_address.is_none(),
        "phone_number" => attempt.phone_number.is_none(),
        "username" => attempt.username.is_none(),
        "password" => attempt.password.is_none(),
        "first_name" => attempt.first_name.is_none(),
        "last_name" => attempt.last_name.is_none(),
        _ => attempt.legal_accepted_at.is_none(),
    });
    let identifiable = attempt.email_address.is_some()
        || attempt.phone_number.is_some()
        || attempt.username.is_some()
        || attempt.web3_wallet.is_some();
    if missing.is_empty() && !identifiable {
        missing.push("email_address");
    }
    let through_company = attempt.email_address.as_deref().is_some_and(|address| {
        enterprise_accounts::connections(tables, address)
            .next()
            .is_some()
    });
    let is_verified = attempt
        .external_verification
        .as_ref()
        .is_some_and(|one| one.strategy == Strategy::EnterpriseSso && one.is_verified());
    if through_company && !is_verified {
        missing.push("enterprise_sso");
    }
    missing
}

fn proven(challenge: Option<&Challenge>) -> bool {
    challenge.is_some_and(Challenge::is_verified)
}

/// Returns the fields that have been provided but not verified yet.
pub(crate) fn unverified_fields(attempt: &SignUpAttempt) -> Vec<&'static str> {
    let mut unverified = Vec::new();
    if attempt.email_address.is_some() && !proven(attempt.email_verification.as_ref()) {
        unverified.push("email_address");
    }
    if attempt.phone_number.is_some() && !proven(attempt.phone_verification.as_ref()) {
        unverified.push("phone_number");
    }
    if attempt.web3_wallet.is_some() && !proven(attempt.wallet_verification.as_ref()) {
        unverified.push("web3_wallet");
    }
    unverified
}
