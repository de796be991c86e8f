//! What the examples log, and where.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Logs to the standard error: from all crates what is at least informational, and from Clerk's also why each request is
/// not signed in. `RUST_LOG` sets other levels, as in `RUST_LOG=warn,clerk_core=info`.
#[expect(
    clippy::disallowed_methods,
    reason = "an application reads its own environment"
)]
pub fn log_to_stderr() {
    let configured = std::env::var("RUST_LOG").ok();
    let levels = configured.and_then(|levels| levels.parse().ok());
    let levels = levels.unwrap_or_else(|| {
        Targets::new()
            .with_default(LevelFilter::INFO)
            .with_target("clerk_core", LevelFilter::DEBUG)
    });
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(levels)
        .with(lines)
        .init();
}
