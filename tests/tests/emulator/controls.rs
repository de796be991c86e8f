//! What tests do to the emulator, each in all three ways: in Rust, in the seed, and over HTTP.

use clerk_emulator::{Emulator, Expectation, Fault, Seed, UserSeed};
use http::Method;
use serde_json::{Value, json};

use crate::caller::Caller;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Rust,
    Seed,
    Admin,
}

/// The time that the clock is set to.
const AT_MS: u64 = 1_900_000_000_000;
const SIGNING_KEY: &str = include_str!("../../../clerk-emulator/tests/state/signing_key.pem");

/// Every fault, as it is written in JSON and in Rust.
fn faults() -> Vec<(Value, Fault)> {
    use std::time::Duration;

    vec![
        (
            json!({ "kind": "status", "status": 503, "path": "/v1/jwks", "method": "GET", "times": 2 }),
            Fault::status(503).on("/v1/jwks").method("GET").times(2),
        ),
        (
            json!({ "kind": "too_many_requests", "retry_after_seconds": 3, "path": "/v1/users", "times": 1 }),
            Fault::too_many_requests(Duration::from_secs(3)).on("/v1/users"),
        ),
        (
            json!({ "kind": "answer", "status": 502, "content_type": "text/html", "body": "<h1>Bad gateway</h1>",
                "path": "/v1/clients", "times": 0 }),
            Fault::answer(502, "text/html", "<h1>Bad gateway</h1>")
                .on("/v1/clients")
                .always(),
        ),
        (
            json!({ "kind": "slow", "delay_ms": 1, "path": "/v1/sessions", "times": 1 }),
            Fault::slow(Duration::from_millis(1)).on("/v1/sessions"),
        ),
        (
            json!({ "kind": "cut", "path": "/v1/organizations", "times": 1 }),
            Fault::cut_connection().on("/v1/organizations"),
        ),
    ]
}

/// Returns the exported state of an emulator with one user, as JSON.
async fn state() -> Value {
    let other = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .start()
        .await
        .unwrap();
    let exported = other.export().to_json().unwrap();
    serde_json::from_str::<Value>(&exported).unwrap()["state"].take()
}

async fn admin(emulator: &Emulator, method: Method, path: &str, body: Option<&Value>) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.request(method, format!("{}{path}", emulator.admin_url()));
    if let Some(body) = body {
        request = request.body(body.to_string());
    }
    let response = request.send().await.unwrap();
    assert!(
        response.status().is_success(),
        "{path}: {}",
        response.status()
    );
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default()
}

