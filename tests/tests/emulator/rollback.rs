//! Operations are all or nothing: a rejected operation leaves the state unchanged.

use clerk_emulator::{Emulator, MachineSeed, OrganizationSeed, UserSeed};
use http::Method;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::report;

/// Everything that the API shows of the state.
async fn everything(caller: &Caller, ids: &Ids) -> Value {
    let mut seen = serde_json::Map::new();
    for path in [
        "/users?limit=500".to_owned(),
        "/organizations?limit=500".to_owned(),
        "/organization_memberships?limit=500".to_owned(),
        "/sessions?limit=500".to_owned(),
        "/machines?limit=500".to_owned(),
        format!(
            "/api_keys?subject={}&limit=100&include_invalid=true",
            ids.ada
        ),
    ] {
        let answer = caller.call(Method::GET, &path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        seen.insert(path, answer.body);
    }
    Value::Object(seen)
}

struct Ids {
    ada: String,
    acme: String,
    machine: String,
}

/// One call: method, path and body.
type Call = (Method, String, Value);

/// Values of which about half are rejected by some operation.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!("")),
        Just(json!("short")),
        Just(json!("password123")),
        Just(json!("analytical-engine")),
        Just(json!("bob@example.com")),
        Just(json!("no mail")),
        Just(json!("Bad Slug!")),
        Just(json!("org:admin")),
        Just(json!("org:nobody")),
        Just(json!(["new@example.com", "no mail"])),
        Just(json!(["new@example.com"])),
        Just(json!({ "a": { "b": null, "c": [1, 2] } })),
        Just(json!({ "a": "x".repeat(9000) })),
        Just(json!(true)),
        Just(json!(-5)),
        Just(json!(3)),
        Just(json!("2020-01-01T00:00:00Z")),
    ]
}

fn call(ids: &Ids) -> impl Strategy<Value = Call> + use<> {
    let Ids { ada, acme, machine } = ids;
    let targets: Vec<(Method, String, &'static [&'static str])> = vec![
        (
            Method::POST,
            "/users".to_owned(),
            &[
                "email_address",
                "username",
                "password",
                "public_metadata",
                "skip_password_requirement",
                "created_at",
            ],
        ),
        (
            Method::PATCH,
            format!("/users/{ada}"),
            &[
                "username",
                "password",
                "first_name",
                "external_id",
                "primary_email_address_id",
                "password_hasher",
                "password_digest",
                "sign_out_of_other_sessions",
                "created_at",
                "backup_codes",
            ],
        ),
        (
            Method::PATCH,
            format!("/users/{ada}/metadata"),
            &["public_metadata", "private_metadata", "unsafe_metadata"],
        ),
        (
            Method::PUT,
            format!("/users/{ada}/metadata"),
            &["public_metadata", "private_metadata", "unsafe_metadata"],
        ),
        (
            Method::POST,
            "/organizations".to_owned(),
            &[
                "name",
                "slug",
                "created_by",
                "public_metadata",
                "max_allowed_memberships",
                "created_at",
            ],
        ),
        (
            Method::PATCH,
            format!("/organizations/{acme}"),
            &[
                "name",
                "slug",
                "max_allowed_memberships",
                "admin_delete_enabled",
                "created_at",
            ],
        ),
        (
            Method::PATCH,
            format!("/organizations/{acme}/metadata"),
            &["public_metadata", "private_metadata"],
        ),
        (
            Method::POST,
            format!("/organizations/{acme}/memberships"),
            &["user_id", "role", "public_metadata"],
        ),
        (
            Method::PATCH,
            format!("/organizations/{acme}/memberships/{ada}"),
            &["role"],
        ),
        (
            Method::PATCH,
            format!("/organizations/{acme}/memberships/{ada}/metadata"),
            &["public_metadata", "private_metadata"],
        ),
        (
            Method::PATCH,
            format!("/machines/{machine}"),
            &["name", "default_token_ttl"],
        ),
        (
            Method::POST,
            format!("/machines/{machine}/scopes"),
            &["to_machine_id"],
        ),
        (
            Method::POST,
            "/api_keys".to_owned(),
            &[
                "name",
                "subject",
                "scopes",
                "claims",
                "seconds_until_expiration",
            ],
        ),
        (
            Method::POST,
            "/sessions".to_owned(),
            &["user_id", "active_organization_id"],
        ),
    ];
    let subject = ada.clone();
    prop::sample::select(targets).prop_flat_map(move |(method, path, fields)| {
        let subject = subject.clone();
        let value = prop_oneof![4 => value(), 1 => Just(json!(subject))];
        prop::collection::vec((prop::sample::select(fields.to_vec()), value), 0..5).prop_map(
            move |chosen| {
                let body: serde_json::Map<String, Value> = chosen
                    .into_iter()
                    .map(|(field, value)| (field.to_owned(), value))
                    .collect();
                (method.clone(), path.clone(), Value::Object(body))
            },
        )
    })
}

