//! Positive answers about opaque machine tokens, remembered for a short time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

use crate::token::TokenType;
use crate::token::machine::VerifiedMachineToken;

/// A future that a [`MachineTokenStore`] gives.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where positive answers about opaque machine tokens are kept for a short time, possibly shared between hosts.
///
/// Keys are digests: the tokens themselves never reach the store.
///
/// # Security
/// Whoever can write to the store can make any token valid. It must be as well protected as the application itself.
pub trait MachineTokenStore: fmt::Debug + Send + Sync + 'static {
    /// The value under this key, unless its time is over.
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<String>>;

    /// Keeps a value for at most this time. A store that fails drops the value.
    fn put<'a>(
        &'a self,
        key: &'a str,
        value: String,
        time_to_live: Duration,
    ) -> StoreFuture<'a, ()>;
}

/// The default store: a bounded map in this process.
#[derive(Debug)]
struct InMemory(quick_cache::sync::Cache<String, Arc<str>>);

impl MachineTokenStore for InMemory {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<String>> {
        Box::pin(async move { self.0.get(key).map(|value| value.as_ref().to_owned()) })
    }

    fn put<'a>(&'a self, key: &'a str, value: String, _: Duration) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.0.insert(key.to_owned(), value.into()) })
    }
}

/// Remembers positive answers about opaque tokens, for a stated time and never beyond the token's own.
#[derive(Debug)]
pub(crate) struct MachineTokenMemory {
    store: Arc<dyn MachineTokenStore>,
    time_to_live: Duration,
    scope: digest::Digest,
}

/// How many answers the default store keeps.
const REMEMBERED_MACHINE_TOKENS: usize = 10_000;

#[derive(Serialize, Deserialize)]
struct Remembered {
    /// Unix milliseconds.
    until: i64,
    token: VerifiedMachineToken,
}

impl MachineTokenMemory {
    /// `scope` tells instances that share a store apart.
    pub(crate) fn new(
        store: Option<Arc<dyn MachineTokenStore>>,
        time_to_live: Duration,
        scope: &str,
    ) -> Self {
        Self {
            store: store.unwrap_or_else(|| {
                Arc::new(InMemory(quick_cache::sync::Cache::new(
                    REMEMBERED_MACHINE_TOKENS,
                )))
            }),
            time_to_live,
            scope: digest::digest(&digest::SHA256, scope.as_bytes()),
        }
    }

    pub(crate) fn key(&self, kind: TokenType, token: &str) -> String {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(self.scope.as_ref());
        context.update(kind.as_str().as_bytes());
        context.update(b"\0");
        context.update(token.as_bytes());
        format!(
            "clerk:{}",
            base64_simd::URL_SAFE_NO_PAD.encode_to_string(context.finish())
        )
    }

    pub(crate) async fn get(&self, key: &str, now: i64) -> Option<VerifiedMachineToken> {
        if self.time_to_live.is_zero() {
            return None;
        }
        let remembered: Remembered = serde_json::from_str(&self.store.get(key).await?).ok()?;
        (now < remembered.until).then_some(remembered.token)
    }

    pub(crate) async fn put(&self, key: &str, token: &VerifiedMachineToken, now: i64) {
        let own =
            now.saturating_add(i64::try_from(self.time_to_live.as_millis()).unwrap_or(i64::MAX));
        let until = token.expires.map_or(own, |expires| expires.min(own));
        let Ok(left) = u64::try_from(until.saturating_sub(now)) else {
            return;
        };
        if left == 0 {
            return;
        }
        let remembered = Remembered {
            until,
            token: token.clone(),
        };
        if let Ok(value) = serde_json::to_string(&remembered) {
            self.store
                .put(key, value, Duration::from_millis(left))
                .await;
        }
    }
}
