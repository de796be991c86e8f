//! Calls to the Backend API that requests cause, with limits on their number and duration.
//!
//! Anyone can send made-up tokens and nonces, and each requires a call. Calls beyond the limit wait for their turn and are
//! not refused. Tokens and nonces that are unknown to Clerk are remembered for a short time, in this process only.

use std::fmt;
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

use crate::clock::Moment;
use crate::crypto::digest;
use crate::single_flight::SingleFlight;
use crate::token::machine::MachineTokenVerdict;

/// How long unknown tokens and nonces are remembered.
const UNKNOWN_FOR: Duration = Duration::from_secs(10);
/// The most unknown tokens and nonces that are remembered, which take less than a megabyte.
const UNKNOWN_REMEMBERED: usize = 10_000;

/// The limits of outbound calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutboundSettings {
    /// The most calls of one queue that run at once.
    pub(crate) at_once: usize,
    /// How long a request waits for a call, including the time in the queue.
    pub(crate) timeout: Duration,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        Self {
            at_once: 64,
            timeout: Duration::from_secs(5),
        }
    }
}

/// The queue that a call waits in. The queues are independent, and downloads of signing keys wait in none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Line {
    /// Checks of opaque machine tokens.
    MachineTokens,
    /// Refreshes and handshakes of sessions.
    Sessions,
}

/// The digest of a token or nonce and its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(kind: &str, secret: &str) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(kind.as_bytes());
        context.update(b"\0");
        context.update(secret.as_bytes());
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(context.finish().as_ref());
        Self(fingerprint)
    }
}

/// The calls that requests cause.
pub(crate) struct Outbound {
    settings: OutboundSettings,
    machine_tokens: Semaphore,
    sessions: Semaphore,
    /// The checks of machine tokens in progress.
    pub(crate) checks: SingleFlight<Fingerprint, MachineTokenVerdict>,
    unknown: Cache<Fingerprint, Moment>,
}

impl Outbound {
    pub(crate) fn new(settings: OutboundSettings) -> Self {
        let line = || Semaphore::new(settings.at_once.clamp(1, Semaphore::MAX_PERMITS));
        Self {
            settings,
            machine_tokens: line(),
            sessions: line(),
            checks: SingleFlight::default(),
            unknown: Cache::new(UNKNOWN_REMEMBERED),
        }
    }

    /// Returns the time limit of a call.
    pub(crate) fn timeout(&self) -> Duration {
        self.settings.timeout
    }

    /// Makes a call when it is its turn. Returns `None` if there is no response in time.
    pub(crate) async fn in_turn<T>(&self, line: Line, call: impl Future<Output = T>) -> Option<T> {
        let line = match line {
            Line::MachineTokens => &self.machine_tokens,
            Line::Sessions => &self.sessions,
        };
        let in_turn = async {
            // The semaphore is never closed.
            let _turn = line.acquire().await;
            call.await
        };
        tokio::time::timeout(self.settings.timeout, in_turn)
            .await
            .ok()
    }

    /// Returns true if Clerk recently responded that this is unknown.
    pub(crate) fn is_unknown(&self, fingerprint: &Fingerprint, now: Moment) -> bool {
        self.unknown
            .get(fingerprint)
            .is_some_and(|asked| now.since(asked) < UNKNOWN_FOR)
    }

    /// Remembers that this is unknown to Clerk.
    pub(crate) fn remember_unknown(&self, fingerprint: Fingerprint, now: Moment) {
        self.unknown.insert(fingerprint, now);
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("settings", &self.settings)
            .field("checks", &self.checks)
            .finish_non_exhaustive()
    }
}
