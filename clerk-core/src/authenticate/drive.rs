//! The driver, which performs the I/O that a decision needs and decides again.

use std::sync::Arc;

use super::context::{Answers, HandshakePayload, Interrupt, KeyLookup, Need};
use super::decide::decide;
use super::error::AuthenticateError;
use super::facts::Facts;
use super::outcome::Outcome;
use super::state::RequestState;
use super::{handshake, machine, quick, refresh, satellite};
use crate::clock::Moment;
use crate::instance::Instance;
use crate::outbound::{Fingerprint, Line};
use crate::reason::Reason;
use crate::request::RequestView;
use crate::request_kind::RequestKind;
use crate::sign_in::{refusal_pages, sign_in_page};
use crate::signing_keys::SigningKeyAnswer;
use crate::token::machine::{MachineTokenError, MachineTokenVerdict};
use crate::token::{AcceptedTokens, RawToken, TokenType, VerifiedSession};

/// The maximum number of rounds. A decision needs at most two keys and two other calls; more would be a loop.
const MAX_STEPS: usize = 8;

/// The first, synchronous step of authentication.
#[expect(
    clippy::large_enum_variant,
    reason = "the common case is moved once; a box would be an allocation for every request"
)]
pub(crate) enum Start {
    Done(RequestState),
    Waiting(Box<Pending>),
}

/// Authenticates a request as far as possible without I/O.
pub(crate) fn start(
    instance: &Arc<Instance>,
    request: &dyn RequestView,
    accepts: &AcceptedTokens,
) -> Result<Start, AuthenticateError> {
    let now = Moment::now(&*instance.clock);
    if let Some(outcome) = quick::authenticate(instance, request, accepts, now) {
        return Ok(Start::Done(RequestState::of(
            outcome,
            &instance.client,
            instance.config.is_development(),
            // Scripts send this header; browsers that request a page do not.
            || None,
            |pending| {
                let facts = Facts::read(request, &instance.config, now.wall, &|_| None);
                let kind = RequestKind::of(request);
                Some(sign_in_page(&instance.config, &facts, kind, pending))
            },
        )));
    }
    let facts = Facts::read(request, &instance.config, now.wall, &|token| {
        quick::verified_before(instance, token.as_bytes(), now)
    });
    satellite::check_sign_in_url(&instance.config, &facts, accepts)?;
    let mut pending = Pending {
        facts,
        accepts: accepts.clone(),
        answers: Answers::default(),
        refreshes_keys: instance.signing_keys.claim_refresh(now),
        kind: None,
        instance: Arc::clone(instance),
    };
    if !pending.refreshes_keys {
        match pending.ask() {
            Ok(outcome) => {
                let state = pending.settle(outcome, || RequestKind::of(request));
                return Ok(Start::Done(state));
            }
            Err(Interrupt::Raise(error)) => return Err(error),
            Err(Interrupt::Need(_)) => {}
        }
    }
    pending.kind = Some(RequestKind::of(request));
    pending.facts.let_go_of_decoded();
    Ok(Start::Waiting(Box::new(pending)))
}

/// A request whose authentication needs I/O.
pub(crate) struct Pending {
    instance: Arc<Instance>,
    facts: Facts,
    accepts: AcceptedTokens,
    answers: Answers,
    /// Whether this request refreshes aging keys.
    refreshes_keys: bool,
    /// Read before the request is released.
    kind: Option<RequestKind>,
}

impl Pending {
    /// Finishes the authentication of a pending request.
    pub(crate) async fn finish(mut self) -> Result<RequestState, AuthenticateError> {
        if self.refreshes_keys {
            self.instance.signing_keys.refresh().await;
        }
        for _ in 0..MAX_STEPS {
            match self.ask() {
                Ok(outcome) => return Ok(self.finished(outcome)),
                Err(Interrupt::Raise(error)) => return Err(error),
                Err(Interrupt::Need(need)) => self.fetch(need).await,
            }
        }
        Ok(self.finished(Outcome::signed_out(Reason::UnexpectedError, "")))
    }

    fn finished(&self, outcome: Outcome) -> RequestState {
        self.settle(outcome, || self.kind.unwrap_or(RequestKind::Api))
    }

    /// Decides with the results of I/O so far, and with signing keys in memory.
    fn ask(&mut self) -> Result<Outcome, Interrupt> {
        let now = Moment::now(&*self.instance.clock);
        loop {
            let config = &self.instance.config;
            let decision = decide(config, &self.facts, &self.answers, now.wall, &self.accepts);
            let outcome = match decision.outcome {
                Err(Interrupt::Need(Need::SigningKey(request))) => {
                    let lookup = match self.instance.signing_keys.look_up(&request, now) {
                        SigningKeyAnswer::Found(key) => KeyLookup::Found(key),
                        SigningKeyAnswer::Failed(error) => KeyLookup::Failed(error),
                        SigningKeyAnswer::Needed => {
                            return Err(Interrupt::Need(Need::SigningKey(request)));
                        }
                    };
                    self.answers.signing_keys.push((request, lookup));
                    continue;
                }
                Err(interrupt) => Err(interrupt),
                Ok(outcome) => {
                    decision.notices.iter().for_each(|notice| notice.log());
                    Ok(outcome)
                }
            };
            return outcome;
        }
    }

