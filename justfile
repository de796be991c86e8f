# List the commands.
default:
    @just --list

# Formatting, lints, tests and documentation: before each push.
check: fmt-check clippy test doc

# Format everything.
fmt:
    cargo fmt --all

fmt-check:
    cargo fmt --all -- --check

# Lints, with warnings denied.
clippy:
    cargo clippy --workspace --all-targets --all-features -- -D warnings

# All tests.
test *args:
    cargo test --workspace {{args}}

# Documentation, with warnings denied.
doc *args:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features {{args}}

# A Clerk on loopback.
emulator *args:
    cargo run -p clerk-emulator -- {{args}}

# Run an example, such as `just example axum-quickstart`.
example name *args:
    cargo run -p {{name}} -- {{args}}

# Regenerate the Backend API client from the OpenAPI document.
codegen *args:
    cargo run -p xtask -- codegen {{args}}

# Measure the budgets.
bench *args:
    cargo bench -p clerk-tests {{args}}

# Compare with the reference SDK, case by case.
conformance *args:
    cargo run -p xtask -- conformance {{args}}

# Which files of a crate need each other in a circle? `cargo test` asks too.
circles *args:
    cargo run -p xtask -- circles {{args}}

# Is the declared minimum Rust version true of all dependencies?
msrv:
    cargo run -p xtask -- msrv

# Licenses, advisories, duplicates, sources (needs cargo-deny).
deny:
    cargo deny check

# Everything that CI runs.
ci:
    .ci/run
