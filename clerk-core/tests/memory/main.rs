//! What tokens cost in memory, counted by an allocator: while their keys are on the way, in the cache, and on a hit.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::net::TcpListener;
use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use clerk_core::{Clerk, ClerkBuilder, ManualClock, RequestState};
use clerk_test_support::forge::{NOW, PRODUCTION_KEY, Signer, claims_with};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

fn builder() -> ClerkBuilder {
    Clerk::builder()
        .publishable_key(PRODUCTION_KEY)
        .secret_key("sk_live_tests")
        .clock(ManualClock::new(NOW * 1000 + 1000))
}

/// An instance whose only key is [`Signer::instance`], given as PEM: nothing needs I/O.
fn offline() -> ClerkBuilder {
    builder().jwt_key(Signer::instance().pem())
}

fn bearer(token: &str) -> http::Request<()> {
    http::Request::get("https://app.example.com/")
        .header("host", "app.example.com")
        .header("authorization", format!("Bearer {token}"))
        .body(())
        .unwrap()
}

fn decide(clerk: &Clerk, request: &http::Request<()>) -> RequestState {
    // Nothing needs I/O.
    let state = clerk.authenticate_request(request).now_or_never().unwrap();
    state.unwrap()
}

fn bytes(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}

/// A claim whose text is about `bytes` long and which takes as much memory as it can.
fn many_objects(bytes: usize) -> Value {
    Value::Array(vec![json!({ "": 0 }); bytes / 7])
}

/// What 300 requests with different tokens of about `token_bytes` hold while the keys are on the way.
fn while_keys_are_on_the_way(
    token_bytes: usize,
    max_token_bytes: usize,
) -> (AllocationInfo, usize) {
    // It accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let clerk = builder()
        .api_url(format!("http://{address}"))
        .max_token_bytes(max_token_bytes)
        .signing_key_wait(Duration::from_secs(600))
        .build()
        .unwrap();
    let signer = Signer::stranger();
    let claim = many_objects(token_bytes * 3 / 4);
    let requests: Vec<_> = (0..300)
        .map(|number| {
            let claims = claims_with(&json!({ "sid": format!("sess_{number}"), "x": claim }));
            bearer(&signer.sign(&signer.header(), &claims))
        })
        .collect();
    let on_the_wire = requests
        .iter()
        .map(|request| request.headers()["authorization"].len())
        .sum();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let cost = measure(|| {
        runtime.block_on(async {
            let mut waiting = Vec::new();
            for request in &requests {
                let mut future = Box::pin(clerk.authenticate_request(request));
                if future.as_mut().now_or_never().is_none() {
                    waiting.push(future);
                }
            }
            let is_waiting = max_token_bytes >= token_bytes;
            assert_eq!(waiting.len(), if is_waiting { 300 } else { 0 });
        });
    });
    (cost, on_the_wire)
}

#[test]
fn tokens_that_wait_for_keys_cost_little_more_than_their_text() {
    // Up to the limit that an application set itself, and up to the one that is set otherwise.
    for (token_bytes, max_token_bytes) in [(62_000, 64 * KIB), (15_000, 16 * KIB), (600, 16 * KIB)]
    {
        let (cost, on_the_wire) = while_keys_are_on_the_way(token_bytes, max_token_bytes);
        let bound = on_the_wire + 300 * 8 * KIB + 2 * MIB;
        assert!(
            bytes(cost.bytes_max as i64) <= bound,
            "{token_bytes}: {cost:?}, bound {bound}"
        );
    }
}

#[test]
fn tokens_over_the_limit_cost_nothing() {
    let (cost, _) = while_keys_are_on_the_way(62_000, 16 * KIB);
    assert!(cost.bytes_max < MIB as u64, "{cost:?}");
}

/// Claims that take more memory than their text, each in another way; `size` is about the bytes of their text.
fn hostile_claims(size: usize) -> Vec<(&'static str, Value)> {
    let names = |prefix: &str, count: usize| {
        (0..count)
            .map(|number| (format!("{prefix}{number:x}"), json!(0)))
            .collect::<serde_json::Map<_, _>>()
    };
    let nested = (0..100).fold(json!(0), |inner, _| json!([inner]));
    vec![
        ("nothing more", json!(0)),
        ("one long text", json!("x".repeat(size))),
        ("many objects", many_objects(size)),
        ("many members", Value::Object(names("", size / 9))),
        (
            "twelve members each",
            json!(vec![names("", 12); size / 90 + 1]),
        ),
        ("many numbers", json!(vec![0; size / 2])),
        ("many texts", json!(vec![""; size / 3])),
        ("many lists", json!(vec![json!([]); size / 3])),
        ("lists of one", json!(vec![json!([0]); size / 4])),
        ("lists of lists", json!(vec![nested; size / 202 + 1])),
    ]
}

/// What an instance holds that was built here and has authenticated these requests, and how many tokens it remembers.
fn held_after(cache_bytes: usize, requests: &[http::Request<()>]) -> (usize, u64) {
    let mut clerk = None;
    let held = measure(|| {
        let built = offline()
            .token_cache_bytes(cache_bytes as u64)
            .build()
            .unwrap();
        for request in requests {
            // Often, so that it is among the tokens that are looked up first.
            for _ in 0..10 {
                assert!(decide(&built, request).auth().is_authenticated());
            }
        }
        clerk = Some(built);
    });
    let entries = clerk.unwrap().stats().token_cache_entries;
    (bytes(held.bytes_current), entries)
}

#[test]
fn the_token_cache_holds_no_more_than_it_may_whatever_shape_tokens_have() {
    const CACHE: usize = 256 * KIB;
    let (without_tokens, _) = held_after(CACHE, &[]);
    for size in [300, 3_000, 11_000] {
        for (shape, claim) in hostile_claims(size) {
            let count = (2 * CACHE / size).min(120);
            let requests: Vec<_> = (0..count)
                .map(|number| {
                    let claims = json!({ "sid": format!("sess_{number}"), "x": claim });
                    bearer(&Signer::instance().session_with(&claims))
                })
                .collect();
            let (held, entries) = held_after(CACHE, &requests);
            let held = held.saturating_sub(without_tokens);
            assert!(
                held <= CACHE,
                "{shape} of {size} bytes: {held} bytes for {entries} tokens"
            );
        }
    }
}

#[test]
fn the_token_cache_makes_use_of_its_memory() {
    const CACHE: usize = 256 * KIB;
    let (without_tokens, _) = held_after(CACHE, &[]);
    let requests: Vec<_> = (0..150)
        .map(|number| {
            let claims = json!({ "sid": format!("sess_{number}") });
            bearer(&Signer::instance().session_with(&claims))
        })
        .collect();
    let (held, entries) = held_after(CACHE, &requests);
    assert!(entries < 150, "the cache is full: {entries}");
    assert!(
        held - without_tokens >= CACHE / 2,
        "{held} bytes for {entries} tokens"
    );
}

#[test]
fn a_token_that_was_seen_before_is_authenticated_without_an_allocation() {
    let clerk = offline().build().unwrap();
    let request = bearer(&Signer::instance().session());
    assert!(decide(&clerk, &request).auth().is_authenticated());
    let hit = measure(|| {
        assert!(decide(&clerk, &request).auth().is_authenticated());
    });
    assert_eq!(clerk.stats().token_cache_hits, 1);
    assert_eq!(hit.count_total, 0, "{hit:?}");
}
