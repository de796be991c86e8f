//! Time per call, for calls that take turns.

use std::time::{Duration, Instant};

const ROUNDS: usize = 40;
const ROUND: Duration = Duration::from_millis(15);

/// Measures the nanoseconds that one call of each takes.
///
/// The calls take turns, so that a change of the machine's speed meets all of them, and the fastest round of each counts.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
pub fn measure(calls: &mut [Box<dyn FnMut()>]) -> Vec<f64> {
    let mut least = vec![f64::INFINITY; calls.len()];
    for _ in 0..ROUNDS {
        for (call, least) in calls.iter_mut().zip(&mut least) {
            let mut count = 0_u32;
            let start = Instant::now();
            while start.elapsed() < ROUND {
                for _ in 0..16 {
                    call();
                }
                count += 16;
            }
            *least = least.min(start.elapsed().as_nanos() as f64 / f64::from(count));
        }
    }
    least
}
