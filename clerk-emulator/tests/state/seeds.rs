//! Seeds: written by hand, and exported.

use clerk_emulator::{Emulator, Error, OrganizationSeed, Seed, UserSeed};
use serde_json::{Value, json};

use crate::api::Api;
use crate::command::{Running, run};

/// Users of all kinds, with everything else that the state can hold.
async fn filled() -> (Emulator, Vec<(String, &'static str)>) {
    let emulator = Emulator::builder()
        .user(
            UserSeed::new("ada@example.com")
                .password("analytical-engine")
                .plan("pro"),
        )
        .organization(OrganizationSeed::new("Acme", "acme").member("ada@example.com", "org:admin"))
        .start()
        .await
        .unwrap();
    let api = Api::of(&emulator);
    let mut passwords = Vec::new();
    for index in 0..1_000 {
        let address = format!("user{index}@example.com");
        let (body, password) = match index % 8 {
            0 => (
                json!({ "email_address": [address], "password": "difference-engine" }),
                Some("difference-engine"),
            ),
            1 => (
                json!({
                    "email_address": [address],
                    "password_hasher": "md5",
                    "password_digest": "5f4dcc3b5aa765d61d8327deb882cf99",
                }),
                Some("password"),
            ),
            2 => (
                json!({
                    "phone_number": [format!("+1555556{index:04}")],
                    "username": format!("user{index}"),
                    "skip_password_requirement": true,
                }),
                None,
            ),
            3 => (
                json!({
                    "email_address": [address],
                    "email_address_identification_status": ["reserved"],
                    "external_id": format!("{index}"),
                    "skip_password_requirement": true,
                }),
                None,
            ),
            4 => (
                json!({
                    "email_address": [address],
                    "totp_secret": "JBSWY3DPEHPK3PXP",
                    "backup_codes": ["abcdefgh", "ijklmnop"],
                    "skip_password_requirement": true,
                }),
                None,
            ),
            5 => (
                json!({
                    "email_address": [address],
                    "public_metadata": { "deep": { "number": 1.5, "list": [null, true, "ü\n\"'"] } },
                    "private_metadata": { "yes": "no", "1": "1e3" },
                    "skip_password_requirement": true,
                }),
                None,
            ),
            6 => (
                json!({ "email_address": [address], "banned": true, "skip_password_requirement": true }),
                None,
            ),
            _ => (
                json!({
                    "email_address": [address, format!("second{index}@example.com")],
                    "first_name": "yes",
                    "last_name": "0x1F",
                    "locked": true,
                    "created_at": "2012-10-20T07:15:20.902Z",
                    "skip_password_requirement": true,
                }),
                None,
            ),
        };
        let (status, user) = api.post("/users", &body).await;
        assert_eq!(status, 200, "{user}");
        if let Some(password) = password {
            passwords.push((user["id"].as_str().unwrap().to_owned(), password));
        }
    }
    let ada = emulator.user_id("ada@example.com").unwrap();
    passwords.push((ada.clone(), "analytical-engine"));
    for (path, body) in [
        ("/sessions", json!({ "user_id": ada })),
        ("/sign_in_tokens", json!({ "user_id": ada })),
        (
            "/invitations",
            json!({ "email_address": "new@example.com" }),
        ),
        (
            "/organizations/acme/invitations",
            json!({ "email_address": "new@example.com", "role": "org:member" }),
        ),
        ("/organizations/acme/domains", json!({ "name": "acme.com" })),
        (
            "/waitlist_entries",
            json!({ "email_address": "waiting@example.com" }),
        ),
        (
            "/blocklist_identifiers",
            json!({ "identifier": "evil@example.com" }),
        ),
        ("/redirect_urls", json!({ "url": "https://example.com/" })),
        (
            "/jwt_templates",
            json!({ "name": "t", "claims": { "a": "{{user.id}}" } }),
        ),
        ("/machines", json!({ "name": "worker" })),
        ("/api_keys", json!({ "name": "key", "subject": ada })),
        (
            "/oauth_applications",
            json!({ "name": "app", "redirect_uris": ["https://example.com/"] }),
        ),
        (
            "/enterprise_connections",
            json!({ "name": "A", "provider": "saml_okta", "domains": ["a.com"] }),
        ),
        (
            "/domains",
            json!({ "name": "satellite.com", "is_satellite": true }),
        ),
    ] {
        let (status, answer) = api.post(path, &body).await;
        assert!((200..300).contains(&status), "{path}: {answer}");
    }
    (emulator, passwords)
}

#[tokio::test]
async fn export_then_seed_gives_the_whole_state_back() {
    let (first, passwords) = filled().await;
    let seed = first.export();
    let json = seed.to_json().unwrap();
    let yaml = seed.to_yaml().unwrap();
    for (form, parsed) in [
        ("json", Seed::from_json(&json).unwrap()),
        ("yaml", Seed::from_yaml(&yaml).unwrap()),
    ] {
        let second = Emulator::builder().seed(parsed).start().await.unwrap();
        assert!(second.export().to_json().unwrap() == json, "{form}");
        assert_eq!(second.jwt_public_key_pem(), first.jwt_public_key_pem());
        let (api, before) = (Api::of(&second), Api::of(&first));
        for path in [
            "/users?limit=500",
            "/users?limit=500&offset=500",
            "/sessions",
            "/organizations",
            "/instance",
        ] {
            let (mut seen, mut expected) = (api.get(path).await.1, before.get(path).await.1);
            // Pictures are served by each emulator itself.
            for value in [&mut seen, &mut expected] {
                *value = without_urls(value);
            }
            assert!(seen == expected, "{form} {path}");
        }
        for (user, password) in passwords.iter().step_by(50) {
            assert!(api.password_is(user, password).await, "{form} {user}");
            assert!(!api.password_is(user, "wrong-password").await);
        }
    }
}

#[tokio::test]
async fn the_command_starts_with_an_export_and_exports_the_same() {
    let (first, _) = filled().await;
    let exported = first.export().to_json().unwrap();
    let expected: Value = serde_json::from_str(&exported).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (seed, data, again) = (path("seed.json"), path("clerk.db"), path("again.json"));
    std::fs::write(&seed, &exported).unwrap();
    Running::with(&["--seed", &seed, "--data", &data]).kill();
    let (success, complaint) = run(&["--data", &data, "--export", &again]);
    assert!(success, "{complaint}");
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&again).unwrap()).unwrap();
    assert!(kept == expected, "the state is not the same");
}

