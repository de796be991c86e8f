//! Satellite domains: synchronizing with the primary application, and responding to satellites.

use url::Url;

use super::context::{Context, Interrupt};
use super::error::AuthenticateError;
use super::facts::{Facts, RedirectCount};
use super::handshake;
use super::notice::Notice;
use super::outcome::Outcome;
use crate::config::Config;
use crate::publishable_key::{InstanceType, account_portal, is_development_portal_host};
use crate::reason::Reason;
use crate::token::{AcceptedTokens, TokenType};
use crate::urls::{append_query_parameter, query_parameter, set_query_parameter, with_scheme};

/// Checks the sign-in URL of a satellite against the origin that the browser sends.
pub(crate) fn check_sign_in_url(
    config: &Config,
    facts: &Facts,
    accepts: &AcceptedTokens,
) -> Result<(), AuthenticateError> {
    if accepts.single() == Some(TokenType::M2mToken) || !config.is_satellite {
        return Ok(());
    }
    let (Some(sign_in_url), Some(origin)) = (&config.sign_in_url, &facts.origin) else {
        return Ok(());
    };
    let Ok(sign_in_url) = Url::parse(sign_in_url) else {
        return Err(AuthenticateError::SignInUrlNotAbsolute);
    };
    if sign_in_url.origin().ascii_serialization() == *origin {
        return Err(AuthenticateError::SignInUrlOnSatellite);
    }
    Ok(())
}

/// Starts a handshake if a document request on a satellite must synchronize with the primary application first.
pub(crate) fn sync(context: &mut Context<'_>) -> Result<Option<Outcome>, Interrupt> {
    let (config, facts) = (context.config, context.facts);
    let synced = query_parameter(&facts.url, "__clerk_synced");
    if !config.is_satellite
        || !facts.is_get
        || !facts.is_document
        || synced.as_deref() == Some("true")
    {
        return Ok(None);
    }
    let has_cookies = facts.cookie_token.is_some() || facts.has_active_client();
    let needs_sync = synced.as_deref() == Some("false");
    if has_cookies && !needs_sync {
        return Ok(None);
    }
    if !config.satellite_auto_sync && !needs_sync {
        return Ok(Some(Outcome::signed_out(
            Reason::SessionTokenAndUatMissing,
            "",
        )));
    }
    let location = match &config.sign_in_url {
        Some(sign_in_url) if config.is_development() => {
            let Ok(mut url) = Url::parse(sign_in_url) else {
                return Err(Interrupt::Raise(AuthenticateError::SignInUrlNotAbsolute));
            };
            append_query_parameter(&mut url, "__clerk_redirect_url", facts.url.as_str());
            Some(url)
        }
        _ => None,
    };
    Ok(Some(handshake::start(
        context,
        Reason::SatelliteNeedsSyncing,
        "",
        location,
    )))
}

/// Sends the browser back to the satellite that asked to synchronize, if that is an allowed redirect. Only the primary
/// application of a development instance responds.
pub(crate) fn respond(context: &mut Context<'_>) -> Option<Outcome> {
    let (config, facts) = (context.config, context.facts);
    if !config.is_development() || config.is_satellite {
        return None;
    }
    let target = query_parameter(&facts.url, "__clerk_redirect_url");
    let target = target.filter(|target| !target.is_empty())?;
    let Ok(mut target) = Url::parse(&target) else {
        context.notices.push(Notice::SatelliteRedirectNoUrl);
        return None;
    };
    if !config.redirect_origins.allows(&target, &facts.url) {
        context.notices.push(Notice::SatelliteRedirectIgnored);
        return None;
    }
    if let Some(dev_browser) = &facts.dev_browser {
        append_query_parameter(&mut target, "__clerk_db_jwt", dev_browser);
    }
    set_query_parameter(&mut target, "__clerk_synced", "true");
    Some(handshake::start(
        context,
        Reason::PrimaryRespondsToSyncing,
        "",
        Some(target),
    ))
}

/// Returns true if a page of the primary application was reached from another origin that may be a satellite, where the
/// session may have changed.
pub(crate) fn is_reached_from_satellite(config: &Config, facts: &Facts) -> bool {
    !config.is_satellite
        && facts.is_get
        && facts.is_document
        && is_cross_origin_referrer(facts)
        && !is_known_clerk_referrer(config, facts)
        && facts.redirect_count == RedirectCount::Below(0)
}

/// Returns true if the page was reached from another origin.
fn is_cross_origin_referrer(facts: &Facts) -> bool {
    referrer(facts).is_some_and(|referrer| referrer.origin() != facts.url.origin())
}

/// Returns true if the page was reached from this instance's own pages at Clerk, which require no other handshake.
///
/// These are the Frontend API and the account portal of this instance's key. Other development portals count only on
/// development instances, because anyone can have one.
fn is_known_clerk_referrer(config: &Config, facts: &Facts) -> bool {
    let Some(referrer) = referrer(facts) else {
        return false;
    };
    let frontend_api = config.frontend_api(&facts.url);
    let is_frontend_api =
        Url::parse(&with_scheme(&frontend_api)).is_ok_and(|api| api.host() == referrer.host());
    let is_development_portal = config.instance_type() != Some(InstanceType::Production)
        && referrer.host_str().is_some_and(is_development_portal_host);
    is_frontend_api
        || is_development_portal
        || referrer.origin().ascii_serialization() == account_portal(&frontend_api)
}

fn referrer(facts: &Facts) -> Option<Url> {
    Url::parse(facts.referrer.as_deref()?).ok()
}
