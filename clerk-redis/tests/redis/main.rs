//! The store with a real redis-server, working and failing.
//!
//! Most of these tests need `redis-server` and are ignored by default; run them with `cargo test -p clerk-redis --
//! --include-ignored`. `.ci/run` installs the server and runs them.

#![cfg(unix)]
#![cfg(test)]

mod processes;
mod server;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use clerk_core::{Clerk, ClerkBuilder, Removal, SharedStore};
use clerk_emulator::{Emulator, UserSeed};
use clerk_redis::{RedisStore, RedisStoreError};
use clerk_test_support::log::Log;

use server::RedisServer;
use tokio::time::Instant;

const ADA: &str = "ada@example.com";
/// How long a request of these tests waits for Redis.
const WAIT: Duration = Duration::from_millis(100);
/// The time within which sharing must resume.
const RESUMES_WITHIN: Duration = Duration::from_secs(5);
const HOUR: Duration = Duration::from_secs(3600);

async fn emulator() -> Emulator {
    Emulator::builder()
        .user(UserSeed::new(ADA).id("user_ada").first_name("Ada"))
        .start()
        .await
        .unwrap()
}

/// A process: an instance with its own connection.
fn process(emulator: &Emulator, redis: &RedisServer) -> Clerk {
    let store = RedisStore::connect(&redis.url()).unwrap();
    builder(emulator).shared_store(store).build().unwrap()
}

fn builder(emulator: &Emulator) -> ClerkBuilder {
    Clerk::builder()
        .from_vars(emulator.env())
        .shared_store_wait(WAIT)
}

/// Waits for something that other processes do asynchronously.
async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !condition().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting)
        .await
        .unwrap();
}

async fn sign_in(clerk: &Clerk, token: &str) {
    let request = http::Request::get("https://app.example.com/")
        .header("authorization", format!("Bearer {token}"))
        .body(())
        .unwrap();
    let state = clerk.authenticate_request(&request).await.unwrap();
    assert!(state.auth().is_authenticated(), "{state:?}");
}

fn verifications(emulator: &Emulator) -> usize {
    emulator.requests_to("/api_keys/verify").len()
}

/// Returns whether a verdict of one process saves the other a call. Requests succeed either way.
async fn shares(emulator: &Emulator, one: &Clerk, other: &Clerk) -> bool {
    let token = emulator.api_key(ADA).mint().unwrap();
    sign_in(one, &token).await;
    let before = verifications(emulator);
    sign_in(other, &token).await;
    verifications(emulator) == before
}

