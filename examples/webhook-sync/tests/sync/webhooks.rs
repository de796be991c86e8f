//! Single webhooks and pairs of them.

use axum::http::StatusCode;
use clerk_emulator::Emulator;
use clerk_test_support::log::Log;
use serde_json::json;
use sqlx::Row as _;
use tokio::net::TcpListener;
use webhook_sync::Kind;

use crate::world::{World, event, membership, organization, user};

/// A whole second, in milliseconds.
const T: i64 = 1_750_000_000_000;

pub(crate) async fn the_time_in_the_data_decides_which_state_is_newer(world: &World) {
    // The envelopes say the opposite.
    world
        .event("user.updated", T, user("user_1", T + 2, "new"))
        .await;
    world
        .event("user.updated", T + 9000, user("user_1", T + 1, "old"))
        .await;
    let name = world.field(Kind::User, "user_1", "first_name").await;
    assert_eq!(name.as_deref(), Some("new"));

    world
        .event("user.updated", T, user("user_1", T + 3, "newer"))
        .await;
    let name = world.field(Kind::User, "user_1", "first_name").await;
    assert_eq!(name.as_deref(), Some("newer"));
}

pub(crate) async fn a_deletion_is_not_older_than_a_state_of_the_same_second(world: &World) {
    // The time of a deletion is that of the envelope: in seconds here, and in milliseconds there.
    for (id, timestamp) in [("user_1", T / 1000), ("user_2", T)] {
        world
            .event("user.updated", T, user(id, T + 700, "Ada"))
            .await;
        let deleted = json!({ "id": id, "object": "user", "deleted": true });
        world
            .event("user.deleted", timestamp, deleted.clone())
            .await;
        assert!(world.ids(Kind::User).await.is_empty(), "{id}");

        // A second later is a newer state.
        world
            .event("user.updated", T, user(id, T + 1000, "Ada"))
            .await;
        assert_eq!(world.ids(Kind::User).await, [id]);
        world
            .event("user.deleted", timestamp, deleted.clone())
            .await;
        assert_eq!(world.ids(Kind::User).await, [id]);
        world.event("user.deleted", timestamp + 1000, deleted).await;
        assert!(world.ids(Kind::User).await.is_empty(), "{id}");
    }
}

pub(crate) async fn in_a_tie_a_deletion_wins(world: &World) {
    let state = membership("orgmem_1", T, "user_1", "org_1");
    let ids = || world.ids(Kind::Membership);
    world
        .event("organizationMembership.updated", T, state.clone())
        .await;
    assert_eq!(ids().await, ["orgmem_1"]);
    world
        .event("organizationMembership.deleted", T, state.clone())
        .await;
    assert!(ids().await.is_empty());
    world
        .event("organizationMembership.updated", T, state)
        .await;
    assert!(ids().await.is_empty());
    assert!(world.emulator.requests().is_empty(), "Clerk was asked");
}

pub(crate) async fn two_states_of_a_millisecond_are_read_anew(world: &World) {
    let id = world.emulator.user_id("ada@example.com").unwrap();
    let path = format!("/v1/users/{id}");
    let real = world.clerk.api().users().get(&id).send().await.unwrap();
    let at = real.updated_at.as_millis();
    let asked = world.asked(&path);

    world.event("user.updated", at, user(&id, at, "one")).await;
    world.event("user.updated", at, user(&id, at, "one")).await;
    assert_eq!(world.asked(&path), asked, "equal states need no question");

    world.event("user.updated", at, user(&id, at, "two")).await;
    assert_eq!(world.asked(&path), asked + 1);
    let name = world.field(Kind::User, &id, "first_name").await;
    assert_eq!(name.as_deref(), Some("Ada"));

    // An object that Clerk does not have is deleted, whichever state was the last.
    world
        .event("user.updated", at, user("user_gone", at, "one"))
        .await;
    world
        .event("user.updated", at, user("user_gone", at, "two"))
        .await;
    let row = world.row(Kind::User, "user_gone").await.unwrap();
    assert!(row.deleted_at.is_some());

    // The same for the other kinds, with the objects of the emulator.
    let organization_id = world.emulator.organization_id("acme").unwrap();
    for name in ["one", "two"] {
        let real = world.clerk.api().organizations().get(&organization_id);
        let real = real.send().await.unwrap();
        let mut data = organization(&organization_id, real.updated_at.as_millis());
        data["name"] = json!(name);
        world.event("organization.updated", at, data).await;
    }
    let name = world
        .field(Kind::Organization, &organization_id, "name")
        .await;
    assert_eq!(name.as_deref(), Some("Acme"));

    let list = world
        .clerk
        .api()
        .organization_memberships()
        .list(&organization_id);
    let real = list.user_id([&id]).send().await.unwrap();
    let real = real.first().unwrap();
    for role in ["one", "two"] {
        let at = real.updated_at.as_millis();
        let mut data = membership(&real.id, at, &id, &organization_id);
        data["role"] = json!(role);
        world
            .event("organizationMembership.updated", at, data)
            .await;
    }
    let role = world.field(Kind::Membership, &real.id, "role").await;
    assert_eq!(role.as_deref(), Some("org:admin"));
}

