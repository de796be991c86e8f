//! The cryptography of the crate: that of aws-lc-rs or, if only that feature is enabled, of ring.
//!
//! Nothing else names either library, but what makes keys for tests. Digests, HMAC and AEAD have the same interface in both.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
mod ring;

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
pub(crate) use ::ring::{aead, digest, hmac};
#[cfg(feature = "aws-lc-rs")]
pub(crate) use aws_lc_rs::{aead, digest, hmac};

#[cfg(feature = "aws-lc-rs")]
pub(crate) use aws_lc::RsaPublicKey;
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
pub(crate) use ring::RsaPublicKey;

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
use ::ring::rand::{SecureRandom as _, SystemRandom};
#[cfg(feature = "aws-lc-rs")]
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
compile_error!(
    "clerk-core needs a library for cryptography: enable its feature `aws-lc-rs` (which `transport` includes) or `ring` \
     (which `transport-ring` includes); clerk-axum and clerk-actix have the same features"
);

/// The accepted algorithms, which are those of Clerk's backend SDK: RSASSA-PKCS1-v1_5 (RFC 7518 section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
}

impl Algorithm {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "RS384" => Some(Self::Rs384),
            "RS512" => Some(Self::Rs512),
            _ => None,
        }
    }
}

/// Returns random bytes, or `None` if the system provides none.
pub(crate) fn random_bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes)
}
