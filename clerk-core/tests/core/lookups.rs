//! Looking up users and organizations: how often Clerk is asked, and when what it said is forgotten.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use clerk_core::api::{ClerkClient, Retry};
use clerk_core::testing::WebhookSigner;
use clerk_core::{
    Clerk, ClerkBuilder, Clock as _, LookupError, ManualClock, SystemClock, WebhookEvent,
    WebhookVerifier,
};
use clerk_emulator::{Emulator, Fault, OrganizationSeed, UserSeed};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::key_cache::on;
use crate::shared_store::TestStore;

const ADA: &str = "user_ada";
const ACME: &str = "org_acme";

async fn emulator() -> Emulator {
    Emulator::builder()
        .user(
            UserSeed::new("ada@example.com")
                .id(ADA)
                .first_name("Ada")
                .private_metadata(json!({ "note": "private" })),
        )
        .user(UserSeed::new("alan@example.com").id("user_alan"))
        .organization(
            OrganizationSeed::new("Acme", "acme")
                .id(ACME)
                .member("ada@example.com", "org:admin"),
        )
        .start()
        .await
        .unwrap()
}

/// A process with a clock that stands still.
fn process(emulator: &Emulator) -> (ClerkBuilder, ManualClock) {
    let clock = ManualClock::new(SystemClock::default().now());
    (on(emulator).clock(clock.clone()), clock)
}

/// Somebody else's client: none of the processes knows what it writes.
fn stranger(emulator: &Emulator) -> ClerkClient {
    ClerkClient::builder()
        .secret_key(emulator.secret_key())
        .api_url(emulator.url())
        .build()
        .unwrap()
}

async fn rename(client: &ClerkClient, name: &str) {
    let request = client.users().update(ADA).first_name(name);
    request.send().await.unwrap();
}

async fn name(clerk: &Clerk) -> String {
    let user = clerk.users().get(ADA).await.unwrap();
    user.first_name.clone().unwrap_or_default()
}

/// How often Clerk was asked for Ada or Acme.
fn calls(emulator: &Emulator) -> usize {
    let asked_for = |path: &str| {
        let requests = emulator.requests_to(path);
        requests
            .iter()
            .filter(|request| request.method() == "GET")
            .count()
    };
    asked_for("/v1/users/user_ada") + asked_for("/v1/organizations/org_acme")
}

