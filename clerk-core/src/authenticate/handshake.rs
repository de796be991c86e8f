//! Handshake URLs, cookie directives, and the referrers that need none.

use url::Url;

use super::facts::Facts;
use crate::config::Config;
use crate::keys::{InstanceType, account_portal, is_development_portal_host};

/// The API version that the Frontend API's handshake is asked for.
const API_VERSION: &str = "2026-05-12";

/// Parameters that a finished handshake leaves in the URL of a development instance.
const RESULT_PARAMETERS: [&str; 4] = [
    "__clerk_handshake",
    "__clerk_help",
    "__clerk_db_jwt",
    "__clerk_handshake_nonce",
];

/// The address of the Frontend API's handshake endpoint for this request.
///
/// `None` when the configured proxy URL does not make a URL.
pub(crate) fn handshake_url(config: &Config, facts: &Facts, reason: &str) -> Option<Url> {
    let frontend_api = config.frontend_api(&facts.url);
    let base = if frontend_api.starts_with("http") {
        frontend_api
    } else {
        format!("https://{frontend_api}")
    };
    let base = Url::parse(&format!("{}/", base.trim_end_matches('/'))).ok()?;
    let mut url = base.join("v1/client/handshake").ok()?;
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair(
                "redirect_url",
                without_parameters(&facts.url, &["__clerk_db_jwt", "__dev_session"]).as_str(),
            )
            .append_pair("__clerk_api_version", API_VERSION)
            .append_pair(
                "suffixed_cookies",
                if facts.suffixed { "true" } else { "false" },
            )
            .append_pair("__clerk_hs_reason", reason)
            .append_pair("format", "nonce");
        if let Some(token) = facts.session_token() {
            query.append_pair("__session", token.as_str());
        }
        if let Some(dev_browser) = facts
            .dev_browser
            .as_deref()
            .filter(|_| config.instance_type() == Some(InstanceType::Development))
        {
            query.append_pair("__clerk_db_jwt", dev_browser);
        }
        if let Some(target) = config.organization_sync.target(facts.url.path()) {
            query.append_pair("organization_id", target.handshake_value());
        }
    }
    Some(url)
}

/// The page itself, without what the handshake added to its URL.
pub(crate) fn without_handshake_result(url: &Url) -> Url {
    without_parameters(url, &RESULT_PARAMETERS)
}

/// Drops query parameters and writes the rest anew, form-encoded, as removing a parameter does in a browser.
fn without_parameters(url: &Url, names: &[&str]) -> Url {
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !names.contains(&name.as_ref()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut url = url.clone();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    url
}

/// Name and value of a `Set-Cookie` directive; no value where there is no equals sign.
fn directive_name_and_value(directive: &str) -> (&str, Option<&str>) {
    let pair = directive.split(';').next().unwrap_or_default();
    let mut pieces = pair.split('=');
    (pieces.next().unwrap_or_default(), pieces.next())
}

/// What cookie directives say about the session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SessionCookie {
    /// No session, or an empty one: the client has none.
    Absent,
    /// A session cookie that is no cookie.
    Malformed,
    Token(String),
}

/// The session among cookie directives: the last one whose name is exactly `__session`, plain or with this instance's
/// suffix.
pub(crate) fn session_among(directives: &[String], suffix: &str) -> SessionCookie {
    let suffixed = format!("__session_{suffix}");
    let last = directives
        .iter()
        .rev()
        .map(|directive| directive_name_and_value(directive))
        .find(|(name, _)| *name == "__session" || *name == suffixed);
    match last {
        None | Some((_, Some(""))) => SessionCookie::Absent,
        Some((_, None)) => SessionCookie::Malformed,
        Some((_, Some(value))) => SessionCookie::Token(value.to_owned()),
    }
}

/// Whether the page was reached from another origin.
pub(crate) fn is_cross_origin_referrer(facts: &Facts) -> bool {
    referrer(facts).is_some_and(|referrer| referrer.origin() != facts.url.origin())
}

/// Whether the page was reached from this instance's own Clerk pages, which do not call for another handshake.
///
/// Only the account portal that follows from this instance's key counts, and development portals only on development
/// instances: anybody can have a portal.
pub(crate) fn is_known_clerk_referrer(config: &Config, facts: &Facts) -> bool {
    let Some(referrer) = referrer(facts) else {
        return false;
    };
    let frontend_api = config.frontend_api(&facts.url);
    let with_scheme = if frontend_api.starts_with("http") {
        frontend_api.clone()
    } else {
        format!("https://{frontend_api}")
    };
    let is_frontend_api = Url::parse(&with_scheme).is_ok_and(|api| api.host() == referrer.host());
    let is_development_portal = config.instance_type() != Some(InstanceType::Production)
        && referrer.host_str().is_some_and(is_development_portal_host);
    is_frontend_api
        || is_development_portal
        || referrer.origin().ascii_serialization() == account_portal(&frontend_api)
}

fn referrer(facts: &Facts) -> Option<Url> {
    Url::parse(facts.referrer.as_deref()?).ok()
}
