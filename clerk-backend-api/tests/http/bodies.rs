//! What typed operations send: absent, null and set values; metadata; uploads; machine keys.

use std::time::Duration;

use clerk_backend_api::{ClerkClient, Error, InvalidRequestReason, Patch, Upload};
use serde_json::{Value, json};

use crate::{
    SECRET, builder, client,
    server::{Act, Seen, Server, answer, json as answer_json, user},
};

const MACHINE_SECRET: &str = "ak_machine";

fn body(seen: &Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap()
}

#[tokio::test]
async fn absent_null_and_value_differ() {
    let server = Server::start(vec![user(); 3]).await;
    let client = client(&server);
    let none: Option<String> = None;
    client
        .users()
        .update("user_1")
        .first_name("Augusta")
        .username(None)
        .send()
        .await
        .unwrap();
    client
        .users()
        .update("user_1")
        .first_name(Patch::Keep)
        .last_name(none)
        .external_id(Some("customer-1".to_owned()))
        .send()
        .await
        .unwrap();
    client.users().update("user_1").send().await.unwrap();
    let seen = server.seen();
    assert_eq!(
        body(&seen[0]),
        json!({ "first_name": "Augusta", "username": null })
    );
    assert_eq!(
        body(&seen[1]),
        json!({ "last_name": null, "external_id": "customer-1" })
    );
    assert_eq!(body(&seen[2]), json!({}));
    assert_eq!(seen[0].method, "PATCH");
}

#[tokio::test]
async fn metadata_is_merged_or_replaced() {
    let server = Server::start(vec![user(); 3]).await;
    let client = client(&server);
    let merged = json!({ "plan": "team", "trial": { "ends": null } });
    client
        .users()
        .update_metadata("user_1")
        .public_metadata(&merged)
        .send()
        .await
        .unwrap();
    client
        .users()
        .replace_metadata("user_1")
        .private_metadata(json!({}))
        .send()
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(
        (seen[0].method.as_str(), seen[0].target.as_str()),
        ("PATCH", "/v1/users/user_1/metadata")
    );
    assert_eq!(body(&seen[0]), json!({ "public_metadata": merged }));
    assert_eq!(
        (seen[1].method.as_str(), seen[1].target.as_str()),
        ("PUT", "/v1/users/user_1/metadata")
    );
    assert_eq!(body(&seen[1]), json!({ "private_metadata": {} }));
}

