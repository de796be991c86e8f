//! The key cache under herds, strangers, rotation and outages. Keys come over real HTTP.

use std::time::Duration;

use clerk_core::{AuthStatus, Clerk, ClerkBuilder, Clock as _, ManualClock, Reason, SystemClock};
use clerk_emulator::{Emulator, Fault, UserSeed};
use clerk_test_support::forge::{Signer, claims_with};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use http::header::RETRY_AFTER;
use serde_json::json;

use crate::{outcome, request};

const ADA: &str = "ada@example.com";

/// A configuration for this emulator.
pub(crate) fn on(emulator: &Emulator) -> ClerkBuilder {
    Clerk::builder().from_vars(emulator.env())
}

async fn emulator() -> Emulator {
    Emulator::builder()
        .user(UserSeed::new(ADA))
        .start()
        .await
        .unwrap()
}

fn key_fetches(emulator: &Emulator) -> usize {
    emulator.requests_to("/v1/jwks").len()
}

fn bearer(token: &str) -> http::Request<()> {
    request(&[("authorization", &format!("Bearer {token}"))])
}

/// A clock that stands at the computer's time, so that the emulator's tokens are valid.
fn clock() -> ManualClock {
    ManualClock::new(SystemClock::default().now())
}

/// A token with a key id of its own, signed by nobody that the instance knows.
fn stranger(number: usize, now: i64) -> String {
    let signer = Signer::stranger();
    let mut header = signer.header();
    header["kid"] = json!(format!("ins_unknown_{number}"));
    let seconds = now / 1000;
    let claims = claims_with(&json!({ "iat": seconds, "nbf": seconds, "exp": seconds + 60 }));
    signer.sign(&header, &claims)
}

/// The status that a guarded route answers with, and whether it says when to ask again.
async fn guarded(clerk: &Clerk, token: &str) -> (u16, bool) {
    let state = clerk.authenticate_request(&bearer(token)).await.unwrap();
    match state.auth().signed_in() {
        Ok(_) => (200, false),
        Err(refusal) => (
            refusal.status().as_u16(),
            refusal.headers().contains_key(RETRY_AFTER),
        ),
    }
}

#[tokio::test]
async fn a_cold_start_under_a_thousand_requests_loads_the_keys_once() {
    let emulator = emulator().await;
    // Not about how long a request waits: on a busy machine a thousand take a while.
    let clerk = on(&emulator)
        .signing_key_wait(Duration::from_secs(60))
        .build()
        .unwrap();
    let token = emulator.session_token(ADA).mint().unwrap();
    let answers = join_all((0..1000).map(|_| guarded(&clerk, &token))).await;
    assert_eq!(answers, [(200, false); 1000]);
    assert_eq!(key_fetches(&emulator), 1);
}

#[tokio::test]
async fn a_thousand_unknown_key_ids_cause_one_download_per_cool_down() {
    let emulator = emulator().await;
    let clock = clock();
    // Not about how long a request waits: on a busy machine a thousand take a while.
    let clerk = on(&emulator)
        .clock(clock.clone())
        .signing_key_wait(Duration::from_secs(60))
        .build()
        .unwrap();
    let known = emulator
        .session_token(ADA)
        .lifetime(Duration::from_secs(3600))
        .mint()
        .unwrap();
    assert_eq!(
        outcome(&clerk.authenticate_request(&bearer(&known)).await.unwrap()),
        "signed-in"
    );
    assert_eq!(key_fetches(&emulator), 1);

    for wave in 0..3 {
        clock.advance(Duration::from_secs(31));
        let requests: Vec<_> = (0..1000)
            .map(|number| bearer(&stranger(wave * 1000 + number, clock.now())))
            .collect();
        let states = join_all(
            requests
                .iter()
                .map(|request| clerk.authenticate_request(request)),
        )
        .await;
        for state in states {
            assert_eq!(outcome(&state.unwrap()), "signed-out jwk-kid-mismatch");
        }
        assert_eq!(key_fetches(&emulator), 2 + wave, "wave {wave}");
        // One after the other, within the cool-down: none at all, and so nobody knows.
        for number in 0..20 {
            let state = clerk
                .authenticate_request(&bearer(&stranger(number, clock.now())))
                .await;
            let outcome = outcome(&state.unwrap());
            assert_eq!(outcome, "signed-out jwk-remote-failed-to-load");
        }
        assert_eq!(key_fetches(&emulator), 2 + wave, "after wave {wave}");
    }
}

