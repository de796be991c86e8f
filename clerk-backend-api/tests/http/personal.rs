//! No debug output shows text that people wrote, and no body differs from what was meant.

use std::collections::BTreeMap;

use clerk_backend_api::{Error, InvalidRequestReason, Upload};
use serde_json::{Value, json};

use crate::{
    client,
    server::{Server, json as answer_json, user},
};

/// Represents everything personal or secret.
const CANARY: &str = "canary.7f3a@example.com";

fn ada() -> Value {
    json!({
        "id": "user_1",
        "external_id": CANARY,
        "username": CANARY,
        "first_name": CANARY,
        "last_name": CANARY,
        "locale": CANARY,
        "image_url": CANARY,
        "banned": true,
        "created_at": 1_700_690_400_000_i64,
        "public_metadata": { "a": CANARY },
        "private_metadata": { CANARY: 1 },
        "unsafe_metadata": { "a": [CANARY] },
        "email_addresses": [{ "id": "idn_1", "email_address": CANARY, "verification": { "status": "verified", "nonce": CANARY, "message": CANARY } }],
        "phone_numbers": [{ "id": "idn_2", "phone_number": CANARY, "backup_codes": [CANARY] }],
        "external_accounts": [{ "id": "eac_1", "email_address": CANARY, "provider_user_id": CANARY, "public_metadata": { "a": CANARY } }],
        "web3_wallets": [{ "id": "idn_3", "web3_wallet": CANARY }],
    })
}

