//! Devices that cannot show a sign-in page: their users decide in a browser elsewhere (RFC 8628).

use http::StatusCode;

use super::accounts;
use super::api_error::ApiError;
use super::oauth_grants::{self, GrantError, Granted, refused};
use super::sessions;
use crate::model::device_grant::{Decision, DeviceGrant, INTERVAL_SECONDS};
use crate::model::oauth_application::OAuthApplication;
use crate::model::session::Session;
use crate::store::tables::Tables;

/// The grant type by which devices ask for their tokens.
pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The time for which an expired request is remembered.
const FORGOTTEN_AFTER_MS: i64 = 86_400_000;
/// The fewest characters of a nonce.
const SHORTEST_NONCE: usize = 8;

/// Returns true if some application lets devices sign in.
pub(crate) fn are_available(tables: &Tables) -> bool {
    tables
        .oauth_applications
        .find(|one| one.device_authorization_grant_enabled)
        .is_some()
}

fn not_enabled<T>() -> Result<T, GrantError> {
    refused(
        "unauthorized_client",
        "The application has no device authorization grant: set device_authorization_grant_enabled",
    )
}

/// Records the request of a device.
pub(crate) fn request(
    tables: &mut Tables,
    application: &OAuthApplication,
    scopes: Option<&str>,
    nonce: Option<&str>,
    now: i64,
) -> Result<DeviceGrant, GrantError> {
    if !application.device_authorization_grant_enabled {
        return not_enabled();
    }
    if nonce.is_some_and(|nonce| nonce.chars().count() < SHORTEST_NONCE) {
        return refused(
            "invalid_request",
            "The nonce must have at least 8 characters",
        );
    }
    let scopes = oauth_grants::scopes(tables, application, scopes)?;
    // Devices and people who come too late still learn that they do.
    tables
        .device_grants
        .remove_where(|one| now >= one.expires_at() + FORGOTTEN_AFTER_MS);
    let client_id = application.client_id.clone();
    let nonce = nonce.map(str::to_owned);
    let grant = loop {
        let grant = DeviceGrant::new(client_id.clone(), scopes.clone(), nonce.clone(), now);
        if by_user_code(tables, &grant.user_code).is_none() {
            break grant;
        }
    };
    tables.device_grants.insert(grant.clone());
    Ok(grant)
}

/// Finds a request by its user code, in any spelling.
fn by_user_code<'a>(tables: &'a Tables, user_code: &str) -> Option<&'a DeviceGrant> {
    let letters: String = user_code
        .chars()
        .filter(|letter| *letter != '-' && !letter.is_whitespace())
        .flat_map(char::to_uppercase)
        .collect();
    tables.device_grants.find(|one| one.user_code == letters)
}

fn unknown() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "resource_not_found",
        "No device waits for this code",
    )
}

/// Finds a request that its user can decide about, or has.
pub(crate) fn find<'a>(
    tables: &'a Tables,
    user_code: &str,
    now: i64,
) -> Result<&'a DeviceGrant, ApiError> {
    let grant = by_user_code(tables, user_code).ok_or_else(unknown)?;
    if grant.is_expired(now) {
        return Err(ApiError::bad_request(
            "oauth_device_code_expired",
            "The code has expired. Start again on the device.",
        ));
    }
    Ok(grant)
}

/// Takes the decision of the user of a session, once. Who approves can choose an organization if the device asks for one.
pub(crate) fn decide<'a>(
    tables: &'a mut Tables,
    user_code: &str,
    session: &Session,
    approved: bool,
    organization: Option<&str>,
    now: i64,
) -> Result<&'a DeviceGrant, ApiError> {
    sessions::check_complete(session)?;
    let grant = find(tables, user_code, now)?;
    if grant.decision != Decision::Pending {
        return Err(ApiError::bad_request(
            "bad_request",
            "This request was already approved or denied",
        ));
    }
    let decision = if approved {
        Decision::Approved {
            user_id: session.user_id.clone(),
            organization_id: match organization {
                None => None,
                chosen => oauth_grants::organization(tables, session, &grant.scopes, chosen)?,
            },
        }
    } else {
        Decision::Denied
    };
    let device_code = grant.device_code.clone();
    let grant = tables
        .device_grants
        .get_mut(&device_code)
        .ok_or_else(unknown)?;
    grant.decision = decision;
    Ok(grant)
}

/// Exchanges a device code for tokens once its user has approved, which uses up the code.
pub(crate) fn exchange(
    tables: &mut Tables,
    client_id: &str,
    device_code: &str,
    now: i64,
) -> Result<Granted, GrantError> {
    let is_enabled = tables
        .oauth_applications
        .find(|one| one.client_id == client_id && one.device_authorization_grant_enabled)
        .is_some();
    if !is_enabled {
        return not_enabled();
    }
    let grant = tables
        .device_grants
        .get_mut(device_code)
        .filter(|one| one.client_id == client_id);
    let Some(grant) = grant else {
        return refused("invalid_grant", "The device code is unknown or used");
    };
    if grant.is_expired(now) {
        return refused("expired_token", "The device code has expired");
    }
    match grant.decision.clone() {
        Decision::Pending => {
            let earliest = grant
                .asked_at
                .map(|at| at.saturating_add(grant.interval_seconds.saturating_mul(1000)));
            grant.asked_at = Some(now);
            if earliest.is_some_and(|earliest| now < earliest) {
                grant.interval_seconds = grant.interval_seconds.saturating_add(INTERVAL_SECONDS);
                return refused(
                    "slow_down",
                    "The device asks too often. It must wait five seconds longer from now on",
                );
            }
            refused("authorization_pending", "The user has not decided yet")
        }
        Decision::Denied => refused("access_denied", "The user did not agree"),
        Decision::Consumed => refused("invalid_grant", "The device code is used"),
        Decision::Approved {
            user_id,
            organization_id,
        } => {
            grant.decision = Decision::Consumed;
            let (scopes, nonce) = (grant.scopes.clone(), grant.nonce.clone());
            if accounts::find(tables, &user_id).is_err() {
                return refused("invalid_grant", "The user does not exist any more");
            }
            let grantee = oauth_grants::Grantee {
                client_id: client_id.to_owned(),
                user_id,
                organization_id,
                scopes,
            };
            Ok(oauth_grants::grant(tables, grantee, nonce, now))
        }
    }
}
