//! Applications that sign in their users through this instance: authorization codes, tokens, and consents (RFC 6749,
//! RFC 7636).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::accounts;
use super::api_error::ApiError;
use super::memberships;
use super::settings;
use crate::model::credential::{Credential, CredentialKind};
use crate::model::oauth_application::OAuthApplication;
use crate::model::oauth_grant::{AuthorizationCode, OAuthConsent, RefreshGrant};
use crate::model::organization::Organization;
use crate::model::session::Session;
use crate::store::tables::Tables;

/// The lifetime of an access token, in seconds.
pub(crate) const ACCESS_TOKEN_SECONDS: i64 = 86_400;

/// The request of an application.
#[derive(Debug, Clone)]
pub(crate) struct Authorization {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<String>,
}

/// An error in the terms of RFC 6749.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GrantError {
    pub(crate) error: &'static str,
    pub(crate) description: &'static str,
}

pub(super) fn refused<T>(error: &'static str, description: &'static str) -> Result<T, GrantError> {
    Err(GrantError { error, description })
}

/// Finds an application by its client ID.
pub(crate) fn application<'a>(
    tables: &'a Tables,
    client_id: &str,
) -> Result<&'a OAuthApplication, ApiError> {
    tables
        .oauth_applications
        .find(|one| one.client_id == client_id)
        .ok_or_else(|| {
            ApiError::unauthorized("invalid_client", "The client_id belongs to no application")
        })
}

/// Returns the URI for the response: the requested one if the application has registered it, or its only one.
pub(crate) fn redirect_uri<'a>(
    application: &'a OAuthApplication,
    wanted: Option<&str>,
) -> Result<&'a str, ApiError> {
    let uris = &application.redirect_uris;
    let found = match wanted {
        Some(wanted) => uris.iter().find(|one| *one == wanted),
        None => uris.first().filter(|_| uris.len() == 1),
    };
    found.map(String::as_str).ok_or_else(|| {
        ApiError::bad_request(
            "redirect_uri_mismatch",
            "The redirect_uri is not one that the application has registered",
        )
    })
}

/// The scope that gives an application the organization that the user chose.
pub(crate) const ORGANIZATION_SCOPE: &str = "user:org:read";
/// The scopes of a request that names none, unless the settings have others.
const DEFAULT_SCOPES: &[&str] = &["profile", "email"];

/// Returns the scopes of a client that names none.
pub(crate) fn default_scopes(tables: &Tables) -> Vec<String> {
    settings::get(tables)
        .ok()
        .and_then(|settings| settings.oauth.default_scopes.clone())
        .unwrap_or_else(|| DEFAULT_SCOPES.iter().map(|one| (*one).to_owned()).collect())
}

/// Returns what a scope gives an application, as users read it.
pub(crate) fn described(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "openid" => "Your identity",
        "profile" => "Your name, username and picture",
        "email" => "Your email address",
        "public_metadata" => "Your public metadata",
        "private_metadata" => "Your private metadata",
        "offline_access" => "Access while you are away",
        ORGANIZATION_SCOPE => "Your organization",
        _ => return None,
    })
}

/// Returns true if users have organizations that an application can learn about.
pub(crate) fn have_organizations(tables: &Tables) -> bool {
    settings::get(tables).is_ok_and(|settings| settings.organizations.enabled)
}

/// Returns the requested scopes, or the default ones that the application has.
pub(crate) fn scopes(
    tables: &Tables,
    application: &OAuthApplication,
    wanted: Option<&str>,
) -> Result<Vec<String>, GrantError> {
    let has_organizations = have_organizations(tables);
    let own: Vec<&str> = application
        .scopes
        .split_whitespace()
        .filter(|scope| *scope != ORGANIZATION_SCOPE || has_organizations)
        .collect();
    let Some(wanted) = wanted else {
        let mut by_default = default_scopes(tables);
        by_default.retain(|scope| own.contains(&scope.as_str()));
        return Ok(by_default);
    };
    let wanted: Vec<&str> = wanted.split_whitespace().collect();
    if wanted.iter().all(|scope| own.contains(scope)) {
        Ok(wanted.into_iter().map(str::to_owned).collect())
    } else {
        refused(
            "invalid_scope",
            "The application does not have all of these scopes",
        )
    }
}