#[test]
fn after_a_refusal_the_state_is_what_it_was() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com").username("countess"))
        .user(UserSeed::new("bob@example.com").external_id("bob"))
        .organization(OrganizationSeed::new("Acme", "acme").member("ada@example.com", "org:admin"))
        .machine(MachineSeed::new("worker"))
        .start_blocking()
        .unwrap();
    // Reading does not update the time of the latest activity.
    emulator.set_clock(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000));
    let caller = Caller::new(&emulator);
    let machines = runtime.block_on(caller.call(Method::GET, "/machines", None));
    let ids = Ids {
        ada: emulator.user_id("ada@example.com").unwrap(),
        acme: emulator.organization_id("acme").unwrap(),
        machine: machines.body["data"][0]["id"].as_str().unwrap().to_owned(),
    };
    let mut runner = TestRunner::new(Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let counts = std::cell::Cell::new((0, 0));
    runner
        .run(&call(&ids), |(method, path, body)| {
            runtime.block_on(async {
                let before = everything(&caller, &ids).await;
                let answer = caller.call(method.clone(), &path, Some(&body)).await;
                let (accepted, refused) = counts.get();
                prop_assert!(!answer.status.is_server_error(), "{method} {path} {body}");
                if answer.status.is_success() {
                    counts.set((accepted + 1, refused));
                    return Ok(());
                }
                counts.set((accepted, refused + 1));
                let after = everything(&caller, &ids).await;
                prop_assert_eq!(before, after, "{} {} {}", method, path, body);
                Ok(())
            })
        })
        .unwrap();
    let (accepted, refused) = counts.get();
    report(&format!(
        "emulator: {accepted} random operations accepted, {refused} refused without any effect"
    ));
    assert!(accepted > 10 && refused > 10);
}

#[tokio::test]
async fn a_bulk_operation_with_one_bad_element_changes_nothing() {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .organization(OrganizationSeed::new("Acme", "acme"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let ada = emulator.user_id("ada@example.com").unwrap();
    let invite = |address: &str| json!({ "email_address": address, "role": "org:member" });
    let address = |address: &str| json!({ "email_address": address });
    for (path, list, body) in [
        (
            "/invitations/bulk",
            "/invitations",
            json!([address("new@example.com"), address("ada@example.com")]),
        ),
        (
            "/organizations/acme/invitations/bulk",
            "/organizations/acme/invitations",
            json!([invite("new@example.com"), invite("no address")]),
        ),
        (
            "/waitlist_entries/bulk",
            "/waitlist_entries",
            json!([address("new@example.com"), address("no address")]),
        ),
        (
            "/users/ban",
            "/users?banned=true",
            json!({ "user_ids": [ada, "user_nobody"] }),
        ),
    ] {
        let before = caller.call(Method::GET, list, None).await.body;
        let refused = caller.call(Method::POST, path, Some(&body)).await;
        assert!(refused.status.is_client_error(), "{path}: {}", refused.body);
        let after = caller.call(Method::GET, list, None).await.body;
        assert_eq!(before, after, "{path}");
    }
}

#[tokio::test]
async fn an_update_that_is_refused_late_changes_nothing() {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com").username("countess"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let path = format!("/users/{}", emulator.user_id("ada@example.com").unwrap());
    let body = json!({ "username": "atomic", "first_name": "A", "password": "short" });
    let refused = caller.call(Method::PATCH, &path, Some(&body)).await;
    assert_eq!(refused.code(), "form_password_length_too_short");
    let user = caller.call(Method::GET, &path, None).await.body;
    assert_eq!(user["username"], "countess");
    assert_eq!(user["first_name"], Value::Null);
    assert_eq!(user["password_enabled"], false);
}
