//! What the benchmarks of authentication measure, and against what.
//!
//! A [`Row`] is one thing to measure. `cargo bench -p clerk-benches --bench verification` measures the rows in time, and
//! `--bench instructions` in instructions. `docs/performance.md` lists every benchmark of this project.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "benchmarks end when something is wrong"
)]

mod measure;
mod requests;
mod routes;
mod rows;

pub use measure::measure;
pub use requests::{bearer, clerk, tokens};
pub use routes::{Known, PassThrough, Route};
pub use rows::{Budget, CHECK, LEAST, Row, rows};
