//! One command starts the application.
#![cfg(test)]

use clerk_test_support::start::serves_without_keys;

#[test]
fn it_starts_without_configuration() {
    let paths = [
        ("/", 200),
        ("/sign-in", 200),
        ("/pricing", 200),
        ("/profile", 401),
        ("/notes", 401),
        ("/assets/style.css", 200),
    ];
    let program = env!("CARGO_BIN_EXE_actix-web-pages");
    let text = serves_without_keys(program, &[], "with the password:", &paths);
    assert!(text.contains("Open http://localhost:"), "{text}");
}
