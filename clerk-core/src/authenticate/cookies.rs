//! The cookie flow, for browsers, which have their session in cookies and refresh it through handshakes.

use std::sync::Arc;

use http::HeaderMap;

use super::context::{Context, Interrupt, Verification};
use super::facts::{Facts, RedirectCount};
use super::handshake::{self, Resolution};
use super::notice::Notice;
use super::outcome::Outcome;
use super::satellite;
use super::session::{self, TokenCarrier};
use crate::ecma::to_number;
use crate::reason::Reason;
use crate::token::{RawToken, VerifiedSession};
use crate::urls::query_parameter;

/// Decides on a request without a token in the header.
///
/// If a browser sends several session cookies, such as those of a host and its parent domain, the first that verifies
/// counts. If none verifies, the first cookie counts.
pub(crate) fn decide(context: &mut Context<'_>) -> Result<Outcome, Interrupt> {
    if context.facts.other_cookie_tokens.is_empty() {
        return by_one_session_cookie(context);
    }
    let Some(token) = cookie_that_verifies(context)? else {
        return by_one_session_cookie(context);
    };
    let facts = Facts {
        cookie_token: Some(token),
        client_uat: context.facts.latest_client_uat,
        ..context.facts.clone()
    };
    let mut chosen = Context {
        facts: &facts,
        config: context.config,
        answers: context.answers,
        now: context.now,
        notices: Vec::new(),
    };
    let outcome = by_one_session_cookie(&mut chosen);
    context.notices = chosen.notices;
    outcome
}

/// Returns the first session cookie that verifies and is not older than the last change of the client.
fn cookie_that_verifies(context: &Context<'_>) -> Result<Option<RawToken>, Interrupt> {
    let facts = context.facts;
    for token in facts.cookie_token.iter().chain(&facts.other_cookie_tokens) {
        let Ok(parsed) = token.parsed() else {
            continue;
        };
        let issued = parsed.unverified().iat.as_ref().and_then(to_number);
        if token.is_not_a_session() || issued.is_some_and(|issued| issued < facts.latest_client_uat)
        {
            continue;
        }
        match context.verify(token)? {
            Verification::Verified(_) => return Ok(Some(token.clone())),
            // The signing keys are unavailable, so do not try the other cookies.
            Verification::Refused(error) if error.reason().is_undecided() => return Ok(None),
            Verification::Refused(_) => {}
        }
    }
    Ok(None)
}

fn by_one_session_cookie(context: &mut Context<'_>) -> Result<Outcome, Interrupt> {
    match handshake::resolve(context)? {
        Resolution::Resolved(outcome) => Ok(outcome),
        Resolution::None => by_own_cookies(context),
        Resolution::Spent => {
            let cleared = handshake::cleared_cookies(context);
            Ok(by_own_cookies(context)?.with_headers(cleared))
        }
        Resolution::Unavailable => Ok(match by_own_cookies(context)? {
            session @ Outcome::Session { .. } => session,
            _ => Outcome::signed_out(Reason::UnexpectedError, ""),
        }),
    }
}

/// Decides by the request's own cookies, regardless of any handshake.
fn by_own_cookies(context: &mut Context<'_>) -> Result<Outcome, Interrupt> {
    if let Some(outcome) = satellite::sync(context)? {
        return Ok(outcome);
    }
    if let Some(outcome) = satellite::respond(context) {
        return Ok(outcome);
    }
    let facts = context.facts;
    if context.config.is_development() {
        if query_parameter(&facts.url, "__clerk_db_jwt").is_some() {
            return Ok(handshake::start(context, Reason::DevBrowserSync, "", None));
        }
        if facts.dev_browser.is_none() {
            return Ok(handshake::start(
                context,
                Reason::DevBrowserMissing,
                "",
                None,
            ));
        }
    }
    let reason = match (facts.has_active_client(), &facts.cookie_token) {
        (true, Some(token)) => return active_session(context, token),
        (false, None) => {
            return Ok(Outcome::signed_out(Reason::SessionTokenAndUatMissing, ""));
        }
        (false, Some(_)) => Reason::SessionTokenButNoClientUat,
        (true, None) => Reason::ClientUatButNoSessionToken,
    };
    Ok(handshake::start(context, reason, "", None))
}

/// Decides on an active client with a session token in its cookie.
fn active_session(context: &mut Context<'_>, token: &RawToken) -> Result<Outcome, Interrupt> {
    let parsed = match token.parsed() {
        Ok(parsed) => parsed,
        Err(error) => return session::refused(context, token, error, TokenCarrier::Cookie),
    };
    if token.is_not_a_session() {
        return Ok(Outcome::signed_out(Reason::TokenTypeMismatch, ""));
    }
    // This precedes verification, because an unverified `iat` can only cause a handshake.
    let issued = parsed.unverified().iat.as_ref().and_then(to_number);
    if issued.is_some_and(|issued| issued < context.facts.client_uat) {
        let reason = Reason::SessionTokenIatBeforeClientUat;
        return Ok(handshake::start(context, reason, "", None));
    }
    let session = match context.verify(token)? {
        Verification::Verified(session) => session,
        Verification::Refused(error) => {
            return session::refused(context, token, &error, TokenCarrier::Cookie);
        }
    };
    if satellite::is_reached_from_satellite(context.config, context.facts) {
        return Ok(handshake::start(
            context,
            Reason::PrimaryDomainCrossOriginSync,
            "a cross-origin request from a satellite domain needs a handshake",
            None,
        ));
    }
    if let Some(outcome) = activate_organization(context, &session) {
        return Ok(outcome);
    }
    Ok(Outcome::Session {
        session,
        headers: HeaderMap::new(),
    })
}

/// Starts a handshake that activates the organization of the URL if another one is active.
fn activate_organization(
    context: &mut Context<'_>,
    session: &Arc<VerifiedSession>,
) -> Option<Outcome> {
    let claims = &session.claims;
    if claims.text("sub").is_none_or(str::is_empty) || claims.text("sts") == Some("pending") {
        return None;
    }
    let facts = context.facts;
    let target = context.config.organization_of(facts.url.path())?;
    if !target.differs_from(claims) {
        return None;
    }
    if facts.redirect_count == RedirectCount::Exhausted {
        context.notices.push(Notice::OrganizationLooped);
        return None;
    }
    match handshake::start(context, Reason::ActiveOrganizationMismatch, "", None) {
        handshake @ Outcome::Handshake { .. } => Some(handshake),
        _ => None,
    }
}
