//! The allowlist and the blocklist.

use super::api_error::ApiError;
use super::codes;
use super::identifiers;
use super::settings;
use crate::model::restriction::{IdentifierKind, Restriction, RestrictionList};
use crate::model::user::User;
use crate::store::tables::Tables;

/// Lists the entries of a list, newest first.
pub(crate) fn list(tables: &Tables, list: RestrictionList) -> Vec<&Restriction> {
    tables
        .restrictions
        .iter()
        .rev()
        .filter(|entry| entry.list == list)
        .collect()
}

/// Adds an identifier to a list.
pub(crate) fn add(
    tables: &mut Tables,
    list: RestrictionList,
    identifier: String,
    now: i64,
) -> Result<&Restriction, ApiError> {
    let kind = kind_of(&identifier)?;
    let listed = tables
        .restrictions
        .find(|entry| entry.list == list && entry.identifier.eq_ignore_ascii_case(&identifier));
    if listed.is_some() {
        return Err(ApiError::param(
            "duplicate_record",
            "identifier",
            format!("The identifier {identifier} is on the list already"),
        ));
    }
    let entry = Restriction::new(list, identifier, kind, now);
    Ok(tables.restrictions.insert(entry))
}

fn kind_of(identifier: &str) -> Result<IdentifierKind, ApiError> {
    let is_wallet = identifier.strip_prefix("0x").is_some_and(|digits| {
        digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    let domain = identifier.strip_prefix("*@").unwrap_or(identifier);
    if is_wallet {
        Ok(IdentifierKind::Web3Wallet)
    } else if identifiers::is_e164(identifier) {
        Ok(IdentifierKind::PhoneNumber)
    } else if identifiers::is_domain(domain) || identifiers::check_email(identifier).is_ok() {
        Ok(IdentifierKind::EmailAddress)
    } else {
        Err(ApiError::format(
            "identifier",
            "must be an email address, an email domain, a phone number or a web3 wallet",
        ))
    }
}

/// Removes an entry from a list.
pub(crate) fn remove(tables: &mut Tables, list: RestrictionList, id: &str) -> Result<(), ApiError> {
    find(tables, list, id)?;
    tables.restrictions.remove(id);
    Ok(())
}

/// Finds an entry of a list.
pub(crate) fn find<'a>(
    tables: &'a Tables,
    list: RestrictionList,
    id: &str,
) -> Result<&'a Restriction, ApiError> {
    tables
        .restrictions
        .get(id)
        .filter(|entry| entry.list == list)
        .ok_or_else(|| ApiError::not_found("identifier", id))
}

/// Records the invitation that was sent to an identifier.
pub(crate) fn note_invitation(tables: &mut Tables, id: &str, invitation_id: String) {
    if let Some(entry) = tables.restrictions.get_mut(id) {
        entry.invitation_id = Some(invitation_id);
    }
}

/// A sample of domains of disposable addresses. Clerk knows thousands.
const DISPOSABLE_DOMAINS: &[&str] = &[
    "10minutemail.com",
    "discard.email",
    "dispostable.com",
    "fakeinbox.com",
    "getnada.com",
    "guerrillamail.com",
    "maildrop.cc",
    "mailinator.com",
    "mintemail.com",
    "mohmal.com",
    "sharklasers.com",
    "temp-mail.org",
    "tempmail.com",
    "throwawaymail.com",
    "trashmail.com",
    "yopmail.com",
];

/// Rejects a list of identifiers if any of them may not have an account.
pub(crate) fn check_access<'a>(
    tables: &Tables,
    identifiers: impl IntoIterator<Item = &'a str>,
) -> Result<(), ApiError> {
    identifiers
        .into_iter()
        .try_for_each(|identifier| check_identifier(tables, identifier))
}

/// Rejects an identifier that is blocked, or that is missing from an allowlist in force. Returns true if it is on that list.
fn check_lists(tables: &Tables, identifier: &str) -> Result<bool, ApiError> {
    let settings = &settings::get(tables)?.restrictions;
    let is_on = |list| {
        let entry = tables
            .restrictions
            .find(|entry| entry.list == list && covers(list, &entry.identifier, identifier));
        entry.is_some()
    };
    if settings.allowlist && is_on(RestrictionList::Allow) {
        return Ok(true);
    }
    if settings.allowlist || (settings.blocklist && is_on(RestrictionList::Block)) {
        return Err(not_allowed(identifier));
    }
    Ok(false)
}

