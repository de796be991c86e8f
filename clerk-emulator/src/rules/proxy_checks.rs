//! Checks of proxies in front of the Frontend API.

use super::api_error::ApiError;
use super::domains;
use crate::model::proxy_check::ProxyCheck;
use crate::random;
use crate::store::tables::Tables;

/// A proxy to check.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) domain_id: String,
    pub(crate) proxy_url: String,
}

/// Returns the proxy to check: the given one, or that of the domain. The domain defaults to the primary one.
pub(crate) fn target(
    tables: &Tables,
    domain_id: Option<&str>,
    proxy_url: Option<String>,
) -> Result<Target, ApiError> {
    let domain = match domain_id {
        Some(id) => tables
            .domains
            .get(id)
            .ok_or_else(|| ApiError::value("domain_id", "must be the id of a domain"))?,
        None => tables
            .domains
            .find(|domain| !domain.is_satellite)
            .ok_or_else(|| ApiError::missing("domain_id"))?,
    };
    let proxy_url = proxy_url
        .or_else(|| domain.proxy_url.clone())
        .ok_or_else(|| ApiError::missing("proxy_url"))?;
    domains::check_proxy_url(&proxy_url)?;
    Ok(Target {
        domain_id: domain.id.clone(),
        proxy_url,
    })
}

/// Stores the result of a check.
pub(crate) fn record(
    tables: &mut Tables,
    target: Target,
    successful: bool,
    now: i64,
) -> &ProxyCheck {
    let known = tables
        .proxy_checks
        .find(|check| check.domain_id == target.domain_id && check.proxy_url == target.proxy_url);
    let check = match known.cloned() {
        Some(check) => ProxyCheck {
            successful,
            last_run_at: now,
            ..check
        },
        None => ProxyCheck {
            id: random::id("proxchk"),
            domain_id: target.domain_id,
            proxy_url: target.proxy_url,
            successful,
            last_run_at: now,
            created_at: now,
        },
    };
    tables.proxy_checks.insert(check)
}