#[tokio::test]
async fn debug_output_of_answers_shows_ids_states_and_times_only() {
    let invitation =
        json!({ "id": "inv_1", "email_address": CANARY, "url": CANARY, "status": "pending" });
    let refusal = json!({
        "errors": [{ "code": "form_identifier_exists", "message": CANARY, "long_message": CANARY,
            "meta": { "email_addresses": [CANARY] } }],
        "meta": { "identifiers": [CANARY] },
    });
    let server = Server::start([
        answer_json(200, &ada().to_string()),
        answer_json(
            200,
            &json!([ada(), { "id": CANARY, "created_at": [] }, { "first_name": CANARY }])
                .to_string(),
        ),
        answer_json(200, &invitation.to_string()),
        answer_json(422, &refusal.to_string()),
        answer_json(200, &json!({ "first_name": CANARY }).to_string()),
    ])
    .await;
    let client = client(&server);
    let answer = client
        .users()
        .get("user_1")
        .send_with_response()
        .await
        .unwrap();
    for shown in [format!("{answer:?}"), format!("{answer:#?}")] {
        assert!(!shown.contains(CANARY), "{shown}");
    }
    let shown = format!("{:?}", answer.value());
    for part in [
        "user_1",
        "idn_1",
        "banned: true",
        "2023-11-22T22:00:00.000Z",
        "Verified",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let page = client.users().list().send().await.unwrap();
    assert!(!format!("{:?}", page.data).contains(CANARY));
    let invitation = client.invitations().revoke("inv_1").send().await.unwrap();
    assert!(
        !format!("{invitation:?}").contains(CANARY),
        "{invitation:?}"
    );
    for _ in 0..2 {
        let error = client.users().get("user_1").send().await.unwrap_err();
        assert!(!format!("{error:?}").contains(CANARY), "{error:?}");
    }
}

#[tokio::test]
async fn debug_output_of_requests_shows_no_values() {
    let server = Server::start([user()]).await;
    let client = client(&server);
    let list = client.users().list().email_address([CANARY]).query(CANARY);
    assert!(!format!("{list:?}").contains(CANARY), "{list:?}");
    assert!(format!("{list:?}").contains("email_address"));
    let create = client
        .users()
        .create()
        .password(CANARY)
        .email_address([CANARY]);
    assert!(!format!("{create:?}").contains(CANARY));
    let stream = client.users().list().query(CANARY).stream();
    assert!(!format!("{stream:?}").contains(CANARY));
    let raw = client
        .request(http::Method::GET, ["users"])
        .query("email_address", CANARY);
    assert!(!format!("{raw:?}").contains(CANARY));
    let upload = Upload::bytes(vec![1]).file_name(CANARY);
    assert!(!format!("{upload:?}").contains(CANARY));
}

#[tokio::test]
async fn an_unexpected_part_of_an_error_does_not_lose_its_code() {
    let odd = [
        "[]".to_owned(),
        "7".to_owned(),
        "[[]]".to_owned(),
        "\"x\"".to_owned(),
        "1e400".to_owned(),
        "{\"n\":1e400}".to_owned(),
        format!("{}{}", "[".repeat(200), "]".repeat(200)),
        "\"\\ud83d\"".to_owned(),
    ];
    let good = r#"{"code":"resource_not_found","message":"m"}"#;
    for odd in odd {
        for body in [
            format!(r#"{{"errors":[{good}],"meta":{odd}}}"#),
            format!(r#"{{"errors":[{good}],"clerk_trace_id":{odd}}}"#),
            format!(r#"{{"errors":[{{"code":"resource_not_found","meta":{odd}}}]}}"#),
            format!(r#"{{"errors":[{{"code":"resource_not_found","long_message":{odd}}}]}}"#),
            format!(r#"{{"errors":[{{"code":"resource_not_found","message":{odd}}}]}}"#),
            format!(r#"{{"errors":[{odd},{good}]}}"#),
            format!(r#"{{"errors":{good},"meta":{odd}}}"#),
            format!(r#"{{"errors":[{good}],"unheard_of":{odd}}}"#),
        ] {
            let server = Server::start([answer_json(404, &body)]).await;
            let error = client(&server)
                .users()
                .get("user_1")
                .send()
                .await
                .unwrap_err();
            assert!(
                error.has_code(clerk_backend_api::ErrorCode::RESOURCE_NOT_FOUND),
                "{body}"
            );
            assert!(error.is_not_found());
        }
    }
}

fn refused(error: &Error) -> bool {
    matches!(error, Error::InvalidRequest(error) if error.reason() == InvalidRequestReason::InvalidBody)
}

#[tokio::test]
async fn numbers_that_json_lacks_are_refused_and_delete_no_key() {
    let server = Server::start([user()]).await;
    let client = client(&server);
    for number in [f64::NAN, f64::INFINITY] {
        let metadata = BTreeMap::from([("score", number)]);
        let merge = client
            .users()
            .update_metadata("user_1")
            .public_metadata(&metadata);
        assert!(refused(&merge.send().await.unwrap_err()));
        let create = client
            .users()
            .create()
            .unsafe_metadata(vec![Some(metadata.clone())]);
        assert!(refused(&create.send().await.unwrap_err()));
        let raw = client
            .request(http::Method::POST, ["users"])
            .json(&metadata);
        assert!(refused(&raw.send().await.unwrap_err()));
    }
    assert_eq!(server.count(), 0);
    // Null is sent as null.
    let merge = client
        .users()
        .update_metadata("user_1")
        .public_metadata(json!({ "score": null }));
    merge.send().await.unwrap();
    assert_eq!(
        server.seen()[0].body,
        br#"{"public_metadata":{"score":null}}"#
    );
}

#[tokio::test]
async fn line_breaks_in_a_file_name_stay_in_the_name() {
    for name in [
        "a\r\nX-Injected: 1\r\n\r\nb.png",
        "a\nb.png",
        "a\rb.png",
        "a\0b.png",
        "a\u{85}b.png",
    ] {
        let server = Server::start([user()]).await;
        let image = Upload::bytes(vec![0x89, b'P', b'N', b'G']).file_name(name);
        client(&server)
            .users()
            .set_profile_image("user_1", image)
            .send()
            .await
            .unwrap();
        let body = String::from_utf8_lossy(&server.seen()[0].body).into_owned();
        let head = body.split("\r\n\r\n").next().unwrap();
        let lines: Vec<_> = head
            .split(['\r', '\n'])
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(lines.len(), 3, "{head}");
        assert!(
            lines[1].starts_with("Content-Disposition: form-data;")
                && lines[1].contains("filename=\"a%"),
            "{head}"
        );
        assert!(
            head.chars()
                .all(|c| !c.is_control() || matches!(c, '\r' | '\n'))
        );
    }
}
