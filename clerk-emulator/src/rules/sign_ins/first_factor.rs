use super::super::accounts;
use super::super::api_error::ApiError;
use super::super::codes;
use super::super::enterprise_accounts;
use super::super::lockouts;
use super::super::passkeys;
use super::super::provider_accounts;
use super::super::trusted_devices::{self, DeviceAnswer};
use super::super::verdict::Verdict;
use super::super::visit::Visit;
use super::super::wallets;
use super::completion::advance;
use super::factors::{Factor, FactorTarget, first_factors};
use super::lookup::{find_open, invalid_state, save, strategy_not_valid};
use crate::model::challenge::Challenge;
use crate::model::message::Channel;
use crate::model::sign_in_attempt::{SignInAttempt, SignInStatus};
use crate::model::strategy::Strategy;
use crate::store::tables::Tables;

/// An answer to a first factor.
#[derive(Debug)]
pub(crate) struct FirstFactorAnswer<'a> {
    pub(crate) strategy: Strategy,
    pub(crate) password: Option<&'a str>,
    pub(crate) code: Option<&'a str>,
    pub(crate) signature: Option<&'a str>,
    pub(crate) public_key_credential: Option<&'a str>,
    pub(crate) device: Option<DeviceAnswer<'a>>,
}

impl FirstFactorAnswer<'_> {
    /// Returns an answer with only a strategy.
    pub(crate) fn of(strategy: Strategy) -> Self {
        Self {
            strategy,
            password: None,
            code: None,
            signature: None,
            public_key_credential: None,
            device: None,
        }
    }
}

/// Prepares the first factor: sends a code or a link, or creates a nonce.
pub(crate) fn prepare_first_factor(
    tables: &mut Tables,
    id: &str,
    strategy: &Strategy,
    target_id: Option<&str>,
    redirect_url: Option<String>,
    visit: &Visit,
) -> Result<(), ApiError> {
    let mut attempt = find_open(tables, &visit.client_id, id, visit.now)?;
    let waits = matches!(
        attempt.status,
        SignInStatus::NeedsFirstFactor | SignInStatus::NeedsIdentifier
    );
    if !waits {
        return Err(invalid_state(
            "prepare first factor",
            "The sign in does not wait for a first factor.",
        ));
    }
    prepare(
        tables,
        &mut attempt,
        strategy,
        target_id,
        redirect_url,
        visit,
    )?;
    save(tables, attempt);
    Ok(())
}

