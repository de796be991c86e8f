use super::challenge::Challenge;
use crate::random;
use serde::{Deserialize, Serialize};

/// A passkey of a user (WebAuthn).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Passkey {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The challenge of the registration, or what remains of it.
    pub(crate) challenge: Challenge,
    /// The credential that the authenticator registered.
    pub(crate) credential: Option<PasskeyCredential>,
    pub(crate) last_used_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// The public half of a passkey.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyCredential {
    /// The ID that the authenticator chose, as base64url without padding.
    pub(crate) id: String,
    pub(crate) key: PasskeyKey,
    /// The number of uses, as counted by the authenticator.
    pub(crate) sign_count: u32,
}

/// The public key of an authenticator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PasskeyKey {
    /// ECDSA on P-256: an uncompressed point.
    Es256(Vec<u8>),
    /// Ed25519.
    EdDsa(Vec<u8>),
    /// RSA with PKCS#1 padding: modulus and exponent.
    Rs256 { n: Vec<u8>, e: Vec<u8> },
}

impl Passkey {
    /// Creates a passkey that is not registered with an authenticator yet.
    pub(crate) fn new(challenge: Challenge, now: i64) -> Self {
        Self {
            id: random::id("idn"),
            name: "Passkey".to_owned(),
            challenge,
            credential: None,
            last_used_at: None,
            created_at: now,
            updated_at: now,
        }
    }
}
