//! The cache of verified session tokens.
//!
//! A token is looked up by its complete text, so only exactly the bytes that were verified can hit. What may change between
//! two requests is checked on every hit: the times, the authorized party, and whether the key that verified the token is
//! still a signing key of the instance.
//!
//! The tokens that are used most are in a table in front of the cache as well, which is read without a lock.

use std::cell::Cell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::{ArcSwapOption, Guard};
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

/// The most tokens in the table in front of the cache.
const MOST_IN_FRONT: u64 = 256;
/// The largest session in that table, in bytes.
const LARGEST_IN_FRONT: u64 = 16 * 1024;
/// The table takes at most one part in this many of the cache's memory.
const SHARE_OF_FRONT: u64 = 8;
/// A token enters the table at one of this many of its hits in the cache, on average, so that tokens that are seldom used
/// do not displace each other all the time.
const TURNS: u8 = 16;

thread_local! {
    static TURN: Cell<u8> = const { Cell::new(0) };
}

/// Tokens that are looked up without a lock. Each has one place, which it shares with others.
struct Front(Box<[Place]>);

#[derive(Default)]
struct Place {
    /// The end of the token that is here, so that others leave the session alone. It may be that of an earlier one for a
    /// moment.
    end: AtomicU64,
    session: ArcSwapOption<VerifiedSession>,
}

impl Front {
    fn new(places: u64) -> Self {
        Self((0..places).map(|_| Place::default()).collect())
    }

    /// Returns the end of a token and its place. The end of a token belongs to its signature, whose bytes are as good as
    /// random, and nothing is in the table that did not verify.
    fn place(&self, token: &[u8]) -> Option<(u64, &Place)> {
        let end = u64::from_le_bytes(*token.last_chunk()?);
        // Mixes the bits of the base64 characters (Knuth, "The Art of Computer Programming", section 6.4).
        let mixed = end.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let places = self.0.len() as u64;
        let place = self.0.get(((mixed * places) >> 32) as usize)?;
        Some((end, place))
    }

    fn get(&self, token: &[u8]) -> Option<Arc<VerifiedSession>> {
        let (end, place) = self.place(token)?;
        if place.end.load(Ordering::Relaxed) != end {
            return None;
        }
        let found = place.session.load();
        let is_it = |session: &Arc<VerifiedSession>| session.token.as_str().as_bytes() == token;
        if found.as_ref().is_some_and(is_it) {
            Guard::into_inner(found)
        } else {
            None
        }
    }

    fn put_in_turn(&self, session: &Arc<VerifiedSession>) {
        let turn = TURN.get().wrapping_add(1);
        TURN.set(turn);
        if turn.is_multiple_of(TURNS)
            && (session.bytes() + ENTRY) as u64 <= LARGEST_IN_FRONT
            && let Some((end, place)) = self.place(session.token.as_str().as_bytes())
        {
            place.session.store(Some(Arc::clone(session)));
            place.end.store(end, Ordering::Relaxed);
        }
    }

    /// Removes what is in the place of a token.
    fn vacate(&self, token: &[u8]) {
        if let Some((_, place)) = self.place(token) {
            place.session.store(None);
        }
    }
}

struct Entries {
    front: Front,
    all: Cache<CacheKey, Arc<VerifiedSession>, ByBytes>,
}

/// A bounded map from token text to verified session. It contains only tokens that verified.
pub(crate) struct TokenCache {
    entries: Option<Entries>,
}

impl TokenCache {
    /// Creates a cache of at most about `max_bytes`. 0 disables it.
    pub(crate) fn new(max_bytes: u64) -> Self {
        let in_front = (max_bytes / SHARE_OF_FRONT / LARGEST_IN_FRONT).min(MOST_IN_FRONT);
        let rest = max_bytes - in_front * LARGEST_IN_FRONT;
        // Entries take 5 KiB on average. The number only determines the initial allocation.
        let expected = usize::try_from(rest / (5 * 1024))
            .unwrap_or(usize::MAX)
            .clamp(64, 1 << 20);
        Self {
            entries: (max_bytes > 0).then(|| Entries {
                front: Front::new(in_front),
                all: Cache::with_weighter(expected, rest, ByBytes),
            }),
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
        let (session, is_in_front) = match entries.front.get(token) {
            Some(session) => (session, true),
            None => (entries.all.get(token)?, false),
        };
        let key_stands = session
            .key
            .as_ref()
            .is_some_and(|key| is_current(session.token.kid(), key));
        if key_stands
            && check_times(session.times, rules.clock_skew, now).is_ok()
            && rules.check_authorized_party(&session.claims).is_ok()
        {
            if !is_in_front {
                entries.front.put_in_turn(&session);
            }
            Some(session)
        } else {
            if is_in_front {
                entries.front.vacate(token);
            }
            entries.all.remove(token);
            None
        }
    }

    pub(crate) fn put(&self, session: &Arc<VerifiedSession>) {
        if let Some(entries) = &self.entries {
            entries
                .all
                .insert(CacheKey(Arc::clone(session)), Arc::clone(session));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.as_ref().map_or(0, |entries| entries.all.len())
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
