//! Addresses to which native applications may be redirected.

use url::Url;

use super::api_error::ApiError;
use super::settings;
use crate::model::redirect_url::RedirectUrl;
use crate::store::tables::Tables;

/// Finds an address by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a RedirectUrl, ApiError> {
    tables
        .redirect_urls
        .get(id)
        .ok_or_else(|| ApiError::not_found("redirect URL", id))
}

/// Lists addresses, newest first.
pub(crate) fn list(tables: &Tables) -> Vec<&RedirectUrl> {
    tables.redirect_urls.iter().rev().collect()
}

/// Allows an address.
pub(crate) fn create(tables: &mut Tables, url: String, now: i64) -> Result<&RedirectUrl, ApiError> {
    if Url::parse(&url).is_err() {
        return Err(ApiError::format("url", "must be an absolute URL"));
    }
    if tables.redirect_urls.find(|one| one.url == url).is_some() {
        return Err(ApiError::param(
            "duplicate_record",
            "url",
            format!("The URL {url} is allowed already"),
        ));
    }
    Ok(tables.redirect_urls.insert(RedirectUrl::new(url, now)))
}

/// Forbids an address.
pub(crate) fn delete(tables: &mut Tables, id: &str) -> Result<(), ApiError> {
    find(tables, id)?;
    tables.redirect_urls.remove(id);
    Ok(())
}

/// Returns a URL to which browsers and native applications may be sent because the application says so: one that is listed, or
/// one on a listed origin or on a domain of the application.
pub(crate) fn listed(tables: &Tables, url: &str) -> Option<Url> {
    let parsed = Url::parse(url).ok()?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return None;
    }
    let host = parsed.host_str().unwrap_or_default();
    let origin = match parsed.port() {
        Some(port) => format!("{}://{host}:{port}", parsed.scheme()),
        None => format!("{}://{host}", parsed.scheme()),
    };
    let is_listed = tables.redirect_urls.find(|one| one.url == url).is_some();
    let is_on_listed_origin = !host.is_empty()
        && settings::get(tables).is_ok_and(|settings| settings.allowed_origins.contains(&origin));
    let is_on_domain = matches!(parsed.scheme(), "http" | "https")
        && tables
            .domains
            .find(|domain| {
                let below = host.strip_suffix(&domain.name);
                below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
            .is_some();
    (is_listed || is_on_listed_origin || is_on_domain).then_some(parsed)
}
