//! OAuth applications.

use url::Url;

use super::api_error::ApiError;
use crate::model::oauth_application::OAuthApplication;
use crate::model::user::Image;
use crate::store::tables::Tables;

/// The scopes that an application may request.
const SCOPES: &[&str] = &[
    "email",
    "offline_access",
    "openid",
    "private_metadata",
    "profile",
    "public_metadata",
    "user:org:read",
];

/// Finds an application by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a OAuthApplication, ApiError> {
    tables
        .oauth_applications
        .get(id)
        .ok_or_else(|| ApiError::not_found("OAuth application", id))
}

/// Lists the applications whose name contains the query, whatever its case, or whose client ID is the query, oldest first.
pub(crate) fn list<'a>(tables: &'a Tables, name_query: Option<&str>) -> Vec<&'a OAuthApplication> {
    let lower = name_query.map(str::to_lowercase).unwrap_or_default();
    tables
        .oauth_applications
        .iter()
        .filter(|one| {
            one.name.to_lowercase().contains(&lower) || name_query == Some(&*one.client_id)
        })
        .collect()
}

/// The fields of an application. Omitted fields stay unchanged or take their defaults.
#[derive(Debug, Default)]
pub(crate) struct ApplicationFields {
    pub(crate) name: Option<String>,
    pub(crate) redirect_uris: Option<Vec<String>>,
    pub(crate) scopes: Option<String>,
    pub(crate) consent_screen_enabled: Option<bool>,
    pub(crate) pkce_required: Option<bool>,
    pub(crate) public: Option<bool>,
    pub(crate) device_authorization_grant_enabled: Option<bool>,
    pub(crate) dynamically_registered: Option<bool>,
    pub(crate) client_uri: Option<String>,
}

impl ApplicationFields {
    fn apply(self, application: &mut OAuthApplication) -> Result<(), ApiError> {
        if let Some(uris) = self.redirect_uris {
            if uris.iter().any(|uri| Url::parse(uri).is_err()) {
                return Err(ApiError::format("redirect_uris", "must hold absolute URLs"));
            }
            application.redirect_uris = uris;
        }
        if let Some(scopes) = self.scopes {
            if let Some(scope) = scopes
                .split_whitespace()
                .find(|scope| !SCOPES.contains(scope))
            {
                return Err(ApiError::value(
                    "scopes",
                    &format!("must not hold the unknown scope {scope}"),
                ));
            }
            application.scopes = scopes;
        }
        if let Some(name) = self.name {
            application.name = name;
        }
        if self.consent_screen_enabled == Some(false) && application.dynamically_registered {
            return Err(ApiError::param(
                "oauth_application_consent_screen_cannot_be_disabled",
                "consent_screen_enabled",
                "Consent screen cannot be disabled for a dynamically registered OAuth Application",
            ));
        }
        application.consent_screen_enabled = self
            .consent_screen_enabled
            .unwrap_or(application.consent_screen_enabled);
        application.public = self.public.unwrap_or(application.public);
        application.pkce_required = self.pkce_required.unwrap_or(application.pkce_required);
        application.device_authorization_grant_enabled = self
            .device_authorization_grant_enabled
            .unwrap_or(application.device_authorization_grant_enabled);
        application.dynamically_registered = self
            .dynamically_registered
            .unwrap_or(application.dynamically_registered);
        application.client_uri = self.client_uri.or(application.client_uri.take());
        Ok(())
    }
}

/// Creates an application.
pub(crate) fn create(
    tables: &mut Tables,
    fields: ApplicationFields,
    now: i64,
) -> Result<&OAuthApplication, ApiError> {
    let mut application = OAuthApplication::new(String::new(), now);
    fields.apply(&mut application)?;
    Ok(tables.oauth_applications.insert(application))
}

fn change<'a>(
    tables: &'a mut Tables,
    id: &str,
    now: i64,
    change: impl FnOnce(&mut OAuthApplication) -> Result<(), ApiError>,
) -> Result<&'a OAuthApplication, ApiError> {
    let application = tables
        .oauth_applications
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("OAuth application", id))?;
    change(application)?;
    application.updated_at = now;
    Ok(application)
}

/// Updates an application.
pub(crate) fn update<'a>(
    tables: &'a mut Tables,
    id: &str,
    fields: ApplicationFields,
    now: i64,
) -> Result<&'a OAuthApplication, ApiError> {
    change(tables, id, now, |application| fields.apply(application))
}

/// Replaces the logo.
pub(crate) fn set_logo<'a>(
    tables: &'a mut Tables,
    id: &str,
    logo: Image,
    now: i64,
) -> Result<&'a OAuthApplication, ApiError> {
    change(tables, id, now, |application| {
        application.logo = Some(logo);
        Ok(())
    })
}

/// Replaces the client secret. The old one stops working.
pub(crate) fn rotate_secret<'a>(
    tables: &'a mut Tables,
    id: &str,
    now: i64,
) -> Result<&'a OAuthApplication, ApiError> {
    change(tables, id, now, |application| {
        application.client_secret = OAuthApplication::new_secret();
        Ok(())
    })
}

/// Deletes an application along with the tokens issued to it.
pub(crate) fn delete(tables: &mut Tables, id: &str) -> Result<(), ApiError> {
    let client_id = find(tables, id)?.client_id.clone();
    tables
        .credentials
        .remove_where(|token| token.kind.is_oauth_token_of(&client_id));
    tables
        .refresh_grants
        .remove_where(|grant| grant.client_id == client_id);
    tables
        .authorization_codes
        .remove_where(|code| code.client_id == client_id);
    tables
        .device_grants
        .remove_where(|grant| grant.client_id == client_id);
    tables
        .oauth_consents
        .remove_where(|consent| consent.client_id() == client_id);
    tables.oauth_applications.remove(id);
    Ok(())
}

/// Revokes an access token issued to an application.
pub(crate) fn revoke_token(
    tables: &mut Tables,
    id: &str,
    token: &str,
    now: i64,
) -> Result<(), ApiError> {
    let client_id = find(tables, id)?.client_id.clone();
    let id = tables
        .credentials
        .find(|one| one.secret.0 == token && one.kind.is_oauth_token_of(&client_id))
        .map(|one| one.id.clone())
        .ok_or_else(|| {
            // The text never repeats a token.
            ApiError::not_found("access token of this application", "that was given")
        })?;
    if let Some(credential) = tables.credentials.get_mut(&id) {
        credential.revoked = true;
        credential.updated_at = now;
    }
    Ok(())
}