async fn sharing_resumes(emulator: &Emulator, one: &Clerk, other: &Clerk) {
    tokio::time::timeout(RESUMES_WITHIN, async {
        while !shares(emulator, one, other).await {}
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_refused() {
    for url in [
        "",
        "localhost",
        "http://localhost/",
        "redis://host:port/",
        "redis://:secret@/x",
    ] {
        let error = RedisStore::connect(url).unwrap_err();
        assert!(
            matches!(error, RedisStoreError::Address(_)),
            "{url}: {error:?}"
        );
        // What `main` shows.
        let text = format!("{error:?}");
        assert!(
            text.starts_with("the address of Redis cannot be used"),
            "{text}"
        );
        assert!(!text.contains("secret"), "{text}");
    }
    let secure = RedisStore::connect("rediss://127.0.0.1/");
    assert_eq!(secure.is_ok(), cfg!(feature = "rustls"));
    let store = RedisStore::connect("redis://:plantedPassword@127.0.0.1:1/").unwrap();
    assert!(!format!("{store:?}").contains("planted"));
}

#[test]
fn outside_of_a_runtime_is_an_error() {
    let error = RedisStore::connect("redis://127.0.0.1:1/").unwrap_err();
    assert!(matches!(error, RedisStoreError::NoRuntime), "{error:?}");
}

#[tokio::test]
async fn an_application_runs_where_there_is_no_redis() {
    let emulator = emulator().await;
    let absent = RedisServer::absent();
    let (log, _guard) = Log::start();
    let clerk = process(&emulator, &absent);
    for _ in 0..20 {
        let token = emulator.api_key(ADA).mint().unwrap();
        sign_in(&clerk, &token).await;
    }
    assert_eq!(log.records().len(), 1, "{:?}", log.records());
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/run installs it"]
async fn values_expire_and_do_not_outlive_a_removal() {
    let redis = RedisServer::running();
    let (one, other) = (
        RedisStore::connect(&redis.url()).unwrap(),
        RedisStore::connect(&redis.url()).unwrap(),
    );
    until(async || one.put("a", "1", b"first".to_vec(), HOUR).await.is_ok()).await;
    until(async || other.get("a", "1").await.is_ok()).await;
    let get = async |namespace, key| other.get(namespace, key).await.unwrap();
    assert_eq!(get("a", "1").await, Some(b"first".to_vec()));
    assert_eq!(get("b", "1").await, None);
    assert_eq!(get("a", "2").await, None);
    let elsewhere = RedisStore::connect_with_prefix(&redis.url(), "elsewhere").unwrap();
    until(async || elsewhere.get("a", "1").await.is_ok()).await;
    assert_eq!(elsewhere.get("a", "1").await.unwrap(), None);
    // The existing value is kept.
    other.put("a", "1", b"second".to_vec(), HOUR).await.unwrap();
    assert_eq!(get("a", "1").await, Some(b"first".to_vec()));

    // A removal blocks the key for a while, so that responses already on their way cannot restore the old value.
    one.remove("a", "1", Duration::from_millis(200))
        .await
        .unwrap();
    assert_eq!(get("a", "1").await, None);
    other.put("a", "1", b"late".to_vec(), HOUR).await.unwrap();
    assert_eq!(get("a", "1").await, None);
    until(async || {
        let short = Duration::from_millis(200);
        other.put("a", "1", b"new".to_vec(), short).await.unwrap();
        get("a", "1").await == Some(b"new".to_vec())
    })
    .await;
    until(async || get("a", "1").await.is_none()).await;
    // A time to live of zero means a moment, not forever.
    one.put("a", "3", b"brief".to_vec(), Duration::ZERO)
        .await
        .unwrap();
    until(async || get("a", "3").await.is_none()).await;
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/run installs it"]
async fn removals_reach_every_process_also_after_a_restart() {
    let mut redis = RedisServer::running();
    let (one, other) = (
        RedisStore::connect(&redis.url()).unwrap(),
        RedisStore::connect(&redis.url()).unwrap(),
    );
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    other.on_removal(Box::new(move |removal| {
        log.lock().unwrap().push(match removal {
            Removal::Entry { namespace, key } => format!("{namespace} {key}"),
            _ => "unknown".to_owned(),
        });
    }));
    let take = || std::mem::take(&mut *heard.lock().unwrap());
    for round in 0..2 {
        // A new subscriber may have missed removals.
        until(async || take().contains(&"unknown".to_owned())).await;
        until(async || one.remove("user", "a", HOUR).await.is_ok()).await;
        until(async || {
            // The subscription may be slightly newer than the removal.
            one.remove("user", "b:c", HOUR).await.unwrap();
            take().contains(&"user b:c".to_owned())
        })
        .await;
        if round == 0 {
            redis.stop();
            until(async || take().contains(&"unknown".to_owned())).await;
            redis.start();
        }
    }
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/run installs it"]
async fn processes_share_results_and_changes() {
    let emulator = emulator().await;
    let redis = RedisServer::running();
    let (one, other) = (process(&emulator, &redis), process(&emulator, &redis));
    sharing_resumes(&emulator, &one, &other).await;

    let look_ups = || {
        let requests = emulator.requests_to("/v1/users/user_ada");
        requests
            .iter()
            .filter(|request| request.method() == "GET")
            .count()
    };
    let name = async |clerk: &Clerk| {
        let user = clerk.users().get("user_ada").await.unwrap();
        user.first_name.clone().unwrap()
    };
    assert_eq!(name(&one).await, "Ada");
    assert_eq!(name(&other).await, "Ada");
    assert_eq!(look_ups(), 1);
    let rename = one.api().users().update("user_ada").first_name("Augusta");
    rename.send().await.unwrap();
    until(async || name(&other).await == "Augusta").await;
    assert_eq!(name(&one).await, "Augusta");
}

/// Disturbs Redis under load, then repairs it.
async fn requests_succeed_meanwhile(
    redis: &mut RedisServer,
    break_it: impl Fn(&mut RedisServer),
    mend_it: impl Fn(&mut RedisServer),
) {
    let emulator = emulator().await;
    let (one, other) = (process(&emulator, redis), process(&emulator, redis));
    sharing_resumes(&emulator, &one, &other).await;
    let (log, _guard) = Log::start();
    break_it(redis);
    // Long enough for an attempt or two to fail.
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        let token = emulator.api_key(ADA).mint().unwrap();
        let asked = Instant::now();
        sign_in(&one, &token).await;
        // One wait for reading and one for writing; the rest is a margin for a busy machine.
        assert!(asked.elapsed() < 2 * WAIT + Duration::from_secs(1));
    }
    let records = log.records();
    assert_eq!(records.len(), 1, "{records:?}");
    assert!(records[0].contains("WARN"), "{records:?}");
    mend_it(redis);
    sharing_resumes(&emulator, &one, &other).await;
    let records: Vec<_> = log.records();
    // The other process may have noticed as well.
    let count = |level: &str| {
        records
            .iter()
            .filter(|record| record.contains(level))
            .count()
    };
    assert_eq!(count("INFO"), count("WARN"), "{records:?}");
    assert!(records.len() == 2 || records.len() == 4, "{records:?}");
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/run installs it"]
async fn a_frozen_redis_delays_no_request() {
    let mut redis = RedisServer::running();
    requests_succeed_meanwhile(&mut redis, |redis| redis.freeze(), |redis| redis.thaw()).await;
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/run installs it"]
async fn a_restarted_redis_delays_no_request() {
    let mut redis = RedisServer::running();
    requests_succeed_meanwhile(&mut redis, RedisServer::stop, RedisServer::start).await;
}

#[tokio::test]
#[ignore = "needs redis-server: .ci/run installs it"]
async fn a_redis_that_starts_later_is_used() {
    let emulator = emulator().await;
    let mut redis = RedisServer::absent();
    let (log, _guard) = Log::start();
    let (one, other) = (process(&emulator, &redis), process(&emulator, &redis));
    assert!(!shares(&emulator, &one, &other).await);
    redis.start();
    sharing_resumes(&emulator, &one, &other).await;
    assert_eq!(log.records().len(), 4, "{:?}", log.records());
    // Evictions are delivered as well.
    let name = async |clerk: &Clerk| {
        let user = clerk.users().get("user_ada").await.unwrap();
        user.first_name.clone().unwrap()
    };
    assert_eq!(name(&other).await, "Ada");
    until(async || {
        let rename = one.api().users().update("user_ada").first_name("Augusta");
        rename.send().await.unwrap();
        name(&other).await == "Augusta"
    })
    .await;
}
