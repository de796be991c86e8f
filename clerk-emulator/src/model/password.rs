use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;

use super::password_digest;
use crate::random;
use crate::secret::Secret;

/// The rounds of the emulator's own hash: enough for a real one, few enough for tests with a thousand users.
const ROUNDS: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
const HASH_BYTES: usize = 32;

/// The password of a user, which is never stored as text.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Password {
    /// PBKDF2 with HMAC-SHA-256, computed by the emulator.
    Hashed {
        salt: [u8; 16],
        hash: [u8; HASH_BYTES],
    },
    /// An imported digest, with the name of its hasher.
    Imported { hasher: String, digest: Secret },
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hashed { .. } => f.write_str("Hashed"),
            Self::Imported { hasher, .. } => write!(f, "Imported({hasher})"),
        }
    }
}

impl Password {
    /// Imports a digest, or returns `None` if it does not have the format of its hasher.
    pub(crate) fn import(hasher: String, digest: Secret) -> Option<Self> {
        password_digest::is_well_formed(&hasher, &digest.0)
            .then_some(Self::Imported { hasher, digest })
    }

    /// Hashes a password with a fresh salt.
    pub(crate) fn hash(password: &str) -> Self {
        let salt = random::array();
        let mut hash = [0; HASH_BYTES];
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            ROUNDS,
            &salt,
            password.as_bytes(),
            &mut hash,
        );
        Self::Hashed { salt, hash }
    }

    /// Returns true if the candidate is the password, in constant time.
    pub(crate) fn is(&self, candidate: &str) -> bool {
        match self {
            Self::Hashed { salt, hash } => pbkdf2::verify(
                pbkdf2::PBKDF2_HMAC_SHA256,
                ROUNDS,
                salt,
                candidate.as_bytes(),
                hash,
            )
            .is_ok(),
            Self::Imported { hasher, digest } => {
                password_digest::verify(hasher, &digest.0, candidate)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imported(hasher: &str, digest: &str) -> Password {
        Password::Imported {
            hasher: hasher.to_owned(),
            digest: Secret(digest.to_owned()),
        }
    }

    #[test]
    fn passwords_are_verified() {
        let hashed = Password::hash("analytical-engine");
        assert!(hashed.is("analytical-engine") && !hashed.is("difference-engine"));
        assert!(!imported("bcrypt", "$2b$10$abc").is("password"));
    }
}
