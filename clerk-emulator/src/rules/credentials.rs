//! API keys, M2M tokens, and OAuth access tokens.

use http::StatusCode;
use serde_json::Value;

use super::api_error::ApiError;
use super::machines;
use crate::model::credential::{Credential, CredentialKind};
use crate::model::patch::Patch;
use crate::store::tables::Tables;

/// The caller of an operation that is also available to machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The application, authenticated with the instance's secret key.
    Instance,
    /// The machine with this ID, authenticated with its machine secret key.
    Machine(String),
}

/// Finds an API key by ID.
pub(crate) fn find_api_key<'a>(tables: &'a Tables, id: &str) -> Result<&'a Credential, ApiError> {
    tables
        .credentials
        .get(id)
        .filter(|credential| credential.kind.is_api_key())
        .ok_or_else(|| ApiError::not_found("API key", id))
}

/// Rejects subjects that are no ID of a user, organization, machine or directory.
pub(crate) fn check_subject_form(subject: &str) -> Result<(), ApiError> {
    let is_id = ["user_", "org_", "mch_", "scim_"]
        .iter()
        .any(|prefix| subject.len() > prefix.len() && subject.starts_with(prefix));
    match is_id {
        true => Ok(()),
        false => Err(ApiError::format(
            "subject",
            "must be the ID of a user, organization or machine",
        )),
    }
}

fn check_subject(tables: &Tables, subject: &str) -> Result<(), ApiError> {
    check_subject_form(subject)?;
    let known = tables.users.contains(subject)
        || tables.organizations.contains(subject)
        || tables.machines.contains(subject);
    if known {
        Ok(())
    } else {
        Err(ApiError::value(
            "subject",
            "must be a user, organization or machine of this instance",
        ))
    }
}

/// Returns the expiration time of a credential that lives for this many seconds from now.
fn expiration(seconds: Option<i64>, now: i64) -> Result<Option<i64>, ApiError> {
    match seconds {
        None => Ok(None),
        Some(seconds) if seconds > 0 => Ok(Some(now.saturating_add(seconds.saturating_mul(1000)))),
        Some(_) => Err(ApiError::value(
            "seconds_until_expiration",
            "must be greater than 0",
        )),
    }
}

/// The fields of a new API key.
#[derive(Debug)]
pub(crate) struct NewApiKey {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) created_by: Option<String>,
    pub(crate) subject: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) claims: Value,
    pub(crate) seconds_until_expiration: Option<i64>,
}

/// Rejects names that are too short or that have blanks around them.
fn check_name(name: &str) -> Result<(), ApiError> {
    if name.chars().count() < 3 || name.trim() != name {
        return Err(ApiError::format(
            "name",
            "must have at least 3 characters and no blanks around them",
        ));
    }
    Ok(())
}

/// Creates an API key.
pub(crate) fn create_api_key(
    tables: &mut Tables,
    new: NewApiKey,
    now: i64,
) -> Result<&Credential, ApiError> {
    check_name(&new.name)?;
    check_subject(tables, &new.subject)?;
    if let Some(user) = &new.created_by
        && !tables.users.contains(user)
    {
        return Err(ApiError::value(
            "created_by",
            "must be a user of this instance",
        ));
    }
    let is_taken = |key: &Credential| {
        matches!(&key.kind, CredentialKind::ApiKey { name, .. } if *name == new.name)
            && key.subject == new.subject
            && key.is_valid(now)
    };
    if tables.credentials.find(is_taken).is_some() {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "api_key_name_already_exists",
            "The subject has a valid API key with this name already",
        ));
    }
    let kind = CredentialKind::ApiKey {
        name: new.name,
        description: new.description,
        created_by: new.created_by,
    };
    let mut key = Credential::new(kind, new.subject, now);
    key.scopes = new.scopes;
    key.claims = new.claims;
    key.expiration = expiration(new.seconds_until_expiration, now)?;
    Ok(tables.credentials.insert(key))
}

/// An update of an API key.
#[derive(Debug, Default)]
pub(crate) struct ApiKeyUpdate {
    pub(crate) description: Patch<String>,
    pub(crate) subject: Option<String>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) claims: Patch<Value>,
    pub(crate) seconds_until_expiration: Patch<i64>,
}

