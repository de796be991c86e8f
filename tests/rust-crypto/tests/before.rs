//! An application that uses `jsonwebtoken` on `rust_crypto` before it starts an emulator.

#[path = "../../tests/jsonwebtoken/application.rs"]
mod application;

#[test]
fn an_application_that_signs_first_keeps_its_backend_and_the_emulator_uses_it() {
    application::signs_and_verifies_with_every_algorithm();
    application::starts_an_emulator_and_reads_its_tokens();
    application::signs_and_verifies_with_every_algorithm();
}
