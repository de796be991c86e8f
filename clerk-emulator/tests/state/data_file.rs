//! The data file: kept across restarts, refused when it cannot be used.

use std::path::Path;

use clerk_emulator::{Emulator, Error, OrganizationSeed, UserSeed};
use serde_json::{Value, json};

use crate::api::Api;
use crate::command::{Running, run};

fn start(path: &Path) -> Result<Emulator, Error> {
    Emulator::builder().data_file(path).start_blocking()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn users_sessions_and_keys_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clerk.db");
    let first = Emulator::builder()
        .data_file(&path)
        .user(UserSeed::new("ada@example.com").password("analytical-engine"))
        .start()
        .await
        .unwrap();
    let api = Api::of(&first);
    let ada = first.user_id("ada@example.com").unwrap();
    let (_, session) = api.post("/sessions", &json!({ "user_id": ada })).await;
    let (_, role) = api
        .post(
            "/organization_roles",
            &json!({ "name": "Guest", "key": "org:guest" }),
        )
        .await;
    let pem = first.jwt_public_key_pem();
    let before = first.export().to_json().unwrap();
    drop(first);

    let second = Emulator::builder()
        .data_file(&path)
        .user(UserSeed::new("seeds.are@for.new.files"))
        .start()
        .await
        .unwrap();
    assert_eq!(second.export().to_json().unwrap(), before);
    assert_eq!(second.jwt_public_key_pem(), pem);
    let api = Api::of(&second);
    assert!(api.password_is(&ada, "analytical-engine").await);
    let (status, _) = api
        .get(&format!("/sessions/{}", session["id"].as_str().unwrap()))
        .await;
    assert_eq!(status, 200);
    let (status, _) = api
        .get(&format!(
            "/organization_roles/{}",
            role["id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(status, 200);
    assert_eq!(api.user_count().await, 1);
    second.rotate_keys().unwrap();
    let rotated = second.jwt_public_key_pem();
    drop(second);
    assert_eq!(start(&path).unwrap().jwt_public_key_pem(), rotated);
}

#[tokio::test]
async fn every_acknowledged_write_outlives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clerk.db");
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..3 {
        let running = Running::start(&path);
        for id in &acknowledged {
            let (status, _) = running.api.get(&format!("/users/{id}")).await;
            assert_eq!(status, 200, "{id} is lost");
        }
        let (answers, mut received) = tokio::sync::mpsc::unbounded_channel();
        for writer in 0..20 {
            let (api, answers) = (running.api.clone(), answers.clone());
            tokio::spawn(async move {
                for index in 0.. {
                    let address = format!("{round}.{writer}.{index}@example.com");
                    let body =
                        json!({ "email_address": [address], "skip_password_requirement": true });
                    let Some((200, user)) = api.try_post("/users", &body).await else {
                        return;
                    };
                    if answers
                        .send(user["id"].as_str().unwrap().to_owned())
                        .is_err()
                    {
                        return;
                    }
                }
            });
        }
        drop(answers);
        for _ in 0..100 {
            acknowledged.push(received.recv().await.unwrap());
        }
        // In the middle of the others.
        running.kill();
        while let Some(id) = received.recv().await {
            acknowledged.push(id);
        }
    }
    let running = Running::start(&path);
    for id in &acknowledged {
        let (status, _) = running.api.get(&format!("/users/{id}")).await;
        assert_eq!(status, 200, "{id} is lost");
    }
}

/// A data file with some rows.
fn data_file(path: &Path) {
    let emulator = Emulator::builder()
        .data_file(path)
        .user(UserSeed::new("ada@example.com"))
        .webhook("http://127.0.0.1:9/", "whsec_c2VjcmV0")
        .start_blocking()
        .unwrap();
    drop(emulator);
}

#[test]
fn files_that_cannot_be_used_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.db");
    data_file(&good);
    let bytes = std::fs::read(&good).unwrap();
    let path = folder.path().join("bad.db");
    let with = |statement: &str| {
        std::fs::write(&path, &bytes).unwrap();
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch(statement).unwrap();
        drop(connection);
        std::fs::read(&path).unwrap()
    };
    let mut torn = bytes.clone();
    for byte in &mut torn[4_096..12_288] {
        *byte = 0x5a;
    }
    let bad = [
        ("garbage", b"users: []\n".repeat(1_000)),
        ("torn", torn),
        ("cut", bytes[..bytes.len() / 2].to_vec()),
        ("foreign", with("PRAGMA application_id = 1")),
        ("newer", with("PRAGMA user_version = 99")),
        ("no version", with("PRAGMA user_version = 0")),
        (
            "unknown table",
            with("UPDATE rows SET tbl = 'cats' WHERE tbl = 'users'"),
        ),
        (
            "not json",
            with("UPDATE rows SET json = '{' WHERE tbl = 'users'"),
        ),
        (
            "unknown field",
            with("UPDATE rows SET json = json_set(json, '$.cat', 1) WHERE tbl = 'users'"),
        ),
        (
            "missing field",
            with("UPDATE rows SET json = json_remove(json, '$.banned') WHERE tbl = 'users'"),
        ),
        (
            "broken key",
            with(
                "UPDATE rows SET json = json_set(json, '$.pkcs8', 'AAAA') WHERE tbl = 'signing_keys'",
            ),
        ),
    ];
    for (what, bytes) in bad {
        std::fs::write(&path, &bytes).unwrap();
        let error = start(&path).expect_err(what);
        let refused = matches!(error, Error::DataFile { .. } | Error::Invalid { .. });
        assert!(refused, "{what}: {error:?}");
        assert!(
            std::fs::read(&path).unwrap() == bytes,
            "{what}: the file was written to"
        );
    }
    let running = Running::start(&good);
    let (success, complaint) = run(&["--port", "0", "--data", text(&good)]);
    assert!(!success && complaint.contains("locked"), "{complaint}");
    drop(running);
}

#[test]
fn a_file_of_the_first_version_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clerk.db");
    let emulator = Emulator::builder()
        .data_file(&path)
        .user(UserSeed::new("ada@example.com"))
        .organization(OrganizationSeed::new("Acme", "acme"))
        .webhook("http://127.0.0.1:9/", "whsec_c2VjcmV0")
        .start_blocking()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let body = json!({ "email_address": ["bob@example.com"], "skip_password_requirement": true });
    let api = Api::of(&emulator);
    runtime.block_on(api.post("/users", &body));
    let bob = emulator.user_id("bob@example.com").unwrap();
    runtime.block_on(api.post("/sign_in_tokens", &json!({ "user_id": bob })));
    let application = json!({ "name": "Calendar", "scopes": "profile" });
    runtime.block_on(api.post("/oauth_applications", &application));
    assert_eq!(emulator.webhooks().len(), 1);
    let before = emulator.export().to_json().unwrap();
    drop(emulator);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "UPDATE rows SET json = json_remove(json, '$.tries') WHERE tbl = 'webhook_messages';
             UPDATE rows SET json = json_remove(json, '$.organization_id') WHERE tbl = 'tickets';
             UPDATE rows SET json = json_remove(json, '$.role_set') WHERE tbl = 'organizations';
             UPDATE rows SET json = json_set(json, '$.is_creator_eligible', 0) WHERE tbl = 'roles';
             UPDATE rows SET json = json_remove(json, '$.device_authorization_grant_enabled', '$.dynamically_registered',
                 '$.client_uri') WHERE tbl = 'oauth_applications';
             PRAGMA user_version = 1;",
        )
        .unwrap();
    drop(connection);
    let emulator = start(&path).unwrap();
    assert_eq!(emulator.webhooks().len(), 1);
    let table = |export: &str, table: &str| -> Value {
        let export: Value = serde_json::from_str(export).unwrap();
        export["state"]["tables"][table].clone()
    };
    let after = emulator.export().to_json().unwrap();
    for name in ["tickets", "organizations", "roles", "oauth_applications"] {
        assert_eq!(table(&after, name), table(&before, name));
    }
    assert_eq!(table(&after, "tickets")[0]["user_id"], bob.as_str());
    assert_eq!(table(&after, "organizations")[0]["slug"], "acme");
    drop(emulator);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 6);
    drop(connection);
    start(&path).unwrap();
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clerk.db");
    data_file(&path);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

#[test]
fn the_command_exports_a_data_file_as_a_seed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clerk.db");
    data_file(&path);
    let expected = start(&path).unwrap().export().to_json().unwrap();
    for name in ["out.json", "out.yaml"] {
        let out = folder.path().join(name);
        let (success, complaint) = run(&["--data", text(&path), "--export", text(&out)]);
        assert!(success, "{complaint}");
        let seed = clerk_emulator::Seed::from_file(&out).unwrap();
        let seeded: Value = serde_json::from_str(&seed.to_json().unwrap()).unwrap();
        assert_eq!(
            seeded,
            serde_json::from_str::<Value>(&expected).unwrap(),
            "{name}"
        );
    }
    let (success, complaint) = run(&["--export", "nowhere.json"]);
    assert!(!success && complaint.contains("--data"), "{complaint}");
}
