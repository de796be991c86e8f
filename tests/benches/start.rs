//! Benchmarks the start of an emulator with a given signing key, because generating the key takes the longest.
//!
//! `cargo bench -p clerk-tests --bench start`.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clerk_emulator::{Emulator, UserSeed};

/// The upper limit of the median start time.
const BUDGET: Duration = Duration::from_millis(50);

const STARTS: usize = 51;

#[expect(clippy::disallowed_methods, reason = "the benchmark measures time")]
fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    // `cargo test` only builds benchmarks.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let begin = Instant::now();
        let emulator = runtime.block_on(
            Emulator::builder()
                .signing_key(include_str!(
                    "../../clerk-emulator/tests/state/signing_key.pem"
                ))
                .webhook("http://localhost:9/", "whsec_c2VjcmV0")
                .user(UserSeed::new("ada@example.com").password("analytical-engine"))
                .start(),
        )?;
        times.push(begin.elapsed());
        drop(emulator);
    }
    times.sort_unstable();
    let median = times[STARTS / 2];
    let met = median <= BUDGET;
    writeln!(
        io::stdout(),
        "start of an emulator: {median:.1?} (budget at most {BUDGET:?}) {}",
        if met { "ok" } else { "MISSED" }
    )?;
    Ok(if met {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
