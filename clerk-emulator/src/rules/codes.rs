//! One-time codes and links: creating, delivering, and checking them.

use super::api_error::ApiError;
use super::inbox;
use super::settings;
use crate::model::challenge::{Challenge, Outcome};
use crate::model::message::{Channel, Message};
use crate::random;
use crate::secret::Secret;
use crate::store::tables::Tables;

/// The code for test addresses and fictional numbers.
pub(crate) const TEST_CODE: &str = "424242";

/// Returns true if nothing is sent to the address because it has `+clerk_test` before the at sign.
pub(crate) fn is_test_address(address: &str) -> bool {
    address
        .rsplit_once('@')
        .is_some_and(|(local, _)| local.contains("+clerk_test"))
}

/// Returns true if the number is a fictional North American one, from +1 (XXX) 555-0100 to 0199.
pub(crate) fn is_test_number(number: &str) -> bool {
    number.strip_prefix("+1").is_some_and(|digits| {
        digits.len() == 10 && digits.get(3..8).is_some_and(|middle| middle == "55501")
    })
}

/// Generates a code and delivers it. In test mode, the code for test addresses and numbers is the well-known one and is
/// not delivered.
pub(crate) fn send_code(
    tables: &mut Tables,
    channel: Channel,
    to: &str,
    kind: &'static str,
    now: i64,
) -> Secret {
    if is_test(tables, channel, to) {
        return Secret(TEST_CODE.to_owned());
    }
    let code = random::digits(6);
    deliver(tables, channel, to, kind, code.clone(), now);
    Secret(code)
}

fn is_test(tables: &Tables, channel: Channel, to: &str) -> bool {
    let is_test = match channel {
        Channel::Email => is_test_address(to),
        Channel::Sms => is_test_number(to),
    };
    is_test && settings::get(tables).is_ok_and(|settings| settings.test_mode)
}

/// Delivers this code, unless the address or the number is a test one.
pub(crate) fn deliver(
    tables: &mut Tables,
    channel: Channel,
    to: &str,
    kind: &'static str,
    code: String,
    now: i64,
) {
    if is_test(tables, channel, to) {
        return;
    }
    let mut message = Message::new(
        channel,
        to,
        kind,
        format!("{code} is your verification code"),
        now,
    );
    message.code = Some(Secret(code));
    inbox::deliver(tables, message);
}

/// Delivers an email with a link that contains a token, and returns the token.
pub(crate) fn send_link(
    tables: &mut Tables,
    address: &str,
    kind: &'static str,
    emulator_url: &str,
    now: i64,
) -> Secret {
    let token = random::alphanumeric(40);
    let link = format!("{emulator_url}/v1/verify?token={token}");
    let mut message = Message::new(
        Channel::Email,
        address,
        kind,
        format!("Open {link} to go on"),
        now,
    );
    message.link = Some(Secret(link));
    inbox::deliver(tables, message);
    Secret(token)
}

/// Rejects an answer to a challenge that was already answered, failed too often, or is too old.
pub(crate) fn check_open(challenge: &Challenge, now: i64) -> Result<(), ApiError> {
    match challenge.status_at(now) {
        "unverified" => Ok(()),
        "expired" => Err(ApiError::bad_request(
            "verification_expired",
            "This verification has expired. You must create a new one.",
        )),
        "failed" => Err(ApiError::bad_request(
            "verification_failed",
            "Too many failed attempts. You have to try again with the same or another method.",
        )),
        _ => Err(ApiError::bad_request(
            "verification_already_verified",
            "This verification has already been verified.",
        )),
    }
}

/// Applies an answer and counts the attempt. `wrong` is the error for a wrong answer.
pub(crate) fn answer(
    challenge: &mut Challenge,
    is_right: bool,
    wrong: ApiError,
    now: i64,
) -> Result<(), ApiError> {
    check_open(challenge, now)?;
    challenge.attempts += 1;
    if is_right {
        challenge.outcome = Outcome::Verified;
        Ok(())
    } else {
        Err(wrong)
    }
}

/// Checks a code and counts the attempt.
pub(crate) fn answer_code(challenge: &mut Challenge, code: &str, now: i64) -> Result<(), ApiError> {
    let is_right = challenge
        .answer
        .as_ref()
        .is_some_and(|right| right.0 == code);
    answer(challenge, is_right, incorrect_code(), now)
}

/// Returns the error for a wrong code.
pub(crate) fn incorrect_code() -> ApiError {
    ApiError::param("form_code_incorrect", "code", "Incorrect code")
}

/// Returns the error for an answer to a challenge that was never created.
pub(crate) fn not_prepared() -> ApiError {
    ApiError::bad_request(
        "verification_missing",
        "This strategy requires verification preparation before attempting to validate it.",
    )
}

/// Returns the error for an answer whose strategy differs from that of the challenge.
pub(crate) fn other_strategy() -> ApiError {
    ApiError::bad_request(
        "verification_strategy_invalid",
        "The strategy is not valid for the current verification.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_addresses_and_numbers() {
        assert!(is_test_address("ada+clerk_test@example.com"));
        assert!(is_test_address("ada+clerk_test_2@example.com"));
        assert!(!is_test_address("ada@clerk_test+clerk_test.com"));
        assert!(!is_test_address("ada+clerk@example.com"));
        assert!(is_test_number("+15555550100") && is_test_number("+12015550199"));
        for real in [
            "+15555550200",
            "+1555555010",
            "+445555550100",
            "+155555501000",
        ] {
            assert!(!is_test_number(real), "{real}");
        }
    }
}