/// Waits for a condition of the emulator: it runs on this runtime, too.
async fn until(condition: impl Fn() -> bool) {
    tokio::time::timeout(Duration::from_secs(20), async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

fn event(event_type: &str, data: Value) -> WebhookEvent {
    let signer = WebhookSigner::new();
    let request = signer.event(event_type, data);
    WebhookVerifier::new(signer.secret())
        .unwrap()
        .verify(
            request.headers(),
            request.body(),
            SystemClock::default().now(),
        )
        .unwrap()
}

#[tokio::test]
async fn an_object_is_remembered_for_a_short_time() {
    let emulator = emulator().await;
    let (clerk, clock) = process(&emulator);
    let clerk = clerk.build().unwrap();
    for _ in 0..100 {
        assert_eq!(name(&clerk).await, "Ada");
    }
    assert_eq!(calls(&emulator), 1);
    let user = clerk.users().get(ADA).await.unwrap();
    let note: Option<String> = user.private_metadata.get("note").unwrap();
    assert_eq!(note.as_deref(), Some("private"));
    assert_eq!(clerk.organizations().get(ACME).await.unwrap().name, "Acme");
    clock.advance(Duration::from_millis(29_999));
    name(&clerk).await;
    assert_eq!(calls(&emulator), 2);
    clock.advance(Duration::from_millis(1));
    name(&clerk).await;
    assert_eq!(calls(&emulator), 3);
    // A clock that was set back makes nothing younger.
    clock.set(clock.now() - 1);
    name(&clerk).await;
    assert_eq!(calls(&emulator), 4);

    let (forgetful, _) = process(&emulator);
    let forgetful = forgetful.lookup_memory(Duration::ZERO).build().unwrap();
    for _ in 0..3 {
        name(&forgetful).await;
    }
    assert_eq!(calls(&emulator), 7);
}

#[tokio::test]
async fn all_who_wait_share_one_call_and_one_failure() {
    let emulator = emulator().await;
    let clerk = on(&emulator).build().unwrap();
    let slow = || Fault::slow(Duration::from_millis(100)).on("/v1/users");
    emulator.faults().add(slow());
    let outcomes = join_all((0..200).map(|_| name(&clerk))).await;
    assert!(outcomes.iter().all(|name| name == "Ada"));
    assert_eq!(calls(&emulator), 1);

    let clerk = on(&emulator).build().unwrap();
    emulator.faults().add(slow());
    emulator
        .faults()
        .add(Fault::status(500).on("/v1/users").always());
    let users = clerk.users();
    let outcomes = join_all((0..200).map(|_| users.get(ADA))).await;
    assert_eq!(calls(&emulator), 2);
    let mut errors = outcomes.into_iter().map(|outcome| match outcome {
        Err(LookupError::Unavailable(error)) => error,
        other => panic!("{other:?}"),
    });
    let first = errors.next().unwrap();
    assert!(errors.all(|error| Arc::ptr_eq(&first, &error)));
}

#[tokio::test]
async fn a_first_caller_that_hangs_or_leaves_changes_nothing_for_the_others() {
    let emulator = emulator().await;
    for leaves in [false, true] {
        emulator.clear_requests();
        let clerk = on(&emulator).build().unwrap();
        let slow = Fault::slow(Duration::from_millis(100)).on("/v1/users");
        emulator.faults().add(slow);
        let users = clerk.users();
        let mut first = Box::pin(users.get(ADA));
        // Polled until the call is under way, and never again.
        std::future::poll_fn(|context| {
            assert!(first.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        until(|| calls(&emulator) == 1).await;
        let first = (!leaves).then_some(first);
        let outcomes = join_all((0..10).map(|_| name(&clerk))).await;
        assert!(outcomes.iter().all(|name| name == "Ada"));
        assert_eq!(calls(&emulator), 1);
        drop(first);
    }
}

#[tokio::test]
async fn an_outage_costs_a_handful_of_calls_and_no_more_than_the_wait() {
    let emulator = emulator().await;
    let (clerk, clock) = process(&emulator);
    let clerk = clerk.build().unwrap();
    emulator
        .faults()
        .add(Fault::status(500).on("/v1/users").always());
    for _ in 0..1000 {
        let outcome = clerk.users().get(ADA).await;
        assert!(matches!(outcome, Err(LookupError::Unavailable(_))));
    }
    assert_eq!(calls(&emulator), 1);
    clock.advance(Duration::from_secs(2));
    clerk.users().get(ADA).await.unwrap_err();
    assert_eq!(calls(&emulator), 2);

    // As long as Clerk asks for.
    emulator.faults().clear();
    clock.advance(Duration::from_secs(2));
    let throttled = Fault::too_many_requests(Duration::from_secs(10));
    emulator.faults().add(throttled.on("/v1/users"));
    clerk.users().get(ADA).await.unwrap_err();
    clock.advance(Duration::from_millis(9_999));
    clerk.users().get(ADA).await.unwrap_err();
    assert_eq!(calls(&emulator), 3);
    clock.advance(Duration::from_millis(1));
    assert_eq!(name(&clerk).await, "Ada");

    // An answer that comes late is there for those who ask later.
    let impatient = on(&emulator)
        .lookup_wait(Duration::from_millis(10))
        .build()
        .unwrap();
    emulator.clear_requests();
    let slow = Fault::slow(Duration::from_millis(200)).on("/v1/users");
    emulator.faults().add(slow);
    let users = impatient.users();
    let outcome = users.get(ADA).await;
    assert!(matches!(outcome, Err(LookupError::TimedOut)), "{outcome:?}");
    tokio::time::timeout(Duration::from_secs(20), async {
        while users.get(ADA).await.is_err() {}
    })
    .await
    .unwrap();
    assert_eq!(calls(&emulator), 1);
}

#[tokio::test]
async fn another_object_than_the_one_asked_for_is_refused() {
    let emulator = emulator().await;
    let alan = stranger(&emulator).users().get("user_alan");
    let alan = alan.send_with_response().await.unwrap().body().clone();
    let nobody = json!({ "object": "user", "id": "" }).to_string();
    for body in [String::from_utf8(alan.to_vec()).unwrap(), nobody] {
        let clerk = on(&emulator).build().unwrap();
        let other = Fault::answer(200, "application/json", body).on("/v1/users/user_ada");
        emulator.faults().add(other);
        let outcome = clerk.users().get(ADA).await;
        assert!(outcome.is_err(), "{outcome:?}");
    }
    // An organization answers to its slug, too, but is remembered under its id only.
    let clerk = on(&emulator).build().unwrap();
    let outcome = clerk.organizations().get("acme").await;
    assert!(
        matches!(outcome, Err(LookupError::OtherObject)),
        "{outcome:?}"
    );
    let missing = on(&emulator).build().unwrap();
    let outcome = missing.users().get("user_nobody").await;
    assert!(outcome.is_err_and(|error| error.is_not_found()));
    // Ids are escaped, and an empty one names nothing.
    for id in ["", ".", "../organizations", "user_ada/..", "user_ada?x"] {
        assert!(missing.users().get(id).await.is_err(), "{id}");
    }
}

/// What evicts Ada and Acme.
#[tokio::test]
async fn what_may_have_changed_is_asked_for_anew() {
    let emulator = emulator().await;
    let clerk = on(&emulator).build().unwrap();
    let api = clerk.api().clone();
    let load = async || {
        let before = calls(&emulator);
        name(&clerk).await;
        let for_user = calls(&emulator) - before;
        clerk.organizations().get(ACME).await.unwrap();
        (for_user == 1, calls(&emulator) - before - for_user == 1)
    };
    load().await;
    assert_eq!(load().await, (false, false));

    let membership =
        json!({ "organization": { "id": ACME }, "public_user_data": { "user_id": ADA } });
    for (event_type, data, forgets) in [
        ("user.updated", json!({ "id": ADA }), (true, false)),
        (
            "user.deleted",
            json!({ "id": ADA, "deleted": true }),
            (true, false),
        ),
        ("user.merged", json!({ "id": ADA }), (true, false)),
        ("user.updated", json!({ "id": "user_alan" }), (false, false)),
        // Nobody can tell whose.
        ("user.updated", json!({}), (true, true)),
        ("organization.updated", json!({ "id": ACME }), (false, true)),
        ("organizationMembership.deleted", membership, (true, true)),
        (
            "organizationDomain.created",
            json!({ "organization_id": ACME }),
            (false, true),
        ),
        (
            "session.created",
            json!({ "id": "sess_1", "user_id": ADA }),
            (false, false),
        ),
        ("unheard.of", json!({ "id": ADA }), (false, false)),
    ] {
        clerk.evict_after(&event(event_type, data));
        assert_eq!(load().await, forgets, "{event_type}");
    }

    clerk.users().evict(ADA);
    assert_eq!(load().await, (true, false));
    clerk.organizations().evict(ACME);
    assert_eq!(load().await, (false, true));

    rename(&api, "Augusta").await;
    assert_eq!(load().await, (true, false));
    api.organizations()
        .update(ACME)
        .name("Acme Corporation")
        .send()
        .await
        .unwrap();
    assert_eq!(load().await, (false, true));
    let members = api.organization_memberships();
    members.delete(ACME, ADA).send().await.unwrap();
    assert_eq!(load().await, (true, true));
    // Whose address it is does not stand in the path.
    let address = api.email_addresses().create(ADA, "augusta@example.com");
    address.send().await.unwrap();
    assert!(load().await.0);
    // A request that the client does not model, and one that fails.
    let raw = api.request(http::Method::PATCH, ["users", ADA]);
    raw.json(&json!({ "first_name": "Ada" }))
        .send()
        .await
        .unwrap();
    assert_eq!(load().await, (true, false));
    emulator
        .faults()
        .add(Fault::cut_connection().on("/v1/users"));
    let once = api.users().ban(ADA).retry(Retry::none());
    once.send().await.unwrap_err();
    assert_eq!(load().await, (true, false));
    // Reading changes nothing.
    api.users().get("user_alan").send().await.unwrap();
    assert_eq!(load().await, (false, false));
}

#[tokio::test]
async fn an_eviction_voids_the_load_that_is_under_way() {
    let emulator = emulator().await;
    let before = stranger(&emulator).users().get(ADA);
    let before = before.send_with_response().await.unwrap().body().clone();
    let before = String::from_utf8(before.to_vec()).unwrap();
    rename(&stranger(&emulator), "Augusta").await;
    emulator.clear_requests();
    let store = TestStore::new();
    let clerk = on(&emulator).shared_store(store.clone()).build().unwrap();
    // The first answer was made before the change, and arrives after the eviction.
    let faults = emulator.faults();
    faults.add(Fault::slow(Duration::from_millis(200)).on("/v1/users"));
    faults.add(Fault::answer(200, "application/json", before).on("/v1/users"));
    let loading = tokio::spawn({
        let clerk = clerk.clone();
        async move { name(&clerk).await }
    });
    until(|| calls(&emulator) == 1).await;
    clerk.evict_after(&event("user.updated", json!({ "id": ADA })));
    assert_eq!(name(&clerk).await, "Augusta");
    assert_eq!(loading.await.unwrap(), "Augusta");
    assert_eq!(name(&clerk).await, "Augusta");
    assert_eq!(calls(&emulator), 2);
    // The old answer did not reach the store.
    let other = on(&emulator).shared_store(store).build().unwrap();
    assert_eq!(name(&other).await, "Augusta");
}

#[tokio::test]
async fn processes_share_what_they_load_and_what_they_forget() {
    let emulator = emulator().await;
    let store = TestStore::new();
    let process = || on(&emulator).shared_store(store.clone()).build().unwrap();
    let (one, two) = (process(), process());
    assert_eq!(name(&one).await, "Ada");
    assert_eq!(name(&two).await, "Ada");
    one.organizations().get(ACME).await.unwrap();
    two.organizations().get(ACME).await.unwrap();
    assert_eq!(calls(&emulator), 2);
    let user = two.users().get(ADA).await.unwrap();
    let note: Option<String> = user.private_metadata.get("note").unwrap();
    assert_eq!(note.as_deref(), Some("private"));
    for ((_, key), value) in store.entries().iter() {
        let value = value.as_ref().unwrap();
        for text in [ADA, "ada@example.com", "private"] {
            assert!(!key.contains(text));
            assert!(
                !value
                    .windows(text.len())
                    .any(|part| part == text.as_bytes())
            );
        }
    }

    rename(one.api(), "Augusta").await;
    // The other process hears of it through the store, which takes no old value meanwhile.
    until(|| store.entries().values().any(Option::is_none)).await;
    assert_eq!(name(&two).await, "Augusta");
    assert_eq!(name(&one).await, "Augusta");

    // Each instance has its own, also where ids are the same.
    let other = Emulator::builder()
        .frontend_api_host("another.clerk.accounts.dev")
        .user(UserSeed::new("ada@example.com").id(ADA).first_name("Grace"))
        .start()
        .await
        .unwrap();
    let three = on(&other).shared_store(store.clone()).build().unwrap();
    assert_eq!(name(&three).await, "Grace");
    // And nothing outlives the memory of the process that reads it.
    let reader = on(&emulator)
        .shared_store(store.clone())
        .lookup_memory(Duration::ZERO)
        .build()
        .unwrap();
    let before = calls(&emulator);
    name(&reader).await;
    assert_eq!(calls(&emulator), before + 1);
}

#[test]
fn without_a_runtime_a_look_up_is_an_error() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let emulator = runtime.block_on(emulator());
    let clerk = on(&emulator).build().unwrap();
    clerk.users().evict(ADA);
    let outcome = futures_util::FutureExt::now_or_never(clerk.users().get(ADA)).unwrap();
    assert!(
        matches!(outcome, Err(LookupError::Unavailable(_))),
        "{outcome:?}"
    );
}