    async fn fetch(&mut self, need: Need) {
        let instance = &self.instance;
        let answers = &mut self.answers;
        match need {
            Need::SigningKey(request) => {
                let lookup = match instance.signing_keys.fetch(request.kid.as_deref()).await {
                    Ok(key) => KeyLookup::Found(key),
                    Err(error) => KeyLookup::Failed(error),
                };
                answers.signing_keys.push((request, lookup));
            }
            Need::HandshakePayload(nonce) => {
                answers.handshake = Some(exchange_nonce(instance, &nonce).await);
            }
            Need::Refresh { session_id } => {
                let (client, outbound) = (&instance.client, &instance.outbound);
                let timeout = outbound.timeout();
                let request = refresh::request(client, &self.facts, &session_id, timeout);
                let answer = outbound.in_turn(Line::Sessions, request.send()).await;
                answers.refreshed = Some(refresh::read(answer));
            }
            Need::MachineToken(kind, token) => {
                let fingerprint = Fingerprint::of(kind.as_str(), &token);
                let check = check_machine_token(Arc::clone(instance), fingerprint, kind, token);
                answers.machine_token =
                    Some(instance.outbound.checks.join(fingerprint, check).await);
            }
        }
    }

    /// Caches a verified session, and creates the state.
    fn settle(&self, outcome: Outcome, kind: impl Fn() -> RequestKind) -> RequestState {
        let instance = &self.instance;
        if let Outcome::Session { session, .. } = &outcome
            && !session.token.is_not_a_session()
            && !self.was_verified_before(session)
        {
            instance.tokens.put(session);
        }
        let config = &instance.config;
        RequestState::of(
            outcome,
            &instance.client,
            config.is_development(),
            || refusal_pages(config, kind()),
            |pending| Some(sign_in_page(config, &self.facts, kind(), pending)),
        )
    }

    fn was_verified_before(&self, session: &Arc<VerifiedSession>) -> bool {
        [&self.facts.header_token, &self.facts.cookie_token]
            .into_iter()
            .flatten()
            .chain(&self.facts.other_cookie_tokens)
            .filter_map(RawToken::session)
            .any(|known| Arc::ptr_eq(known, session))
    }
}

/// Exchanges a handshake nonce for cookies. An unknown nonce is not sent to Clerk again for some time.
async fn exchange_nonce(instance: &Instance, nonce: &str) -> HandshakePayload {
    let outbound = &instance.outbound;
    let fingerprint = Fingerprint::of("handshake_nonce", nonce);
    if outbound.is_unknown(&fingerprint, Moment::now(&*instance.clock)) {
        return HandshakePayload::Unknown;
    }
    let request = handshake::request(&instance.client, nonce, outbound.timeout());
    let payload = handshake::read(outbound.in_turn(Line::Sessions, request.send()).await);
    if payload == HandshakePayload::Unknown {
        outbound.remember_unknown(fingerprint, Moment::now(&*instance.clock));
    }
    payload
}

/// Asks the Backend API about an opaque token, unless the verdict is cached.
async fn check_machine_token(
    instance: Arc<Instance>,
    fingerprint: Fingerprint,
    kind: TokenType,
    token: String,
) -> MachineTokenVerdict {
    let (config, outbound) = (&instance.config, &instance.outbound);
    let memory = &instance.machine_tokens;
    let now = Moment::now(&*instance.clock);
    if outbound.is_unknown(&fingerprint, now) {
        return Err(MachineTokenError::unknown(kind));
    }
    let key = memory.key(kind, &token);
    if let Some(verified) = memory.get(&key, now.wall).await {
        return Ok(Arc::new(verified));
    }
    let machine_secret_key = config.machine_secret_key.as_ref();
    let timeout = outbound.timeout();
    let request = machine::request(&instance.client, machine_secret_key, kind, &token, timeout);
    let answer = outbound.in_turn(Line::MachineTokens, request.send()).await;
    let verdict = machine::read(kind, answer, &config.rules);
    let now = Moment::now(&*instance.clock);
    match &verdict {
        Ok(verified) => memory.put(&key, verified, now.wall).await,
        Err(error) if error.is_unknown_token() => outbound.remember_unknown(fingerprint, now),
        Err(_) => {}
    }
    verdict
}
