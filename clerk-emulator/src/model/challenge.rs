use std::borrow::Cow;

use super::strategy::Strategy;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};
use url::Url;

const LIFETIME_MS: i64 = 10 * 60_000;
/// The number of wrong answers after which a challenge fails.
const MOST_ATTEMPTS: u32 = 3;

/// A proof that was requested and can be submitted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Challenge {
    pub(crate) strategy: Strategy,
    pub(crate) outcome: Outcome,
    pub(crate) attempts: u32,
    pub(crate) expire_at: i64,
    /// The right answer: a code, or what a link or a signature must contain.
    pub(crate) answer: Option<Secret>,
    /// ID of the address, number, wallet or passkey that is proven.
    pub(crate) identifier_id: Option<String>,
    /// The URL that a link or a provider sends the browser to afterwards.
    pub(crate) redirect_url: Option<String>,
    /// The URL that a provider sends the browser to instead if that starts a session.
    #[serde(default)]
    pub(crate) complete_url: Option<String>,
    /// The provider's page where the user completes the proof.
    pub(crate) external_url: Option<String>,
    /// The reason why a provider's proof was not accepted.
    pub(crate) problem: Option<Problem>,
}

/// The outcome of a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Open,
    Verified,
    /// The proof is valid, but belongs to a person who has no account yet (or already has one).
    Transferable,
}

/// The reason why a provider's proof was not accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Problem {
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: Cow<'static, str>,
}

/// What the browser wants of the page of a provider.
#[derive(Debug, Default)]
pub(crate) struct ProviderWishes {
    /// The URL that the browser is sent to if the provider's answer starts a session.
    pub(crate) complete_url: Option<String>,
    /// The person who is expected to sign in. Identity providers of companies are not told.
    pub(crate) login_hint: Option<String>,
    /// The prompts of OpenID Connect, which the URL of the page tells. The emulated page always asks.
    pub(crate) prompt: Option<String>,
}

impl Problem {
    pub(crate) const fn new(code: &'static str, message: &'static str) -> Self {
        Self {
            code: Cow::Borrowed(code),
            message: Cow::Borrowed(message),
        }
    }
}

impl Challenge {
    /// Creates an unanswered challenge.
    pub(crate) fn new(strategy: Strategy, now: i64) -> Self {
        Self {
            strategy,
            outcome: Outcome::Open,
            attempts: 0,
            expire_at: now + LIFETIME_MS,
            answer: None,
            identifier_id: None,
            redirect_url: None,
            complete_url: None,
            external_url: None,
            problem: None,
        }
    }

    /// Creates a challenge that is already verified, because its answer came with the request.
    pub(crate) fn verified(strategy: Strategy, now: i64) -> Self {
        Self {
            outcome: Outcome::Verified,
            attempts: 1,
            ..Self::new(strategy, now)
        }
    }

    /// Returns the name of the status in the API.
    pub(crate) fn status_at(&self, now: i64) -> &'static str {
        match self.outcome {
            Outcome::Verified => "verified",
            Outcome::Transferable => "transferable",
            Outcome::Open if self.attempts >= MOST_ATTEMPTS => "failed",
            Outcome::Open if now >= self.expire_at => "expired",
            Outcome::Open => "unverified",
        }
    }

    /// Passes on what the browser wants of the provider's page, if a page answers the challenge.
    pub(crate) fn heed(&mut self, wishes: ProviderWishes) {
        self.complete_url = wishes.complete_url.or(self.complete_url.take());
        let page = self.external_url.as_deref().map(Url::parse);
        let Some(Ok(mut page)) = page else { return };
        let is_social = matches!(self.strategy, Strategy::OAuth(_));
        let login_hint = wishes.login_hint.filter(|_| is_social);
        for (name, value) in [("login_hint", login_hint), ("prompt", wishes.prompt)] {
            if let Some(value) = value {
                page.query_pairs_mut().append_pair(name, &value);
            }
        }
        self.external_url = Some(page.into());
    }

    pub(crate) fn is_verified(&self) -> bool {
        self.outcome == Outcome::Verified
    }
}