/// Creates the challenge of a strategy. If no target is given, the user's primary one is used.
pub(super) fn prepare(
    tables: &mut Tables,
    attempt: &mut SignInAttempt,
    strategy: &Strategy,
    target_id: Option<&str>,
    redirect_url: Option<String>,
    visit: &Visit,
) -> Result<(), ApiError> {
    check_first_factor(strategy)?;
    if let Strategy::OAuth(provider) = strategy {
        attempt.first_factor = Some(provider_accounts::challenge(provider, redirect_url, visit)?);
        return Ok(());
    }
    if *strategy == Strategy::EnterpriseSso {
        let address = attempt
            .identifier
            .as_deref()
            .ok_or_else(|| ApiError::missing("identifier"))?;
        attempt.first_factor = Some(enterprise_accounts::challenge(
            tables,
            address,
            target_id,
            redirect_url,
            visit,
        )?);
        return Ok(());
    }
    if *strategy == Strategy::TrustedDevice {
        let device = target_id
            .ok_or_else(|| ApiError::missing("trusted_device_id"))
            .and_then(|id| {
                trusted_devices::usable(tables, id)
                    .filter(|device| attempt.user_id.as_ref() == Some(&device.user_id))
                    .ok_or_else(strategy_not_valid)
            })?;
        attempt.first_factor = Some(trusted_devices::authentication(&device.id, visit.now));
        return Ok(());
    }
    if *strategy == Strategy::Passkey {
        attempt.first_factor = Some(passkeys::authentication(
            tables,
            attempt.user_id.as_deref(),
            visit,
        )?);
        return Ok(());
    }
    let user = accounts::find(tables, attempt.user_id.as_deref().unwrap_or_default())
        .map_err(|_| invalid_state("prepare first factor", "It needs an identifier first."))?;
    let candidates = first_factors(tables, user, attempt.identifier.as_deref());
    // A link can go anywhere a code can.
    let like = match strategy {
        Strategy::EmailLink => &Strategy::EmailCode,
        strategy => strategy,
    };
    let mut fitting = candidates
        .into_iter()
        .filter(|factor| factor.strategy == *like);
    let factor = match target_id {
        Some(id) => fitting.find(|factor| {
            factor
                .target
                .as_ref()
                .is_some_and(|target| target.id() == id)
        }),
        None => {
            let typed = attempt.identifier.as_deref();
            let all: Vec<_> = fitting.collect();
            all.iter()
                .find(|factor| shown(factor.target.as_ref()) == typed)
                .or_else(|| all.iter().find(|factor| factor.is_primary))
                .or(all.first())
                .cloned()
        }
    }
    .ok_or_else(strategy_not_valid)?;
    let mut challenge = Challenge::new(strategy.clone(), visit.now);
    match (strategy, &factor.target) {
        (Strategy::EmailLink, Some(FactorTarget::EmailAddress { id, shown })) => {
            challenge.identifier_id = Some(id.clone());
            challenge.redirect_url = redirect_url;
            let kind = "magic_link_sign_in";
            let token = codes::send_link(tables, shown, kind, &visit.emulator_url, visit.now);
            challenge.answer = Some(token);
        }
        (_, Some(FactorTarget::EmailAddress { id, shown })) => {
            challenge.identifier_id = Some(id.clone());
            let code = codes::send_code(tables, Channel::Email, shown, kind(strategy), visit.now);
            challenge.answer = Some(code);
        }
        (_, Some(FactorTarget::PhoneNumber { id, shown })) => {
            challenge.identifier_id = Some(id.clone());
            let code = codes::send_code(tables, Channel::Sms, shown, kind(strategy), visit.now);
            challenge.answer = Some(code);
        }
        (Strategy::Web3(name), Some(FactorTarget::Web3Wallet { id, shown })) => {
            challenge = wallets::challenge(name, shown, visit);
            challenge.identifier_id = Some(id.clone());
        }
        (
            _,
            Some(
                FactorTarget::Web3Wallet { .. }
                | FactorTarget::EnterpriseConnection { .. }
                | FactorTarget::TrustedDevice { .. },
            ),
        ) => {
            return Err(strategy_not_valid());
        }
        // A password needs no preparation.
        (_, None) => return Err(strategy_not_valid()),
    }
    attempt.first_factor = Some(challenge);
    Ok(())
}

fn shown(target: Option<&FactorTarget>) -> Option<&str> {
    match target? {
        FactorTarget::EmailAddress { shown, .. }
        | FactorTarget::PhoneNumber { shown, .. }
        | FactorTarget::Web3Wallet { shown, .. } => Some(shown),
        FactorTarget::EnterpriseConnection { .. } | FactorTarget::TrustedDevice { .. } => None,
    }
}

fn kind(strategy: &Strategy) -> &'static str {
    if strategy.resets_password() {
        "reset_password_code"
    } else {
        "verification_code"
    }
}

