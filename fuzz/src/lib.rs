//! What holds for every input: one function per kind of input, which panics if something does not hold.
//!
//! `tests/short_run.rs` runs each function on inputs that are derived from the seeds and, where they are present, from the
//! conformance cases. `CONTRIBUTING.md` says how to run it for longer.
//!
//! An input that was found becomes a seed in `seeds/<target>/`, so that every later run begins with it.

#![expect(clippy::panic, reason = "a panic is how a fuzzer learns of a finding")]

mod instance;
mod models;
mod requests;
mod routes;
mod tokens;
mod webhooks;

pub use models::models;
pub use requests::{cookies, forwarded_headers, handshakes};
pub use routes::{redirects, routes};
pub use tokens::tokens;
pub use webhooks::webhooks;

/// A function that holds for every input.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 8] = [
    ("cookies", cookies),
    ("forwarded_headers", forwarded_headers),
    ("handshakes", handshakes),
    ("models", models),
    ("redirects", redirects),
    ("routes", routes),
    ("tokens", tokens),
    ("webhooks", webhooks),
];

/// Splits an input at its first line breaks. The last part is the rest.
fn parts<const N: usize>(input: &[u8]) -> [&[u8]; N] {
    let mut lines = input.splitn(N, |byte| *byte == b'\n');
    std::array::from_fn(|_| lines.next().unwrap_or_default())
}
