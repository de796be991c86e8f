//! What the caches cost in calls and memory, and whether they scale.
//!
//! `cargo bench -p clerk-benches --bench caches`. The calls are counted by a server on loopback that stands for Clerk, and
//! the memory is that of the process.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and prints"
)]

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use clerk_benches::{bearer, clerk};
use clerk_core::{AuthStatus, Clerk, ManualClock};
use clerk_test_support::forge::{NOW, PRODUCTION_KEY, Signer};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use serde_json::json;

type Failure = Box<dyn Error + Send + Sync>;

/// How many requests arrive at once.
const HERD: usize = 1_000;
/// How many different valid tokens the flood has.
const FLOOD: usize = 200_000;
const MIB: u64 = 1024 * 1024;
/// The size of the cache in the flood.
const CACHE: u64 = 32 * MIB;
/// How much the process may grow in the flood: the cache, and half of it for the allocator.
const FLOOD_BUDGET: u64 = CACHE + CACHE / 2;

fn main() -> Result<ExitCode, Failure> {
    // `cargo test --benches` only builds benchmarks.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut met = runtime.block_on(key_fetches())?;
    met &= flood()?;
    scaling()?;
    Ok(if met {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn budget(name: &str, value: u64, most: u64, unit: &str) -> bool {
    let met = value <= most;
    println!(
        "{name:<56} {value:>6} {unit}, budget {most}: {}",
        if met { "ok" } else { "MISSED" }
    );
    met
}

/// A server that answers each request with the signing keys, or with 500.
struct Keys {
    address: SocketAddr,
    calls: Arc<AtomicU64>,
    fails: Arc<AtomicBool>,
}

impl Keys {
    fn serve() -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (calls, fails) = (
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let (counted, failing) = (Arc::clone(&calls), Arc::clone(&fails));
        thread::spawn(move || -> std::io::Result<()> {
            let keys = json!({ "keys": [Signer::instance().jwk()] }).to_string();
            loop {
                let (mut stream, _) = listener.accept()?;
                let mut request = Vec::new();
                let mut buffer = [0; 1024];
                while !request.ends_with(b"\r\n\r\n") {
                    let read = stream.read(&mut buffer)?;
                    if read == 0 {
                        break;
                    }
                    request.extend_from_slice(&buffer[..read]);
                }
                counted.fetch_add(1, Ordering::Relaxed);
                let status = if failing.load(Ordering::Relaxed) {
                    "500 Internal Server Error"
                } else {
                    "200 OK"
                };
                let length = keys.len();
                write!(
                    stream,
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{keys}"
                )?;
            }
        });
        Ok(Self {
            address,
            calls,
            fails,
        })
    }

    fn clerk(&self, clock: ManualClock) -> Result<Clerk, Failure> {
        Ok(Clerk::builder()
            .publishable_key(PRODUCTION_KEY)
            .secret_key("sk_live_bench")
            .api_url(format!("http://{}", self.address))
            .clock(clock)
            .build()?)
    }

    fn take(&self) -> u64 {
        self.calls.swap(0, Ordering::Relaxed)
    }
}

/// Counts the key downloads of herds.
async fn key_fetches() -> Result<bool, Failure> {
    let signer = Signer::instance();
    let keys = Keys::serve()?;
    let clock = ManualClock::new(NOW * 1000);
    let clerk = keys.clerk(clock.clone())?;
    let seen = bearer(&signer.session());
    let herd = async |clerk: &Clerk, request: &http::Request<()>| -> Result<usize, Failure> {
        let states = join_all((0..HERD).map(|_| clerk.authenticate_request(request))).await;
        let mut signed_in = 0;
        for state in states {
            signed_in += usize::from(state?.status() == AuthStatus::SignedIn);
        }
        Ok(signed_in)
    };
    let signed_in = herd(&clerk, &seen).await?;
    if signed_in != HERD {
        return Err(format!("{signed_in} of {HERD} requests were signed in").into());
    }
    let mut met = budget(
        "cold start, 1,000 requests at once",
        keys.take(),
        1,
        "key fetches",
    );

    let mut header = signer.header();
    let unknown: Vec<_> = (0..HERD)
        .map(|number| {
            header["kid"] = json!(format!("ins_unknown_{number}"));
            bearer(&signer.sign(&header, &clerk_test_support::forge::claims()))
        })
        .collect();
    clock.advance(Duration::from_secs(120));
    for request in &unknown {
        clerk.authenticate_request(request).await?;
    }
    met &= budget(
        "1,000 tokens with unknown key IDs",
        keys.take(),
        1,
        "key fetches",
    );

    keys.fails.store(true, Ordering::Relaxed);
    let clerk = keys.clerk(clock)?;
    herd(&clerk, &seen).await?;
    // A download has up to five attempts, and all requests wait for the same one.
    met &= budget(
        "1,000 requests at once while Clerk fails",
        keys.take(),
        5,
        "key fetches",
    );
    Ok(met)
}

/// Sends 200,000 different valid tokens of several sizes, and one user's token in between.
fn flood() -> Result<bool, Failure> {
    let clerk = clerk().token_cache_bytes(CACHE).build()?;
    let signer = Signer::instance();
    let used = bearer(&signer.session());
    let authenticate = |request: &http::Request<()>| -> Result<(), Failure> {
        let state = clerk.authenticate_request(request).now_or_never();
        match state.ok_or("nothing needs I/O here")??.status() {
            AuthStatus::SignedIn => Ok(()),
            status => Err(format!("{status:?}").into()),
        }
    };
    let sizes = [0, 500, 2_000, 8_000];
    // Each thread signs tokens while another one waits for its turn.
    let (sender, tokens) = std::sync::mpsc::sync_channel::<String>(64);
    for part in 0..thread::available_parallelism()?.get() {
        let sender = sender.clone();
        thread::spawn(move || {
            let parts = thread::available_parallelism().map_or(1, std::num::NonZero::get);
            for number in (part..FLOOD).step_by(parts) {
                let filler = "x".repeat(sizes[number % sizes.len()]);
                let token = Signer::instance()
                    .session_with(&json!({ "jti": number.to_string(), "filler": filler }));
                if sender.send(token).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    authenticate(&used)?;
    let before = resident()?;
    let mut most = before;
    for (number, token) in tokens.iter().enumerate() {
        authenticate(&bearer(&token))?;
        if number % 100 == 0 {
            authenticate(&used)?;
            most = most.max(resident()?);
        }
    }
    let stats = clerk.stats();
    println!(
        "a flood of {FLOOD} tokens of 0.7 to 11 KB: {} of {} requests for a token in use were hits",
        stats.token_cache_hits,
        FLOOD / 100
    );
    let mut met = budget(
        "the process grew in the flood by, with 32 MiB of cache",
        (most - before) / MIB,
        FLOOD_BUDGET / MIB,
        "MiB",
    );
    met &= stats.token_cache_hits == (FLOOD / 100) as u64;
    Ok(met)
}

/// Returns the resident bytes of this process, by `proc_pid_status(5)`.
fn resident() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")
        .map_err(|error| format!("memory is read from /proc, which Linux has: {error}"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .ok_or("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024)
}

/// Authenticates known tokens in one thread, and in as many as there are cores.
fn scaling() -> Result<(), Failure> {
    const FOR: Duration = Duration::from_millis(500);
    let clerk = clerk().build()?;
    let cores = thread::available_parallelism()?.get();
    let requests: Vec<_> = clerk_benches::tokens(cores)
        .iter()
        .map(|token| bearer(token))
        .collect();
    let clerk = &clerk;
    let rate = |requests: Vec<&http::Request<()>>| -> Result<f64, Failure> {
        let barrier = &Barrier::new(requests.len());
        let counts: Vec<usize> = thread::scope(|scope| {
            let workers: Vec<_> = requests
                .into_iter()
                .map(|request| {
                    scope.spawn(move || {
                        barrier.wait();
                        let start = Instant::now();
                        let mut count = 0;
                        while start.elapsed() < FOR {
                            for _ in 0..64 {
                                let state = clerk.authenticate_request(request).now_or_never();
                                std::hint::black_box(state);
                            }
                            count += 64;
                        }
                        count
                    })
                })
                .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().map_err(|_| "a worker panicked"))
                .collect::<Result<_, _>>()
        })?;
        Ok(counts.iter().sum::<usize>() as f64 / FOR.as_secs_f64())
    };
    for (what, of_all) in [
        (
            "each core its own token",
            requests.iter().collect::<Vec<_>>(),
        ),
        ("all cores the same token", vec![&requests[0]; cores]),
    ] {
        let mut runs: Vec<(f64, f64, f64)> = Vec::new();
        for _ in 0..7 {
            let (one, all) = (rate(vec![&requests[0]])?, rate(of_all.clone())?);
            runs.push((all / one, one, all));
        }
        runs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let (ratio, one, all) = runs[runs.len() / 2];
        println!(
            "{what}: {:.2} million/s on 1 core, {:.2} million/s on {cores}: {ratio:.2} times",
            one / 1e6,
            all / 1e6
        );
    }
    Ok(())
}
