//! The handshake: redirecting a browser to it, and resolving its result.

use std::borrow::Cow;
use std::time::Duration;

use clerk_backend_api::{API_VERSION, ClerkClient, Error, RawRequest, RawResponse, Retry};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, LOCATION,
    SET_COOKIE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::context::{Context, HandshakePayload, Interrupt, KeyLookup, Need, Verification};
use super::facts::{Facts, RedirectCount};
use super::notice::Notice;
use super::outcome::Outcome;
use crate::config::Config;
use crate::headers::set_cookie_headers;
use crate::publishable_key::InstanceType;
use crate::reason::Reason;
use crate::token::{
    ClaimRules, MAX_HANDSHAKE_TOKEN_BYTES, ParsedToken, RawToken, TokenError, TokenType,
    verify_handshake,
};
use crate::urls::{remove_query_parameters, with_scheme};

/// The parameters that a finished handshake leaves in the URL of a development instance.
const RESULT_PARAMETERS: [&str; 4] = [
    "__clerk_handshake",
    "__clerk_help",
    "__clerk_db_jwt",
    "__clerk_handshake_nonce",
];

/// The largest difference between the clocks of a development machine and of Clerk in a handshake: a day, in milliseconds.
const DEVELOPMENT_CLOCK_SKEW: i64 = 86_400_000;

/// Starts a handshake, or treats the request as signed out if it cannot complete one.
///
/// The default `location` is the handshake endpoint of the Frontend API.
pub(crate) fn start(
    context: &mut Context<'_>,
    reason: Reason,
    message: impl Into<Cow<'static, str>>,
    location: Option<Url>,
) -> Outcome {
    let facts = context.facts;
    if !facts.is_navigation {
        return Outcome::signed_out(reason, message);
    }
    let RedirectCount::Below(count) = facts.redirect_count else {
        context.notices.push(match reason {
            Reason::SatelliteNeedsSyncing => Notice::SatelliteLooped,
            _ => Notice::HandshakeLooped {
                reason: reason.clone(),
                clock_behind: clock_behind(facts, context.now),
            },
        });
        return Outcome::signed_out(reason, message);
    };
    let location = location.or_else(|| handshake_url(context.config, facts, &reason));
    let cookie = format!(
        "__clerk_redirect_count={}; SameSite=Lax; HttpOnly; Max-Age=2",
        count + 1
    );
    let (Some(location), Ok(cookie)) = (
        location.and_then(|url| HeaderValue::from_str(url.as_str()).ok()),
        HeaderValue::from_str(&cookie),
    ) else {
        return Outcome::signed_out(reason, message);
    };
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, location);
    // Otherwise, browsers would cache the redirect and loop.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(SET_COOKIE, cookie);
    Outcome::Handshake {
        reason,
        message: message.into(),
        headers,
    }
}

/// Returns how many seconds after `now` the session token was issued.
fn clock_behind(facts: &Facts, now: i64) -> Option<i64> {
    let issued = facts
        .session_token()?
        .parsed()
        .ok()?
        .unverified()
        .iat
        .as_ref()?
        .as_f64()?;
    Some(issued as i64 - now / 1000).filter(|seconds| *seconds > 0)
}

/// The result of resolving a handshake.
#[derive(Debug)]
pub(crate) enum Resolution {
    Resolved(Outcome),
    /// There is no handshake, or the request is not a navigation, so that the handshake is left for the next one.
    None,
    /// The handshake failed. The request's own cookies decide, and the cookie that contained the handshake is cleared.
    Spent,
    /// Clerk could not be reached. Only a valid session in the request's own cookies counts.
    Unavailable,
}

