//! The cache of verified session tokens.
//!
//! A token is looked up by its complete text, so only exactly the bytes that were verified can hit. What may change between
//! two requests is checked on every hit: the times, the authorized party, and whether the key that verified the token is
//! still a signing key of the instance.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use super::claims::{ClaimRules, check_times};
use super::signature::SigningKey;
use super::verify::VerifiedSession;

/// A cache key that is looked up by the text of a token, without a second copy of the text.
struct CacheKey(Arc<VerifiedSession>);

impl CacheKey {
    fn text(&self) -> &[u8] {
        self.0.token.as_str().as_bytes()
    }
}

impl Hash for CacheKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

impl PartialEq for CacheKey {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for CacheKey {}

// By bytes, because a header need not be UTF-8 to be compared with a text.
impl Equivalent<CacheKey> for [u8] {
    fn equivalent(&self, key: &CacheKey) -> bool {
        self == key.text()
    }
}

/// The size of an entry in addition to the session: two pointers in a table that is up to twice as large as its content.
const ENTRY: usize = 128;

#[derive(Clone)]
struct ByBytes;

impl Weighter<CacheKey, Arc<VerifiedSession>> for ByBytes {
    /// Returns an upper estimate of the size of an entry, in bytes.
    fn weight(&self, _: &CacheKey, session: &Arc<VerifiedSession>) -> u64 {
        (session.bytes() + ENTRY) as u64
    }
}

/// A bounded map from token text to verified session. It contains only tokens that verified.
pub(crate) struct TokenCache {
    entries: Option<Cache<CacheKey, Arc<VerifiedSession>, ByBytes>>,
}

impl TokenCache {
    /// Creates a cache of at most about `max_bytes`. 0 disables it.
    pub(crate) fn new(max_bytes: u64) -> Self {
        // Entries take 5 KiB on average. The number only determines the initial allocation.
        let expected = usize::try_from(max_bytes / (5 * 1024))
            .unwrap_or(usize::MAX)
            .clamp(64, 1 << 20);
        Self {
            entries: (max_bytes > 0).then(|| Cache::with_weighter(expected, max_bytes, ByBytes)),
        }
    }

    /// Returns the session of this token if it is still valid.
    ///
    /// `is_current` says whether the key that verified the token is the one that currently has the token's `kid`.
    pub(crate) fn get(
        &self,
        token: &[u8],
        rules: &ClaimRules,
        now: i64,
        is_current: impl FnOnce(Option<&str>, &Arc<SigningKey>) -> bool,
    ) -> Option<Arc<VerifiedSession>> {
        let entries = self.entries.as_ref()?;
        let session = entries.get(token)?;
        let key_stands = session
            .key
            .as_ref()
            .is_some_and(|key| is_current(session.token.kid(), key));
        if key_stands
            && check_times(session.times, rules.clock_skew, now).is_ok()
            && rules.check_authorized_party(&session.claims).is_ok()
        {
            Some(session)
        } else {
            entries.remove(token);
            None
        }
    }

    pub(crate) fn put(&self, session: &Arc<VerifiedSession>) {
        if let Some(entries) = &self.entries {
            entries.insert(CacheKey(Arc::clone(session)), Arc::clone(session));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.as_ref().map_or(0, Cache::len)
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
