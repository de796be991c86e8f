use serde::{Deserialize, Serialize};

/// The time for which a handshake nonce stays redeemable, because browsers repeat requests.
const LIFETIME_MS: i64 = 60_000;

/// Cookie directives that are waiting for the server SDK to fetch them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandshakeNonce {
    pub(crate) nonce: String,
    pub(crate) directives: Vec<String>,
    pub(crate) issued_at: i64,
}

impl HandshakeNonce {
    /// Returns true while the nonce can be redeemed.
    pub(crate) fn is_redeemable(&self, now: i64) -> bool {
        self.issued_at + LIFETIME_MS > now
    }
}