/// Updates an API key.
pub(crate) fn update_api_key<'a>(
    tables: &'a mut Tables,
    id: &str,
    update: ApiKeyUpdate,
    now: i64,
) -> Result<&'a Credential, ApiError> {
    find_api_key(tables, id)?;
    if let Some(subject) = &update.subject {
        check_subject(tables, subject)?;
    }
    let end = match update.seconds_until_expiration {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(seconds) => expiration(Some(seconds), now)?.map_or(Patch::Clear, Patch::Set),
    };
    if let Some(key) = tables.credentials.get_mut(id) {
        if let CredentialKind::ApiKey { description, .. } = &mut key.kind {
            update.description.apply(description);
        }
        match update.claims {
            Patch::Keep => {}
            Patch::Clear => key.claims = Value::Null,
            Patch::Set(claims) => key.claims = claims,
        }
        if let Some(scopes) = update.scopes {
            key.scopes = scopes;
        }
        if let Some(subject) = update.subject {
            key.subject = subject;
        }
        end.apply(&mut key.expiration);
        key.updated_at = now;
    }
    find_api_key(tables, id)
}

/// Deletes an API key.
pub(crate) fn delete_api_key(tables: &mut Tables, id: &str) -> Result<(), ApiError> {
    find_api_key(tables, id)?;
    tables.credentials.remove(id);
    Ok(())
}

/// Revokes an API key.
pub(crate) fn revoke_api_key<'a>(
    tables: &'a mut Tables,
    id: &str,
    reason: Option<String>,
    now: i64,
) -> Result<&'a Credential, ApiError> {
    find_api_key(tables, id)?;
    revoke(tables, id, reason, now)
}

fn revoke<'a>(
    tables: &'a mut Tables,
    id: &str,
    reason: Option<String>,
    now: i64,
) -> Result<&'a Credential, ApiError> {
    let credential = tables
        .credentials
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("credential", id))?;
    credential.revoked = true;
    credential.revocation_reason = reason;
    credential.updated_at = now;
    Ok(credential)
}

/// Lists the API keys of a subject, newest first.
pub(crate) fn list_api_keys<'a>(
    tables: &'a Tables,
    subject: &str,
    query: Option<&str>,
    include_invalid: bool,
    now: i64,
) -> Vec<&'a Credential> {
    tables
        .credentials
        .iter()
        .rev()
        .filter(|key| key.kind.is_api_key() && key.subject == subject)
        .filter(|key| include_invalid || key.is_valid(now))
        .filter(|key| match (&key.kind, query) {
            (CredentialKind::ApiKey { name, .. }, Some(query)) => {
                name.to_lowercase().contains(query)
            }
            _ => true,
        })
        .collect()
}

/// Finds a live credential by its secret and records that it was used. `what` names it in the error, which never
/// repeats the secret.
pub(crate) fn verify<'a>(
    tables: &'a mut Tables,
    secret: &str,
    what: &str,
    accepts: impl Fn(&Credential) -> bool,
    now: i64,
) -> Result<&'a Credential, ApiError> {
    let refused = || {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "resource_not_found",
            format!("{what} not found, revoked or expired"),
        )
    };
    let id = tables
        .credentials
        .find(|row| row.secret.0 == secret && row.is_valid(now) && accepts(row))
        .map(|row| row.id.clone())
        .ok_or_else(refused)?;
    let credential = tables.credentials.get_mut(&id).ok_or_else(refused)?;
    credential.last_used_at = Some(now);
    Ok(credential)
}

/// The format of a new M2M token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenFormat {
    Opaque,
    Jwt,
}

/// The fields of a new M2M token.
#[derive(Debug)]
pub(crate) struct NewM2mToken {
    pub(crate) format: TokenFormat,
    pub(crate) claims: Value,
    pub(crate) seconds_until_expiration: Option<i64>,
    /// Reuses a token that lives for at least this long.
    pub(crate) min_remaining_ttl_seconds: Option<i64>,
}

