//! The allowlist and the blocklist.

use super::api_error::ApiError;
use super::identifiers;
use crate::model::restriction::{IdentifierKind, Restriction, RestrictionList};
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
    tables
        .restrictions
        .get(id)
        .filter(|entry| entry.list == list)
        .ok_or_else(|| ApiError::not_found("identifier", id))?;
    tables.restrictions.remove(id);
    Ok(())
}
