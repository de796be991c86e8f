//! The state machine. Pure: facts, time, keys and what I/O has brought so far go in; an outcome, or the one piece of
//! I/O that is still needed, comes out. Rule numbers are those of the reference's decision tables.

use std::borrow::Cow;
use std::sync::Arc;

use clerk_backend_api::ClerkClient;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, LOCATION,
    SET_COOKIE,
};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use url::Url;

use super::accepts::AcceptedTokens;
use super::facts::{Facts, RawToken, RedirectCount};
use super::handshake::{
    SessionCookie, handshake_url, is_cross_origin_referrer, is_known_clerk_referrer, session_among,
    without_handshake_result,
};
use super::state::{AuthenticateError, RequestState, TokenCarrier};
use crate::auth::{ApiKeyAuth, Auth, M2mTokenAuth, OAuthTokenAuth, SessionAuth, SignedOut};
use crate::auth::{as_js_number, check_organization_claims};
use crate::config::Config;
use crate::jwks::KeyAnswer;
use crate::keys::InstanceType;
use crate::token::machine::{self, MachineTokenError, Route, VerifiedMachineToken};
use crate::token::{
    ClaimRules, KeyEntry, ParsedToken, TokenCache, TokenError, TokenErrorReason, TokenType,
    VerifiedSession, check_session_category, verify_handshake, verify_session,
};

/// The one piece of I/O without which nothing can be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The signing key of this id.
    Key(Option<String>),
    /// The cookies behind a handshake nonce.
    HandshakePayload(String),
    /// Fresh cookies for an expired session.
    Refresh { session_id: String },
    /// The Backend API's word on an opaque token.
    MachineToken(TokenType, String),
}

/// What asking for a key brought.
type FetchedKey = Result<Arc<KeyEntry>, TokenError>;

/// What I/O has brought so far.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) keys: Vec<(Option<String>, FetchedKey)>,
    /// Cookie directives; empty when the exchange failed, `None` inside when what it brought are no directives.
    pub(crate) handshake: Option<Option<Vec<String>>>,
    /// Cookies, or the code of the failure.
    pub(crate) refresh: Option<Result<Vec<String>, Cow<'static, str>>>,
    pub(crate) machine: Option<Result<Arc<VerifiedMachineToken>, MachineTokenError>>,
}

/// Why there is no outcome yet.
#[derive(Debug)]
pub(crate) enum Interrupt {
    Need(Need),
    Raise(AuthenticateError),
}

type Decision = Result<RequestState, Interrupt>;

/// Everything a decision rests on.
pub(crate) struct Decide<'a> {
    pub(crate) config: &'a Config,
    pub(crate) client: &'a ClerkClient,
    pub(crate) facts: &'a Facts,
    pub(crate) keys: &'a dyn Fn(Option<&str>) -> KeyAnswer,
    pub(crate) cache: &'a TokenCache,
    pub(crate) known: &'a Known,
    /// Unix milliseconds.
    pub(crate) now: i64,
}

/// A day in milliseconds: how far the clocks of a development machine and of Clerk may be apart in a handshake.
const DEVELOPMENT_CLOCK_SKEW: i64 = 86_400_000;

const SESSION: Option<TokenType> = Some(TokenType::SessionToken);

/// The state of a request with a verified session: signed in, but for the auth object a pending session is signed out.
pub(crate) fn session_state(
    session: Arc<VerifiedSession>,
    client: &ClerkClient,
    headers: HeaderMap,
) -> RequestState {
    let session = SessionAuth {
        session,
        client: client.clone(),
    };
    let auth = if session.is_pending() {
        let mut signed_out = SignedOut::new(SESSION, "session-pending");
        signed_out.pending = Some(session);
        Auth::SignedOut(signed_out)
    } else {
        Auth::Session(session)
    };
    RequestState::signed_in(auth, headers)
}

