//! The cache of positive verdicts on opaque machine tokens.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::scope::{EntryKey, Scope};
use super::sharing::{CLOCK_SKEW, Sharing};
use crate::token::TokenType;
use crate::token::machine::VerifiedMachineToken;

/// The most verdicts that a process caches.
const REMEMBERED_MACHINE_TOKENS: usize = 10_000;
const NAMESPACE: &str = "machine-token";

/// Caches positive verdicts on opaque tokens for a configured time, but never beyond the expiration of the token. They are
/// cached in this process, and in the shared store if there is one.
#[derive(Debug)]
pub(crate) struct MachineTokenMemory {
    entries: Cache<EntryKey, Arc<Entry>>,
    sharing: Option<Arc<Sharing>>,
    time_to_live: Duration,
    scope: Scope,
}

#[derive(Debug)]
struct Entry {
    verdict: Verdict,
    /// By the monotonic clock.
    kept_at: Instant,
}

/// The value in the shared store.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Verdict {
    /// In Unix milliseconds.
    verified_at: i64,
    token: VerifiedMachineToken,
}

impl MachineTokenMemory {
    pub(crate) fn new(time_to_live: Duration, scope: Scope, sharing: Option<Arc<Sharing>>) -> Self {
        Self {
            entries: Cache::new(REMEMBERED_MACHINE_TOKENS),
            sharing,
            time_to_live,
            scope,
        }
    }

    /// Returns the key of a verdict, which covers every input of it, so that services with other settings do not share it.
    pub(crate) fn key(&self, kind: TokenType, token: &str) -> EntryKey {
        self.scope.verdict(NAMESPACE, kind.as_str(), token)
    }

    pub(crate) async fn get(&self, key: &EntryKey, now: i64) -> Option<VerifiedMachineToken> {
        if self.time_to_live.is_zero() {
            return None;
        }
        if let Some(entry) = self.entries.get(key) {
            if entry.kept_at.elapsed() < self.time_to_live && self.is_good(&entry.verdict, now) {
                return Some(entry.verdict.token.clone());
            }
            self.entries.remove(key);
        }
        let shared = self.sharing.as_ref()?.get(NAMESPACE, key).await?;
        let verdict: Verdict = serde_json::from_slice(&shared).ok()?;
        if !self.is_good(&verdict, now) {
            return None;
        }
        self.keep(key, verdict.clone());
        Some(verdict.token)
    }

    pub(crate) async fn put(&self, key: &EntryKey, token: &VerifiedMachineToken, now: i64) {
        let verdict = Verdict {
            verified_at: now,
            token: token.clone(),
        };
        let left = self.until(&verdict).saturating_sub(now);
        let Some(left) = u64::try_from(left).ok().filter(|left| *left > 0) else {
            return;
        };
        self.keep(key, verdict.clone());
        if let Some(sharing) = &self.sharing
            && let Ok(value) = serde_json::to_vec(&verdict)
        {
            let time_to_live = Duration::from_millis(left);
            sharing.put(NAMESPACE, key, value, time_to_live).await;
        }
    }

    fn keep(&self, key: &EntryKey, verdict: Verdict) {
        let kept_at = Instant::now();
        self.entries
            .insert(*key, Arc::new(Entry { verdict, kept_at }));
    }

    /// Returns true if a verdict is still valid. A verdict of another process is valid no longer than one of this process.
    fn is_good(&self, verdict: &Verdict, now: i64) -> bool {
        now < self.until(verdict) && verdict.verified_at <= now.saturating_add(CLOCK_SKEW)
    }

    fn until(&self, verdict: &Verdict) -> i64 {
        let time_to_live = i64::try_from(self.time_to_live.as_millis()).unwrap_or(i64::MAX);
        let until = verdict.verified_at.saturating_add(time_to_live);
        verdict
            .token
            .expires
            .map_or(until, |expires| expires.min(until))
    }
}