#[tokio::test]
async fn an_outage_signs_nobody_out_and_breaks_no_public_page() {
    let emulator = emulator().await;
    let clock = clock();
    let clerk = on(&emulator).clock(clock.clone()).build().unwrap();
    let token = emulator
        .session_token(ADA)
        .lifetime(Duration::from_secs(24 * 3600))
        .mint()
        .unwrap();
    assert_eq!(guarded(&clerk, &token).await, (200, false));

    emulator.faults().stop_keys();
    // Keys in memory go on serving, past the age at which they are refreshed ...
    for minutes in [4, 10, 20, 20] {
        clock.advance(Duration::from_secs(minutes * 60));
        assert_eq!(
            guarded(&clerk, &token).await,
            (200, false),
            "after {minutes} more minutes"
        );
    }
    // ... up to the stated hour. Then nobody can be judged: guarded routes say so, and authentication is no error, so
    // that public ones go on.
    clock.advance(Duration::from_secs(10 * 60));
    assert_eq!(guarded(&clerk, &token).await, (503, true));
    assert!(clerk.authenticate_request(&bearer(&token)).await.is_ok());
    assert!(clerk.stats().signing_key_refresh_failures > 0);

    emulator.faults().resume_keys();
    clock.advance(Duration::from_secs(31));
    assert_eq!(guarded(&clerk, &token).await, (200, false));
}

#[tokio::test]
async fn a_cold_start_without_keys_is_undecided_and_asks_again_soon() {
    let emulator = emulator().await;
    emulator.faults().stop_keys();
    let clock = clock();
    let clerk = on(&emulator).clock(clock.clone()).build().unwrap();
    let token = emulator.session_token(ADA).mint().unwrap();
    assert_eq!(guarded(&clerk, &token).await, (503, true));
    let asked = key_fetches(&emulator);
    assert!(asked > 0);
    // The failure is remembered for a moment, so that an outage is not made worse.
    assert_eq!(guarded(&clerk, &token).await, (503, true));
    assert_eq!(key_fetches(&emulator), asked);
    emulator.faults().resume_keys();
    clock.advance(Duration::from_secs(2));
    assert_eq!(guarded(&clerk, &token).await, (200, false));
}

#[tokio::test]
async fn a_passing_fault_is_tried_again() {
    let emulator = emulator().await;
    for fault in [
        Fault::status(503),
        Fault::cut_connection(),
        Fault::too_many_requests(Duration::ZERO),
        Fault::answer(502, "text/html", "<h1>Bad gateway</h1>"),
        Fault::answer(200, "text/html", "<h1>Maintenance</h1>"),
        Fault::status(401),
    ] {
        emulator.faults().add(fault.on("/v1/jwks"));
        let clerk = on(&emulator).build().unwrap();
        let token = emulator.session_token(ADA).mint().unwrap();
        let state = clerk.authenticate_request(&bearer(&token)).await.unwrap();
        assert_eq!(outcome(&state), "signed-in");
    }
}

#[tokio::test]
async fn keys_that_left_the_set_stop_verifying_cached_tokens_too() {
    let emulator = emulator().await;
    let clock = clock();
    let clerk = on(&emulator).clock(clock.clone()).build().unwrap();
    let old = long(&emulator);
    // Often, so that it is among the tokens that are looked up first.
    for _ in 0..20 {
        let state = clerk.authenticate_request(&bearer(&old)).await.unwrap();
        assert_eq!(outcome(&state), "signed-in");
    }
    assert_eq!(clerk.stats().token_cache_hits, 19);

    emulator.rotate_keys().unwrap();
    // The new key's first token brings the new set, and with it the end of the old key.
    clock.advance(Duration::from_secs(31));
    let new = long(&emulator);
    assert_eq!(
        outcome(&clerk.authenticate_request(&bearer(&new)).await.unwrap()),
        "signed-in"
    );
    assert_eq!(
        outcome(&clerk.authenticate_request(&bearer(&old)).await.unwrap()),
        "signed-out jwk-kid-mismatch"
    );
    assert_eq!(key_fetches(&emulator), 2);
}

