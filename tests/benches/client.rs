//! Benchmarks the overhead of the client: `users().get` against the same call with plain reqwest, on loopback.
//!
//! `cargo bench -p clerk-tests --bench client`. Both sides send the same headers to the same server and read the
//! response into the same type; rounds of both alternate, and the median of the rounds' ratios counts.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    process::ExitCode,
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
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(ExitCode::SUCCESS);
    }
    let address = serve()?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (ratio, client, bare) = runtime.block_on(compare(address))?;
    let met = ratio >= BUDGET;
    writeln!(
        io::stdout(),
        "users().get: {client:.0} requests/s, plain reqwest: {bare:.0} requests/s, ratio {ratio:.3} (budget at least {BUDGET}) {}",
        if met { "ok" } else { "MISSED" }
    )?;
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
    let start = now();
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
    let start = now();
    try_join_all((0..TASKS).map(async |_| {
        for _ in 0..REQUESTS_PER_TASK {
            check(&bare.get("user_29w83sxmDNGwOuEthce5gg56FcC").await?)?;
        }
        Ok::<_, Failure>(())
    }))
    .await?;
    Ok(per_second(start))
}

fn check(user: &User) -> Result<(), Failure> {
    if user.id.starts_with("user_") {
        Ok(())
    } else {
        Err("not the requested user".into())
    }
}

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn now() -> Instant {
    Instant::now()
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

    async fn get(&self, id: &str) -> Result<User, Failure> {
        let request = self
            .http
            .get(format!("{}/users/{id}", self.base))
            .bearer_auth(KEY);
        let answer = request.send().await?.error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }
}

/// A server on its own thread that sends the same response to every request, with as little work as possible.
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
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{USER}",
        USER.len()
    );
    let mut request = Vec::with_capacity(2048);
    loop {
        while !request.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        request.clear();
        stream.write_all(answer.as_bytes()).await?;
    }
}

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
