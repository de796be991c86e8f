use super::super::api_error::ApiError;
use super::super::codes;
use super::super::settings;
use crate::model::authentication_settings::SignUpMode;
use crate::model::restriction::RestrictionList;
use crate::store::tables::Tables;

/// Some providers of mailboxes that vanish; Clerk knows thousands.
const DISPOSABLE_DOMAINS: &[&str] = &[
    "10minutemail.com",
    "discard.email",
    "dispostable.com",
    "fakeinbox.com",
    "getnada.com",
    "guerrillamail.com",
    "mailinator.com",
    "maildrop.cc",
    "mohmal.com",
    "sharklasers.com",
    "temp-mail.org",
    "tempmail.com",
    "throwawaymail.com",
    "trashmail.com",
    "yopmail.com",
];

/// Refuses sign-ups of people who are not invited, where only those may sign up.
pub(super) fn check_mode(tables: &Tables) -> Result<(), ApiError> {
    match settings::get(tables)?.authentication.sign_up_mode {
        SignUpMode::Public => Ok(()),
        SignUpMode::Restricted => Err(ApiError::forbidden(
            "sign_up_mode_restricted",
            "New sign-ups are currently restricted.",
        )),
        SignUpMode::Waitlist => Err(ApiError::forbidden(
            "sign_up_restricted_waitlist",
            "Sign-ups are currently unavailable. Join the waitlist, and you will be notified when access \
             becomes available.",
        )),
    }
}

fn not_allowed(identifier: &str) -> ApiError {
    ApiError::forbidden(
        "not_allowed_access",
        format!("{identifier} is not allowed to access this application."),
    )
    .with("identifiers", vec![identifier.to_owned()])
}

/// Refuses an address or a number that the lists of the instance keep out.
pub(crate) fn check_identifier(tables: &Tables, identifier: &str) -> Result<(), ApiError> {
    let set = &settings::get(tables)?.restrictions;
    let listed = |list| {
        let mut entries = tables
            .restrictions
            .iter()
            .filter(|entry| entry.list == list);
        entries.any(|entry| matches(&entry.identifier, identifier))
    };
    if set.allowlist && listed(RestrictionList::Allow) {
        return Ok(());
    }
    if set.allowlist || (set.blocklist && listed(RestrictionList::Block)) {
        return Err(not_allowed(identifier));
    }
    let Some((local, domain)) = identifier.rsplit_once('@') else {
        return Ok(());
    };
    let is_subaddress = local.contains(['+', '=', '#']) && !codes::is_test_address(identifier);
    if set.block_email_subaddresses && is_subaddress {
        return Err(ApiError {
            param_name: Some("email_address".to_owned()),
            ..ApiError::forbidden(
                "not_allowed_access",
                "Email address must not contain the characters '+', '=', or '#'.",
            )
        });
    }
    let domain = domain.to_lowercase();
    if set.block_disposable_email_domains && DISPOSABLE_DOMAINS.contains(&domain.as_str()) {
        return Err(not_allowed(identifier));
    }
    Ok(())
}

/// Returns true if an entry is this identifier, or stands for all addresses of its domain.
fn matches(entry: &str, identifier: &str) -> bool {
    let domain = identifier.rsplit_once('@').map(|(_, domain)| domain);
    let listed = entry.strip_prefix("*@").unwrap_or(entry);
    entry.eq_ignore_ascii_case(identifier)
        || domain.is_some_and(|domain| listed.eq_ignore_ascii_case(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_identifiers_or_domains() {
        for (entry, identifier, expected) in [
            ("ada@example.com", "Ada@example.com", true),
            ("*@example.com", "ada@example.com", true),
            ("example.com", "ada@EXAMPLE.com", true),
            ("example.com", "ada@mail.example.com", false),
            ("+15555550100", "+15555550100", true),
            ("+15555550100", "ada@example.com", false),
        ] {
            assert_eq!(matches(entry, identifier), expected, "{entry} {identifier}");
        }
    }
}
