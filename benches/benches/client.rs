//! Benchmarks the overhead of the client on loopback: `users().get`, and a stream of 100,000 users in pages of 500, against the
//! same calls with plain reqwest.
//!
//! `cargo bench -p clerk-benches --bench client`. Both sides send the same headers to the same server and read the
//! response into the same type; rounds of both alternate, and the median of the rounds' ratios counts. Each stream runs in a
//! process of its own, whose peak memory is read.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and prints"
)]

use std::{
    io,
    net::SocketAddr,
    process::{Command, ExitCode},
    time::Instant,
};

use clerk_backend_api::{API_VERSION, ClerkClient, User};
use futures_util::future::try_join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime,
};

/// The client must reach at least this share of plain reqwest's requests per second.
const BUDGET: f64 = 0.95;

const ROUNDS: usize = 81;
const TASKS: usize = 8;
const REQUESTS_PER_TASK: usize = 60;

const KEY: &str = "sk_test_benchmark";

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<ExitCode, Failure> {
    // `cargo test` only builds benchmarks.
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--test") {
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if let [_, command, side, address] = &*arguments
        && command == "stream"
    {
        runtime.block_on(stream(side, address.parse()?))?;
        return Ok(ExitCode::SUCCESS);
    }
    let address = serve()?;
    let (ratio, client, bare) = runtime.block_on(compare(address))?;
    let mut met = ratio >= BUDGET;
    println!(
        "users().get: {client:.0} requests/s, plain reqwest: {bare:.0} requests/s, ratio {ratio:.3} (budget at least {BUDGET}) {}",
        if met { "ok" } else { "MISSED" }
    );
    met &= compare_streams(address)?;
    Ok(if met {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Returns the median ratio of the rounds, and the median requests per second of each side.
async fn compare(address: SocketAddr) -> Result<(f64, f64, f64), Failure> {
    let client = ClerkClient::builder()
        .secret_key(KEY)
        .api_url(format!("http://{address}"))
        .build()?;
    let bare = Bare::new(address)?;
    // Warms up the connections, the allocator and the branch predictors of both.
    for _ in 0..3 {
        of_client(&client).await?;
        of_bare(&bare).await?;
    }
    let (mut ratios, mut clients, mut bares) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Each side goes first equally often.
        let (fast, plain) = if round % 2 == 0 {
            let fast = of_client(&client).await?;
            (fast, of_bare(&bare).await?)
        } else {
            let plain = of_bare(&bare).await?;
            (of_client(&client).await?, plain)
        };
        ratios.push(fast / plain);
        clients.push(fast);
        bares.push(plain);
    }
    Ok((median(ratios), median(clients), median(bares)))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Returns the requests per second of one round.
async fn of_client(client: &ClerkClient) -> Result<f64, Failure> {
    let start = Instant::now();
    try_join_all((0..TASKS).map(async |_| {
        for _ in 0..REQUESTS_PER_TASK {
            check(
                &client
                    .users()
                    .get("user_29w83sxmDNGwOuEthce5gg56FcC")
                    .send()
                    .await?,
            )?;
        }
        Ok::<_, Failure>(())
    }))
    .await?;
    Ok(per_second(start))
}

async fn of_bare(bare: &Bare) -> Result<f64, Failure> {
    let start = Instant::now();
    try_join_all((0..TASKS).map(async |_| {
        for _ in 0..REQUESTS_PER_TASK {
            check(&bare.get("user_29w83sxmDNGwOuEthce5gg56FcC").await?)?;
        }
        Ok::<_, Failure>(())
    }))
    .await?;
    Ok(per_second(start))
}

/// How many users are streamed, and how many are on a page.
const USERS: usize = 100_000;
const PAGE: usize = 500;
/// How often each side streams all users.
const STREAMS: usize = 5;

/// Reads all users in this process, and prints the seconds, and the bytes that the process needed at most in addition.
async fn stream(side: &str, address: SocketAddr) -> Result<(), Failure> {
    let mut count = 0;
    let before = peak()?;
    let start = Instant::now();
    if side == "client" {
        let client = ClerkClient::builder()
            .secret_key(KEY)
            .api_url(format!("http://{address}"))
            .build()?;
        let mut users = client.users().list().limit(PAGE as u64).stream();
        while let Some(user) = users.try_next().await? {
            check(&user)?;
            count += 1;
        }
    } else {
        let bare = Bare::new(address)?;
        loop {
            let page = bare.page(count).await?;
            page.iter().try_for_each(check)?;
            count += page.len();
            if page.len() < PAGE {
                break;
            }
        }
    }
    if count != USERS {
        return Err(format!("{count} users").into());
    }
    println!("{} {}", start.elapsed().as_secs_f64(), peak()? - before);
    Ok(())
}

/// Returns the largest resident size of this process in bytes, by `proc_pid_status(5)`.
fn peak() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")
        .map_err(|error| format!("memory is read from /proc, which Linux has: {error}"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or("no VmHWM")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024)
}

fn compare_streams(address: SocketAddr) -> Result<bool, Failure> {
    let run = |side: &str| -> Result<(f64, f64), Failure> {
        let output = Command::new(std::env::current_exe()?)
            .args(["stream", side, &address.to_string()])
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let printed = String::from_utf8(output.stdout)?;
        let (seconds, bytes) = printed.trim().split_once(' ').ok_or("two numbers")?;
        Ok((seconds.parse()?, bytes.parse::<f64>()? / 1e6))
    };
    let mut ratios = Vec::new();
    let (mut of_client, mut of_bare) = (Vec::new(), Vec::new());
    for _ in 0..STREAMS {
        let (client, bare) = (run("client")?, run("bare")?);
        ratios.push(bare.0 / client.0);
        of_client.push(client);
        of_bare.push(bare);
    }
    let ratio = median(ratios);
    let met = ratio >= BUDGET;
    let of = |all: &[(f64, f64)]| {
        (
            median(all.iter().map(|run| run.0).collect()),
            median(all.iter().map(|run| run.1).collect()),
        )
    };
    let ((client, client_peak), (bare, bare_peak)) = (of(&of_client), of(&of_bare));
    println!(
        "users().list().stream() of {USERS}: {client:.2} s and {client_peak:.1} MB, plain reqwest: {bare:.2} s and {bare_peak:.1} MB, \
         ratio {ratio:.3} (budget at least {BUDGET}) {}",
        if met { "ok" } else { "MISSED" }
    );
    Ok(met)
}

fn check(user: &User) -> Result<(), Failure> {
    if user.id.starts_with("user_") {
        Ok(())
    } else {
        Err("not the requested user".into())
    }
}

fn per_second(start: Instant) -> f64 {
    (TASKS * REQUESTS_PER_TASK) as f64 / start.elapsed().as_secs_f64()
}

/// The code that one writes without this crate.
struct Bare {
    http: reqwest::Client,
    base: String,
}

impl Bare {
    fn new(address: SocketAddr) -> Result<Self, Failure> {
        let mut headers = http::HeaderMap::new();
        headers.insert("accept", http::HeaderValue::from_static("application/json"));
        headers.insert(
            "clerk-api-version",
            http::HeaderValue::from_static(API_VERSION),
        );
        headers.insert("x-clerk-sdk", http::HeaderValue::from_static("rust/0"));
        let http = reqwest::Client::builder()
            .user_agent("bare/0")
            .default_headers(headers)
            .timeout(std::time::Duration::from_secs(30))
            .build()?;
        Ok(Self {
            http,
            base: format!("http://{address}/v1"),
        })
    }

    async fn page(&self, offset: usize) -> Result<Vec<User>, Failure> {
        let request = self
            .http
            .get(format!("{}/users?limit={PAGE}&offset={offset}", self.base))
            .bearer_auth(KEY);
        let answer = request.send().await?.error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    async fn get(&self, id: &str) -> Result<User, Failure> {
        let request = self
            .http
            .get(format!("{}/users/{id}", self.base))
            .bearer_auth(KEY);
        let answer = request.send().await?.error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }
}

/// A server on its own thread that responds with a user or a page of users, with as little work as possible.
fn serve() -> io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener)?;
            loop {
                let (stream, _) = listener.accept().await?;
                tokio::spawn(answer(stream));
            }
            #[expect(unreachable_code, reason = "gives the block its type")]
            Ok::<_, io::Error>(())
        })
    });
    Ok(address)
}

async fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let with_head = |body: &str| {
        let length = body.len();
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    let one = with_head(USER);
    let users: Vec<&str> = vec![USER; PAGE];
    let mut page = with_head(&format!("[{}]", users.join(","))).into_bytes();
    let none = with_head("[]");
    // Where the ID of each user on the page stands.
    let ids: Vec<usize> = {
        let text = String::from_utf8_lossy(&page);
        text.match_indices(ID).map(|(at, _)| at).collect()
    };
    let mut request = Vec::with_capacity(2048);
    loop {
        while !request.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let line = request.split(|byte| *byte == b'\r').next();
        let line = String::from_utf8_lossy(line.unwrap_or_default()).into_owned();
        request.clear();
        let Some((_, query)) = line.split_once("/users?") else {
            stream.write_all(one.as_bytes()).await?;
            continue;
        };
        let first = query
            .split(['&', ' '])
            .find_map(|parameter| {
                let after = parameter.strip_prefix("starting_after=user_");
                let after = after.and_then(|last| last.parse::<usize>().ok());
                let offset = parameter.strip_prefix("offset=");
                after
                    .map(|last| last + 1)
                    .or_else(|| offset.and_then(|offset| offset.parse().ok()))
            })
            .unwrap_or(0);
        if first >= USERS {
            stream.write_all(none.as_bytes()).await?;
            continue;
        }
        for (number, at) in (first..).zip(&ids) {
            let id = format!("user_{number:027}");
            page[*at..*at + id.len()].copy_from_slice(id.as_bytes());
        }
        stream.write_all(&page).await?;
    }
}

