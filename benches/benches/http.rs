//! What the middleware and a guard cost over HTTP on loopback.
//!
//! `cargo bench -p clerk-benches --bench http`. Each server runs in its own process with one worker, so that its CPU time can
//! be read. For each framework, six servers take turns: the bare route, the route in layers that do nothing, the route inside
//! of the middleware, the same route with a guard and with an extractor that guards it, and the bare route in the least
//! middleware that knows tokens. All get the same requests. The median of the ratios within the rounds counts.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a benchmark reads the clock and prints"
)]

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::middleware::{Identity, from_fn};
use actix_web::{App, HttpServer, web};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_actix::ClerkMiddleware;
use clerk_benches::{Known, Route, clerk};
use clerk_core::Clerk;
use clerk_test_support::forge::Signer;
use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const FRAMEWORKS: [&str; 2] = ["axum", "actix-web"];
const ROUTES: [(&str, Route); 6] = [
    ("bare", Route::Bare),
    ("layers", Route::Layers),
    ("attached", Route::Attached),
    ("protected", Route::Protected),
    ("extracted", Route::Extracted),
    ("by hand", Route::ByHand),
];

const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(400);
/// How many requests a connection sends before it looks at the clock.
const BATCH: usize = 32;
/// How many different tokens there are in the runs with many tokens.
const MANY_TOKENS: usize = 10_000;
/// Clock ticks of `/proc/<pid>/stat` per second, which Linux fixes for user space.
const TICKS_PER_SECOND: f64 = 100.0;

/// A guarded route makes at least this part of the requests per second of the bare one.
const RATE_BUDGET: f64 = 0.95;
/// A guarded route adds at most this part of a signature check in CPU time.
const CPU_BUDGET: f64 = 0.03;

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, command, framework, route, pem] = &*arguments
        && command == "serve"
    {
        serve(framework, route, pem)?;
        return Ok(ExitCode::SUCCESS);
    }
    // `cargo test --benches` only builds benchmarks.
    if arguments.iter().any(|argument| argument == "--test") {
        return Ok(ExitCode::SUCCESS);
    }
    let check = signature_check()?;
    println!("bare RSA-2048 signature check: {:.1} µs", check * 1e6);
    println!(
        "{:<10} {:<10} {:>6} {:>6}   {:>9} {:>6}   {:>7} {:>7}   {:>8} {:>8}",
        "", "", "conns", "tokens", "req/s", "ratio", "p50 µs", "p99 µs", "CPU µs", "of check"
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Keeps this process from sleeping. A server that wakes its client would pay for that, and the more so the slower it is.
    runtime.spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    let mut met = true;
    for framework in FRAMEWORKS {
        let servers = ROUTES
            .iter()
            .map(|(route, _)| Server::start(framework, route))
            .collect::<Result<Vec<_>, _>>()?;
        for (connections, tokens) in [(1, 1), (32, 1), (32, MANY_TOKENS)] {
            let load = Load::new(connections, tokens);
            met &= runtime.block_on(compare(framework, &servers, &load, check))?;
        }
    }
    Ok(if met {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Returns the seconds that one signature check takes.
fn signature_check() -> Result<f64, Failure> {
    let token = Signer::instance().session();
    let (signed, signature) = token.rsplit_once('.').ok_or("a token has dots")?;
    let signature = URL_SAFE_NO_PAD.decode(signature)?;
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, Signer::instance().public_der())?;
    let mut least = f64::INFINITY;
    for _ in 0..20 {
        let start = Instant::now();
        for _ in 0..1_000 {
            key.verify_sig(std::hint::black_box(signed.as_bytes()), &signature)?;
        }
        least = least.min(start.elapsed().as_secs_f64() / 1_000.0);
    }
    Ok(least)
}

/// What is sent to the servers.
struct Load {
    connections: usize,
    tokens: usize,
    requests: Arc<Vec<Vec<u8>>>,
}

impl Load {
    fn new(connections: usize, tokens: usize) -> Self {
        let request = |token: String| {
            let lines = [
                "GET / HTTP/1.1",
                "host: app.example.com",
                "accept: application/json",
                &format!("authorization: Bearer {token}"),
                "\r\n",
            ];
            lines.join("\r\n").into_bytes()
        };
        Self {
            connections,
            tokens,
            requests: Arc::new(
                clerk_benches::tokens(tokens)
                    .into_iter()
                    .map(request)
                    .collect(),
            ),
        }
    }
}

/// What one server did in one round.
struct Measured {
    rate: f64,
    /// CPU seconds per request.
    cpu: f64,
    latencies: Vec<f64>,
}

async fn compare(
    framework: &str,
    servers: &[Server],
    load: &Load,
    check: f64,
) -> Result<bool, Failure> {
    let mut all: Vec<Vec<Measured>> = servers.iter().map(|_| Vec::new()).collect();
    for server in servers {
        server.run(load).await?;
    }
    for round in 0..ROUNDS {
        // Each goes first as often as the others.
        for turn in 0..servers.len() {
            let at = (round + turn) % servers.len();
            all[at].push(servers[at].run(load).await?);
        }
    }
    let mut met = true;
    for (at, (name, route)) in ROUTES.iter().enumerate() {
        let of = |value: &dyn Fn(&Measured, &Measured) -> f64| {
            median(
                all[at]
                    .iter()
                    .zip(&all[0])
                    .map(|(own, bare)| value(own, bare))
                    .collect(),
            )
        };
        let ratio = of(&|own, bare| own.rate / bare.rate);
        let added = of(&|own, bare| own.cpu - bare.cpu);
        let mut latencies: Vec<f64> = all[at]
            .iter()
            .flat_map(|run| run.latencies.clone())
            .collect();
        latencies.sort_unstable_by(f64::total_cmp);
        let quantile = |part: f64| latencies[(part * (latencies.len() - 1) as f64) as usize] * 1e6;
        let has_budget = *route == Route::Protected && load.tokens == 1;
        let is_met = ratio >= RATE_BUDGET && added / check <= CPU_BUDGET;
        println!(
            "{framework:<10} {name:<10} {:>6} {:>6}   {:>9.0} {ratio:>6.3}   {:>7.0} {:>7.0}   {:>8.2} {:>8.3} {}",
            load.connections,
            load.tokens,
            of(&|own, _| own.rate),
            quantile(0.5),
            quantile(0.99),
            if at == 0 {
                of(&|own, _| own.cpu) * 1e6
            } else {
                added * 1e6
            },
            if at == 0 {
                of(&|own, _| own.cpu) / check
            } else {
                added / check
            },
            match (has_budget, is_met) {
                (false, _) => "",
                (true, true) => "ok",
                (true, false) => "MISSED",
            }
        );
        met &= !has_budget || is_met;
    }
    Ok(met)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A server in its own process, killed when it is dropped.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(framework: &str, route: &str) -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["serve", framework, route, &Signer::instance().pem()])
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or("the output is piped")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Ok(Self {
            process,
            address: line.trim().parse()?,
        })
    }

    /// Returns the CPU seconds of the process, by `proc_pid_stat(5)`.
    fn cpu(&self) -> Result<f64, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let after_name = stat.rsplit_once(')').ok_or("no name in stat")?.1;
        let mut fields = after_name.split_whitespace().skip(11);
        let mut ticks = || -> Result<f64, Failure> {
            Ok(fields.next().ok_or("stat is too short")?.parse::<f64>()?)
        };
        Ok((ticks()? + ticks()?) / TICKS_PER_SECOND)
    }

    async fn run(&self, load: &Load) -> Result<Measured, Failure> {
        let before = self.cpu()?;
        let start = Instant::now();
        let runs =
            (0..load.connections).map(|first| connection(self.address, &load.requests, first));
        let latencies: Vec<f64> = try_join_all(runs).await?.into_iter().flatten().collect();
        let elapsed = start.elapsed().as_secs_f64();
        let count = latencies.len() as f64;
        Ok(Measured {
            rate: count / elapsed,
            cpu: (self.cpu()? - before) / count,
            latencies,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends requests over one connection for the time of a round, and returns the seconds that each took.
async fn connection(
    address: SocketAddr,
    requests: &[Vec<u8>],
    first: usize,
) -> Result<Vec<f64>, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut latencies = Vec::new();
    let mut buffer = [0; 4096];
    // The responses of one route have the same length, which the first one tells.
    let mut length = None;
    let mut at = first;
    let start = Instant::now();
    while start.elapsed() < ROUND {
        for _ in 0..BATCH {
            // A stride that visits every token.
            at = (at + 7_919) % requests.len();
            let sent = Instant::now();
            stream.write_all(&requests[at]).await?;
            let mut read = 0;
            while length.is_none_or(|length| read < length) {
                let more = stream.read(&mut buffer[read..]).await?;
                if more == 0 {
                    return Err("the server closed the connection".into());
                }
                read += more;
                if length.is_none() && buffer[..read].ends_with(b"hello") {
                    if !buffer.starts_with(b"HTTP/1.1 200 ") {
                        return Err("the server refused the request".into());
                    }
                    length = Some(read);
                }
            }
            latencies.push(sent.elapsed().as_secs_f64());
        }
    }
    Ok(latencies)
}

fn serve(framework: &str, route: &str, pem: &str) -> Result<(), Failure> {
    let clerk = clerk().jwt_key(pem).build()?;
    let named = ROUTES.iter().find(|(name, _)| *name == route);
    let (_, route) = *named.ok_or("no such route")?;
    if framework == "axum" {
        serve_axum(route, clerk)
    } else {
        serve_actix(route, clerk)
    }
}

fn serve_axum(route: Route, clerk: Clerk) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        axum::serve(listener, route.axum(clerk)).await?;
        Ok(())
    })
}

