//! A store that several processes share, in good and in bad condition. Each `Clerk` here stands for a process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clerk_core::{
    Clerk, ClerkBuilder, Removal, RemovalListener, SharedStore, StoreError, StoreFuture,
};
use clerk_emulator::{Emulator, MachineSeed};
use clerk_test_support::log::Log;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::key_cache::on;
use crate::machine_tokens::{ADA, authenticate, emulator, verifications};
use crate::{assert_nobody, outcome};

/// What a store does with a call.
#[derive(Clone, Copy, PartialEq)]
enum Condition {
    Works,
    NeverAnswers,
    Fails,
}

type Entries = HashMap<(String, String), Option<Vec<u8>>>;

struct Inner {
    condition: Mutex<Condition>,
    entries: Mutex<Entries>,
    calls: AtomicUsize,
    puts: AtomicUsize,
    /// A call that came in while the store works was one that looks whether it does.
    probed: Notify,
    listeners: Mutex<Vec<RemovalListener>>,
}

/// A store in memory that processes of this test share.
#[derive(Clone)]
pub(crate) struct TestStore(Arc<Inner>);

impl TestStore {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            condition: Mutex::new(Condition::Works),
            entries: Mutex::default(),
            calls: AtomicUsize::new(0),
            puts: AtomicUsize::new(0),
            probed: Notify::new(),
            listeners: Mutex::default(),
        }))
    }

    fn set(&self, condition: Condition) {
        *self.0.condition.lock().unwrap() = condition;
    }

    fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn puts(&self) -> usize {
        self.0.puts.load(Ordering::SeqCst)
    }

    pub(crate) fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        self.0.entries.lock().unwrap()
    }

    async fn pass(&self) -> Result<(), StoreError> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let condition = *self.0.condition.lock().unwrap();
        match condition {
            Condition::Works => Ok(()),
            Condition::NeverAnswers => std::future::pending().await,
            Condition::Fails => Err(StoreError::new("connection refused")),
        }
    }
}

fn entry(namespace: &str, key: &str) -> (String, String) {
    (namespace.to_owned(), key.to_owned())
}

impl SharedStore for TestStore {
    fn get<'a>(&'a self, namespace: &'a str, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            self.pass().await?;
            if namespace == "probe" {
                self.0.probed.notify_one();
            }
            Ok(self
                .entries()
                .get(&entry(namespace, key))
                .cloned()
                .flatten())
        })
    }

    fn put<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a str,
        value: Vec<u8>,
        _: Duration,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.pass().await?;
            self.0.puts.fetch_add(1, Ordering::SeqCst);
            let mut entries = self.entries();
            entries.entry(entry(namespace, key)).or_insert(Some(value));
            Ok(())
        })
    }

    fn remove<'a>(&'a self, namespace: &'a str, key: &'a str, _: Duration) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.pass().await?;
            self.entries().insert(entry(namespace, key), None);
            for listener in self.0.listeners.lock().unwrap().iter() {
                listener(Removal::Entry { namespace, key });
            }
            Ok(())
        })
    }

    fn on_removal(&self, listener: RemovalListener) {
        self.0.listeners.lock().unwrap().push(listener);
    }
}

/// A process of this instance.
fn process(emulator: &Emulator, store: &TestStore) -> ClerkBuilder {
    on(emulator).shared_store(store.clone())
}

#[tokio::test]
async fn a_shared_store_saves_calls_and_learns_no_token_and_nobody() {
    let emulator = emulator().await;
    let store = TestStore::new();
    let token = emulator.api_key(ADA).mint().unwrap();
    for _ in 0..2 {
        let process = process(&emulator, &store).build().unwrap();
        for _ in 0..2 {
            assert_eq!(outcome(&authenticate(&process, &token).await), "signed-in");
        }
    }
    assert_eq!(verifications(&emulator), 1);
    // The second request of each process was answered from its own memory.
    assert_eq!((store.calls(), store.puts()), (3, 1));
    let user = emulator.user_id(ADA).unwrap();
    for ((namespace, key), value) in store.entries().iter() {
        let value = value.as_ref().unwrap();
        assert_eq!(namespace, "machine-token");
        for text in [&token, &user] {
            assert!(!key.contains(text.as_str()));
            assert!(
                !value
                    .windows(text.len())
                    .any(|part| part == text.as_bytes())
            );
        }
    }
    // Another instance's application finds nothing under the same token.
    let other = Emulator::builder()
        .secret_key("sk_test_other")
        .start()
        .await
        .unwrap();
    let process = process(&other, &store).build().unwrap();
    assert_nobody(&authenticate(&process, &token).await);
}