/// Resolves the handshake in a navigation request.
pub(crate) fn resolve(context: &mut Context<'_>) -> Result<Resolution, Interrupt> {
    let facts = context.facts;
    if !facts.is_navigation {
        return Ok(Resolution::None);
    }
    let development = context.config.is_development();
    let payload = match (&facts.handshake_nonce, &facts.handshake_token) {
        (Some(nonce), _) => match &context.answers.handshake {
            Some(payload) => payload.clone(),
            None => {
                let nonce = nonce.clone();
                return Err(Interrupt::Need(Need::HandshakePayload(nonce)));
            }
        },
        (None, Some(token)) => match verify_token(context, token)? {
            TokenVerdict::Payload(payload) => payload,
            TokenVerdict::Refused(error) if error.reason().is_undecided() => {
                HandshakePayload::Unavailable
            }
            TokenVerdict::Refused(error) => {
                let reason = error.reason().clone();
                context.notices.push(Notice::HandshakeTokenRefused(reason));
                return Ok(Resolution::Spent);
            }
        },
        (None, None) => return Ok(Resolution::None),
    };
    let directives = match payload {
        HandshakePayload::Directives(directives) => directives,
        HandshakePayload::NoDirectives => {
            context.notices.push(Notice::HandshakeCookieUnusable);
            return Ok(Resolution::Spent);
        }
        HandshakePayload::Unknown => {
            context.notices.push(Notice::HandshakeNonceUnknown);
            return Ok(Resolution::Spent);
        }
        HandshakePayload::Unavailable => {
            context.notices.push(Notice::HandshakeUnavailable);
            return Ok(Resolution::Unavailable);
        }
    };
    let (Some(mut headers), session) = (
        set_cookie_headers(&directives),
        session_among(&directives, context.config.cookie_suffix()),
    ) else {
        context.notices.push(Notice::HandshakeCookieUnusable);
        return Ok(Resolution::Spent);
    };
    headers.insert(
        ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("null"),
    );
    headers.insert(
        ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
    if development {
        let mut page = facts.url.clone();
        remove_query_parameters(&mut page, &RESULT_PARAMETERS);
        if let Ok(location) = HeaderValue::from_str(page.as_str()) {
            headers.insert(LOCATION, location);
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }
    let token = match session {
        SessionCookie::Token(token) => RawToken::decode(token, context.config.max_token_bytes),
        SessionCookie::Malformed => {
            context.notices.push(Notice::HandshakeCookieUnusable);
            return Ok(Resolution::Spent);
        }
        SessionCookie::Absent => {
            return Ok(Resolution::Resolved(Outcome::SignedOut {
                token_type: Some(TokenType::SessionToken),
                reason: Reason::SessionTokenMissing,
                message: "".into(),
                headers,
            }));
        }
    };
    let mut verified = context.verify(&token)?;
    if let Verification::Refused(error) = &verified
        && development
        && is_clock_problem(error)
    {
        context.notices.push(Notice::ClocksDiffer);
        let rules = ClaimRules {
            clock_skew: DEVELOPMENT_CLOCK_SKEW,
            ..context.config.rules.clone()
        };
        verified = context.verify_by(&token, &rules)?;
    }
    Ok(match verified {
        Verification::Verified(session) => {
            Resolution::Resolved(Outcome::Session { session, headers })
        }
        Verification::Refused(error) => {
            let reason = error.reason().clone();
            context
                .notices
                .push(Notice::HandshakeSessionRefused(reason));
            Resolution::Spent
        }
    })
}

fn is_clock_problem(error: &TokenError) -> bool {
    matches!(
        error.reason(),
        Reason::TokenExpired | Reason::TokenNotActiveYet | Reason::TokenIatInTheFuture
    )
}

/// The verdict on a handshake token.
enum TokenVerdict {
    Payload(HandshakePayload),
    Refused(TokenError),
}

fn verify_token(context: &Context<'_>, token: &str) -> Result<TokenVerdict, Interrupt> {
    let parsed = match ParsedToken::parse(token, MAX_HANDSHAKE_TOKEN_BYTES) {
        Ok(parsed) => parsed,
        Err(error) => return Ok(TokenVerdict::Refused(error)),
    };
    let verified = match context.signing_key(&parsed)? {
        KeyLookup::Found(key) => verify_handshake(&parsed, &key),
        KeyLookup::Failed(error) => Err(error),
    };
    if verified.is_ok() && is_expired(context, &parsed) {
        return Ok(TokenVerdict::Refused(TokenError::new(
            Reason::TokenExpired,
            "the handshake token has expired (exp)",
        )));
    }
    Ok(match verified {
        Ok(directives) => TokenVerdict::Payload(payload_of(&directives)),
        Err(error) => TokenVerdict::Refused(error),
    })
}

/// Returns true if a handshake token has expired, so that its cookies must not be set.
fn is_expired(context: &Context<'_>, token: &ParsedToken) -> bool {
    let skew = match context.config.instance_type() {
        Some(InstanceType::Development) => DEVELOPMENT_CLOCK_SKEW,
        _ => context.config.rules.clock_skew,
    };
    token
        .unverified()
        .exp
        .as_ref()
        .and_then(Value::as_f64)
        .is_some_and(|expires| expires * 1000.0 <= context.now.saturating_sub(skew) as f64)
}

/// Creates headers that clear the cookies that contained a handshake, on this host and on the domain for which Clerk sets
/// them in production.
pub(crate) fn cleared_cookies(context: &Context<'_>) -> HeaderMap {
    let facts = context.facts;
    let domain = context
        .config
        .original_frontend_api
        .split_once('.')
        .map(|(_, domain)| domain)
        .filter(|domain| {
            facts.url.host_str().is_some_and(|host| {
                host == *domain
                    || host
                        .strip_suffix(domain)
                        .is_some_and(|rest| rest.ends_with('.'))
            })
        });
    let mut headers = HeaderMap::new();
    for name in &facts.handshake_cookies {
        let here = format!("{name}=; Path=/; Max-Age=0");
        let there = domain.map(|domain| format!("{here}; Domain={domain}"));
        for cookie in std::iter::once(here).chain(there) {
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                headers.append(SET_COOKIE, cookie);
            }
        }
    }
    headers
}

fn payload_of(directives: &[Value]) -> HandshakePayload {
    let directives: Option<Vec<String>> = directives
        .iter()
        .map(|directive| directive.as_str().map(str::to_owned))
        .collect();
    directives.map_or(HandshakePayload::NoDirectives, HandshakePayload::Directives)
}

/// Creates the request that exchanges a handshake nonce for cookie directives.
pub(crate) fn request(client: &ClerkClient, nonce: &str, timeout: Duration) -> RawRequest {
    client
        .request(Method::GET, ["clients", "handshake_payload"])
        .query("nonce", nonce)
        .retry(Retry::none())
        .timeout(timeout)
}

/// Reads the response to [`request`], which is `None` if there was none in time.
pub(crate) fn read(answer: Option<Result<RawResponse, Error>>) -> HandshakePayload {
    #[derive(Deserialize)]
    struct Payload {
        #[serde(default)]
        directives: Vec<Value>,
    }
    let Some(answer) = answer else {
        return HandshakePayload::Unavailable;
    };
    match answer.and_then(|answer| answer.json::<Payload>()) {
        Ok(payload) => payload_of(&payload.directives),
        Err(error) => match error.status() {
            // Clerk refused the application, not the nonce.
            Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => HandshakePayload::Unavailable,
            Some(status) if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
                HandshakePayload::Unknown
            }
            _ => HandshakePayload::Unavailable,
        },
    }
}

