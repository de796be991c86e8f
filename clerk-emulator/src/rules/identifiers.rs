//! The format and uniqueness of email addresses, phone numbers, usernames, and external IDs.

use super::api_error::ApiError;
use crate::model::user::User;
use crate::store::tables::Tables;

const SHORTEST_USERNAME: usize = 4;
const LONGEST_USERNAME: usize = 64;
/// The length of the longest address that can receive mail (RFC 5321).
const LONGEST_EMAIL: usize = 254;

/// Finds the user who claims this email address, ignoring case.
pub(crate) fn user_by_email<'a>(tables: &'a Tables, address: &str) -> Option<&'a User> {
    tables
        .users
        .find_by(&User::term(address), |user| user.claims_email(address))
}

/// Finds the user with this email address, if it is verified.
pub(crate) fn user_by_verified_email<'a>(tables: &'a Tables, address: &str) -> Option<&'a User> {
    user_by_email(tables, address).filter(|user| {
        user.email_addresses
            .iter()
            .any(|one| one.proof.is_given() && one.email_address.eq_ignore_ascii_case(address))
    })
}

/// Finds the user with this username or with this verified email address or phone number.
pub(crate) fn user_by_verified_identifier<'a>(
    tables: &'a Tables,
    identifier: &str,
) -> Option<&'a User> {
    user_by_verified_email(tables, identifier)
        .or_else(|| user_by_username(tables, identifier))
        .or_else(|| {
            user_by_phone(tables, identifier).filter(|user| {
                user.phone_numbers
                    .iter()
                    .any(|one| one.proof.is_given() && one.phone_number == identifier)
            })
        })
}

/// Finds the user with this username, ignoring case.
pub(crate) fn user_by_username<'a>(tables: &'a Tables, username: &str) -> Option<&'a User> {
    tables
        .users
        .find_by(&User::term(username), |user| user.has_username(username))
}

/// Finds the user who claims this phone number.
pub(crate) fn user_by_phone<'a>(tables: &'a Tables, number: &str) -> Option<&'a User> {
    tables
        .users
        .find_by(&User::term(number), |user| user.claims_phone(number))
}

/// Finds the user with this wallet, ignoring case.
pub(crate) fn user_by_wallet<'a>(tables: &'a Tables, address: &str) -> Option<&'a User> {
    tables
        .users
        .find_by(&User::term(address), |user| user.has_wallet(address))
}

/// Finds the user who signs in with this email address, username, or phone number.
pub(crate) fn user_by_identifier<'a>(tables: &'a Tables, identifier: &str) -> Option<&'a User> {
    user_by_email(tables, identifier)
        .or_else(|| user_by_username(tables, identifier))
        .or_else(|| user_by_phone(tables, identifier))
        .or_else(|| user_by_wallet(tables, identifier))
}

/// Finds a user by ID, email address, username, or phone number.
pub(crate) fn user_by_any<'a>(tables: &'a Tables, name: &str) -> Option<&'a User> {
    let holder = |user: &User| user.has_email(name) || user.has_phone(name);
    tables
        .users
        .get(name)
        .or_else(|| user_by_identifier(tables, name))
        .or_else(|| tables.users.find_by(&User::term(name), holder))
}

/// Rejects a text that is not an email address, and an address that a user claims.
pub(crate) fn check_new_email(tables: &Tables, address: &str) -> Result<(), ApiError> {
    check_email(address)?;
    match user_by_email(tables, address) {
        Some(_) => Err(ApiError::taken("email_address")),
        None => Ok(()),
    }
}

/// Rejects a text that is not an email address.
pub(crate) fn check_email(address: &str) -> Result<(), ApiError> {
    if is_email(address) {
        Ok(())
    } else {
        Err(ApiError::format(
            "email_address",
            "must be a valid email address",
        ))
    }
}

/// Returns true for an email address.
pub(crate) fn is_email(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let local_char =
        |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c) || !c.is_ascii();
    address.len() <= LONGEST_EMAIL
        && !local.is_empty()
        && local.chars().all(local_char)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && is_domain(domain)
}