#[tokio::test]
async fn a_merge_of_metadata_is_repeated_and_an_update_is_not() {
    let server = Server::start([answer(503), user()]).await;
    client(&server)
        .users()
        .update_metadata("user_1")
        .public_metadata(json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(server.count(), 2);
    let server = Server::start([answer(503), user()]).await;
    client(&server)
        .users()
        .update("user_1")
        .first_name("Ada")
        .send()
        .await
        .unwrap_err();
    assert_eq!(server.count(), 1);
}

/// The retry class of an operation, if it differs from that of its method.
#[tokio::test]
async fn the_effect_of_a_call_decides_about_its_repetition() {
    async fn attempts<T>(call: impl AsyncFnOnce(ClerkClient) -> Result<T, Error>) -> usize {
        let server = Server::start(vec![answer(503); 4]).await;
        let client = builder(&server)
            .machine_secret_key(MACHINE_SECRET)
            .build()
            .unwrap();
        assert!(call(client).await.is_err());
        server.count()
    }
    // POST operations without a second effect.
    assert_eq!(
        attempts(async |client| client.users().ban("user_1").send().await).await,
        3
    );
    assert_eq!(
        attempts(async |client| client.sessions().revoke("sess_1").send().await).await,
        3
    );
    assert_eq!(
        attempts(async |client| client.api_keys().verify("ak_1").send().await).await,
        3
    );
    assert_eq!(
        attempts(async |client| client.users().verify_password("user_1", "x").send().await).await,
        3
    );
    // Operations that consume, rotate, issue or send something.
    assert_eq!(
        attempts(async |client| client.users().verify_totp("user_1", "123456").send().await).await,
        1
    );
    assert_eq!(
        attempts(async |client| client
            .oauth_applications()
            .rotate_secret("oa_1")
            .send()
            .await)
        .await,
        1
    );
    assert_eq!(
        attempts(async |client| client.m2m_tokens().create().send().await).await,
        1
    );
    assert_eq!(
        attempts(async |client| client.users().create().send().await).await,
        1
    );
}

#[tokio::test]
async fn an_adjustment_of_credit_has_one_idempotency_key_for_all_its_attempts() {
    let entry = answer_json(200, r#"{ "id": "ccle_1" }"#);
    let server = Server::start([answer(503), entry.clone(), entry]).await;
    let client = client(&server);
    let adjust = || {
        client
            .users()
            .adjust_billing_credit_balance("user_1", 100, "increase")
    };
    adjust().send().await.unwrap();
    adjust().send().await.unwrap();
    let keys: Vec<_> = server
        .seen()
        .iter()
        .map(|seen| body(seen)["idempotency_key"].clone())
        .collect();
    assert!(
        keys[0].as_str().is_some_and(|key| key.len() >= 16),
        "{keys:?}"
    );
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[1], keys[2]);
}

#[tokio::test]
async fn a_machine_acts_under_its_own_key() {
    let token = answer_json(
        200,
        r#"{ "id": "mt_1", "subject": "mch_1", "revoked": false, "expired": false }"#,
    );
    let server = Server::start(vec![token; 6]).await;
    let both = builder(&server)
        .machine_secret_key(MACHINE_SECRET)
        .build()
        .unwrap();
    both.m2m_tokens().create().send().await.unwrap();
    both.m2m_tokens().verify("mt_x").send().await.unwrap();
    both.m2m_tokens()
        .create()
        .machine_secret_key("ak_of_the_call")
        .send()
        .await
        .unwrap();
    both.api_keys().verify("ak_x").send().await.unwrap();
    let instance_only = client(&server);
    instance_only
        .m2m_tokens()
        .verify("mt_x")
        .send()
        .await
        .unwrap();
    let error = instance_only
        .m2m_tokens()
        .create()
        .send()
        .await
        .unwrap_err();
    match error {
        Error::InvalidRequest(error) => assert_eq!(
            error.reason(),
            InvalidRequestReason::MissingMachineSecretKey
        ),
        other => panic!("{other:?}"),
    }
    instance_only
        .m2m_tokens()
        .create()
        .machine_secret_key("ak_of_the_call")
        .send()
        .await
        .unwrap();
    let keys: Vec<_> = server
        .seen()
        .iter()
        .map(|seen| {
            seen.header("authorization")
                .unwrap()
                .strip_prefix("Bearer ")
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(
        keys,
        [
            MACHINE_SECRET,
            MACHINE_SECRET,
            "ak_of_the_call",
            SECRET,
            SECRET,
            "ak_of_the_call"
        ]
    );
}

#[tokio::test]
async fn the_public_page_is_asked_for_without_a_key() {
    let page = answer(200)
        .header("content-type", "text/html")
        .body("<!doctype html>");
    let server = Server::start([page]).await;
    let html = client(&server).interstitial().get().send().await.unwrap();
    assert_eq!(html, "<!doctype html>");
    assert_eq!(server.seen()[0].header("authorization"), None);
}

#[tokio::test]
async fn an_upload_is_a_form_that_can_be_repeated() {
    let png = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x00, 0xff];
    let organization = answer_json(200, r#"{ "id": "org_1" }"#);
    let server = Server::start([Act::Hangup, answer(503).into(), organization.into()]).await;
    let image = Upload::bytes(png.to_vec()).file_name("logo \"1\".png");
    client(&server)
        .organizations()
        .set_logo("org_1", image)
        .uploader_user_id("user_1")
        .send()
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    for request in &seen {
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("PUT", "/v1/organizations/org_1/logo")
        );
        let content_type = request.header("content-type").unwrap();
        assert!(
            content_type.starts_with("multipart/form-data; boundary="),
            "{content_type}"
        );
        let text = String::from_utf8_lossy(&request.body);
        assert!(text.contains("name=\"file\"; filename=\"logo "), "{text}");
        assert!(
            text.to_ascii_lowercase()
                .contains("content-type: image/png"),
            "{text}"
        );
        assert!(
            text.contains("name=\"uploader_user_id\"") && text.contains("user_1"),
            "{text}"
        );
        assert!(request.body.windows(png.len()).any(|part| part == png));
    }
    // Uploading an image is not repeated.
    let server = Server::start([answer(503)]).await;
    let image = Upload::read(png.as_slice()).await.unwrap();
    client(&server)
        .users()
        .set_profile_image("user_1", image)
        .send()
        .await
        .unwrap_err();
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn durations_lists_and_flags_travel_as_the_api_takes_them() {
    let server = Server::start(vec![answer_json(200, r#"{ "id": "x" }"#); 2]).await;
    let client = client(&server);
    client
        .sign_in_tokens()
        .create("user_1")
        .expires_in_seconds(Duration::from_secs(90))
        .send()
        .await
        .unwrap();
    let seen = &server.seen()[0];
    assert_eq!(
        body(seen),
        json!({ "user_id": "user_1", "expires_in_seconds": 90 })
    );

    let server = Server::start([answer_json(200, "[]")]).await;
    crate::client(&server)
        .users()
        .list()
        .email_address(["ada+1@example.com", "alan@example.com"])
        .banned(false)
        .limit(10)
        .offset(0)
        .send()
        .await
        .unwrap();
    let target = &server.seen()[0].target;
    let query = target.split_once('?').unwrap().1;
    let mut pairs: Vec<_> = query.split('&').collect();
    pairs.sort_unstable();
    assert_eq!(
        pairs,
        [
            "banned=false",
            "email_address=ada%2B1%40example.com",
            "email_address=alan%40example.com",
            "limit=10",
            "offset=0"
        ]
    );
}

#[tokio::test]
async fn the_trace_id_of_a_typed_success_is_at_hand() {
    let server = Server::start([user().header("clerk-trace-id", "trace_1")]).await;
    let answer = client(&server)
        .users()
        .get("user_1")
        .send_with_response()
        .await
        .unwrap();
    assert_eq!(answer.trace_id().as_deref(), Some("trace_1"));
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.value().id, "user_1");
}
