use std::borrow::Cow;

use super::strategy::Strategy;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};

const LIFETIME_MS: i64 = 10 * 60_000;
/// A challenge fails after this many wrong answers.
const MOST_ATTEMPTS: u32 = 3;

/// A proof that was asked for and may be given.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Challenge {
    pub(crate) strategy: Strategy,
    pub(crate) outcome: Outcome,
    pub(crate) attempts: u32,
    pub(crate) expire_at: i64,
    /// The right answer: a code, or what a link or a signature must hold.
    pub(crate) answer: Option<Secret>,
    /// Id of the address, number, wallet or passkey that is proven.
    pub(crate) identifier_id: Option<String>,
    /// Where a link or a provider sends the browser afterwards.
    pub(crate) redirect_url: Option<String>,
    /// The page of the provider where the proof is given.
    pub(crate) external_url: Option<String>,
    /// Why a provider's proof was not accepted.
    pub(crate) problem: Option<Problem>,
}

/// What became of a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Open,
    Verified,
    /// The proof holds, and belongs to somebody who has no account yet (or has one already).
    Transferable,
}

/// Why a provider's proof was not accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Problem {
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: Cow<'static, str>,
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
    /// Creates a challenge that nobody has answered.
    pub(crate) fn new(strategy: Strategy, now: i64) -> Self {
        Self {
            strategy,
            outcome: Outcome::Open,
            attempts: 0,
            expire_at: now + LIFETIME_MS,
            answer: None,
            identifier_id: None,
            redirect_url: None,
            external_url: None,
            problem: None,
        }
    }

    /// Creates a challenge whose answer came with the question.
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

    pub(crate) fn is_verified(&self) -> bool {
        self.outcome == Outcome::Verified
    }
}