/// Applies the lists to a user who signs in, on instances that want that: one identifier on the allowlist is enough, and one
/// that is blocked is too many.
pub(crate) fn check_sign_in(tables: &Tables, user: &User) -> Result<(), ApiError> {
    let settings = &settings::get(tables)?.restrictions;
    if settings.allowlist_blocklist_disabled_on_sign_in {
        return Ok(());
    }
    let emails = user.email_addresses.iter().map(|one| &one.email_address);
    let phones = user.phone_numbers.iter().map(|one| &one.phone_number);
    let wallets = user.web3_wallets.iter().map(|one| &one.web3_wallet);
    let mut refusal = None;
    for identifier in emails.chain(phones).chain(wallets) {
        match check_lists(tables, identifier) {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(refused) => refusal = refusal.or(Some(refused)),
        }
    }
    refusal.map_or(Ok(()), Err)
}

/// Rejects an identifier that may not have an account: one that is blocked, one that is missing from an allowlist in
/// force, and an address of a kind that the instance does not accept.
pub(crate) fn check_identifier(tables: &Tables, identifier: &str) -> Result<(), ApiError> {
    let settings = &settings::get(tables)?.restrictions;
    if check_lists(tables, identifier)? {
        return Ok(());
    }
    let Some((local, domain)) = identifier.rsplit_once('@') else {
        return Ok(());
    };
    // Test addresses are subaddresses.
    let is_subaddress = local.contains(['+', '=', '#']) && !codes::is_test_address(identifier);
    if settings.block_email_subaddresses && is_subaddress {
        return Err(ApiError {
            param_name: Some("email_address".to_owned()),
            ..ApiError::forbidden(
                "not_allowed_access",
                "Email address must not contain the characters '+', '=', or '#'.",
            )
        });
    }
    let domain = domain.to_lowercase();
    if settings.block_disposable_email_domains && DISPOSABLE_DOMAINS.contains(&domain.as_str()) {
        return Err(not_allowed(identifier));
    }
    Ok(())
}

fn not_allowed(identifier: &str) -> ApiError {
    ApiError::forbidden(
        "not_allowed_access",
        format!("{identifier} is not allowed to access this application."),
    )
    .with("identifiers", vec![identifier.to_owned()])
}

/// Returns true if an entry matches the identifier or the domain of an address.
fn covers(list: RestrictionList, entry: &str, identifier: &str) -> bool {
    if entry.eq_ignore_ascii_case(identifier) {
        return true;
    }
    let Some((local, domain)) = identifier.rsplit_once('@') else {
        return false;
    };
    let of_domain = entry.strip_prefix("*@").unwrap_or(entry);
    if let Some(parent) = of_domain.strip_prefix("*.") {
        let labels = domain.len().checked_sub(parent.len());
        return labels.is_some_and(|at| {
            domain
                .get(at..)
                .is_some_and(|end| end.eq_ignore_ascii_case(parent))
                && domain.get(..at).is_some_and(|start| start.ends_with('.'))
        });
    }
    if domain.eq_ignore_ascii_case(of_domain) {
        return true;
    }
    // An address that is blocked blocks its subaddresses. One that is allowed allows itself alone.
    let base = local.split_once('+').map_or(local, |(base, _)| base);
    list == RestrictionList::Block
        && entry.rsplit_once('@').is_some_and(|(entry, of)| {
            entry.eq_ignore_ascii_case(base) && of.eq_ignore_ascii_case(domain)
        })
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
            ("*@*.example.com", "ada@mail.example.com", true),
            ("*@*.example.com", "ada@a.b.EXAMPLE.com", true),
            ("*@*.example.com", "ada@example.com", false),
            ("*@*.example.com", "ada@badexample.com", false),
            ("ada@example.com", "Ada+news@example.com", true),
            ("ada+news@example.com", "ada@example.com", false),
            ("ada@example.com", "adam@example.com", false),
            ("+15555550100", "+15555550100", true),
            ("+15555550100", "ada@example.com", false),
        ] {
            let blocks = covers(RestrictionList::Block, entry, identifier);
            assert_eq!(blocks, expected, "{entry} {identifier}");
            let allows = covers(RestrictionList::Allow, entry, identifier);
            let is_subaddress = identifier == "Ada+news@example.com";
            assert_eq!(allows, expected && !is_subaddress, "{entry} {identifier}");
        }
    }
}
