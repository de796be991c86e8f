//! An application whose own `jsonwebtoken` has both backends enabled, chose none, and therefore failed.

#![cfg(test)]

use clerk_emulator::{Emulator, Error};
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey};

#[test]
fn an_emulator_that_finds_no_usable_provider_is_an_error_and_no_panic() {
    let key = EncodingKey::from_secret(b"secret");
    std::panic::catch_unwind(|| sign(b"message", &key, Algorithm::HS256)).unwrap_err();
    let error = Emulator::builder().start_blocking().unwrap_err();
    assert!(matches!(error, Error::CryptoProvider), "{error}");
    assert!(error.to_string().contains("install a provider"), "{error}");
}
