//! The numbers of [`Clerk::stats`], by name.

use clerk_axum::Stats;

/// A number to export.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    /// The name, with dots.
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    /// True if the number never decreases while the process runs.
    pub(crate) is_counter: bool,
    pub(crate) read: fn(&Stats) -> Option<u64>,
}

const fn counter(
    name: &'static str,
    help: &'static str,
    read: fn(&Stats) -> Option<u64>,
) -> Number {
    Number {
        name,
        help,
        is_counter: true,
        read,
    }
}

const fn gauge(name: &'static str, help: &'static str, read: fn(&Stats) -> Option<u64>) -> Number {
    Number {
        name,
        help,
        is_counter: false,
        read,
    }
}

/// All numbers.
pub(crate) const NUMBERS: [Number; 11] = [
    counter("clerk.signed_in", "Requests with a valid token", |stats| {
        Some(stats.signed_in)
    }),
    counter(
        "clerk.signed_out",
        "Requests without an accepted token",
        |stats| Some(stats.signed_out),
    ),
    counter(
        "clerk.refused_tokens",
        "Requests whose token was refused",
        |stats| Some(stats.refused_tokens),
    ),
    counter(
        "clerk.undecided",
        "Requests that could not be decided during an outage",
        |stats| Some(stats.undecided),
    ),
    counter(
        "clerk.handshakes",
        "Browsers that were sent through a handshake",
        |stats| Some(stats.handshakes),
    ),
    counter(
        "clerk.contradictions",
        "Requests that contradict the configuration",
        |stats| Some(stats.contradictions),
    ),
    counter(
        "clerk.token_cache_hits",
        "Tokens that were found in the cache",
        |stats| Some(stats.token_cache_hits),
    ),
    gauge(
        "clerk.token_cache_entries",
        "Tokens in the cache",
        |stats| Some(stats.token_cache_entries),
    ),
    counter(
        "clerk.signing_key_refreshes",
        "Downloads of signing keys",
        |stats| Some(stats.signing_key_refreshes),
    ),
    counter(
        "clerk.signing_key_refresh_failures",
        "Downloads of signing keys that failed",
        |stats| Some(stats.signing_key_refresh_failures),
    ),
    // There is no age before the first download.
    gauge(
        "clerk.signing_key_age_milliseconds",
        "Time since the signing keys were downloaded",
        |stats| stats.signing_key_age_millis,
    ),
];
