//! Imports and reconciliation.

use axum::http::StatusCode;
use clerk_emulator::Fault;
use serde_json::json;
use tower::ServiceExt as _;
use webhook_sync::{Kind, SyncError};

use crate::replay::History;
use crate::world::{World, hidden, user};

pub(crate) async fn an_import_keeps_newer_rows_and_tombstones(world: &World) {
    let ada = world.emulator.user_id("ada@example.com").unwrap();
    let alan = world.emulator.user_id("alan@example.com").unwrap();
    let future = world.clerk.now() + 60_000;
    world
        .event("user.updated", future, user(&ada, future, "Augusta"))
        .await;
    let deleted = json!({ "id": alan, "object": "user", "deleted": true });
    world.event("user.deleted", future, deleted).await;

    let report = world.sync.import(&hidden()).await.unwrap();
    assert_eq!((report.listed, report.unreadable), (5, 0));
    // The organization, and its two memberships.
    assert_eq!(report.written, 3);
    assert_eq!(world.ids(Kind::User).await, std::slice::from_ref(&ada));
    let name = world.field(Kind::User, &ada, "first_name").await;
    assert_eq!(name.as_deref(), Some("Augusta"));

    let again = world.sync.import(&hidden()).await.unwrap();
    assert_eq!(again.written, 0, "nothing has changed since");
}

pub(crate) async fn an_import_runs_while_webhooks_arrive(world: &World) {
    let mut history = History::start(world, 7);
    history.happen(150).await;
    let messages = history.shuffled(world.messages().await, 2);
    let deliveries = async {
        for (id, body) in &messages {
            let request = world.message(id, body.clone());
            let response = world.router().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::NO_CONTENT);
        }
    };
    let bars = hidden();
    let imports = async {
        for _ in 0..3 {
            world.sync.import(&bars).await.unwrap();
        }
        world.sync.reconcile(&bars).await.unwrap();
    };
    tokio::join!(deliveries, imports);
    world.assert_equal().await;
}

pub(crate) async fn after_lost_events_reconciling_makes_the_tables_equal(world: &World) {
    world.sync.import(&hidden()).await.unwrap();
    world.assert_equal().await;

    let mut history = History::start(world, 3);
    while world.messages().await.len() < 50 {
        history.happen(10).await;
    }
    // A user of whom there is a row, and nothing but the lost event that says so.
    let alan = world.emulator.user_id("alan@example.com").unwrap();
    world
        .clerk
        .api()
        .users()
        .delete(&alan)
        .send()
        .await
        .unwrap();

    let report = world.sync.reconcile(&hidden()).await.unwrap();
    assert!(report.deleted >= 1, "{report:?}");
    world.assert_equal().await;

    // What was deleted stays so when an older state arrives late.
    let now = world.clerk.now() - 1000;
    world
        .event("user.updated", now, user(&alan, now, "Alan"))
        .await;
    world.assert_equal().await;
}

pub(crate) async fn an_incomplete_pass_deletes_nothing(world: &World) {
    world.sync.import(&hidden()).await.unwrap();
    let alan = world.emulator.user_id("alan@example.com").unwrap();
    world
        .clerk
        .api()
        .users()
        .delete(&alan)
        .send()
        .await
        .unwrap();
    let still_there = || async { world.ids(Kind::User).await.contains(&alan) };

    // The last list ends early.
    let fault = Fault::status(400).on("/v1/organization_memberships");
    world.emulator.faults().add(fault.always());
    let failed = world.sync.reconcile(&hidden()).await;
    assert!(matches!(failed, Err(SyncError::Api(_))), "{failed:?}");
    assert!(still_there().await);
    world.emulator.faults().clear();

    // An entry cannot be read.
    let page = r#"{ "data": [{ "id": "org_1", "name": {} }], "total_count": 1 }"#;
    let fault = Fault::answer(200, "application/json", page).on("/v1/organizations");
    world.emulator.faults().add(fault.times(2));
    let failed = world.sync.reconcile(&hidden()).await;
    assert!(
        matches!(failed, Err(SyncError::Incomplete(1))),
        "{failed:?}"
    );
    assert!(still_there().await);
    world.emulator.faults().clear();

    let report = world.sync.reconcile(&hidden()).await.unwrap();
    // The membership has ended with its user.
    assert_eq!(report.deleted, 1);
    assert!(!still_there().await);
}

pub(crate) async fn what_a_list_misses_is_not_deleted(world: &World) {
    world.sync.import(&hidden()).await.unwrap();
    // The count, and the list.
    for body in [r#"{ "object": "total_count", "total_count": 0 }"#, "[]"] {
        let fault = Fault::answer(200, "application/json", body);
        world.emulator.faults().add(fault.on("/v1/users"));
    }
    let report = world.sync.reconcile(&hidden()).await.unwrap();
    assert_eq!(report.deleted, 0);
    world.assert_equal().await;
    assert_eq!(world.ids(Kind::User).await.len(), 2);
}
