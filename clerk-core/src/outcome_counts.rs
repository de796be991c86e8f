//! Counters of authentication outcomes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::reason::Reason;
use crate::spread_count::SpreadCount;

/// The number of requests with each outcome since the instance was created.
#[derive(Debug, Default)]
pub(crate) struct OutcomeCounts {
    signed_in: SpreadCount,
    handshakes: AtomicU64,
    undecided: AtomicU64,
    refused_tokens: AtomicU64,
    without_token: AtomicU64,
    contradictions: AtomicU64,
    early_tokens: Refusals,
    foreign_parties: Refusals,
}

/// The counter of one kind of refusal, and the text of the last one.
#[derive(Debug, Default)]
struct Refusals {
    count: AtomicU64,
    last: Mutex<String>,
}

impl Refusals {
    fn count(&self, message: &str) {
        add_one(&self.count);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        message.clone_into(&mut last);
    }

    fn read(&self) -> Seen {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        Seen {
            count: self.count.load(Ordering::Relaxed),
            last: last.clone(),
        }
    }
}

/// The number of refusals of one kind, and the text of the last one.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) count: u64,
    pub(crate) last: String,
}

/// A snapshot of the counters.
#[derive(Debug)]
pub(crate) struct Outcomes {
    pub(crate) signed_in: u64,
    pub(crate) handshakes: u64,
    pub(crate) undecided: u64,
    pub(crate) refused_tokens: u64,
    pub(crate) without_token: u64,
    pub(crate) contradictions: u64,
    /// Tokens that are not valid yet according to this machine's clock.
    pub(crate) early_tokens: Seen,
    /// Tokens that were issued to an origin that is not an authorized party.
    pub(crate) foreign_parties: Seen,
}

impl OutcomeCounts {
    /// Counts a request with a valid token.
    pub(crate) fn signed_in(&self) {
        self.signed_in.add_one();
    }

    /// Counts a request that is redirected to a handshake.
    pub(crate) fn handshake(&self, reason: Option<&Reason>, message: &str) {
        add_one(&self.handshakes);
        self.refusal(reason, message);
    }

    /// Counts a request that is not signed in.
    pub(crate) fn signed_out(&self, reason: Option<&Reason>, message: &str) {
        add_one(match reason {
            Some(reason) if reason.is_undecided() => &self.undecided,
            Some(reason) if reason.is_bad_token() => &self.refused_tokens,
            _ => &self.without_token,
        });
        self.refusal(reason, message);
    }

    /// Counts a request that gets 500 because of the configuration.
    pub(crate) fn contradiction(&self) {
        add_one(&self.contradictions);
    }

    fn refusal(&self, reason: Option<&Reason>, message: &str) {
        match reason {
            Some(
                Reason::SessionTokenNbf
                | Reason::SessionTokenIatInTheFuture
                | Reason::TokenNotActiveYet
                | Reason::TokenIatInTheFuture,
            ) => self.early_tokens.count(message),
            Some(Reason::TokenInvalidAuthorizedParties) => self.foreign_parties.count(message),
            _ => {}
        }
    }

    pub(crate) fn read(&self) -> Outcomes {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Outcomes {
            signed_in: self.signed_in.read(),
            handshakes: of(&self.handshakes),
            undecided: of(&self.undecided),
            refused_tokens: of(&self.refused_tokens),
            without_token: of(&self.without_token),
            contradictions: of(&self.contradictions),
            early_tokens: self.early_tokens.read(),
            foreign_parties: self.foreign_parties.read(),
        }
    }
}

fn add_one(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}