impl Decide<'_> {
    /// The whole decision.
    pub(crate) fn decide(&self, accepts: &AcceptedTokens) -> Decision {
        let header_kind = self
            .facts
            .header_token
            .as_ref()
            .map(|token| machine::classify(token.as_str()));
        if accepts.is_list() {
            let kind = header_kind.flatten().unwrap_or(TokenType::SessionToken);
            if !accepts.accepts(kind) {
                return Ok(self.signed_out(SignedOut::new(None, "token-type-mismatch"), ""));
            }
        }
        match (&self.facts.header_token, accepts.single()) {
            (Some(token), Some(TokenType::SessionToken)) => self.header_session(token),
            (Some(token), Some(kind)) if header_kind.flatten() == Some(kind) => {
                self.machine_token(token, kind)
            }
            (Some(_), Some(kind)) => {
                Ok(self.signed_out(SignedOut::new(Some(kind), "token-type-mismatch"), ""))
            }
            (Some(token), None) => match header_kind.flatten() {
                Some(kind) => self.machine_token(token, kind),
                None => self.header_session(token),
            },
            (None, Some(kind)) if kind != TokenType::SessionToken => {
                Ok(self.signed_out(SignedOut::new(Some(kind), "No token in header"), ""))
            }
            (None, _) => self.cookies(),
        }
    }

    /// C4 and C5: a satellite's sign-in URL, checked where the browser names its origin.
    pub(crate) fn check_satellite_sign_in_url(
        &self,
        accepts: &AcceptedTokens,
    ) -> Result<(), AuthenticateError> {
        if accepts.single() == Some(TokenType::M2mToken) || !self.config.is_satellite {
            return Ok(());
        }
        let (Some(sign_in_url), Some(origin)) = (&self.config.sign_in_url, &self.facts.origin)
        else {
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

    fn header_session(&self, token: &RawToken) -> Decision {
        if token
            .parsed()
            .is_ok_and(|token| machine::is_not_a_session(token))
        {
            return Ok(self.signed_out(SignedOut::new(SESSION, "token-type-mismatch"), ""));
        }
        match self.verify(token)? {
            Ok(session) => Ok(self.signed_in(session, HeaderMap::new())),
            Err(error) => self.session_error(&error, TokenCarrier::Header),
        }
    }

    fn machine_token(&self, token: &RawToken, kind: TokenType) -> Decision {
        let verified = match machine::route(token.as_str(), kind) {
            Err(error) => Err(error),
            Ok(Route::Jwt(kind, parsed)) => match self.key(parsed.kid())? {
                Ok(key) => machine::verify_jwt(kind, &parsed, &key, &self.config.rules, self.now)
                    .map(|v| (kind, Arc::new(v))),
                Err(error) if error.reason().is_undecided() => {
                    Err(MachineTokenError::unverifiable(kind, &error))
                }
                Err(error) => Err(MachineTokenError::refused(kind, &error)),
            },
            Ok(Route::Opaque(kind)) => match &self.known.machine {
                None => {
                    return Err(Interrupt::Need(Need::MachineToken(
                        kind,
                        token.as_str().to_owned(),
                    )));
                }
                Some(Ok(verified)) => Ok((kind, Arc::clone(verified))),
                Some(Err(error)) => Err(error.clone()),
            },
        };
        match verified {
            Ok((kind, verified)) => {
                let token: Arc<str> = token.as_str().into();
                let auth = match kind {
                    TokenType::ApiKey => Auth::ApiKey(ApiKeyAuth { token, verified }),
                    TokenType::OAuthToken => Auth::OAuthToken(OAuthTokenAuth { token, verified }),
                    TokenType::M2mToken | TokenType::SessionToken => {
                        Auth::M2mToken(M2mTokenAuth { token, verified })
                    }
                };
                Ok(RequestState::signed_in(auth, HeaderMap::new()))
            }
            Err(error) => {
                let mut signed_out = SignedOut::new(Some(error.token_type), error.code.as_str());
                signed_out.undecided = error.undecided;
                Ok(self.signed_out(signed_out, error.full_message()))
            }
        }
    }

    /// The cookie flow, rules 1 to 19.
    fn cookies(&self) -> Decision {
        let (config, facts) = (self.config, self.facts);
        if (facts.handshake_nonce.is_some() || facts.handshake_token.is_some())
            && let Some(state) = self.resolve_handshake()?
        {
            return Ok(state);
        }
        let development = config.instance_type() == Some(InstanceType::Development);
        let session_token = facts.cookie_token.as_ref();

        let synced = facts.query("__clerk_synced");
        if config.is_satellite
            && facts.is_get
            && facts.is_document()
            && synced.as_deref() != Some("true")
        {
            let has_cookies = session_token.is_some() || facts.has_active_client();
            let needs_sync = synced.as_deref() == Some("false");
            if !config.satellite_auto_sync && !has_cookies && !needs_sync {
                return Ok(
                    self.signed_out(SignedOut::new(SESSION, "session-token-and-uat-missing"), "")
                );
            }
            if !has_cookies || needs_sync {
                return self.sync_satellite(development);
            }
        }
        if development
            && !config.is_satellite
            && let Some(target) = facts
                .query("__clerk_redirect_url")
                .filter(|target| !target.is_empty())
        {
            let target = Url::parse(&target)
                .map_err(|_| Interrupt::Raise(AuthenticateError::SyncTargetNotAbsolute))?;
            if let Some(location) = self.answer_satellite(target) {
                return Ok(self.handshake("primary-responds-to-syncing", "", Some(location)));
            }
        }
        if development && facts.query("__clerk_db_jwt").is_some() {
            return Ok(self.handshake("dev-browser-sync", "", None));
        }
        if development && facts.dev_browser.is_none() {
            return Ok(self.handshake("dev-browser-missing", "", None));
        }
        match (facts.has_active_client(), session_token) {
            (false, None) => {
                Ok(self.signed_out(SignedOut::new(SESSION, "session-token-and-uat-missing"), ""))
            }
            (false, Some(_)) => Ok(self.handshake("session-token-but-no-client-uat", "", None)),
            (true, None) => Ok(self.handshake("client-uat-but-no-session-token", "", None)),
            (true, Some(token)) => self.cookie_session(token),
        }
    }

    /// Rules 12 to 19: an active client with a session token in its cookie.
    fn cookie_session(&self, token: &RawToken) -> Decision {
        let parsed = match token.parsed() {
            Ok(parsed) => parsed,
            Err(error) => return self.session_error(error, TokenCarrier::Cookie),
        };
        if machine::is_not_a_session(parsed) {
            return Ok(self.signed_out(SignedOut::new(SESSION, "token-type-mismatch"), ""));
        }
        // Before the signature: an unverified `iat` can only cause a handshake.
        if parsed
            .claims()
            .get("iat")
            .and_then(as_js_number)
            .is_some_and(|issued| issued < self.facts.client_uat)
        {
            return Ok(self.handshake("session-token-iat-before-client-uat", "", None));
        }
        let session = match self.verify(token)? {
            Ok(session) => session,
            Err(error) => return self.session_error(&error, TokenCarrier::Cookie),
        };
        let facts = self.facts;
        if !self.config.is_satellite
            && facts.is_get
            && facts.is_document()
            && is_cross_origin_referrer(facts)
            && !is_known_clerk_referrer(self.config, facts)
            && facts.redirect_count == RedirectCount::Below(0)
        {
            return Ok(self.handshake(
                "primary-domain-cross-origin-sync",
                "a cross-origin request from a satellite domain needs a handshake",
                None,
            ));
        }
        if let Some(state) = self.synchronise_organization(&session) {
            return Ok(state);
        }
        Ok(self.signed_in(session, HeaderMap::new()))
    }

    /// Rules 3 and 5: the satellite asks its primary.
    fn sync_satellite(&self, development: bool) -> Decision {
        let location = match (&self.config.sign_in_url, development) {
            (Some(sign_in_url), true) => {
                let Ok(mut url) = Url::parse(sign_in_url) else {
                    return Err(Interrupt::Raise(AuthenticateError::SignInUrlNotAbsolute));
                };
                append_query_parameter(&mut url, "__clerk_redirect_url", self.facts.url.as_str());
                Some(url)
            }
            _ => None,
        };
        Ok(self.handshake("satellite-needs-syncing", "", location))
    }

    /// Rule 6: the primary sends the browser back to the satellite that asked, where that is allowed.
    fn answer_satellite(&self, mut target: Url) -> Option<Url> {
        if !self
            .config
            .redirect_origins
            .allows(&target, &self.facts.url)
        {
            tracing::warn!(
                "a satellite's redirect was ignored: its origin is not configured as an allowed redirect origin"
            );
            return None;
        }
        if let Some(dev_browser) = &self.facts.dev_browser {
            append_query_parameter(&mut target, "__clerk_db_jwt", dev_browser);
        }
        crate::redirect::set_query_parameter(&mut target, "__clerk_synced", "true");
        Some(target)
    }

    fn synchronise_organization(&self, session: &Arc<VerifiedSession>) -> Option<RequestState> {
        let claims = session.token.claims();
        if claims.text("sub").is_none_or(str::is_empty) || claims.text("sts") == Some("pending") {
            return None;
        }
        let target = self
            .config
            .organization_sync
            .target(self.facts.url.path())?;
        if !target.differs_from(claims) {
            return None;
        }
        if self.facts.redirect_count == RedirectCount::Exhausted {
            tracing::warn!(
                "activating the organization of this URL looped: its id or slug is probably wrong; the page is served \
                 with the organization that is active"
            );
            return None;
        }
        let state = self.handshake("active-organization-mismatch", "", None);
        (state.status() == super::state::AuthStatus::Handshake).then_some(state)
    }

    // ---- the handshake -------------------------------------------------------------------------------------------

    /// Sends the browser through a handshake, or calls the request signed out where that cannot work.
    fn handshake(
        &self,
        reason: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
        location: Option<Url>,
    ) -> RequestState {
        let (reason, message) = (reason.into(), message.into());
        if !self.facts.is_handshake_eligible() {
            return self.signed_out(SignedOut::new(SESSION, reason), message);
        }
        let RedirectCount::Below(count) = self.facts.redirect_count else {
            if reason == "satellite-needs-syncing" {
                tracing::warn!(
                    "a satellite's handshake looped: check that this domain is configured in the Clerk dashboard as \
                     a satellite of the instance whose keys are used"
                );
            } else {
                tracing::warn!(
                    reason = &*reason,
                    "a handshake looped: CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY probably belong to different \
                     instances"
                );
            }
            return self.signed_out(SignedOut::new(SESSION, reason), message);
        };
        let location = location.or_else(|| handshake_url(self.config, self.facts, &reason));
        let cookie = format!(
            "__clerk_redirect_count={}; SameSite=Lax; HttpOnly; Max-Age=2",
            count + 1
        );
        match (
            location.and_then(|url| HeaderValue::from_str(url.as_str()).ok()),
            HeaderValue::from_str(&cookie),
        ) {
            (Some(location), Ok(cookie)) => {
                RequestState::handshake(reason, message, location, cookie)
            }
            _ => self.signed_out(SignedOut::new(SESSION, reason), message),
        }
    }

    /// Rule 1. `None`: there was nothing to resolve, the flow continues.
    fn resolve_handshake(&self) -> Result<Option<RequestState>, Interrupt> {
        let development = self.config.instance_type() == Some(InstanceType::Development);
        let directives = match (&self.facts.handshake_nonce, &self.facts.handshake_token) {
            (Some(nonce), _) => match &self.known.handshake {
                Some(directives) => directives.clone(),
                None => return Err(Interrupt::Need(Need::HandshakePayload(nonce.clone()))),
            },
            (None, Some(token)) => match self.verify_handshake_token(token)? {
                Ok(directives) => directives,
                Err(error) if development && error.reason() != TokenErrorReason::Unexpected => {
                    return Err(Interrupt::Raise(AuthenticateError::Handshake(
                        error.message().to_owned(),
                    )));
                }
                Err(error) => {
                    tracing::warn!(reason = %error.reason(), "a handshake token was refused; the request goes on without it");
                    return Ok(None);
                }
            },
            (None, None) => return Ok(None),
        };
        let refused = || {
            tracing::warn!(
                "a handshake brought a cookie that cannot be set; the request goes on without it"
            );
            Ok(None)
        };
        let Some(directives) = directives else {
            return refused();
        };
        let Some(mut headers) = cookie_headers(&directives) else {
            return refused();
        };
        headers.insert(
            ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("null"),
        );
        headers.insert(
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        if development
            && let Ok(location) =
                HeaderValue::from_str(without_handshake_result(&self.facts.url).as_str())
        {
            headers.insert(LOCATION, location);
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        let token = match session_among(&directives, self.config.cookie_suffix()) {
            SessionCookie::Token(token) => token,
            SessionCookie::Malformed => return refused(),
            SessionCookie::Absent => {
                return Ok(Some(RequestState::signed_out(
                    SignedOut::new(SESSION, "session-token-missing"),
                    "",
                    headers,
                )));
            }
        };
        let token = RawToken::new(token);
        let mut verified = self.verify(&token)?;
        let is_clock_problem = |error: &TokenError| {
            matches!(
                error.reason(),
                TokenErrorReason::Expired
                    | TokenErrorReason::NotActiveYet
                    | TokenErrorReason::IssuedInTheFuture
            )
        };
        if development && verified.as_ref().is_err_and(is_clock_problem) {
            tracing::error!(
                "the clock of this machine and Clerk's differ: the session that a handshake brought is outside its \
                 validity; set this machine's clock"
            );
            let rules = ClaimRules {
                clock_skew: DEVELOPMENT_CLOCK_SKEW,
                ..self.config.rules.clone()
            };
            verified = self.verify_with(&token, &rules)?;
        }
        match verified {
            Ok(session) => Ok(Some(self.signed_in(session, headers))),
            Err(error) => {
                tracing::warn!(reason = %error.reason(), "the session that a handshake brought was refused");
                Ok(None)
            }
        }
    }

    fn verify_handshake_token(
        &self,
        token: &str,
    ) -> Result<Result<Option<Vec<String>>, TokenError>, Interrupt> {
        let parsed = match ParsedToken::parse(token) {
            Ok(parsed) => parsed,
            Err(error) => return Ok(Err(error)),
        };
        Ok(match self.key(parsed.kid())? {
            Ok(key) => verify_handshake(&parsed, &key),
            Err(error) => Err(error),
        })
    }

    // ---- errors of session tokens, and refresh -------------------------------------------------------------------

    fn session_error(&self, error: &TokenError, carrier: TokenCarrier) -> Decision {
        let facts = self.facts;
        if error.reason() == TokenErrorReason::Unexpected {
            let mut signed_out = SignedOut::new(SESSION, error.reason().as_str());
            signed_out.undecided = true;
            return Ok(self.signed_out(signed_out, ""));
        }
        let message = error.full_message(carrier);
        match error.reason() {
            TokenErrorReason::Expired => {
                let failure: Cow<'static, str> = match &facts.refresh_token {
                    _ if !facts.is_get => "non-eligible-non-get".into(),
                    None => "non-eligible-no-refresh-cookie".into(),
                    Some(_) => match self.refresh()? {
                        Ok(state) => return Ok(state),
                        Err(failure) => failure,
                    },
                };
                Ok(self.handshake(
                    format!("session-token-expired-refresh-{failure}"),
                    message,
                    None,
                ))
            }
            TokenErrorReason::NotActiveYet => {
                Ok(self.handshake("session-token-nbf", message, None))
            }
            TokenErrorReason::IssuedInTheFuture => {
                Ok(self.handshake("session-token-iat-in-the-future", message, None))
            }
            reason => {
                let mut signed_out = SignedOut::new(SESSION, reason.as_str());
                signed_out.undecided = reason.is_undecided();
                Ok(self.signed_out(signed_out, message))
            }
        }
    }

    /// Exchanges an expired session token and the refresh cookie for fresh cookies.
    fn refresh(&self) -> Result<Result<RequestState, Cow<'static, str>>, Interrupt> {
        let Some(token) = self.facts.session_token() else {
            return Ok(Err("missing-session-token".into()));
        };
        let Ok(parsed) = token.parsed() else {
            return Ok(Err("expired-session-token-decode-failed".into()));
        };
        let session_id = match parsed
            .claims()
            .get("sid")
            .filter(|sid| crate::auth::is_truthy(sid))
        {
            None => return Ok(Err("expired-session-token-missing-sid-claim".into())),
            Some(Value::String(sid)) => sid.clone(),
            Some(sid @ (Value::Number(_) | Value::Bool(_))) => sid.to_string(),
            Some(_) => return Ok(Err("unexpected-bapi-error".into())),
        };
        let cookies = match &self.known.refresh {
            None => return Err(Interrupt::Need(Need::Refresh { session_id })),
            Some(Err(failure)) => return Ok(Err(failure.clone())),
            Some(Ok(cookies)) => cookies,
        };
        let SessionCookie::Token(token) = session_among(cookies, self.config.cookie_suffix())
        else {
            return Ok(Err("invalid-session-token".into()));
        };
        match self.verify(&RawToken::new(token))? {
            Ok(session) => Ok(match cookie_headers(cookies) {
                Some(headers) => Ok(self.signed_in(session, headers)),
                None => Err("unexpected-sdk-error".into()),
            }),
            Err(_) => Ok(Err("invalid-session-token".into())),
        }
    }

    // ---- shared pieces -------------------------------------------------------------------------------------------

    fn verify(
        &self,
        token: &RawToken,
    ) -> Result<Result<Arc<VerifiedSession>, TokenError>, Interrupt> {
        let current = |kid: Option<&str>| match (self.keys)(kid) {
            KeyAnswer::Found(key) => Some(key),
            KeyAnswer::Needed | KeyAnswer::Failed(_) => None,
        };
        if let Some(session) = self
            .cache
            .get(token.as_str(), &self.config.rules, self.now, current)
        {
            return Ok(Ok(session));
        }
        let verified = self.verify_with(token, &self.config.rules)?;
        if let Ok(session) = &verified
            && !machine::is_not_a_session(&session.token)
        {
            self.cache.put(session);
        }
        Ok(verified)
    }

    fn verify_with(
        &self,
        token: &RawToken,
        rules: &ClaimRules,
    ) -> Result<Result<Arc<VerifiedSession>, TokenError>, Interrupt> {
        let parsed = match token.parsed() {
            Ok(parsed) => parsed,
            Err(error) => return Ok(Err(error.clone())),
        };
        if let Err(error) = check_session_category(parsed) {
            return Ok(Err(error));
        }
        Ok(match self.key(parsed.kid())? {
            Ok(key) => verify_session(parsed, &key, rules, self.now).and_then(|session| {
                check_organization_claims(session.token.claims())?;
                Ok(Arc::new(session))
            }),
            Err(error) => Err(error),
        })
    }

    /// The key of this id: what I/O brought for this request, else what is in memory.
    fn key(&self, kid: Option<&str>) -> Result<FetchedKey, Interrupt> {
        if let Some((_, answer)) = self
            .known
            .keys
            .iter()
            .find(|(known, _)| known.as_deref() == kid)
        {
            return Ok(answer.clone());
        }
        match (self.keys)(kid) {
            KeyAnswer::Found(key) => Ok(Ok(key)),
            KeyAnswer::Failed(error) => Ok(Err(error)),
            KeyAnswer::Needed => Err(Interrupt::Need(Need::Key(kid.map(str::to_owned)))),
        }
    }

    fn signed_in(&self, session: Arc<VerifiedSession>, headers: HeaderMap) -> RequestState {
        session_state(session, self.client, headers)
    }

    #[expect(
        clippy::unused_self,
        reason = "reads as a sibling of `signed_in` and `handshake`"
    )]
    fn signed_out(
        &self,
        signed_out: SignedOut,
        message: impl Into<Cow<'static, str>>,
    ) -> RequestState {
        RequestState::signed_out(signed_out, message, HeaderMap::new())
    }
}

/// Adds a parameter; what was there is written anew, form-encoded, as a browser's URL does.
fn append_query_parameter(url: &mut Url, name: &str, value: &str) {
    let mut pairs: Vec<(String, String)> = url
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    pairs.push((name.to_owned(), value.to_owned()));
    url.query_pairs_mut().clear().extend_pairs(pairs);
}

/// The directives as headers; `None` when one of them cannot stand in a header.
fn cookie_headers(directives: &[String]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for directive in directives {
        let bytes: Option<Vec<u8>> = directive
            .trim_matches([' ', '\t', '\r', '\n'])
            .chars()
            .map(|char| u8::try_from(u32::from(char)).ok())
            .collect();
        headers.append(SET_COOKIE, HeaderValue::from_bytes(&bytes?).ok()?);
    }
    Some(headers)
}
