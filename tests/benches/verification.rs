//! What authentication costs in one process, as multiples of the bare signature check.
//!
//! `cargo bench -p clerk-tests --bench verification`. All rows take turns, and the fastest round of each counts. Only the
//! ratios can be compared between machines.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark reads the clock and prints"
)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_actix::ClerkMiddleware;
use clerk_axum::ClerkLayer;
use clerk_core::{AuthStatus, Clerk, ClerkBuilder, ManualClock, cookie_suffix};
use clerk_test_support::forge::{NOW, PRODUCTION_KEY, Signer};
use futures_util::FutureExt as _;
use http::Request;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use tower::Service as _;

/// How many different tokens take turns in the row for many tokens.
const MANY: usize = 10_000;

fn clerk() -> ClerkBuilder {
    Clerk::builder()
        .publishable_key(PRODUCTION_KEY)
        .secret_key("sk_live_bench")
        .jwt_key(Signer::instance().pem())
        .token_cache_bytes(64 * 1024 * 1024)
        .clock(ManualClock::new(NOW * 1000))
}

/// Measures the nanoseconds that one call of each takes.
fn measure<const N: usize>(mut calls: [&mut dyn FnMut(); N]) -> [f64; N] {
    const ROUNDS: usize = 40;
    const ROUND: Duration = Duration::from_millis(15);
    let mut least = [f64::INFINITY; N];
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

/// Prints rows, and remembers whether all budgets were met.
struct Report {
    bare: f64,
    met: bool,
}

impl Report {
    fn row(&self, name: &str, nanoseconds: f64) {
        println!(
            "{name:<44} {nanoseconds:>8.0} ns {:>8.3}",
            nanoseconds / self.bare
        );
    }

    /// Prints a row whose budget is `factor` times `base`.
    fn budget(&mut self, name: &str, nanoseconds: f64, factor: f64, base: f64) {
        let ratio = nanoseconds / base;
        self.met &= ratio <= factor;
        let of_base = if base == self.bare {
            String::new()
        } else {
            format!("{ratio:.3} of the least code, ")
        };
        println!(
            "{name:<44} {nanoseconds:>8.0} ns {:>8.3}   {of_base}budget {factor}: {}",
            nanoseconds / self.bare,
            if ratio <= factor { "ok" } else { "MISSED" }
        );
    }
}

/// The least code that checks the signature with a parsed key, decodes the claims, and checks the times.
fn least_code(key: &ParsedPublicKey, token: &str) -> Value {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert_eq!(header["alg"], "RS256");
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    key.verify_sig(signed.as_bytes(), &signature).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let time = |name: &str| claims[name].as_i64().unwrap();
    assert!(time("nbf") <= NOW && time("iat") <= NOW && NOW < time("exp"));
    claims
}

fn authentication() -> Report {
    // A build with several backends makes applications choose one.
    DEFAULT_PROVIDER.install_default().unwrap();
    let signer = Signer::instance();
    let token = signer.session();
    let many: Vec<String> = (0..MANY)
        .map(|number| signer.session_with(&json!({ "jti": format!("{number:020}") })))
        .collect();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, signer.public_der()).unwrap();
    let decoding_key = DecodingKey::from_rsa_pem(signer.pem().as_bytes()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    // The token was issued at a fixed time in the past.
    validation.validate_exp = false;

    let uncached = clerk().token_cache_bytes(0).build().unwrap();
    let cached = clerk().build().unwrap();
    let suffix = cookie_suffix(PRODUCTION_KEY);
    let request = |headers: &[(&str, &str)]| {
        let mut request =
            Request::get("https://app.example.com/").header("host", "app.example.com");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    };
    let bearer = |token: &str| request(&[("authorization", &format!("Bearer {token}"))]);
    let seen = bearer(&token);
    let seen_many: Vec<_> = many.iter().map(|token| bearer(token)).collect();
    let cookies = request(&[
        ("accept", "text/html"),
        (
            "cookie",
            &format!(
                "theme=dark; __session_{suffix}={token}; __client_uat_{suffix}={uat}; __session={token}; \
                 __client_uat={uat}",
                uat = NOW - 100
            ),
        ),
    ]);
    let signed_out = request(&[("accept", "application/json")]);
    let handshake = request(&[
        ("accept", "text/html"),
        ("sec-fetch-dest", "document"),
        ("cookie", &format!("__client_uat={}", NOW - 100)),
    ]);
    let machine = signer.sign(
        &json!({ "alg": "RS256", "kid": signer.kid(), "typ": "JWT", "cat": "cl_B7d4PD333AAA" }),
        &json!({ "sub": "mch_bench", "iat": NOW, "nbf": NOW - 10, "exp": NOW + 60, "jti": "mt_1" }),
    );
    let machine = bearer(&machine);
    let authenticate = |clerk: &Clerk, request: &Request<()>, expected: AuthStatus| match clerk
        .authenticate_request(request)
        .now_or_never()
    {
        Some(state) => assert_eq!(state.unwrap().status(), expected),
        None => panic!("nothing needs I/O here"),
    };
    for request in &seen_many {
        authenticate(&cached, request, AuthStatus::SignedIn);
    }
    let mut next = 0;
    let [
        bare,
        least,
        by_jsonwebtoken,
        verify,
        first_seen,
        hit,
        hit_of_many,
        by_cookie,
        without,
        to_handshake,
        by_machine,
    ] = measure([
        &mut || {
            black_box(key.verify_sig(black_box(signed.as_bytes()), &signature)).unwrap();
        },
        &mut || {
            black_box(least_code(&key, black_box(&token)));
        },
        &mut || {
            black_box(
                jsonwebtoken::decode::<Value>(black_box(&token), &decoding_key, &validation)
                    .unwrap(),
            );
        },
        &mut || {
            black_box(uncached.verify_token(black_box(&token)).now_or_never())
                .unwrap()
                .unwrap();
        },
        &mut || authenticate(&uncached, &seen, AuthStatus::SignedIn),
        &mut || authenticate(&cached, &seen, AuthStatus::SignedIn),
        &mut || {
            // A stride that visits every token, in an order that caches of the machine do not foresee.
            next = (next + 7_919) % MANY;
            authenticate(&cached, &seen_many[next], AuthStatus::SignedIn);
        },
        &mut || authenticate(&cached, &cookies, AuthStatus::SignedIn),
        &mut || authenticate(&cached, &signed_out, AuthStatus::SignedOut),
        &mut || authenticate(&cached, &handshake, AuthStatus::Handshake),
        &mut || authenticate(&cached, &machine, AuthStatus::SignedIn),
    ]);
    let mut report = Report { bare, met: true };
    report.row("bare RSA-2048 signature check", bare);
    report.row("the least code that also reads the claims", least);
    report.row("jsonwebtoken::decode", by_jsonwebtoken);
    report.budget("verify a session token, not cached", verify, 1.02, least);
    report.row("request, bearer token first seen", first_seen);
    report.budget("request, bearer token seen before", hit, 0.02, bare);
    report.budget(
        "request, one of 10,000 seen before",
        hit_of_many,
        0.06,
        bare,
    );
    report.row("request, cookies with suffix, seen before", by_cookie);
    report.row("request, signed out", without);
    report.row("request, redirect to a handshake", to_handshake);
    report.row("request, M2M token that is a JWT", by_machine);
    report
}

fn guarded_axum_route(report: &mut Report) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let token = Signer::instance().session();
    let request = || {
        Request::get("/")
            .header("host", "app.example.com")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap()
    };
    let mut bare = Router::new().route("/", get(|| async { "hello" }));
    let mut guarded = Router::new()
        .route("/", get(|| async { "hello" }))
        .route_layer(clerk_axum::protect())
        .layer(ClerkLayer::new(clerk().build().unwrap()));
    let call = |router: &mut Router| {
        let response = runtime.block_on(router.call(request())).unwrap();
        assert_eq!(response.status(), 200);
    };
    call(&mut guarded);
    let [of_bare, of_guarded] = measure([&mut || call(&mut bare), &mut || call(&mut guarded)]);
    report.budget(
        "axum: a guarded route adds",
        of_guarded - of_bare,
        0.03,
        report.bare,
    );
}

