//! The admin interface, validated against its own document, and who may use it.

use std::collections::BTreeSet;
use std::path::Path;

use clerk_emulator::{Emulator, Error, Expectation, Fault, Seed, UserSeed};
use clerk_tests::document::{Document, Success};
use http::Method;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::webhooks::{Receiver, SECRET};

/// Calls the admin interface, and records which operations were called.
struct Admin<'a> {
    document: &'a Document,
    client: reqwest::Client,
    url: String,
    called: BTreeSet<String>,
}

impl Admin<'_> {
    async fn call(&mut self, method: Method, template: &str, path: &str, body: Value) -> Value {
        let operation = self
            .document
            .operation(&method, template)
            .unwrap_or_else(|| panic!("the document has no {method} {template}"));
        self.called.insert(operation.to_string());
        let promised = operation.success();
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), promised.status(), "{operation}");
        let bytes = response.bytes().await.unwrap();
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if matches!(promised, Success::Json(_)) {
            let complaints = operation.complaints_about_answer(&answer);
            assert_eq!(complaints, Vec::<String>::new(), "{operation}: {answer}");
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Value {
        let template = path.split('?').next().unwrap();
        self.call(Method::GET, template, path, Value::Null).await
    }

    async fn post(&mut self, path: &str, body: Value) -> Value {
        self.call(Method::POST, path, path, body).await
    }

    async fn delete(&mut self, path: &str) {
        self.call(Method::DELETE, path, path, Value::Null).await;
    }
}

fn document() -> Document {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../clerk-emulator/src/admin/openapi.json");
    Document::load(&path).unwrap()
}