#[tokio::test]
async fn a_verdict_is_not_carried_to_a_service_that_would_judge_by_other_inputs() {
    let emulator = Emulator::builder()
        .user(clerk_emulator::UserSeed::new(ADA))
        .machine(MachineSeed::new("worker").scope("billing").scope("mail"))
        .machine(MachineSeed::new("billing"))
        .machine(MachineSeed::new("mail"))
        .start()
        .await
        .unwrap();
    let store = TestStore::new();
    let key_of = |machine: &str| emulator.machine_secret_key(machine).unwrap();
    let billing = || process(&emulator, &store).machine_secret_key(key_of("billing"));
    let m2m = emulator.m2m_token("worker").mint().unwrap();
    let oauth = emulator.oauth_token(ADA).mint().unwrap();
    let calls = || {
        emulator.requests_to("/m2m_tokens/verify").len()
            + emulator
                .requests_to("/oauth_applications/access_tokens/verify")
                .len()
    };
    let asks = async |service: ClerkBuilder, token: &str| {
        let before = calls();
        let state = authenticate(&service.build().unwrap(), token).await;
        (outcome(&state), calls() - before)
    };
    let signed_in = || "signed-in".to_owned();
    assert_eq!(asks(billing(), &m2m).await, (signed_in(), 1));
    assert_eq!(asks(billing(), &m2m).await, (signed_in(), 0));
    let mail = process(&emulator, &store).machine_secret_key(key_of("mail"));
    assert_eq!(asks(mail, &m2m).await, (signed_in(), 1));
    let no_machine = process(&emulator, &store);
    assert_eq!(asks(no_machine, &m2m).await, (signed_in(), 1));

    assert_eq!(asks(billing(), &oauth).await, (signed_in(), 1));
    assert_eq!(asks(billing(), &oauth).await, (signed_in(), 0));
    // The token is for no audience, which only a service with an audience minds.
    let strict = billing().audience(["https://mail.example.com"]);
    let (outcome, asked) = asks(strict, &oauth).await;
    assert_eq!(
        (outcome.as_str(), asked),
        ("signed-out token-verification-failed", 1)
    );
}

#[tokio::test]
async fn whoever_writes_to_the_store_cannot_make_a_token_valid() {
    let emulator = emulator().await;
    let store = TestStore::new();
    let good = emulator.api_key(ADA).mint().unwrap();
    let clerk = process(&emulator, &store).build().unwrap();
    assert_eq!(outcome(&authenticate(&clerk, &good).await), "signed-in");
    let sealed = store.entries().values().next().unwrap().clone();

    // What is under the key of another token was not sealed for it.
    struct Everywhere(Option<Vec<u8>>);
    impl SharedStore for Everywhere {
        fn get<'a>(&'a self, _: &'a str, _: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
            Box::pin(async { Ok(self.0.clone()) })
        }
        fn put<'a>(
            &'a self,
            _: &'a str,
            _: &'a str,
            _: Vec<u8>,
            _: Duration,
        ) -> StoreFuture<'a, ()> {
            Box::pin(async { Ok(()) })
        }
        fn remove<'a>(&'a self, _: &'a str, _: &'a str, _: Duration) -> StoreFuture<'a, ()> {
            Box::pin(async { Ok(()) })
        }
        fn on_removal(&self, _: RemovalListener) {}
    }
    let planted = [
        sealed,
        Some(br#"{"verified_at":0,"token":{}}"#.to_vec()),
        Some(Vec::new()),
    ];
    for planted in planted {
        let clerk = on(&emulator)
            .shared_store(Everywhere(planted))
            .build()
            .unwrap();
        assert_nobody(&authenticate(&clerk, "ak_neverIssued").await);
        // And what cannot be read is asked for anew.
        assert_eq!(outcome(&authenticate(&clerk, &good).await), "signed-in");
    }
}

