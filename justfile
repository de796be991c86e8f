# List the commands.
default:
    @just --list

# Check formatting, lints, tests and documentation. Run it before every push.
check: fmt-check clippy test doc

# Format everything.
fmt:
    cargo fmt --all

fmt-check:
    cargo fmt --all -- --check

# Run the lints and deny warnings.
clippy:
    cargo clippy --workspace --all-targets --all-features -- -D warnings

# Run all tests.
test *args:
    cargo test --workspace {{args}}

# Build the documentation and deny warnings.
doc *args:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features {{args}}

# Run the emulator.
emulator *args:
    cargo run -p clerk-emulator -- {{args}}

# Run an example, such as `just example axum-quickstart`.
example name *args:
    cargo run -p {{name}} -- {{args}}

# Regenerate the Backend API client from the OpenAPI document.
codegen *args:
    cargo run -p xtask -- codegen {{args}}

# Run the benchmarks, which print their budgets.
bench *args:
    cargo bench -p clerk-benches {{args}}

# Build the smallest protected application and others like it, and print what they cost.
build-cost:
    cargo run -p xtask -- build-cost

# Compare with the reference SDK, case by case.
conformance *args:
    cargo run -p xtask -- conformance {{args}}

# Check that no files of a crate depend on each other in a circle. `cargo test` checks this too.
circles *args:
    cargo run -p xtask -- circles {{args}}

# Check that all dependencies support the declared minimum Rust version.
msrv:
    cargo run -p xtask -- msrv

# Check licenses, advisories, duplicates and sources (needs cargo-deny).
deny:
    cargo deny check

# Build the guide (needs mdbook).
guide *args:
    mdbook build docs {{args}}

# Run everything that CI runs.
ci:
    .ci/run

# Run what must also hold before a release, or one step of it.
release-check *args:
    .ci/release {{args}}