#[tokio::test]
async fn every_operation_of_the_admin_interface_does_what_its_document_says() {
    let document = document();
    let receiver = Receiver::start().await;
    let emulator = Emulator::builder()
        .webhook(receiver.url(), SECRET)
        .user(UserSeed::new("ada@example.com"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let mut admin = Admin {
        document: &document,
        client: reqwest::Client::builder().no_proxy().build().unwrap(),
        url: emulator.admin_url(),
        called: BTreeSet::new(),
    };
    let instance = admin.get("/instance").await;
    assert_eq!(instance["counts"]["users"], 1);
    assert_eq!(instance["env"]["CLERK_API_URL"], emulator.url());
    let served = admin.get("/openapi.json").await;
    assert_eq!(served["info"]["title"], "Admin interface of clerk-emulator");

    let fault = json!({ "kind": "too_many_requests", "retry_after_seconds": 3, "path": "/v1/users", "times": 2 });
    admin.post("/faults", fault.clone()).await;
    assert_eq!(admin.get("/faults").await["data"], json!([fault]));
    let count = || caller.call(Method::GET, "/users/count", None);
    assert_eq!(count().await.status, 429);
    admin.delete("/faults").await;
    assert_eq!(count().await.status, 200);

    let stopped = json!({ "now_ms": 1_900_000_000_000_i64 });
    admin.call(Method::PUT, "/clock", "/clock", stopped).await;
    let moved = admin.post("/clock/advance", json!({ "by_ms": 5 })).await;
    assert_eq!(moved["now_ms"], 1_900_000_000_005_i64);
    assert_eq!(admin.get("/clock").await, moved);
    admin.delete("/clock").await;
    assert!(admin.get("/clock").await["now_ms"].as_i64() < moved["now_ms"].as_i64());

    let requests = admin.get("/requests?path=/v1/users/count&method=get").await;
    let statuses: Vec<_> = requests["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["status"])
        .collect();
    assert_eq!(statuses, [429, 200]);
    let newest = admin.get("/requests?limit=1").await;
    assert_eq!(newest["data"].as_array().unwrap().len(), 1);
    assert!(!requests.to_string().contains(emulator.secret_key()));
    admin.delete("/requests").await;
    assert_eq!(admin.get("/requests").await["data"], json!([]));
    for (path, times) in [
        ("/v1/users/count", json!(null)),
        ("/v1/users/count", json!(2)),
        ("/v1/jwks", json!(0)),
    ] {
        let expectation = json!({ "method": "GET", "path": path, "times": times });
        admin.post("/expectations", expectation).await;
    }
    count().await;
    let expected = admin.get("/expectations").await;
    let met: Vec<_> = expected["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["met"])
        .collect();
    assert_eq!(met, [true, false, true]);
    admin.delete("/expectations").await;
    admin.post("/expectations/verify", Value::Null).await;

    let before = admin.post("/snapshots", Value::Null).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let bob = json!({ "email_address": ["bob@example.com"], "skip_password_requirement": true });
    caller.call(Method::POST, "/users", Some(&bob)).await;
    admin.post("/webhooks/settle", Value::Null).await;
    let sent = admin.get("/webhooks").await;
    assert_eq!(sent["data"][0]["state"], "delivered");
    let replay = format!(
        "/webhooks/{}/replay",
        sent["data"][0]["id"].as_str().unwrap()
    );
    admin
        .call(
            Method::POST,
            "/webhooks/{message_id}/replay",
            &replay,
            Value::Null,
        )
        .await;
    admin.post("/webhooks/settle", Value::Null).await;
    assert_eq!(receiver.payloads().len(), 2);
    let invitation = json!({ "email_address": "carol@example.com" });
    caller
        .call(Method::POST, "/invitations", Some(&invitation))
        .await;
    let inbox = admin.get("/inbox?to=carol@example.com&limit=5").await;
    assert!(
        inbox["data"][0]["link"]
            .as_str()
            .unwrap()
            .starts_with(emulator.url())
    );
    admin.delete("/inbox").await;
    assert_eq!(admin.get("/inbox").await["data"], json!([]));
    let state = admin.get("/state").await;
    Seed::from_json(&state.to_string()).unwrap();
    let pem = emulator.jwt_public_key_pem();
    admin.post("/keys/rotate", Value::Null).await;
    assert_ne!(emulator.jwt_public_key_pem(), pem);

    let restore = format!("/snapshots/{before}/restore");
    admin
        .call(
            Method::POST,
            "/snapshots/{snapshot_id}/restore",
            &restore,
            Value::Null,
        )
        .await;
    assert_eq!(emulator.jwt_public_key_pem(), pem);
    assert!(emulator.user_id("bob@example.com").is_err());
    assert_eq!(
        admin.get("/snapshots").await["data"],
        json!([{ "id": before }])
    );
    let forget = format!("/snapshots/{before}");
    admin
        .call(
            Method::DELETE,
            "/snapshots/{snapshot_id}",
            &forget,
            Value::Null,
        )
        .await;
    caller.call(Method::POST, "/users", Some(&bob)).await;
    admin.post("/reset", Value::Null).await;
    assert!(emulator.user_id("bob@example.com").is_err());

    let missing: Vec<_> = document
        .operations()
        .iter()
        .map(ToString::to_string)
        .filter(|name| !admin.called.contains(name))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
    let health = reqwest::get(format!("{}/health", emulator.url()))
        .await
        .unwrap();
    assert_eq!(health.status(), 200);
}

#[tokio::test]
async fn bad_input_is_refused() {
    let emulator = Emulator::builder().start().await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (method, path, body, status) in [
        (Method::POST, "/faults", r#"{"kind":"cat"}"#, 400),
        (Method::POST, "/faults", r#"{"kind":"cut","cat":1}"#, 400),
        (Method::POST, "/faults", "", 400),
        (
            Method::POST,
            "/faults",
            r#"{"kind":"cut","delay_ms":1}"#,
            400,
        ),
        (
            Method::POST,
            "/faults",
            r#"{"kind":"status","status":200}"#,
            400,
        ),
        (
            Method::POST,
            "/faults",
            r#"{"kind":"answer","status":99}"#,
            400,
        ),
        (
            Method::POST,
            "/faults",
            r#"{"kind":"answer","content_type":"\n"}"#,
            400,
        ),
        (
            Method::POST,
            "/faults",
            r#"{"kind":"cut","method":"GET POST"}"#,
            400,
        ),
        (Method::GET, "/requests?limit=0", "", 422),
        (Method::GET, "/inbox?limit=many", "", 422),
        (Method::GET, "/webhooks?limit=-1", "", 422),
        (Method::PUT, "/clock", r#"{"now_ms":-1}"#, 400),
        (Method::PUT, "/clock", r#"{"now_ms":253402300800000}"#, 400),
        (Method::POST, "/clock/advance", r#"{"by_ms":"soon"}"#, 400),
        (Method::POST, "/expectations", r#"{"path":"/"}"#, 400),
        (Method::POST, "/snapshots/nobody/restore", "", 404),
        (Method::DELETE, "/snapshots/nobody", "", 404),
        (Method::POST, "/webhooks/nobody/replay", "", 404),
    ] {
        let request = client.request(method, format!("{}{path}", emulator.admin_url()));
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path} {body}");
    }
}

/// Reads the routes of the admin interface from its source, as in `GET /faults`.
fn routes_in_source() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clerk-emulator/src/admin");
    let mut routes = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for route in source.split(".route(").skip(1) {
            // Up to the parenthesis that ends it.
            let mut depth = 1_usize;
            let end = route.find(|character| {
                match character {
                    '(' => depth += 1,
                    ')' => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            let (_, rest) = route[..end.unwrap()].split_once('"').unwrap();
            let (path, handlers) = rest.split_once('"').unwrap();
            for method in ["get", "post", "put", "patch", "delete"] {
                let is_called = |before: &str| handlers.contains(&format!("{before}{method}("));
                if is_called(" ") || is_called(".") {
                    routes.insert(format!("{} {path}", method.to_uppercase()));
                }
            }
        }
    }
    routes
}

#[test]
fn every_route_of_the_admin_interface_is_in_its_document() {
    let document = document();
    let documented: BTreeSet<String> = document
        .operations()
        .iter()
        .map(|operation| format!("{} {}", operation.method(), operation.path()))
        .collect();
    let mut routes = routes_in_source();
    // What is not below the interface's own path.
    assert!(routes.remove("GET /health"));
    assert_eq!(routes, documented);
}

#[tokio::test]
async fn the_backend_api_is_below_the_admin_interface_unrecorded_and_without_faults() {
    let emulator = Emulator::builder().start().await.unwrap();
    emulator.faults().add(Fault::internal_error().always());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let users = format!("{}/v1/users", emulator.admin_url());
    let body = json!({ "email_address": ["ada@example.com"], "skip_password_requirement": true });
    let created = client
        .post(&users)
        .header("content-type", "application/json")
        .body(body.to_string());
    assert_eq!(created.send().await.unwrap().status(), 200);
    let unheard = client
        .get(format!("{}/v1/users", emulator.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(unheard.status(), 500);
    emulator.user_id("ada@example.com").unwrap();
    let paths: Vec<_> = emulator
        .requests()
        .iter()
        .map(|one| one.path().to_owned())
        .collect();
    assert_eq!(paths, ["/v1/users"]);
}

#[tokio::test]
async fn unmet_expectations_are_reported() {
    let emulator = Emulator::builder().start().await.unwrap();
    let caller = Caller::new(&emulator);
    emulator.verify().unwrap();
    emulator.expect(Expectation::of("get", "/v1/users"));
    emulator.expect(Expectation::of("GET", "/v1/jwks").times(0));
    let error = emulator.verify().unwrap_err();
    assert!(matches!(error, Error::Unexpected(_)));
    assert!(
        error.to_string().contains("/v1/users") && !error.to_string().contains("/v1/jwks"),
        "{error}"
    );
    caller.call(Method::GET, "/users", None).await;
    emulator.verify().unwrap();
    caller.call(Method::GET, "/jwks", None).await;
    assert!(
        emulator
            .verify()
            .unwrap_err()
            .to_string()
            .contains("expected 0 times, came 1")
    );
}

#[tokio::test]
async fn a_seed_can_contain_faults_and_a_clock() {
    let seed = r#"{ "clock_ms": 1900000000000, "faults": [{ "kind": "status", "status": 503, "path": "/v1/jwks" }] }"#;
    let emulator = Emulator::builder()
        .seed(Seed::from_json(seed).unwrap())
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    assert_eq!(caller.call(Method::GET, "/jwks", None).await.status, 503);
    assert_eq!(caller.call(Method::GET, "/jwks", None).await.status, 200);
    let body = json!({ "email_address": ["ada@example.com"], "skip_password_requirement": true });
    let ada = caller.call(Method::POST, "/users", Some(&body)).await.body;
    assert_eq!(ada["created_at"], 1_900_000_000_000_i64);
}
