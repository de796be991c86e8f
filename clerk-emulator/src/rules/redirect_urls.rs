//! Addresses to which native applications may be redirected.

use url::Url;

use super::api_error::ApiError;
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
