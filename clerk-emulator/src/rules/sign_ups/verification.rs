use super::super::api_error::ApiError;
use super::super::codes;
use super::super::verdict::Verdict;
use super::super::visit::Visit;
use super::super::wallets;
use super::completion::complete_if_ready;
use super::lookup::find_open;
use crate::model::challenge::Challenge;
use crate::model::message::Channel;
use crate::model::strategy::Strategy;
use crate::store::tables::Tables;

/// Sends a code or a link to the address or number of a sign-up.
pub(crate) fn prepare_verification(
    tables: &mut Tables,
    id: &str,
    strategy: &Strategy,
    redirect_url: Option<String>,
    visit: &Visit,
) -> Result<(), ApiError> {
    let mut attempt = find_open(tables, &visit.client_id, id, visit.now)?;
    let mut challenge = Challenge::new(strategy.clone(), visit.now);
    let now = visit.now;
    match strategy {
        Strategy::EmailCode | Strategy::EmailLink => {
            let address = attempt
                .email_address
                .as_deref()
                .ok_or_else(|| ApiError::missing("email_address"))?;
            if attempt
                .email_verification
                .as_ref()
                .is_some_and(Challenge::is_verified)
            {
                return Err(already_verified());
            }
            challenge.answer = Some(if *strategy == Strategy::EmailCode {
                codes::send_code(tables, Channel::Email, address, "verification_code", now)
            } else {
                challenge.redirect_url = redirect_url;
                let kind = "magic_link_sign_up";
                codes::send_link(tables, address, kind, &visit.emulator_url, now)
            });
            attempt.email_verification = Some(challenge);
        }
        Strategy::PhoneCode => {
            let number = attempt
                .phone_number
                .as_deref()
                .ok_or_else(|| ApiError::missing("phone_number"))?;
            if attempt
                .phone_verification
                .as_ref()
                .is_some_and(Challenge::is_verified)
            {
                return Err(already_verified());
            }
            let code = codes::send_code(tables, Channel::Sms, number, "verification_code", now);
            challenge.answer = Some(code);
            attempt.phone_verification = Some(challenge);
        }
        Strategy::Web3(name) => {
            let address = attempt
                .web3_wallet
                .as_deref()
                .ok_or_else(|| ApiError::missing("web3_wallet"))?;
            attempt.wallet_verification = Some(wallets::challenge(name, address, visit));
        }
        _ => return Err(codes::other_strategy()),
    }
    tables.sign_up_attempts.insert(attempt);
    Ok(())
}

fn already_verified() -> ApiError {
    ApiError::bad_request(
        "verification_already_verified",
        "This verification has already been verified.",
    )
}

/// Attempts to verify a sign-up with a code or a signature.
pub(crate) fn attempt_verification(
    tables: &mut Tables,
    id: &str,
    strategy: &Strategy,
    code: &str,
    visit: &Visit,
) -> Result<Verdict, ApiError> {
    let mut attempt = find_open(tables, &visit.client_id, id, visit.now)?;
    let challenge = match strategy {
        Strategy::EmailCode => &mut attempt.email_verification,
        Strategy::PhoneCode => &mut attempt.phone_verification,
        Strategy::Web3(_) => &mut attempt.wallet_verification,
        _ => return Err(codes::other_strategy()),
    };
    let challenge = challenge.as_mut().ok_or_else(codes::not_prepared)?;
    if challenge.strategy != *strategy {
        return Err(codes::other_strategy());
    }
    let verdict = match (strategy, &attempt.web3_wallet) {
        (Strategy::Web3(_), Some(address)) => wallets::answer(challenge, address, code, visit.now),
        _ => codes::answer_code(challenge, code, visit.now),
    };
    if let Err(refusal) = verdict {
        tables.sign_up_attempts.insert(attempt);
        return Ok(Verdict::Refused(refusal));
    }
    complete_if_ready(tables, &mut attempt, visit)?;
    tables.sign_up_attempts.insert(attempt);
    Ok(Verdict::Done)
}