/// The ID of [`USER`], as long as a number of 27 digits makes it.
const ID: &str = "user_29w83sxmDNGwOuEthce5gg56FcC";

/// A user with one email address, one phone number and one OAuth account.
const USER: &str = r#"{
    "id": "user_29w83sxmDNGwOuEthce5gg56FcC", "object": "user", "external_id": "customer-1", "locale": "en-GB",
    "primary_email_address_id": "idn_29w83yL7CwVlJXylYLxcslromF1", "primary_phone_number_id": "idn_29w83yL7CwVlJXylYLxcslromF2",
    "primary_web3_wallet_id": null, "username": "ada", "first_name": "Ada", "last_name": "Lovelace",
    "profile_image_url": "https://images.example.com/ada.png", "image_url": "https://images.example.com/ada.png", "has_image": true,
    "public_metadata": { "plan": "team", "seats": 5 }, "private_metadata": { "customer": "cus_1" }, "unsafe_metadata": {},
    "email_addresses": [{
        "id": "idn_29w83yL7CwVlJXylYLxcslromF1", "object": "email_address", "email_address": "ada@example.com", "reserved": false,
        "verification": { "object": "verification_otp", "status": "verified", "strategy": "email_code", "attempts": 1,
                          "expire_at": 1654012591514, "verified_at_client": "client_1" },
        "linked_to": [{ "type": "oauth_google", "id": "idn_29w83yL7CwVlJXylYLxcslromF3" }],
        "matches_sso_connection": false, "created_at": 1654012591514, "updated_at": 1654012591514
    }],
    "phone_numbers": [{
        "id": "idn_29w83yL7CwVlJXylYLxcslromF2", "object": "phone_number", "phone_number": "+15555550100", "reserved": false,
        "reserved_for_second_factor": false, "default_second_factor": false, "linked_to": [], "backup_codes": null,
        "verification": { "object": "verification_otp", "status": "verified", "strategy": "phone_code", "attempts": 1,
                          "expire_at": 1654012591514 },
        "created_at": 1654012591514, "updated_at": 1654012591514
    }],
    "web3_wallets": [], "passkeys": [], "saml_accounts": [], "enterprise_accounts": [],
    "external_accounts": [{
        "object": "external_account", "id": "eac_1", "provider": "oauth_google", "identification_id": "idn_29w83yL7CwVlJXylYLxcslromF3",
        "provider_user_id": "117", "approved_scopes": "email profile", "email_address": "ada@example.com", "first_name": "Ada",
        "last_name": "Lovelace", "image_url": "https://images.example.com/ada.png", "username": null, "phone_number": null,
        "public_metadata": {}, "label": null, "created_at": 1654012591514, "updated_at": 1654012591514,
        "verification": { "object": "verification_oauth", "status": "verified", "strategy": "oauth_google", "attempts": null,
                          "expire_at": 1654012591514 }
    }],
    "password_enabled": true, "two_factor_enabled": false, "totp_enabled": false, "backup_code_enabled": false,
    "mfa_enabled_at": null, "mfa_disabled_at": null, "password_last_updated_at": 1654012591514, "last_sign_in_at": 1654012591514,
    "banned": false, "locked": false, "lockout_expires_in_seconds": null, "verification_attempts_remaining": 100,
    "delete_self_enabled": true, "create_organization_enabled": true, "create_organizations_limit": null, "last_active_at": 1654012591514,
    "legal_accepted_at": null, "bypass_client_trust": false, "created_at": 1654012591514, "updated_at": 1654012591514
}"#;
