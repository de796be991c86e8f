//! Handshake nonces, each representing the cookies that a server SDK fetches for a browser.

use super::api_error::ApiError;
use crate::model::handshake::HandshakeNonce;
use crate::random;
use crate::store::tables::Tables;

/// Stores cookie directives and returns the nonce that represents them.
pub(crate) fn issue(tables: &mut Tables, directives: Vec<String>, now: i64) -> String {
    tables
        .nonces
        .remove_where(|nonce| !nonce.is_redeemable(now));
    let nonce = random::alphanumeric(32);
    tables.nonces.insert(HandshakeNonce {
        nonce: nonce.clone(),
        directives,
        issued_at: now,
    });
    nonce
}

/// Returns the directives of a nonce. Redeeming a nonce again returns the same directives.
pub(crate) fn redeem<'a>(
    tables: &'a Tables,
    nonce: &str,
    now: i64,
) -> Result<&'a [String], ApiError> {
    tables
        .nonces
        .get(nonce)
        .filter(|nonce| nonce.is_redeemable(now))
        .map(|nonce| nonce.directives.as_slice())
        .ok_or_else(|| {
            ApiError::bad_request("invalid_nonce", "The handshake nonce is unknown or too old")
        })
}