pub(crate) async fn a_state_without_a_time_is_read_anew(world: &World) {
    let id = world.emulator.user_id("ada@example.com").unwrap();
    let body = json!({ "type": "user.updated", "data": { "id": id, "first_name": "Eve" } });
    assert_eq!(world.send("msg_1", &body).await, StatusCode::NO_CONTENT);
    let name = world.field(Kind::User, &id, "first_name").await;
    assert_eq!(name.as_deref(), Some("Ada"));
}

pub(crate) async fn an_older_update_does_not_revive_a_row(world: &World) {
    let mut state = user("user_1", T, "Ada");
    state["public_metadata"] = json!({ "plan": "free" });
    world.event("user.created", T, state.clone()).await;
    let deleted = json!({ "id": "user_1", "object": "user", "deleted": true });
    world.event("user.deleted", T + 5000, deleted).await;
    state["updated_at"] = json!(T + 4000);
    world.event("user.updated", T + 9000, state).await;

    assert!(world.ids(Kind::User).await.is_empty());
    let tombstone = world.row(Kind::User, "user_1").await.unwrap();
    assert_eq!(tombstone.deleted_at, Some(tombstone.version));
    // Nothing personal is left.
    assert!(
        tombstone.fields.iter().all(Option::is_none),
        "{tombstone:?}"
    );

    // A deletion that comes first leaves a tombstone, too.
    let deleted = json!({ "id": "org_1", "object": "organization", "deleted": true });
    world.event("organization.deleted", T, deleted).await;
    world
        .event("organization.created", T, organization("org_1", T))
        .await;
    assert!(world.ids(Kind::Organization).await.is_empty());
}

pub(crate) async fn a_deletion_without_an_id_deletes_nothing(world: &World) {
    world
        .event("user.created", T, user("user_1", T, "Ada"))
        .await;
    for (message, event_type, data) in [
        ("msg_1", "user.deleted", json!({ "deleted": true })),
        ("msg_2", "organization.deleted", json!({ "id": null })),
        ("msg_3", "organizationMembership.deleted", json!({})),
        ("msg_4", "user.deleted", json!({ "id": "" })),
        ("msg_5", "user.updated", json!({ "first_name": "Eve" })),
    ] {
        let (log, guard) = Log::start();
        let status = world
            .send(message, &event(event_type, T + 5000, data))
            .await;
        drop(guard);
        let log = log.text();
        assert!(log.contains("WARN") && log.contains(message), "{log}");
        assert_eq!(status, StatusCode::NO_CONTENT, "{event_type}");
        let kept = world.tables().kept(message).await.unwrap();
        assert!(
            kept.is_some_and(|kept| kept.contains(event_type)),
            "{message}"
        );
    }
    assert_eq!(world.ids(Kind::User).await, ["user_1"]);
    for kind in [Kind::Organization, Kind::Membership] {
        assert_eq!(world.row(kind, "").await, None);
    }
}

pub(crate) async fn message_and_change_are_one_transaction(world: &World) {
    let run = |sql: &'static str| sqlx::query(sql).execute(world.tables().pool());
    let created = event("user.created", T, user("user_1", T, "Ada"));
    run("ALTER TABLE synced_users RENAME TO away")
        .await
        .unwrap();
    let status = world.send("msg_1", &created).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    run("ALTER TABLE away RENAME TO synced_users")
        .await
        .unwrap();
    assert!(world.ids(Kind::User).await.is_empty());

    // The message was not remembered, so the retry is applied, and applied once.
    assert_eq!(world.send("msg_1", &created).await, StatusCode::NO_CONTENT);
    assert_eq!(world.ids(Kind::User).await, ["user_1"]);
    run("DELETE FROM synced_users").await.unwrap();
    assert_eq!(world.send("msg_1", &created).await, StatusCode::NO_CONTENT);
    assert!(
        world.ids(Kind::User).await.is_empty(),
        "it was applied twice"
    );
}

pub(crate) async fn an_address_can_be_that_of_two_rows(world: &World) {
    for id in ["user_1", "user_2"] {
        let mut data = user(id, T, "Ada");
        data["primary_email_address_id"] = json!("idn_1");
        data["email_addresses"] = json!([{ "id": "idn_1", "email_address": "ada@example.com" }]);
        world.event("user.created", T, data).await;
        let address = world.field(Kind::User, id, "email_address").await;
        assert_eq!(address.as_deref(), Some("ada@example.com"));
    }
}

