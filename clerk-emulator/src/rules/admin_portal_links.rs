//! Link tokens for the admin portal.

use super::api_error::ApiError;
use crate::model::admin_portal_link::AdminPortalLink;
use crate::random;
use crate::secret::Secret;
use crate::store::tables::Tables;

const DEFAULT_SECONDS: i64 = 3600;
const MOST_SECONDS: i64 = 86_400;

/// The fields of a new link token.
#[derive(Debug)]
pub(crate) struct NewLink {
    pub(crate) organization_id: Option<String>,
    pub(crate) it_contact_id: Option<String>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) seconds_until_expiration: Option<i64>,
}

fn bad_request(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("bad_request", message)
}

/// Creates a link token.
pub(crate) fn create(
    tables: &mut Tables,
    new: NewLink,
    now: i64,
) -> Result<&AdminPortalLink, ApiError> {
    if let Some(id) = &new.organization_id
        && !tables.organizations.contains(id)
    {
        return Err(bad_request(format!("There is no organization {id}")));
    }
    let seconds = new.seconds_until_expiration.unwrap_or(DEFAULT_SECONDS);
    if !(0..=MOST_SECONDS).contains(&seconds) {
        return Err(bad_request(format!(
            "seconds_until_expiration must be between 0 and {MOST_SECONDS}"
        )));
    }
    let is_blank = |text: &String| text.is_empty();
    if new.it_contact_id.as_ref().is_some_and(is_blank) || new.scopes.iter().flatten().any(is_blank)
    {
        return Err(bad_request(
            "it_contact_id and scopes must not be empty texts",
        ));
    }
    Ok(tables.admin_portal_links.insert(AdminPortalLink {
        id: random::hex_id("aplt"),
        link_id: random::id("apl"),
        organization_id: new.organization_id,
        it_contact_id: new.it_contact_id,
        scopes: new.scopes,
        token: Secret(format!("aplt_{}", random::alphanumeric(48))),
        revoked: false,
        revocation_reason: None,
        expires_at: now.saturating_add(seconds.saturating_mul(1000)),
        created_at: now,
        updated_at: now,
    }))
}

/// Revokes a link token. A token that is already revoked stays unchanged.
pub(crate) fn revoke<'a>(
    tables: &'a mut Tables,
    id: &str,
    reason: Option<String>,
    now: i64,
) -> Result<&'a AdminPortalLink, ApiError> {
    let link = tables
        .admin_portal_links
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("admin portal link token", id))?;
    if !link.revoked {
        link.revoked = true;
        link.revocation_reason = reason;
        link.updated_at = now;
    }
    Ok(link)
}
