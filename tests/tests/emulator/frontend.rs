//! The Frontend API against its document.

use std::collections::BTreeSet;

use clerk_emulator::{Emulator, UserSeed};
use clerk_tests::document::Document;
use http::Method;
use serde_json::Value;

use crate::{browser, report};

/// What the emulator has of the Frontend API.
const EMULATED: &[&str] = &[
    "GET /.well-known/jwks.json",
    "GET /v1/client/handshake",
    "GET /v1/proxy-health",
];

#[tokio::test]
async fn every_emulated_operation_answers_as_the_document_promises() {
    let path = Document::frontend_path();
    if !path.exists() {
        report(
            "!!! SKIPPED: the emulator against the document of the Frontend API (there is none beside the workspace)",
        );
        return;
    }
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .start()
        .await
        .unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let keys = client
        .get(format!("{}/.well-known/jwks.json", emulator.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(keys.status(), 200);
    let keys: Value = serde_json::from_slice(&keys.bytes().await.unwrap()).unwrap();
    let operation =
        Document::load_operation(&path, &Method::GET, "/.well-known/jwks.json").unwrap();
    assert_eq!(
        operation.complaints_about_answer(&keys),
        Vec::<String>::new()
    );
    // Its only success is a redirect, which the browser follows.
    let cookies = browser::sign_in(&emulator, "ada@example.com").await;
    assert!(
        cookies
            .iter()
            .any(|(name, value)| name == "__session" && !value.is_empty())
    );

    let operations = Document::outline(&path).unwrap();
    let mut emulated = BTreeSet::new();
    for (method, template) in &operations {
        let mut path = template.clone();
        while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
            path.replace_range(start..=end, "nobody");
        }
        let answer = client
            .request(method.clone(), format!("{}{path}", emulator.url()))
            .send()
            .await
            .unwrap();
        let status = answer.status();
        assert!(!status.is_server_error(), "{method} {template}");
        let body: Value =
            serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default();
        match body["errors"][0]["code"].as_str() {
            // The Backend API has the same path, and wants its key.
            Some("authentication_invalid") => assert_eq!(status, 401),
            Some("not_emulated") => assert_eq!(status, 405, "{method} {template}"),
            _ => {
                emulated.insert(format!("{method} {template}"));
            }
        }
    }
    report(&format!(
        "emulator: {} of {} operations of the Frontend API are emulated",
        emulated.len(),
        operations.len()
    ));
    let expected: BTreeSet<_> = EMULATED.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(emulated, expected);
}
