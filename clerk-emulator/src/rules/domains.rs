//! Domains of the application.

use http::StatusCode;
use url::Url;

use super::api_error::ApiError;
use super::identifiers;
use super::sessions;
use crate::model::domain::Domain;
use crate::model::patch::Patch;
use crate::model::session::SessionStatus;
use crate::store::tables::Tables;

/// Adds the primary domain to a new instance that does not have one.
pub(crate) fn ensure_primary(tables: &mut Tables, name: &str) {
    if tables.domains.find(|domain| !domain.is_satellite).is_none() {
        let domain = Domain::new(name.to_owned(), false, None);
        tables.domains.insert(domain);
    }
}

/// Finds a domain by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a Domain, ApiError> {
    tables
        .domains
        .get(id)
        .ok_or_else(|| ApiError::not_found("domain", id))
}

/// Lists all domains, starting with the primary one.
pub(crate) fn list(tables: &Tables) -> Vec<&Domain> {
    tables.domains.iter().collect()
}

fn check_name(tables: &Tables, name: &str, own_id: Option<&str>) -> Result<(), ApiError> {
    if !identifiers::is_domain(name) {
        return Err(ApiError::format("name", "must be a domain name"));
    }
    match tables.domains.find(|domain| domain.name == name) {
        Some(other) if own_id != Some(other.id.as_str()) => Err(ApiError::taken("name")),
        _ => Ok(()),
    }
}

/// Rejects a text that is not an absolute URL.
pub(crate) fn check_proxy_url(url: &str) -> Result<(), ApiError> {
    match Url::parse(url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
        _ => Err(ApiError::format("proxy_url", "must be an absolute URL")),
    }
}

/// Adds a satellite domain.
pub(crate) fn create_satellite(
    tables: &mut Tables,
    name: String,
    proxy_url: Option<String>,
) -> Result<&Domain, ApiError> {
    check_name(tables, &name, None)?;
    if let Some(url) = &proxy_url {
        check_proxy_url(url)?;
    }
    Ok(tables.domains.insert(Domain::new(name, true, proxy_url)))
}

/// Updates a domain.
pub(crate) fn update<'a>(
    tables: &'a mut Tables,
    id: &str,
    name: Option<String>,
    proxy_url: Patch<String>,
) -> Result<&'a Domain, ApiError> {
    find(tables, id)?;
    if let Some(name) = &name {
        check_name(tables, name, Some(id))?;
    }
    if let Some(url) = proxy_url.value() {
        check_proxy_url(url)?;
    }
    let domain = tables
        .domains
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("domain", id))?;
    if let Some(name) = name {
        domain.name = name;
    }
    proxy_url.apply(&mut domain.proxy_url);
    Ok(domain)
}

/// Moves the application to a new home: renames the primary domain and signs everyone out.
pub(crate) fn move_home(
    tables: &mut Tables,
    home_url: &str,
    is_secondary: bool,
    now: i64,
) -> Result<(), ApiError> {
    let host = Url::parse(home_url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .and_then(|url| url.host_str().map(str::to_owned))
        .filter(|host| identifiers::is_domain(host))
        .ok_or_else(|| ApiError::format("home_url", "must be a URL with a domain name"))?;
    // A subdomain counts only for a secondary application.
    let name = match host.strip_prefix("www.") {
        Some(name) if !is_secondary => name.to_owned(),
        _ => host,
    };
    let primary = tables
        .domains
        .find(|domain| !domain.is_satellite)
        .map(|domain| domain.id.clone())
        .ok_or_else(|| ApiError::not_found("domain", "of the instance"))?;
    if tables
        .domains
        .find(|domain| domain.name == name && domain.id != primary)
        .is_some()
    {
        return Err(ApiError::taken("home_url"));
    }
    if let Some(domain) = tables.domains.get_mut(&primary) {
        domain.name = name;
    }
    sessions::end_all(tables, SessionStatus::Revoked, now);
    Ok(())
}

/// Removes a satellite domain.
pub(crate) fn delete(tables: &mut Tables, id: &str) -> Result<(), ApiError> {
    if !find(tables, id)?.is_satellite {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "operation_not_allowed_on_primary_domain",
            "The primary domain cannot be deleted",
        ));
    }
    tables.domains.remove(id);
    Ok(())
}