/// A session token of the emulator that lives for a week.
fn long(emulator: &Emulator) -> String {
    emulator
        .session_token(ADA)
        .lifetime(Duration::from_secs(7 * 24 * 3600))
        .mint()
        .unwrap()
}

#[tokio::test]
async fn an_unknown_key_id_is_undecided_while_it_may_not_be_asked_for() {
    let emulator = emulator().await;
    let clock = clock();
    let clerk = on(&emulator).clock(clock.clone()).build().unwrap();
    // Somebody asks for an unknown key just before the keys are rotated: that question is answered ...
    assert_eq!(
        guarded(&clerk, &stranger(1, clock.now())).await,
        (401, false)
    );
    emulator.rotate_keys().unwrap();
    // ... and the tokens of the new key are not taken for forged ones until theirs is, wherever they come from.
    let token = long(&emulator);
    assert_eq!(guarded(&clerk, &token).await, (503, true));
    let cookies = format!("__session={token}; __client_uat=1; __clerk_db_jwt=dvb_1");
    let state = clerk
        .authenticate_request(&request(&[("cookie", &cookies)]))
        .await
        .unwrap();
    assert!(state.auth().is_undecided(), "{state:?}");
    let error = clerk.verify_token(&token).await.unwrap_err();
    assert_eq!(error.reason(), &Reason::JwksFailedToLoad);
    assert_eq!(key_fetches(&emulator), 1);
    clock.advance(Duration::from_secs(29));
    assert_eq!(guarded(&clerk, &token).await, (503, true));
    clock.advance(Duration::from_secs(1));
    assert_eq!(guarded(&clerk, &token).await, (200, false));
    assert_eq!(key_fetches(&emulator), 2);
}

#[tokio::test]
async fn a_token_that_is_older_than_the_keys_is_refused_without_a_question() {
    let emulator = emulator().await;
    let clock = clock();
    let clerk = on(&emulator).clock(clock.clone()).build().unwrap();
    assert_eq!(guarded(&clerk, &long(&emulator)).await, (200, false));
    // Left over from another instance, or of a key that is long gone: whoever has it can sign in again.
    for (seconds_before, answer) in [
        (3600, (401, false)),
        (61, (401, false)),
        (59, (503, true)),
        (0, (503, true)),
        (-3600, (503, true)),
    ] {
        let token = stranger(1, clock.now() - seconds_before * 1000);
        assert_eq!(guarded(&clerk, &token).await, answer, "{seconds_before}");
    }
    // A clock that was set back cannot be compared with.
    clock.set(clock.now() - 24 * 3600 * 1000);
    let token = stranger(1, clock.now());
    assert_eq!(guarded(&clerk, &token).await, (503, true));
    assert_eq!(key_fetches(&emulator), 1);
}

#[tokio::test]
async fn a_download_that_fails_says_nothing_about_unknown_keys() {
    let emulator = emulator().await;
    let clock = clock();
    let clerk = on(&emulator).clock(clock.clone()).build().unwrap();
    let known = long(&emulator);
    assert_eq!(guarded(&clerk, &known).await, (200, false));
    emulator.faults().stop_keys();
    emulator.rotate_keys().unwrap();
    clock.advance(Duration::from_secs(31));
    let new = long(&emulator);
    for _ in 0..2 {
        assert_eq!(guarded(&clerk, &new).await, (503, true));
        assert_eq!(guarded(&clerk, &known).await, (200, false));
    }
}

