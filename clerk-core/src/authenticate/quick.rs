//! The hot path: a single `Authorization: Bearer` header with a session token that was verified before.

use std::sync::Arc;

use http::HeaderMap;

use super::outcome::Outcome;
use crate::clock::Moment;
use crate::instance::Instance;
use crate::request::RequestView;
use crate::token::{AcceptedTokens, TokenType, VerifiedSession};

/// Authenticates a request whose bearer token was verified before and is still valid.
pub(crate) fn authenticate(
    instance: &Instance,
    request: &dyn RequestView,
    accepts: &AcceptedTokens,
    now: Moment,
) -> Option<Outcome> {
    // A satellite's configuration must be checked against the origin of each request.
    if !accepts.accepts(TokenType::SessionToken) || instance.config.is_satellite {
        return None;
    }
    let mut values = 0;
    let mut session = None;
    request.header("authorization", &mut |value| {
        values += 1;
        if let (1, Some(token)) = (values, value.strip_prefix(b"Bearer ")) {
            session = verified_before(instance, token, now);
        }
    });
    if values != 1 || instance.signing_keys.is_refresh_due(now) {
        return None;
    }
    let session = session?;
    instance.token_cache_hits.add_one();
    Some(Outcome::Session {
        session,
        headers: HeaderMap::new(),
    })
}

/// Returns the session of a token that was verified before and is still valid.
pub(crate) fn verified_before(
    instance: &Instance,
    token: &[u8],
    now: Moment,
) -> Option<Arc<VerifiedSession>> {
    instance
        .tokens
        .get(token, &instance.config.rules, now.wall, |kid, key| {
            instance.signing_keys.is_current(kid, key, now)
        })
}
