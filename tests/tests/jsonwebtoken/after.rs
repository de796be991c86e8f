//! An application whose own `jsonwebtoken`, with both backends enabled and none chosen, is first used after an emulator
//! was started. Without the emulator it would panic at its first token.

#![cfg(test)]

mod application;

#[test]
fn an_application_that_signs_later_finds_a_complete_provider() {
    application::starts_an_emulator_and_reads_its_tokens();
    application::signs_and_verifies_with_every_algorithm();
    application::starts_an_emulator_and_reads_its_tokens();
}