fn without_urls(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("http://127.0.0.1:") => Value::Null,
        Value::Array(items) => items.iter().map(without_urls).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), without_urls(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn the_example_holds_every_kind_of_data_and_starts() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/seed.example.json");
    let seed = Seed::from_file(path).unwrap();
    let written: Value = serde_json::from_str(&seed.to_json().unwrap()).unwrap();
    for (field, entries) in written.as_object().unwrap() {
        // What tests do to the emulator would be in the way of those who try the example.
        let is_control = ["faults", "expectations", "clock_ms"].contains(&field.as_str());
        let is_empty = entries.as_array().is_some_and(Vec::is_empty);
        assert!(is_control || !is_empty, "{field}");
    }
    Emulator::builder().seed(seed).start().await.unwrap();
}

#[test]
fn an_unknown_field_stops_the_start_with_line_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let exported = r#"{ "state": { "version": 3, "tables": { "cats": [] } } }"#;
    for (name, text, field, line) in [
        ("top.json", "{\n\n  \"usres\": []\n}", "usres", "line 3"),
        (
            "user.json",
            "{ \"users\": [\n{ \"emial\": 1 }] }",
            "emial",
            "line 2",
        ),
        (
            "plan.json",
            "{ \"plans\": [\n\n{ \"cat\": 1 }] }",
            "cat",
            "line 3",
        ),
        ("state.json", exported, "cats", "line 1"),
        ("top.yaml", "users: []\nusres: []\n", "usres", "line 2"),
        ("user.yml", "users:\n  - emial: 1\n", "emial", "line 2"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let (success, complaint) = run(&["--port", "0", "--seed", path.to_str().unwrap()]);
        assert!(!success, "{name}");
        for part in [field, line, name] {
            assert!(complaint.contains(part), "{name}: {complaint}");
        }
    }
}

#[tokio::test]
async fn a_state_of_another_version_is_refused() {
    for version in [1, 2, 99] {
        let state = format!(r#"{{ "state": {{ "version": {version}, "tables": {{}} }} }}"#);
        let seed = Seed::from_json(&state).unwrap();
        let error = Emulator::builder().seed(seed).start().await.unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
    }
    let seed = Seed::from_json(r#"{ "state": { "version": 3, "tables": {} } }"#).unwrap();
    let error = Emulator::builder().seed(seed).start().await.unwrap_err();
    assert!(matches!(error, Error::Unknown { .. }), "{error}");
}

/// Made for this test with `openssl genpkey`.
const KEY: &str = include_str!("signing_key.pem");

#[tokio::test]
async fn ids_and_keys_can_be_pinned() {
    let start = || {
        Emulator::builder()
            .secret_key("sk_test_pinned")
            .signing_key(KEY)
            .user(UserSeed::new("ada@example.com").id("user_pinned"))
            .start()
    };
    let (first, second) = (start().await.unwrap(), start().await.unwrap());
    assert_eq!(first.jwt_public_key_pem(), second.jwt_public_key_pem());
    assert_eq!(first.user_id("ada@example.com").unwrap(), "user_pinned");
    assert_eq!(first.secret_key(), "sk_test_pinned");
    for (key, what) in [("sk_live_1", "live"), ("", "empty")] {
        let error = Emulator::builder()
            .secret_key(key)
            .start()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{what}: {error}");
        assert!(!error.to_string().contains("sk_live_1"), "{error}");
    }
    for key in [
        "",
        "no pem",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    ] {
        let error = Emulator::builder()
            .signing_key(key)
            .start()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
    }
}
