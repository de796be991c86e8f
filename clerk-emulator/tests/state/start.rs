//! How long a start takes.

use std::time::{Duration, Instant};

use clerk_emulator::{Emulator, UserSeed};

/// With a key given, which takes the longest to make. Measured where code is optimized, as a median of several.
#[expect(
    clippy::disallowed_methods,
    reason = "what is measured is how long it takes"
)]
#[tokio::test]
async fn with_a_key_given_the_start_takes_less_than_fifty_milliseconds() {
    let mut times = Vec::new();
    for _ in 0..5 {
        let begin = Instant::now();
        let emulator = Emulator::builder()
            .signing_key(include_str!("signing_key.pem"))
            .webhook("http://localhost:9/", "whsec_c2VjcmV0")
            .user(UserSeed::new("ada@example.com").password("analytical-engine"))
            .start()
            .await
            .unwrap();
        times.push(begin.elapsed());
        drop(emulator);
    }
    times.sort();
    let median = times[times.len() / 2];
    let most = Duration::from_millis(if cfg!(debug_assertions) { 1_000 } else { 50 });
    assert!(median < most, "{times:?}");
}