/// Starts an emulator on which everything was done in one way.
async fn controlled(way: Way) -> Emulator {
    let expected = json!([{ "method": "GET", "path": "/v1/jwks", "times": 3 }]);
    if way == Way::Seed {
        let faults: Vec<Value> = faults().into_iter().map(|(json, _)| json).collect();
        let seed = json!({
            "faults": faults,
            "clock_ms": AT_MS,
            "expectations": expected,
            "signing_key": SIGNING_KEY,
            "secret_key": "sk_test_seeded",
            "state": state().await,
        });
        let seed = Seed::from_json(&seed.to_string()).unwrap();
        return Emulator::builder().seed(seed).start().await.unwrap();
    }
    let emulator = Emulator::builder()
        .signing_key(SIGNING_KEY)
        .secret_key("sk_test_built")
        .user(UserSeed::new("ada@example.com"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let ada = emulator.user_id("ada@example.com").unwrap();
    let delete_ada = || async {
        caller
            .call(Method::DELETE, &format!("/users/{ada}"), None)
            .await;
        assert!(emulator.user_id("ada@example.com").is_err());
    };
    let pem = emulator.jwt_public_key_pem();
    match way {
        Way::Rust => {
            let snapshot = emulator.snapshot();
            emulator.rotate_keys().unwrap();
            assert_ne!(emulator.jwt_public_key_pem(), pem);
            delete_ada().await;
            emulator.restore(&snapshot).unwrap();
            for (_, fault) in faults() {
                emulator.faults().add(fault);
            }
            emulator.set_clock(std::time::UNIX_EPOCH + std::time::Duration::from_millis(AT_MS));
            emulator.clear_requests();
            emulator.expect(Expectation::of("GET", "/v1/jwks").times(3));
        }
        _ => {
            let taken = admin(&emulator, Method::POST, "/snapshots", None).await;
            admin(&emulator, Method::POST, "/keys/rotate", None).await;
            assert_ne!(emulator.jwt_public_key_pem(), pem);
            delete_ada().await;
            let restore = format!("/snapshots/{}/restore", taken["id"].as_str().unwrap());
            admin(&emulator, Method::POST, &restore, None).await;
            for (fault, _) in faults() {
                admin(&emulator, Method::POST, "/faults", Some(&fault)).await;
            }
            admin(
                &emulator,
                Method::PUT,
                "/clock",
                Some(&json!({ "now_ms": AT_MS })),
            )
            .await;
            admin(&emulator, Method::DELETE, "/requests", None).await;
            admin(&emulator, Method::POST, "/expectations", Some(&expected[0])).await;
        }
    }
    emulator
}

#[tokio::test]
async fn every_control_works_in_rust_in_the_seed_and_over_http() {
    for way in [Way::Rust, Way::Seed, Way::Admin] {
        let emulator = controlled(way).await;
        let caller = Caller::new(&emulator);
        let get = |path: &'static str| caller.call(Method::GET, path, None);

        // The same faults wait, in the same order.
        let waiting = admin(&emulator, Method::GET, "/faults", None).await;
        let expected: Vec<Value> = faults().into_iter().map(|(json, _)| json).collect();
        assert_eq!(waiting["data"], json!(expected), "{way:?}");

        // State and keys.
        let ada = emulator.user_id("ada@example.com").unwrap();
        let pinned = Emulator::builder()
            .signing_key(SIGNING_KEY)
            .start()
            .await
            .unwrap();
        assert_eq!(
            emulator.jwt_public_key_pem(),
            pinned.jwt_public_key_pem(),
            "{way:?}"
        );

        // Faults by route and count, and what was expected.
        for status in [503, 503] {
            assert_eq!(get("/jwks").await.status, status, "{way:?}");
        }
        assert!(emulator.verify().is_err(), "{way:?}");
        assert_eq!(get("/jwks").await.status, 200, "{way:?}");
        emulator.verify().unwrap();
        assert_eq!(get("/users").await.status, 429, "{way:?}");
        assert_eq!(get("/clients").await.status, 502, "{way:?}");
        assert_eq!(get("/sessions").await.status, 200, "{way:?}");

        // The clock.
        let touched = json!({ "first_name": "Ada" });
        let user = caller
            .call(Method::PATCH, &format!("/users/{ada}"), Some(&touched))
            .await;
        assert_eq!(user.body["updated_at"], AT_MS, "{way:?}");

        // The record of requests, and a reset.
        assert_eq!(emulator.requests_to("/v1/jwks").len(), 3, "{way:?}");
        assert_eq!(
            emulator.requests_to("/v1/clients")[0].status(),
            Some(502),
            "{way:?}"
        );
        match way {
            Way::Admin => drop(admin(&emulator, Method::POST, "/reset", None).await),
            _ => emulator.reset().unwrap(),
        }
        assert_eq!(emulator.requests().len(), 0, "{way:?}");
        let again = admin(&emulator, Method::GET, "/faults", None).await;
        let clock = admin(&emulator, Method::GET, "/clock", None).await;
        let expectations = admin(&emulator, Method::GET, "/expectations", None).await;
        if way == Way::Seed {
            // What the seed brought is what the emulator started with.
            assert_eq!(again["data"], json!(expected));
            assert_eq!(clock, json!({ "now_ms": AT_MS, "stopped": true }));
            assert_eq!(expectations["data"][0]["seen"], 0);
        } else {
            assert_eq!(again["data"], json!([]), "{way:?}");
            assert_eq!(clock["stopped"], false, "{way:?}");
            assert_eq!(expectations["data"], json!([]), "{way:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_control_in_a_seed_is_refused_with_its_line() {
    for (entry, complaint) in [
        (
            r#""faults": [{ "kind": "cut", "delay_ms": 1 }]"#,
            "delay_ms",
        ),
        (
            r#""faults": [{ "kind": "status", "status": 200 }]"#,
            "400 to 599",
        ),
        (r#""faults": [{ "kind": "cat" }]"#, "cat"),
        (r#""expectations": [{ "path": "/v1/users" }]"#, "method"),
        (r#""clock_ms": -1"#, "-1"),
    ] {
        let error = Seed::from_json(&format!("{{\n{entry}\n}}")).unwrap_err();
        let text = format!("{error:?}");
        assert!(
            text.contains(complaint) && text.contains("line 2"),
            "{text}"
        );
    }
    let seed = Seed::from_json(r#"{ "secret_key": "sk_live_abc" }"#).unwrap();
    let error = Emulator::builder().seed(seed).start().await.unwrap_err();
    assert!(error.to_string().contains("live") && !error.to_string().contains("sk_live_abc"));
}
