//! Calls to the Backend API that requests cause: how many run at once, how long they may take, and what is not asked again.
//!
//! Anybody can send a made-up token or nonce, and each needs a call. A bound makes calls wait for their turn; it refuses
//! none. What Clerk does not know is remembered for a moment, in this process only.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest;
use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

use crate::clock::Moment;
use crate::single_flight::SingleFlight;
use crate::token::machine::MachineTokenVerdict;

/// How long what Clerk does not know is remembered.
const UNKNOWN_FOR: Duration = Duration::from_secs(10);
/// How many such answers are remembered: less than a megabyte.
const UNKNOWN_REMEMBERED: usize = 10_000;

/// The bounds of outbound calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutboundSettings {
    /// How many calls of one line run at once.
    pub(crate) at_once: usize,
    /// How long a request waits for a call, its turn included.
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

/// What a call waits behind. The lines do not wait for each other; signing keys wait in none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Line {
    /// Checks of opaque machine tokens.
    MachineTokens,
    /// Refreshes and handshakes of sessions.
    Sessions,
}

/// The digest of a token or a nonce, and of what it is.
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
    /// The checks of machine tokens that run.
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

    /// How long a call may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.settings.timeout
    }

    /// Makes a call when it is its turn. `None` when there was no answer in time.
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

    /// Whether Clerk said a moment ago that it does not know this.
    pub(crate) fn is_unknown(&self, fingerprint: &Fingerprint, now: Moment) -> bool {
        self.unknown
            .get(fingerprint)
            .is_some_and(|asked| now.since(asked) < UNKNOWN_FOR)
    }

    /// Remembers that Clerk does not know this.
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