/// Returns true if the text is a host name of at least two labels.
pub(crate) fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || !c.is_ascii())
    };
    domain.contains('.') && domain.split('.').all(label)
}

/// Rejects a text that is not a phone number in E.164 form, and a number that a user claims.
pub(crate) fn check_new_phone(tables: &Tables, number: &str) -> Result<(), ApiError> {
    if !is_e164(number) {
        return Err(ApiError::format(
            "phone_number",
            "must be a valid phone number according to E.164 international standard",
        ));
    }
    match user_by_phone(tables, number) {
        Some(_) => Err(ApiError::taken("phone_number")),
        None => Ok(()),
    }
}

/// Returns true if the text is a phone number in E.164 form.
pub(crate) fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

/// Rejects a text that is not an address of an Ethereum wallet.
fn check_wallet(address: &str) -> Result<(), ApiError> {
    let is_address = address.strip_prefix("0x").is_some_and(|digits| {
        digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    if is_address {
        Ok(())
    } else {
        Err(ApiError::format(
            "web3_wallet",
            "must be a valid web3 wallet address that starts with 0x and contains 40 hexadecimal characters.",
        ))
    }
}

/// Rejects a text that is not a wallet address, and an address that already belongs to a user.
pub(crate) fn check_new_wallet(tables: &Tables, address: &str) -> Result<(), ApiError> {
    check_wallet(address)?;
    match user_by_wallet(tables, address) {
        Some(_) => Err(ApiError::taken("web3_wallet")),
        None => Ok(()),
    }
}

/// Rejects a text that is not a valid username, and a username that belongs to another user.
pub(crate) fn check_username(
    tables: &Tables,
    username: &str,
    own_id: Option<&str>,
) -> Result<(), ApiError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
    if !(SHORTEST_USERNAME..=LONGEST_USERNAME).contains(&username.chars().count()) {
        return Err(ApiError::param(
            "form_username_invalid_length",
            "username",
            format!(
                "Username must be between {SHORTEST_USERNAME} and {LONGEST_USERNAME} characters long."
            ),
        ));
    }
    if !username.chars().all(allowed) {
        return Err(ApiError::param(
            "form_username_invalid_character",
            "username",
            "Username can only contain letters, numbers and '_', '-' or '.'.",
        ));
    }
    match user_by_username(tables, username) {
        Some(other) if own_id != Some(other.id.as_str()) => Err(ApiError::taken("username")),
        _ => Ok(()),
    }
}

/// Rejects an external ID that belongs to another user.
pub(crate) fn check_external_id(
    tables: &Tables,
    external_id: &str,
    own_id: Option<&str>,
) -> Result<(), ApiError> {
    let other = tables.users.find_by(&User::term(external_id), |user| {
        user.external_id.as_deref() == Some(external_id) && own_id != Some(user.id.as_str())
    });
    match other {
        Some(_) => Err(ApiError::taken("external_id")),
        None => Ok(()),
    }
}

/// Rejects a list that contains the same identifier twice.
pub(crate) fn check_distinct(param_name: &str, values: &[&str]) -> Result<(), ApiError> {
    let repeated = values.iter().enumerate().any(|(index, value)| {
        values[..index]
            .iter()
            .any(|earlier| earlier.eq_ignore_ascii_case(value))
    });
    if repeated {
        Err(ApiError::taken(param_name))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for good in [
            "ada@example.com",
            "a.b+clerk_test@mail.example.co.uk",
            "o'neil@x.ie",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a b@c",
            "ada@example",
            "a@b@c.d e",
            "a@-b.com",
            ".a@b.com",
            "a..b@c.de",
            "a@b..c",
            "a b@c.de",
            "a\n@c.de",
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
        assert!(is_e164("+15555550100") && is_e164("+4915112345678"));
        for bad in [
            "12",
            "15555550100",
            "+0123456789",
            "+1",
            "+1555555010x",
            "+1234567890123456",
        ] {
            assert!(!is_e164(bad), "{bad}");
        }
    }
}