/// Creates a token for a machine, or finds one that can be reused. A JWT is stateless, so nothing about it is stored.
pub(crate) fn create_m2m_token(
    tables: &mut Tables,
    caller: &Caller,
    new: NewM2mToken,
    now: i64,
) -> Result<Credential, ApiError> {
    let Caller::Machine(machine_id) = caller else {
        return Err(ApiError::unauthorized(
            "authentication_invalid",
            "M2M tokens are created with a machine secret key",
        ));
    };
    let machine = machines::find(tables, machine_id)?;
    let scopes = machine.scopes.clone();
    let default_end = now.saturating_add(machine.default_token_ttl.saturating_mul(1000));
    let end = expiration(new.seconds_until_expiration, now)?.unwrap_or(default_end);
    if let (Some(seconds), TokenFormat::Opaque) = (new.min_remaining_ttl_seconds, new.format) {
        let remaining = seconds.saturating_mul(1000);
        if !(0..end - now).contains(&remaining) {
            return Err(ApiError::value(
                "min_remaining_ttl_seconds",
                "must not be negative, and less than the lifetime of the token",
            ));
        }
        let reusable = tables.credentials.find(|token| {
            token.kind.is_m2m_token()
                && token.subject == *machine_id
                && token.claims == new.claims
                && token.scopes == scopes
                && !token.revoked
                && token.expiration.is_some_and(|end| end - now >= remaining)
        });
        if let Some(token) = reusable {
            return Ok(token.clone());
        }
    }
    let mut token = Credential::new(CredentialKind::M2mToken, machine_id.clone(), now);
    token.scopes = scopes;
    token.claims = new.claims;
    token.expiration = Some(end);
    if new.format == TokenFormat::Opaque {
        tables.credentials.insert(token.clone());
    }
    Ok(token)
}

/// Lists a machine's M2M tokens, newest first. A machine sees only its own tokens.
pub(crate) fn list_m2m_tokens<'a>(
    tables: &'a Tables,
    caller: &Caller,
    subject: &str,
    revoked: bool,
    expired: bool,
    now: i64,
) -> Result<Vec<&'a Credential>, ApiError> {
    if matches!(caller, Caller::Machine(id) if id != subject) {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "A machine can list only its own tokens",
        ));
    }
    Ok(tables
        .credentials
        .iter()
        .rev()
        .filter(|token| token.kind.is_m2m_token() && token.subject == subject)
        .filter(|token| token.revoked == revoked && token.is_expired(now) == expired)
        .collect())
}

/// Revokes an M2M token. A machine can revoke only its own tokens.
pub(crate) fn revoke_m2m_token<'a>(
    tables: &'a mut Tables,
    caller: &Caller,
    id: &str,
    reason: Option<String>,
    now: i64,
) -> Result<&'a Credential, ApiError> {
    tables
        .credentials
        .get(id)
        .filter(|token| token.kind.is_m2m_token())
        .filter(|token| match caller {
            Caller::Instance => true,
            Caller::Machine(id) => token.subject == *id,
        })
        .ok_or_else(|| ApiError::not_found("M2M token", id))?;
    revoke(tables, id, reason, now)
}

/// Finds the subject of a credential created in a test, and the scopes that it has by default.
pub(crate) fn subject_of(
    tables: &Tables,
    kind: &CredentialKind,
    name: &str,
) -> Option<(String, Vec<String>)> {
    use super::identifiers::user_by_any;
    use super::organizations::by_id_or_slug;

    let machine = machines::by_id_or_name(tables, name);
    match kind {
        CredentialKind::M2mToken => {
            machine.map(|machine| (machine.id.clone(), machine.scopes.clone()))
        }
        CredentialKind::OAuthToken { .. } => {
            user_by_any(tables, name).map(|user| (user.id.clone(), Vec::new()))
        }
        CredentialKind::ApiKey { .. } => user_by_any(tables, name)
            .map(|user| &user.id)
            .or_else(|| by_id_or_slug(tables, name).map(|organization| &organization.id))
            .or_else(|| machine.map(|machine| &machine.id))
            .map(|id| (id.clone(), Vec::new())),
    }
}

/// Adds a credential created in a test.
pub(crate) fn add(tables: &mut Tables, credential: Credential) {
    tables.credentials.insert(credential);
}