/// Returns the URL of the Frontend API's handshake endpoint for this request, or `None` if the configured proxy URL is not
/// valid.
fn handshake_url(config: &Config, facts: &Facts, reason: &Reason) -> Option<Url> {
    let frontend_api = config.frontend_api(&facts.url);
    let base = with_scheme(&frontend_api);
    let base = Url::parse(&format!("{}/", base.trim_end_matches('/'))).ok()?;
    let mut url = base.join("v1/client/handshake").ok()?;
    let mut redirect_url = facts.url.clone();
    remove_query_parameters(&mut redirect_url, &["__clerk_db_jwt", "__dev_session"]);
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("redirect_url", redirect_url.as_str())
            .append_pair("__clerk_api_version", API_VERSION)
            .append_pair(
                "suffixed_cookies",
                if facts.suffixed { "true" } else { "false" },
            )
            .append_pair("__clerk_hs_reason", reason.as_str())
            .append_pair("format", "nonce");
        if let Some(token) = facts.session_token() {
            query.append_pair("__session", token.as_str());
        }
        if let Some(dev_browser) = facts
            .dev_browser
            .as_deref()
            .filter(|_| config.is_development())
        {
            query.append_pair("__clerk_db_jwt", dev_browser);
        }
        if let Some(target) = config.organization_of(facts.url.path()) {
            query.append_pair("organization_id", target.handshake_value());
        }
    }
    Some(url)
}

/// Returns the name and value of a `Set-Cookie` directive. There is no value if there is no equals sign.
fn directive_name_and_value(directive: &str) -> (&str, Option<&str>) {
    let pair = directive.split(';').next().unwrap_or_default();
    let mut pieces = pair.split('=');
    (pieces.next().unwrap_or_default(), pieces.next())
}

/// The session in cookie directives.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SessionCookie {
    /// There is no session cookie, or it is empty, so the client has no session.
    Absent,
    /// The session cookie is malformed.
    Malformed,
    Token(String),
}

/// Returns the session in cookie directives. It is the last cookie named exactly `__session`, with or without this instance's
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