/// Returns true if the user must be asked for consent.
pub(crate) fn needs_consent(
    tables: &Tables,
    application: &OAuthApplication,
    user_id: &str,
    scopes: &[String],
) -> bool {
    let id = OAuthConsent::id_of(&application.client_id, user_id);
    let given = tables.oauth_consents.get(&id);
    let asks = application.consent_screen_enabled
        || settings::get(tables).is_ok_and(|set| set.oauth.dynamic_oauth_client_registration);
    asks && !given.is_some_and(|given| scopes.iter().all(|scope| given.scopes.contains(scope)))
}

/// Records a user's consent to an application.
pub(crate) fn consent(tables: &mut Tables, client_id: &str, user_id: &str, scopes: &[String]) {
    tables.oauth_consents.insert(OAuthConsent {
        id: OAuthConsent::id_of(client_id, user_id),
        scopes: scopes.to_vec(),
    });
}

/// Returns the organization that an application learns about, if the scopes allow one: the one that the user chose, or the
/// active one of the session, or the one that was active last.
pub(crate) fn organization(
    tables: &Tables,
    session: &Session,
    scopes: &[String],
    chosen: Option<&str>,
) -> Result<Option<String>, ApiError> {
    if !scopes.iter().any(|scope| scope == ORGANIZATION_SCOPE) {
        return Ok(None);
    }
    let user_id = &session.user_id;
    if let Some(chosen) = chosen {
        let membership = memberships::find(tables, chosen, user_id)?;
        return Ok(Some(membership.organization_id.clone()));
    }
    let last = tables
        .sessions
        .iter()
        .filter(|one| one.user_id == *user_id && one.organization_id.is_some())
        .max_by_key(|one| one.last_active_at)
        .and_then(|one| one.organization_id.clone());
    let found = session.organization_id.clone().or(last);
    Ok(found.filter(|id| memberships::find(tables, id, user_id).is_ok()))
}

/// Returns the organization that a token tells about, while its user is a member.
pub(crate) fn organization_of<'a>(
    tables: &'a Tables,
    user_id: &str,
    organization_id: Option<&str>,
) -> Option<&'a Organization> {
    let id = organization_id.filter(|_| have_organizations(tables))?;
    memberships::find(tables, id, user_id).ok()?;
    tables.organizations.get(id)
}

/// Issues a code for a user.
pub(crate) fn issue_code(
    tables: &mut Tables,
    authorization: Authorization,
    user_id: String,
    organization_id: Option<String>,
    now: i64,
) -> String {
    tables
        .authorization_codes
        .remove_where(|one| one.is_expired(now));
    let code = AuthorizationCode::fresh();
    tables.authorization_codes.insert(AuthorizationCode {
        code: code.clone(),
        client_id: authorization.client_id,
        user_id,
        organization_id,
        redirect_uri: authorization.redirect_uri,
        scopes: authorization.scopes,
        nonce: authorization.nonce,
        code_challenge: authorization.code_challenge,
        issued_at: now,
    });
    code
}

/// Authenticates the caller: a confidential application by its secret, a public one by its ID alone.
pub(crate) fn authenticate<'a>(
    tables: &'a Tables,
    client_id: &str,
    client_secret: Option<&str>,
) -> Result<&'a OAuthApplication, GrantError> {
    let application = tables
        .oauth_applications
        .find(|one| one.client_id == client_id);
    match application {
        Some(one) if one.public && client_secret.is_none() => Ok(one),
        Some(one) if client_secret == Some(one.client_secret.0.as_str()) => Ok(one),
        _ => refused("invalid_client", "Client authentication failed"),
    }
}

/// The tokens issued to an application.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) token: Credential,
    pub(crate) refresh_token: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) grantee: Grantee,
}

/// Whom tokens are for, and what they permit.
#[derive(Debug, Clone)]
pub(crate) struct Grantee {
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) organization_id: Option<String>,
    pub(crate) scopes: Vec<String>,
}