fn guarded_actix_route(report: &mut Report) {
    use actix_web::{App, test, web};

    let runtime = actix_web::rt::Runtime::new().unwrap();
    let token = Signer::instance().session();
    let request = || {
        test::TestRequest::get()
            .uri("/")
            .insert_header(("host", "app.example.com"))
            .insert_header(("authorization", format!("Bearer {token}")))
            .to_request()
    };
    let hello = || web::get().to(|| async { "hello" });
    let bare = runtime.block_on(test::init_service(
        App::new().service(web::resource("/").route(hello())),
    ));
    let guarded = runtime.block_on(test::init_service(
        App::new()
            .service(
                web::resource("/")
                    .wrap(clerk_actix::protect())
                    .route(hello()),
            )
            .wrap(ClerkMiddleware::new(clerk().build().unwrap())),
    ));
    let [of_bare, of_guarded] = measure([
        &mut || {
            let response = runtime.block_on(test::call_service(&bare, request()));
            assert_eq!(response.status(), 200);
        },
        &mut || {
            let response = runtime.block_on(test::call_service(&guarded, request()));
            assert_eq!(response.status(), 200);
        },
    ]);
    report.budget(
        "actix-web: a guarded route adds",
        of_guarded - of_bare,
        0.03,
        report.bare,
    );
}

fn main() -> ExitCode {
    // `cargo test --benches` only builds benchmarks.
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let mut report = authentication();
    guarded_axum_route(&mut report);
    guarded_actix_route(&mut report);
    if report.met {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
