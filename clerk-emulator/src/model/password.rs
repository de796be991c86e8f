use std::num::NonZeroU32;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, pbkdf2};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::random;
use crate::secret::Secret;

/// Rounds of the emulator's own hash: enough to be a real one, few enough for tests with a thousand users.
const ROUNDS: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
const HASH_BYTES: usize = 32;

/// The password of a user, never kept as text.
#[derive(Clone)]
pub(crate) enum Password {
    /// PBKDF2 with HMAC-SHA-256, made here.
    Hashed {
        salt: [u8; 16],
        hash: [u8; HASH_BYTES],
    },
    /// A digest that was imported, with the name of its hasher. Those of `sha256`, `pbkdf2_sha256` and
    /// `pbkdf2_sha256_django` are verified; with another one nobody can sign in here.
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
            Self::Imported { hasher, digest } => match hasher.as_str() {
                "sha256" => {
                    let hash = digest::digest(&digest::SHA256, candidate.as_bytes());
                    let hex = random::hex_of(hash.as_ref());
                    verify_slices_are_equal(hex.as_bytes(), digest.0.to_lowercase().as_bytes())
                        .is_ok()
                }
                "pbkdf2_sha256" | "pbkdf2_sha256_django" => {
                    is_pbkdf2_sha256(&digest.0, candidate).unwrap_or(false)
                }
                _ => false,
            },
        }
    }
}

/// Verifies `pbkdf2_sha256$<rounds>$<salt>$<hash>`, where the hash is base64 and the salt is taken as it stands.
/// `None` for a digest of another form.
fn is_pbkdf2_sha256(digest: &str, candidate: &str) -> Option<bool> {
    let mut parts = digest.strip_prefix("pbkdf2_sha256$")?.split('$');
    let rounds = parts.next()?.parse().ok()?;
    let salt = parts.next()?;
    let hash = STANDARD.decode(parts.next()?).ok()?;
    let verified = pbkdf2::verify(
        pbkdf2::PBKDF2_HMAC_SHA256,
        rounds,
        salt.as_bytes(),
        candidate.as_bytes(),
        &hash,
    );
    Some(verified.is_ok() && parts.next().is_none())
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
        // Digests made with Python's hashlib.
        let sha256 = imported(
            "sha256",
            "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
        );
        assert!(sha256.is("password") && !sha256.is("Password"));
        let pbkdf2 = imported(
            "pbkdf2_sha256_django",
            "pbkdf2_sha256$1000$salt$YywoEuRtRgQQK6dhjp1tfS+BKPYma0oDJk0qBGC33LM=",
        );
        assert!(pbkdf2.is("password") && !pbkdf2.is("Password"));
        for broken in [
            "",
            "pbkdf2_sha256$",
            "pbkdf2_sha256$0$salt$AAAA",
            "pbkdf2_sha256$1$a$?",
        ] {
            assert!(
                !imported("pbkdf2_sha256", broken).is("password"),
                "{broken}"
            );
        }
        assert!(!imported("bcrypt", "$2b$10$abc").is("password"));
    }
}