/// Exchanges a code for tokens, which uses up the code.
pub(crate) fn exchange_code(
    tables: &mut Tables,
    client_id: &str,
    code: &str,
    redirect_uri: Option<&str>,
    code_verifier: Option<&str>,
    now: i64,
) -> Result<Granted, GrantError> {
    let found = tables
        .authorization_codes
        .get(code)
        .filter(|one| one.client_id == client_id && !one.is_expired(now))
        .cloned();
    let Some(found) = found else {
        return refused("invalid_grant", "The code is unknown, used or too old");
    };
    if redirect_uri != Some(&found.redirect_uri) {
        return refused(
            "invalid_grant",
            "The redirect_uri is not the one that the code was issued for",
        );
    }
    let challenged = code_verifier.map(|verifier| {
        let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
        URL_SAFE_NO_PAD.encode(hash.as_ref())
    });
    if found.code_challenge != challenged {
        return refused(
            "invalid_grant",
            "The code_verifier does not fit the code_challenge",
        );
    }
    tables.authorization_codes.remove(code);
    let grantee = Grantee {
        client_id: found.client_id,
        user_id: found.user_id,
        organization_id: found.organization_id,
        scopes: found.scopes,
    };
    Ok(grant(tables, grantee, found.nonce, now))
}

/// Exchanges a refresh token for new tokens, which replaces it. The new ones can have fewer scopes.
pub(crate) fn refresh(
    tables: &mut Tables,
    client_id: &str,
    token: &str,
    scopes: Option<&str>,
    now: i64,
) -> Result<Granted, GrantError> {
    let found = tables
        .refresh_grants
        .get(token)
        .filter(|one| one.client_id == client_id)
        .filter(|one| accounts::find(tables, &one.user_id).is_ok())
        .cloned();
    let Some(mut found) = found else {
        return refused("invalid_grant", "The refresh token is unknown or revoked");
    };
    if let Some(scopes) = scopes {
        let fewer: Vec<String> = scopes.split_whitespace().map(str::to_owned).collect();
        if !fewer.iter().all(|scope| found.scopes.contains(scope)) {
            return refused(
                "invalid_scope",
                "The user did not grant all of these scopes",
            );
        }
        found.scopes = fewer;
    }
    tables.refresh_grants.remove(token);
    let grantee = Grantee {
        client_id: found.client_id,
        user_id: found.user_id,
        organization_id: found.organization_id,
        scopes: found.scopes,
    };
    Ok(grant(tables, grantee, None, now))
}

/// Issues tokens.
pub(super) fn grant(
    tables: &mut Tables,
    mut grantee: Grantee,
    nonce: Option<String>,
    now: i64,
) -> Granted {
    let is_told = grantee
        .scopes
        .iter()
        .any(|scope| scope == ORGANIZATION_SCOPE);
    let chosen = grantee.organization_id.take().filter(|_| is_told);
    // Who is no member any more may become one again.
    let current = organization_of(tables, &grantee.user_id, chosen.as_deref());
    grantee.organization_id = current.map(|organization| organization.id.clone());
    let kind = CredentialKind::OAuthToken {
        client_id: grantee.client_id.clone(),
        organization_id: grantee.organization_id.clone(),
    };
    let mut token = Credential::new(kind, grantee.user_id.clone(), now);
    token.scopes.clone_from(&grantee.scopes);
    token.expiration = Some(now + ACCESS_TOKEN_SECONDS * 1000);
    tables.credentials.insert(token.clone());
    let offline = grantee.scopes.iter().any(|scope| scope == "offline_access");
    let refresh_token = offline.then(RefreshGrant::fresh);
    if let Some(refresh) = &refresh_token {
        tables.refresh_grants.insert(RefreshGrant {
            token: refresh.clone(),
            client_id: grantee.client_id.clone(),
            user_id: grantee.user_id.clone(),
            organization_id: chosen,
            scopes: grantee.scopes.clone(),
            credential_id: token.id.clone(),
            issued_at: now,
        });
    }
    Granted {
        token,
        refresh_token,
        nonce,
        grantee,
    }
}

/// Revokes a refresh token of an application, or the access token with this ID. A token that does not exist counts as revoked
/// (RFC 7009).
pub(crate) fn revoke(
    tables: &mut Tables,
    client_id: &str,
    token: &str,
    access_token_id: Option<&str>,
    now: i64,
) {
    let refresh = tables.refresh_grants.get(token);
    let credential = match refresh.filter(|one| one.client_id == client_id) {
        Some(refresh) => {
            let id = refresh.credential_id.clone();
            tables.refresh_grants.remove(token);
            Some(id)
        }
        None => tables
            .credentials
            .get(access_token_id.unwrap_or_default())
            .filter(|one| one.kind.is_oauth_token_of(client_id))
            .map(|one| one.id.clone()),
    };
    if let Some(credential) = credential.and_then(|id| tables.credentials.get_mut(&id)) {
        credential.revoked = true;
        credential.updated_at = now;
    }
}