#[tokio::test]
async fn refusals_and_outages_are_not_shared() {
    let emulator = emulator().await;
    let store = TestStore::new();
    let clerk = process(&emulator, &store).build().unwrap();
    assert_nobody(&authenticate(&clerk, "ak_unknown").await);
    let token = emulator.api_key(ADA).mint().unwrap();
    for status in [401, 429, 500] {
        let fault = clerk_emulator::Fault::status(status).on("/api_keys/verify");
        emulator.faults().add(fault);
        assert_nobody(&authenticate(&clerk, &token).await);
    }
    assert_eq!(store.puts(), 0);
    assert_eq!(outcome(&authenticate(&clerk, &token).await), "signed-in");
    assert_eq!(store.puts(), 1);
}

/// Requests of new processes, until one of them is answered through the store.
async fn sharing_resumes(emulator: &Emulator, clerk: &Clerk, reader: &Clerk) {
    let limit = Duration::from_secs(5);
    tokio::time::timeout(limit, async {
        loop {
            let token = emulator.api_key(ADA).mint().unwrap();
            assert_eq!(outcome(&authenticate(clerk, &token).await), "signed-in");
            let before = verifications(emulator);
            assert_eq!(outcome(&authenticate(reader, &token).await), "signed-in");
            if verifications(emulator) == before {
                break;
            }
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_store_in_bad_condition_costs_its_time_once_and_two_log_records() {
    let emulator = emulator().await;
    for condition in [Condition::NeverAnswers, Condition::Fails] {
        let (log, _guard) = Log::start();
        let store = TestStore::new();
        let clerk = process(&emulator, &store)
            .shared_store_wait(Duration::from_millis(20))
            .build()
            .unwrap();
        let reader = process(&emulator, &store).build().unwrap();

        // Broken from the start: requests succeed, and only the first of them touches the store.
        store.set(condition);
        let mut out_of_use_since = None;
        for _ in 0..20 {
            let token = emulator.api_key(ADA).mint().unwrap();
            let asked = Instant::now();
            assert_eq!(outcome(&authenticate(&clerk, &token).await), "signed-in");
            // The wait, and the rest is for a busy machine.
            assert!(asked.elapsed() < Duration::from_secs(2));
            // A second later, a task of its own tries the store.
            let since = *out_of_use_since.get_or_insert(asked);
            if since.elapsed() > Duration::from_millis(900) {
                break;
            }
            assert_eq!(store.calls(), 1);
        }
        assert_eq!(store.puts(), 0);
        let records = log.records();
        assert_eq!(records.len(), 1, "{records:?}");
        assert!(records[0].contains("WARN") && records[0].contains("shared store"));

        store.set(Condition::Works);
        store.0.probed.notified().await;
        sharing_resumes(&emulator, &clerk, &reader).await;
        let records = log.records();
        assert_eq!(records.len(), 2, "{records:?}");
        assert!(records[1].contains("INFO") && records[1].contains("responds again"));
    }
}

#[test]
fn a_store_recovers_although_the_runtime_ended_that_looked_after_it() {
    let store = TestStore::new();
    let serving = tokio::runtime::Runtime::new().unwrap();
    let emulator = serving.block_on(emulator());
    let clerk = process(&emulator, &store).build().unwrap();
    let reader = process(&emulator, &store).build().unwrap();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    store.set(Condition::Fails);
    runtime().block_on(async {
        let token = emulator.api_key(ADA).mint().unwrap();
        assert_eq!(outcome(&authenticate(&clerk, &token).await), "signed-in");
    });
    // The task that looked after the store went with that runtime.
    store.set(Condition::Works);
    runtime().block_on(sharing_resumes(&emulator, &clerk, &reader));
}
