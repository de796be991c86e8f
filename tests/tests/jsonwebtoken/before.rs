//! An application whose own `jsonwebtoken` is used before an emulator is started, and keeps working.

#![cfg(test)]

mod application;

use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;

#[test]
fn an_application_that_signs_first_keeps_its_backend_and_the_emulator_uses_it() {
    // With both backends enabled, applications must choose one; with a single backend there is no choice.
    DEFAULT_PROVIDER.install_default().unwrap();
    application::signs_and_verifies_with_every_algorithm();
    application::starts_an_emulator_and_reads_its_tokens();
    application::signs_and_verifies_with_every_algorithm();
}