/// Attempts the first factor.
pub(crate) fn attempt_first_factor(
    tables: &mut Tables,
    id: &str,
    answer: &FirstFactorAnswer<'_>,
    visit: &Visit,
) -> Result<Verdict, ApiError> {
    let mut attempt = find_open(tables, &visit.client_id, id, visit.now)?;
    if attempt.status != SignInStatus::NeedsFirstFactor {
        return Err(invalid_state(
            "attempt first factor",
            "The sign in does not wait for a first factor.",
        ));
    }
    let user_id = attempt.user_id.clone().unwrap_or_default();
    if let Some(user) = tables.users.get(&user_id) {
        lockouts::check(tables, user, visit.now)?;
    }
    let tried = try_answer(tables, &mut attempt, answer, visit);
    let verdict = Verdict::of(lockouts::count(tables, &user_id, tried, visit.now));
    save(tables, attempt);
    Ok(verdict)
}

/// Returns the error for a wrong password.
pub(crate) fn incorrect_password() -> ApiError {
    ApiError::param(
        "form_password_incorrect",
        "password",
        "Password is incorrect. Try again, or use another method.",
    )
}

/// Checks an answer. A wrong answer is counted on the attempt.
pub(super) fn try_answer(
    tables: &mut Tables,
    attempt: &mut SignInAttempt,
    answer: &FirstFactorAnswer<'_>,
    visit: &Visit,
) -> Result<(), ApiError> {
    check_first_factor(&answer.strategy)?;
    let now = visit.now;
    if answer.strategy == Strategy::Password {
        let password = answer
            .password
            .ok_or_else(|| ApiError::missing("password"))?;
        let user = accounts::find(tables, attempt.user_id.as_deref().unwrap_or_default())?;
        let allowed = first_factors(tables, user, attempt.identifier.as_deref());
        if !allowed.contains(&Factor::bare(Strategy::Password)) {
            return Err(strategy_not_valid());
        }
        if !user.password_is(password) {
            return Err(incorrect_password());
        }
        attempt.first_factor = Some(Challenge::verified(Strategy::Password, now));
        return advance(tables, attempt, visit);
    }
    let challenge = attempt
        .first_factor
        .as_mut()
        .ok_or_else(codes::not_prepared)?;
    if challenge.strategy != answer.strategy {
        return Err(codes::other_strategy());
    }
    match &answer.strategy {
        Strategy::EmailCode
        | Strategy::PhoneCode
        | Strategy::ResetPasswordEmailCode
        | Strategy::ResetPasswordPhoneCode => {
            let code = answer.code.ok_or_else(|| ApiError::missing("code"))?;
            codes::answer_code(challenge, code, now)?;
        }
        Strategy::Passkey => {
            let credential = answer
                .public_key_credential
                .ok_or_else(|| ApiError::missing("public_key_credential"))?;
            let wanted = attempt.user_id.as_deref();
            let user_id = passkeys::authenticate(tables, challenge, wanted, credential, visit)?;
            if attempt.identifier.is_none() {
                attempt.identifier = accounts::find(tables, &user_id)
                    .ok()
                    .map(|user| user.identifier().to_owned());
            }
            attempt.user_id = Some(user_id);
        }
        Strategy::Web3(_) => {
            let signature = answer
                .signature
                .ok_or_else(|| ApiError::missing("signature"))?;
            let id = challenge.identifier_id.clone().unwrap_or_default();
            let user_id = attempt.user_id.as_deref().unwrap_or_default();
            let wallet = wallets::find(tables, user_id, &id)?.web3_wallet.clone();
            wallets::answer(challenge, &wallet, signature, now)?;
        }
        Strategy::TrustedDevice => {
            let answer = answer
                .device
                .as_ref()
                .ok_or_else(|| ApiError::missing("trusted_device_id"))?;
            trusted_devices::authenticate(tables, challenge, answer, now)?;
        }
        // Links and providers provide their answers on separate pages.
        _ => return Err(strategy_not_valid()),
    }
    advance(tables, attempt, visit)
}

/// Rejects strategies that do not apply to the first factor.
fn check_first_factor(strategy: &Strategy) -> Result<(), ApiError> {
    match strategy {
        Strategy::Totp | Strategy::BackupCode => Err(strategy_not_valid()),
        _ => Ok(()),
    }
}