#[tokio::test]
async fn a_clock_that_is_set_keeps_no_removed_key_and_hides_no_new_one() {
    const HOUR: i64 = 3600 * 1000;
    for steps in [
        &[-24 * HOUR][..],
        &[-HOUR],
        &[HOUR / 2],
        &[24 * HOUR, -24 * HOUR],
    ] {
        let emulator = emulator().await;
        let clock = clock();
        let clerk = on(&emulator)
            .clock(clock.clone())
            .clock_skew(Duration::from_secs(3 * 24 * 3600))
            .build()
            .unwrap();
        let removed = long(&emulator);
        assert_eq!(guarded(&clerk, &removed).await, (200, false));
        emulator.rotate_keys().unwrap();
        let new = long(&emulator);
        for step in steps {
            clock.set(clock.now() + step);
            guarded(&clerk, &removed).await;
        }
        // A new key is found once the cool-down has really passed, and the old one goes with it.
        clock.advance(Duration::from_secs(31));
        assert_eq!(guarded(&clerk, &new).await, (200, false), "{steps:?}");
        assert_ne!(guarded(&clerk, &removed).await, (200, false), "{steps:?}");

        // Without anybody who asks for a new key: once the keys have really aged.
        emulator.rotate_keys().unwrap();
        for step in steps {
            clock.set(clock.now() + step);
            guarded(&clerk, &new).await;
        }
        clock.advance(Duration::from_secs(301));
        // The one that refreshes the keys may still be let through.
        guarded(&clerk, &new).await;
        assert_ne!(guarded(&clerk, &new).await, (200, false), "{steps:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_remembers_no_failure_for_longer() {
    let emulator = emulator().await;
    emulator.faults().stop_keys();
    let clock = clock();
    let clerk = on(&emulator)
        .clock(clock.clone())
        .clock_skew(Duration::from_secs(3 * 24 * 3600))
        .build()
        .unwrap();
    let token = long(&emulator);
    assert_eq!(guarded(&clerk, &token).await, (503, true));
    emulator.faults().resume_keys();
    clock.set(clock.now() - 24 * 3600 * 1000);
    clock.advance(Duration::from_secs(2));
    assert_eq!(guarded(&clerk, &token).await, (200, false));
}

#[tokio::test]
async fn aging_keys_are_refreshed_once_while_they_serve() {
    let emulator = emulator().await;
    let clock = clock();
    let clerk = on(&emulator).clock(clock.clone()).build().unwrap();
    let token = emulator
        .session_token(ADA)
        .lifetime(Duration::from_secs(3600))
        .mint()
        .unwrap();
    let request = bearer(&token);
    assert_eq!(
        outcome(&clerk.authenticate_request(&request).await.unwrap()),
        "signed-in"
    );
    clock.advance(Duration::from_secs(299));
    assert_eq!(
        outcome(&clerk.authenticate_request(&request).await.unwrap()),
        "signed-in"
    );
    assert_eq!(key_fetches(&emulator), 1);
    clock.advance(Duration::from_secs(1));
    let states = join_all((0..200).map(|_| clerk.authenticate_request(&request))).await;
    assert!(
        states
            .into_iter()
            .all(|state| state.unwrap().status() == AuthStatus::SignedIn)
    );
    assert_eq!(key_fetches(&emulator), 2);
}

#[tokio::test]
async fn a_dropped_request_does_not_poison_the_download_it_began() {
    let emulator = emulator().await;
    emulator
        .faults()
        .add(Fault::slow(Duration::from_millis(200)).on("/v1/jwks"));
    let clerk = on(&emulator).build().unwrap();
    let token = emulator.session_token(ADA).mint().unwrap();
    let request = bearer(&token);
    {
        // Polled once, so that the download is under way, then dropped.
        let mut first = Box::pin(clerk.authenticate_request(&request));
        assert!(first.as_mut().now_or_never().is_none());
    }
    assert_eq!(
        outcome(&clerk.authenticate_request(&request).await.unwrap()),
        "signed-in"
    );
    assert_eq!(
        key_fetches(&emulator),
        1,
        "the second request joined the first one's download"
    );
}

#[tokio::test]
async fn caches_never_cross_instances() {
    let (one, two) = (emulator().await, emulator().await);
    let (clerk_one, clerk_two) = (on(&one).build().unwrap(), on(&two).build().unwrap());
    let token = one.session_token(ADA).mint().unwrap();
    let request = bearer(&token);
    assert_eq!(
        outcome(&clerk_one.authenticate_request(&request).await.unwrap()),
        "signed-in"
    );
    assert_eq!(
        outcome(&clerk_two.authenticate_request(&request).await.unwrap()),
        "signed-out jwk-kid-mismatch"
    );
    assert_eq!(
        outcome(&clerk_one.authenticate_request(&request).await.unwrap()),
        "signed-in"
    );
}

#[tokio::test]
async fn a_refused_secret_key_is_said_to_be_refused() {
    let emulator = emulator().await;
    let clerk = on(&emulator).secret_key("sk_test_wrong").build().unwrap();
    let token = emulator.session_token(ADA).mint().unwrap();
    let state = clerk.authenticate_request(&bearer(&token)).await.unwrap();
    assert_eq!(outcome(&state), "signed-out secret-key-invalid");
    assert!(!state.message().contains("sk_test_wrong"));
}
