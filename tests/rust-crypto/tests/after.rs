//! An application that uses `jsonwebtoken` on `rust_crypto` only after an emulator was started.

#[path = "../../tests/jsonwebtoken/application.rs"]
mod application;

#[test]
fn an_application_that_signs_later_works_and_so_does_the_emulator() {
    application::starts_an_emulator_and_reads_its_tokens();
    application::signs_and_verifies_with_every_algorithm();
    application::starts_an_emulator_and_reads_its_tokens();
}
