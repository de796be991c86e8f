//! The session refresh: exchanging an expired session token and the refresh cookie for new cookies.

use std::time::Duration;

use clerk_backend_api::{ClerkClient, Error, RawRequest, RawResponse, Retry};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::context::{Context, Interrupt, Need, Refreshed, Verification};
use super::facts::Facts;
use super::handshake::{SessionCookie, session_among};
use super::outcome::Outcome;
use crate::ecma::is_truthy;
use crate::headers::set_cookie_headers;
use crate::reason::{Reason, RefreshRefusal};
use crate::token::RawToken;

/// The result of attempting a refresh.
#[derive(Debug)]
pub(crate) enum Attempt {
    SignedIn(Outcome),
    Failed(Reason),
}

/// Attempts to refresh an expired session.
pub(crate) fn attempt(context: &Context<'_>) -> Result<Attempt, Interrupt> {
    let facts = context.facts;
    let failed = |reason| Ok(Attempt::Failed(reason));
    if !facts.is_get {
        return failed(Reason::RefreshNotGet);
    }
    if facts.refresh_token.is_none() {
        return failed(Reason::RefreshNoCookie);
    }
    let Some(token) = facts.session_token() else {
        return failed(Reason::RefreshMissingToken);
    };
    let Ok(parsed) = token.parsed() else {
        return failed(Reason::RefreshUndecodableToken);
    };
    let session_id = match parsed
        .unverified()
        .sid
        .as_ref()
        .filter(|sid| is_truthy(sid))
    {
        None => return failed(Reason::RefreshMissingSid),
        Some(Value::String(sid)) => sid.clone(),
        Some(sid @ (Value::Number(_) | Value::Bool(_))) => sid.to_string(),
        Some(_) => return failed(Reason::RefreshUnexpectedAnswer),
    };
    let cookies = match &context.answers.refreshed {
        None => return Err(Interrupt::Need(Need::Refresh { session_id })),
        Some(Refreshed::Failed(reason)) => return failed(reason.clone()),
        Some(Refreshed::Cookies(cookies)) => cookies,
    };
    let SessionCookie::Token(token) = session_among(cookies, context.config.cookie_suffix()) else {
        return failed(Reason::RefreshInvalidToken);
    };
    let token = RawToken::decode(token, context.config.max_token_bytes);
    match context.verify(&token)? {
        Verification::Verified(session) => Ok(match set_cookie_headers(cookies) {
            Some(headers) => Attempt::SignedIn(Outcome::Session { session, headers }),
            None => Attempt::Failed(Reason::RefreshNoCookies),
        }),
        Verification::Refused(_) => failed(Reason::RefreshInvalidToken),
    }
}

/// Creates the request for new cookies.
pub(crate) fn request(
    client: &ClerkClient,
    facts: &Facts,
    session_id: &str,
    timeout: Duration,
) -> RawRequest {
    #[derive(Serialize)]
    struct Body<'a> {
        format: &'static str,
        expired_token: &'a str,
        refresh_token: &'a str,
        request_origin: String,
        request_headers: Map<String, Value>,
    }
    let body = Body {
        format: "cookie",
        expired_token: facts.session_token().map_or("", |token| token.as_str()),
        refresh_token: facts.refresh_token.as_deref().unwrap_or_default(),
        request_origin: facts.url.origin().ascii_serialization(),
        request_headers: facts
            .headers
            .iter()
            .map(|(name, value)| {
                (
                    name.clone(),
                    Value::Array(vec![Value::String(value.clone())]),
                )
            })
            .collect(),
    };
    let request = client
        .request(Method::POST, ["sessions", session_id, "refresh"])
        .json(&body)
        .retry(Retry::none())
        .timeout(timeout);
    if facts.suffixed {
        request.query("suffixed_cookies", "true")
    } else {
        request
    }
}

/// Reads the response to [`request`], which is `None` if there was none in time.
pub(crate) fn read(answer: Option<Result<RawResponse, Error>>) -> Refreshed {
    #[derive(Deserialize)]
    struct Cookies {
        #[serde(default)]
        cookies: Vec<String>,
    }
    let Some(answer) = answer else {
        return Refreshed::Failed(Reason::RefreshFetchError);
    };
    Refreshed::Failed(match answer {
        Ok(answer) => match answer.json::<Cookies>() {
            Ok(Cookies { cookies }) if cookies.is_empty() => Reason::RefreshNoCookies,
            Ok(Cookies { cookies }) => return Refreshed::Cookies(cookies),
            Err(_) if is_json(answer.headers()) => Reason::RefreshFetchError,
            Err(_) => Reason::RefreshNoCookies,
        },
        Err(Error::Api(api)) => match api.errors.first().map(|error| error.code.as_str()) {
            Some("unexpected_error") => Reason::RefreshFetchError,
            Some(code) => Reason::RefreshRefused(RefreshRefusal::new(code, api.status)),
            None if is_json(&api.headers)
                && serde_json::from_slice::<Value>(&api.body).is_err() =>
            {
                Reason::RefreshFetchError
            }
            None => {
                Reason::RefreshRefused(RefreshRefusal::new("unexpected-bapi-error", api.status))
            }
        },
        Err(Error::InvalidRequest(_)) => Reason::RefreshUnexpectedAnswer,
        Err(_) => Reason::RefreshFetchError,
    })
}

/// Returns true if the content type of a response is JSON.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}
