//! Performs the I/O that a decision needs, and asks again.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use clerk_backend_api::{Error, Retry};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::accepts::AcceptedTokens;
use super::decide::{Decide, Interrupt, Known, Need};
use super::facts::Facts;
use super::request::RequestView;
use super::state::{AuthenticateError, RequestState};
use crate::auth::SignedOut;
use crate::clerk::{Clerk, Inner};
use crate::protect::{RequestKind, SignInHint};
use crate::token::machine::{self, MachineTokenError, VerifiedMachineToken};
use crate::token::{TokenErrorReason, TokenType};

/// How long a call that a browser waits for may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// A decision needs at most two keys and two other calls; more would be a loop.
const MAX_STEPS: usize = 8;

/// The first, synchronous step: the outcome, or what is left to do.
pub(crate) fn start(
    clerk: &Clerk,
    request: &(impl RequestView + ?Sized),
    accepts: &AcceptedTokens,
) -> Result<Result<RequestState, Pending>, AuthenticateError> {
    let inner = clerk.inner();
    let pending = Pending {
        clerk: clerk.clone(),
        facts: Facts::read(request, &inner.config),
        accepts: accepts.clone(),
        known: Known::default(),
        refreshes_keys: inner.keys.claim_refresh(inner.config.clock.now()),
        kind: RequestKind::Api,
    };
    pending.ask(|decide| decide.check_satellite_sign_in_url(accepts))?;
    let decision = if pending.refreshes_keys {
        None
    } else {
        Some(pending.ask(|decide| decide.decide(accepts)))
    };
    match decision {
        Some(Ok(state)) => Ok(Ok(state.with_hint(|is_pending| {
            SignInHint::of(clerk, RequestKind::of(request), &pending.facts, is_pending)
        }))),
        Some(Err(Interrupt::Raise(error))) => Err(error),
        None | Some(Err(Interrupt::Need(_))) => Ok(Err(Pending {
            kind: RequestKind::of(request),
            ..pending
        })),
    }
}

/// A request whose authentication needs I/O.
pub(crate) struct Pending {
    clerk: Clerk,
    facts: Facts,
    accepts: AcceptedTokens,
    known: Known,
    /// Whether this request is the one that refreshes ageing keys.
    refreshes_keys: bool,
    kind: RequestKind,
}

impl Pending {
    fn with_hint(&self, state: RequestState) -> RequestState {
        state
            .with_hint(|is_pending| SignInHint::of(&self.clerk, self.kind, &self.facts, is_pending))
    }

    fn ask<T>(&self, ask: impl FnOnce(&Decide<'_>) -> T) -> T {
        let inner = self.clerk.inner();
        let now = inner.config.clock.now();
        ask(&Decide {
            config: &inner.config,
            client: &inner.client,
            facts: &self.facts,
            keys: &|kid| inner.keys.look_up(kid, now),
            cache: &inner.tokens,
            known: &self.known,
            now,
        })
    }
}

/// Brings a pending request to its outcome.
pub(crate) async fn finish(mut pending: Pending) -> Result<RequestState, AuthenticateError> {
    let clerk = pending.clerk.clone();
    let inner = clerk.inner();
    if pending.refreshes_keys {
        inner.keys.refresh().await;
    }
    for _ in 0..MAX_STEPS {
        let need = match pending.ask(|decide| decide.decide(&pending.accepts)) {
            Ok(state) => return Ok(pending.with_hint(state)),
            Err(Interrupt::Raise(error)) => return Err(error),
            Err(Interrupt::Need(need)) => need,
        };
        match need {
            Need::Key(kid) => {
                let key = inner.keys.fetch(kid.as_deref()).await;
                pending.known.keys.push((kid, key));
            }
            Need::HandshakePayload(nonce) => {
                pending.known.handshake = Some(handshake_payload(inner, &nonce).await);
            }
            Need::Refresh { session_id } => {
                pending.known.refresh =
                    Some(refresh_session(inner, &pending.facts, &session_id).await);
            }
            Need::MachineToken(kind, token) => {
                pending.known.machine = Some(machine_token(inner, kind, &token).await);
            }
        }
    }
    let mut signed_out = SignedOut::new(
        Some(TokenType::SessionToken),
        TokenErrorReason::Unexpected.as_str(),
    );
    signed_out.undecided = true;
    Ok(pending.with_hint(RequestState::signed_out(signed_out, "", HeaderMap::new())))
}

/// Exchanges a handshake nonce for cookie directives: an empty list when Clerk does not know the nonce or cannot be
/// asked, `None` when some of the directives are no text.
async fn handshake_payload(clerk: &Inner, nonce: &str) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Payload {
        #[serde(default)]
        directives: Vec<Value>,
    }
    let exchanged = clerk
        .client
        .request(Method::GET, ["clients", "handshake_payload"])
        .query("nonce", nonce)
        .retry(Retry::none())
        .timeout(CALL_TIMEOUT)
        .send()
        .await
        .and_then(|answer| answer.json::<Payload>());
    match exchanged {
        Ok(payload) => payload
            .directives
            .into_iter()
            .map(|directive| match directive {
                Value::String(directive) => Some(directive),
                _ => None,
            })
            .collect(),
        Err(error) => {
            tracing::warn!(%error, "a handshake nonce could not be exchanged");
            Some(Vec::new())
        }
    }
}