pub(crate) async fn a_user_with_a_phone_only_is_a_row_with_nulls(world: &World) {
    let data = json!({
        "id": "user_1",
        "first_name": null,
        "last_name": null,
        "username": null,
        "image_url": "https://img.example.com/1",
        "primary_email_address_id": null,
        "email_addresses": [],
        "primary_phone_number_id": "idn_1",
        "phone_numbers": [{ "id": "idn_1", "phone_number": "+15555550100" }],
        "public_metadata": { "b": 1, "a": [true] },
        "created_at": T,
        "updated_at": T + 1,
    });
    world.event("user.created", T, data).await;
    let sql = "SELECT id, email_address, phone_number, username, first_name, last_name, image_url, created_at FROM users";
    let rows = sqlx::query(sql)
        .fetch_all(world.tables().pool())
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    let text = |column| rows[0].get::<Option<String>, _>(column);
    assert_eq!(text("id").as_deref(), Some("user_1"));
    assert_eq!(text("phone_number").as_deref(), Some("+15555550100"));
    assert_eq!(
        text("image_url").as_deref(),
        Some("https://img.example.com/1")
    );
    for null in ["email_address", "username", "first_name", "last_name"] {
        assert_eq!(text(null), None, "{null}");
    }
    assert_eq!(rows[0].get::<i64, _>("created_at"), T);
    let metadata = world
        .field(Kind::User, "user_1", "public_metadata")
        .await
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    assert_eq!(metadata, json!({ "a": [true], "b": 1 }));
}

pub(crate) async fn text_that_postgresql_cannot_store_is_replaced(world: &World) {
    let mut data = user("user_1", T, "A\0da");
    data["public_metadata"] = json!({ "text": "\0" });
    world.event("user.created", T, data).await;
    let name = world.field(Kind::User, "user_1", "first_name").await;
    assert_eq!(name.as_deref(), Some("A\u{fffd}da"));
    world.event("future.\0", T, json!({ "text": "\0" })).await;
}

pub(crate) async fn unknown_events_are_kept(world: &World) {
    for (message, event_type, data) in [
        ("msg_1", "user.teleported", json!({ "id": "user_1" })),
        ("msg_2", "user.merged", json!({ "id": "user_1" })),
        ("msg_3", "user.updated", json!("not an object")),
    ] {
        let body = event(event_type, T, data);
        for _ in 0..2 {
            let status = world.send(message, &body).await;
            assert_eq!(status, StatusCode::NO_CONTENT, "{event_type}");
        }
        let kept = world.tables().kept(message).await.unwrap().unwrap();
        let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
        assert_eq!(kept, body);
    }
    // A type that is known and does not concern the tables is accepted, and not kept.
    let body = event("session.created", T, json!({ "id": "sess_1" }));
    assert_eq!(world.send("msg_4", &body).await, StatusCode::NO_CONTENT);
    assert_eq!(world.tables().kept("msg_4").await.unwrap(), None);
    for kind in Kind::ALL {
        assert!(world.ids(kind).await.is_empty());
    }
}

pub(crate) async fn memberships_come_before_and_end_with_the_others(world: &World) {
    for (id, user, organization) in [
        ("orgmem_1", "user_1", "org_1"),
        ("orgmem_2", "user_2", "org_1"),
        ("orgmem_3", "user_2", "org_2"),
    ] {
        let data = membership(id, T, user, organization);
        world.event("organizationMembership.created", T, data).await;
    }
    assert_eq!(world.ids(Kind::Membership).await.len(), 3);
    world
        .event("user.created", T, user("user_1", T, "Ada"))
        .await;

    let deleted = json!({ "id": "user_1", "object": "user", "deleted": true });
    world.event("user.deleted", T + 5000, deleted).await;
    assert_eq!(world.ids(Kind::Membership).await, ["orgmem_2", "orgmem_3"]);
    let deleted = json!({ "id": "org_2", "object": "organization", "deleted": true });
    world.event("organization.deleted", T + 5000, deleted).await;
    assert_eq!(world.ids(Kind::Membership).await, ["orgmem_2"]);

    // One that comes after its user was deleted is none.
    let late = membership("orgmem_4", T + 1, "user_1", "org_1");
    world.event("organizationMembership.created", T, late).await;
    assert_eq!(world.ids(Kind::Membership).await, ["orgmem_2"]);
}

pub(crate) async fn the_emulator_delivers(world: &World) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhooks", listener.local_addr().unwrap());
    let router = world.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let emulator = Emulator::builder()
        .webhook(url, world.signer.secret())
        .start()
        .await
        .unwrap();
    let clerk = clerk_axum::Clerk::builder()
        .from_vars(emulator.env())
        .build()
        .unwrap();
    let grace = clerk
        .api()
        .users()
        .create()
        .email_address(["grace@example.com"]);
    let grace = grace.first_name("Grace").skip_password_requirement(true);
    let grace = grace.send().await.unwrap();
    emulator.settle().await;
    let name = world.field(Kind::User, &grace.id, "first_name").await;
    assert_eq!(name.as_deref(), Some("Grace"));
    clerk.api().users().delete(&grace.id).send().await.unwrap();
    emulator.settle().await;
    assert!(world.ids(Kind::User).await.is_empty());
    assert!(
        emulator
            .webhooks()
            .iter()
            .all(|webhook| webhook.is_delivered())
    );
}