fn serve_actix(route: Route, clerk: Clerk) -> Result<(), Failure> {
    let hello = || web::get().to(|| async { "hello" });
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    // Each application has a type of its own.
    macro_rules! serve {
        ($app:expr) => {
            HttpServer::new(move || $app)
                .workers(1)
                .listen(listener)?
                .run()
                .await
        };
    }
    actix_web::rt::System::new().block_on(async {
        match route {
            Route::Bare => serve!(App::new().service(web::resource("/").route(hello()))),
            Route::Layers => serve!(
                App::new()
                    .service(web::resource("/").wrap(Identity::default()).route(hello()))
                    .wrap(Identity::default())
            ),
            Route::Attached => serve!(
                App::new()
                    .service(web::resource("/").route(hello()))
                    .wrap(ClerkMiddleware::new(clerk.clone()))
            ),
            Route::Protected => serve!(
                App::new()
                    .service(
                        web::resource("/")
                            .wrap(clerk_actix::protect())
                            .route(hello())
                    )
                    .wrap(ClerkMiddleware::new(clerk.clone()))
            ),
            Route::Extracted => serve!(
                App::new()
                    .service(
                        web::resource("/")
                            .route(web::get().to(|_: clerk_actix::SignedIn| async { "hello" }))
                    )
                    .wrap(ClerkMiddleware::new(clerk.clone()))
            ),
            Route::ByHand => {
                let known = Known::default();
                serve!(
                    App::new()
                        .app_data(known.clone())
                        .service(web::resource("/").route(hello()))
                        .wrap(from_fn(Known::of_actix))
                )
            }
        }
    })?;
    Ok(())
}
