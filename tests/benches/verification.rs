//! What verification costs beside the bare signature check, and what a guarded route costs beside a bare one.
//!
//! Every figure is a ratio or a difference within this run: the times themselves say more about the machine.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark reads the clock and prints"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_actix::ClerkMiddleware;
use clerk_axum::ClerkLayer;
use clerk_core::{Clerk, ClerkBuilder, ManualClock};
use clerk_test_support::forge::{NOW, PRODUCTION_KEY, Signer};
use futures_util::FutureExt as _;
use http::Request;
use tower::Service as _;

fn clerk() -> ClerkBuilder {
    Clerk::builder()
        .publishable_key(PRODUCTION_KEY)
        .secret_key("sk_live_bench")
        .jwt_key(Signer::instance().pem())
        .clock(ManualClock::new(NOW * 1000))
}

/// Nanoseconds that one call of each takes: the least of many rounds, in which all take turns.
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

fn verification() {
    let token = Signer::instance().session();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let key =
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, Signer::instance().public_der()).unwrap();
    let uncached = clerk().token_cache_bytes(0).build().unwrap();
    let cached = clerk().build().unwrap();
    let request = Request::get("https://app.example.com/")
        .header("host", "app.example.com")
        .header("authorization", format!("Bearer {token}"))
        .body(())
        .unwrap();
    let authenticate = |clerk: &Clerk| match clerk.authenticate_request(&request).now_or_never() {
        Some(state) => assert!(state.unwrap().auth().is_authenticated()),
        None => panic!("nothing needs I/O here"),
    };
    authenticate(&cached);
    let [bare, verify, whole, hit] = measure([
        &mut || {
            black_box(key.verify_sig(black_box(signed.as_bytes()), &signature)).unwrap();
        },
        &mut || {
            black_box(uncached.verify_token(black_box(&token)).now_or_never())
                .unwrap()
                .unwrap();
        },
        &mut || authenticate(&uncached),
        &mut || authenticate(&cached),
    ]);
    println!("bare RSA-2048 signature check          {bare:>9.0} ns   1.00");
    println!(
        "verify a session token, not cached     {verify:>9.0} ns   {:.2} (budget 1.15)",
        verify / bare
    );
    println!(
        "authenticate a request, not cached     {whole:>9.0} ns   {:.2}",
        whole / bare
    );
    println!(
        "authenticate a request, cached         {hit:>9.0} ns   1/{:.0} of not cached (budget 1/50)",
        verify / hit
    );
}

fn guarded_axum_route() {
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
        let answer = runtime.block_on(router.call(request())).unwrap();
        assert_eq!(answer.status(), 200);
    };
    call(&mut guarded);
    let [of_bare, of_guarded] = measure([&mut || call(&mut bare), &mut || call(&mut guarded)]);
    print_guarded("axum", of_bare, of_guarded);
}

fn guarded_actix_route() {
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
            let answer = runtime.block_on(test::call_service(&bare, request()));
            assert_eq!(answer.status(), 200);
        },
        &mut || {
            let answer = runtime.block_on(test::call_service(&guarded, request()));
            assert_eq!(answer.status(), 200);
        },
    ]);
    print_guarded("actix-web", of_bare, of_guarded);
}

fn print_guarded(framework: &str, bare: f64, guarded: f64) {
    let name = format!("{framework}, a guarded route");
    println!(
        "{name:<38} {:>9.0} ns more than a bare one (budget 500)",
        guarded - bare
    );
}

fn main() {
    verification();
    guarded_axum_route();
    guarded_actix_route();
}