/// Asks for fresh cookies in exchange for an expired session token and the refresh cookie.
async fn refresh_session(
    clerk: &Inner,
    facts: &Facts,
    session_id: &str,
) -> Result<Vec<String>, Cow<'static, str>> {
    #[derive(Serialize)]
    struct Body<'a> {
        format: &'static str,
        expired_token: &'a str,
        refresh_token: &'a str,
        request_origin: String,
        request_headers: Map<String, Value>,
    }
    #[derive(Deserialize)]
    struct Cookies {
        #[serde(default)]
        cookies: Vec<String>,
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
    let mut request = clerk
        .client
        .request(Method::POST, ["sessions", session_id, "refresh"])
        .json(&body)
        .retry(Retry::none())
        .timeout(CALL_TIMEOUT);
    if facts.suffixed {
        request = request.query("suffixed_cookies", "true");
    }
    match request.send().await {
        Ok(answer) => match answer.json::<Cookies>() {
            Ok(Cookies { cookies }) if cookies.is_empty() => Err("unexpected-sdk-error".into()),
            Ok(Cookies { cookies }) => Ok(cookies),
            Err(_) if is_json(answer.headers()) => Err("fetch-error".into()),
            Err(_) => Err("unexpected-sdk-error".into()),
        },
        Err(Error::Api(api)) => Err(match api.errors.first().map(|error| error.code.as_str()) {
            Some("unexpected_error") => "fetch-error".into(),
            Some(code) => code.to_owned().into(),
            None if is_json(&api.headers)
                && serde_json::from_slice::<Value>(&api.body).is_err() =>
            {
                "fetch-error".into()
            }
            None => "unexpected-bapi-error".into(),
        }),
        Err(Error::InvalidRequest(_)) => Err("unexpected-bapi-error".into()),
        Err(_) => Err("fetch-error".into()),
    }
}

/// Whether an answer calls itself JSON.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

/// Asks Clerk about an opaque token, unless a positive answer is remembered.
async fn machine_token(
    clerk: &Inner,
    kind: TokenType,
    token: &str,
) -> Result<Arc<VerifiedMachineToken>, MachineTokenError> {
    let memory = &clerk.machine_tokens;
    let now = clerk.config.clock.now();
    let key = memory.key(kind, token);
    if let Some(verified) = memory.get(&key, now).await {
        return Ok(Arc::new(verified));
    }
    let (path, field): (&[&str], &str) = match kind {
        TokenType::ApiKey => (&["api_keys", "verify"], "secret"),
        TokenType::OAuthToken => (
            &["oauth_applications", "access_tokens", "verify"],
            "access_token",
        ),
        TokenType::M2mToken | TokenType::SessionToken => (&["m2m_tokens", "verify"], "token"),
    };
    let body = Value::Object(Map::from_iter([(
        field.to_owned(),
        Value::String(token.to_owned()),
    )]));
    let mut request = clerk
        .client
        .request(Method::POST, path)
        .unversioned()
        .json(&body)
        .retry(Retry::none())
        .timeout(CALL_TIMEOUT);
    if let Some(machine_key) = clerk
        .config
        .machine_secret_key
        .as_ref()
        .filter(|_| kind == TokenType::M2mToken)
    {
        request = request.machine_secret_key(machine_key.clone());
    }
    let answer = match request.send().await {
        Ok(answer) => answer
            .json::<Value>()
            .map_err(|_| MachineTokenError::from_api(kind, None))?,
        Err(Error::Api(api)) => {
            return Err(MachineTokenError::from_api(kind, Some(api.status.as_u16())));
        }
        Err(_) => return Err(MachineTokenError::from_api(kind, None)),
    };
    let verified = machine::verified_from_api(kind, &answer, &clerk.config.rules)?;
    memory.put(&key, &verified, now).await;
    Ok(Arc::new(verified))
}
