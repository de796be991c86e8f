//! An application whose own `jsonwebtoken` is used before an emulator is started, and goes on working.

#![cfg(test)]

mod application;

use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;

#[test]
fn an_application_that_signs_first_keeps_its_backend_and_the_emulator_uses_it() {
    // A build with both backends enabled makes applications choose; one with a single backend has chosen.
    DEFAULT_PROVIDER.install_default().unwrap();
    application::signs_and_verifies_with_every_algorithm();
    application::starts_an_emulator_and_reads_its_tokens();
    application::signs_and_verifies_with_every_algorithm();
}
