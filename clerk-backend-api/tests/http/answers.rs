//! Responses and errors in the forms that real servers and the gateways in front of them return.

use clerk_backend_api::{ApiError, ClerkClient, Error, ErrorCode, Optional as _, User};
use http::Method;
use serde_json::Value;

use crate::{
    client,
    server::{Answer, Server, answer, json, user},
};

async fn get(answer: Answer) -> Result<User, Error> {
    let server = Server::start([answer]).await;
    let client = client(&server);
    client.users().get("user_1").send().await
}

/// Returns the error response that a call received, and checks that it was sent only once.
async fn refusal(answer: Answer) -> ApiError {
    match get(answer).await {
        Err(Error::Api(error)) => *error,
        other => panic!("{other:?}"),
    }
}

const BAD_GATEWAY: &str =
    "<html><head><title>502 Bad Gateway</title></head><body><hr>cloudflare</body></html>";

#[tokio::test]
async fn a_standard_error_is_reported_completely() {
    let body = r#"{
        "errors": [
            { "code": "form_param_format_invalid", "message": "is invalid", "long_message": "Phone number is invalid.",
              "meta": { "param_name": "phone_number" } },
            { "code": "form_identifier_exists", "message": "is taken", "meta": { "session_id": "sess_1" } }
        ],
        "meta": { "plan": "free" },
        "clerk_trace_id": "trace_1"
    }"#;
    let error = refusal(json(422, body)).await;
    assert_eq!(error.status, 422);
    assert_eq!(error.trace_id.as_deref(), Some("trace_1"));
    assert_eq!(error.meta["plan"], "free");
    assert_eq!(error.body, body);
    assert_eq!(error.errors[0].code, ErrorCode::FORM_PARAM_FORMAT_INVALID);
    assert_eq!(error.errors[0].param_name(), Some("phone_number"));
    assert_eq!(error.errors[1].long_message, None);
    assert_eq!(error.errors[1].session_id(), Some("sess_1"));
    let text = error.to_string();
    for part in [
        "422",
        "form_param_format_invalid",
        "Phone number is invalid.",
        "trace_1",
    ] {
        assert!(text.contains(part), "{text}");
    }

    let error = get(json(422, body)).await.unwrap_err();
    assert_eq!(error.code().unwrap().as_str(), "form_param_format_invalid");
    assert!(error.has_code(ErrorCode::FORM_IDENTIFIER_EXISTS));
    assert!(!error.has_code(ErrorCode::RESOURCE_NOT_FOUND));
}

#[tokio::test]
async fn a_refusal_may_have_any_body() {
    // The format of the machine endpoints: neither meta nor trace ID.
    let error = refusal(json(
        404,
        r#"{ "errors": [{ "code": "c", "message": "m", "long_message": "l" }] }"#,
    ))
    .await;
    assert_eq!((error.errors.len(), error.trace_id), (1, None));

    for body in [
        "",
        "null",
        "[]",
        "{}",
        r#"{ "errors": [] }"#,
        r#"{ "errors": null }"#,
        r#"{ "errors": "none" }"#,
        r#"{ "errors": {} }"#,
        r#"{ "error": "invalid_request", "error_description": "of OAuth" }"#,
        r#""Unauthorized""#,
        "Unauthorized",
        "{ \"errors\": [{ \"code\": ",
        BAD_GATEWAY,
    ] {
        let error = refusal(json(401, body)).await;
        assert!(error.errors.is_empty(), "{body}");
        assert_eq!(error.body, body);
        assert!(error.to_string().contains("401"));
    }
    let error = refusal(answer(400).body([0xff, 0xfe, 0x00])).await;
    assert_eq!(error.body.as_ref(), [0xff, 0xfe, 0x00]);
}

#[tokio::test]
async fn each_part_of_a_refusal_may_be_null_or_missing() {
    let whole =
        r#"{ "code": "c", "message": "m", "long_message": "l", "meta": { "param_name": "p" } }"#;
    let whole: Value = serde_json::from_str(whole).unwrap();
    for key in ["code", "message", "long_message", "meta"] {
        let mut null = whole.clone();
        null[key] = Value::Null;
        let mut missing = whole.clone();
        missing.as_object_mut().unwrap().remove(key);
        for item in [null, missing] {
            let body = serde_json::json!({ "errors": [item, whole], "meta": null, "clerk_trace_id": null });
            let error = refusal(json(400, &body.to_string())).await;
            assert_eq!(error.errors.len(), 2, "{body}");
            assert_eq!(error.errors[1].code.as_str(), "c");
        }
    }
    // A part of the wrong type affects neither the rest nor the status.
    let body = r#"{ "errors": [{ "code": "c" }], "meta": [], "clerk_trace_id": 7 }"#;
    assert_eq!(refusal(json(400, body)).await.status, 400);
}

#[tokio::test]
async fn a_gateway_that_answers_html_is_an_api_error() {
    let server = Server::start(vec![
        answer(502)
            .header("content-type", "text/html")
            .body(BAD_GATEWAY);
        3
    ])
    .await;
    let error = client(&server)
        .users()
        .get("user_1")
        .send()
        .await
        .unwrap_err();
    let Error::Api(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!((error.status.as_u16(), server.count()), (502, 3));
    assert!(error.errors.is_empty());
    assert_eq!(error.body, BAD_GATEWAY);
    assert_eq!(error.headers["content-type"], "text/html");
    assert!(!error.to_string().contains("html"), "{error}");
}

#[tokio::test]
async fn a_successful_response_that_is_not_json_is_an_error() {
    let not_users = [
        answer(200)
            .header("content-type", "text/html")
            .body(BAD_GATEWAY),
        json(200, ""),
        json(200, "null"),
        json(200, "[]"),
        json(200, r#""user_1""#),
        json(200, r#"{ "id": "user_1" "#),
        json(200, "{}"),
        json(200, r#"{ "id": null }"#),
        answer(204),
        answer(202),
    ];
    for answer in not_users {
        match get(answer.clone()).await {
            Err(Error::Decode(error)) => {
                assert!(error.status.is_success());
                let error = Error::Decode(error);
                assert!(!error.is_retryable() && error.code().is_none());
            }
            other => panic!("{answer:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_unreadable_answer_is_kept_whole() {
    let body = r#"{ "object": "user", "name": "of a secret" }"#;
    let answer = json(200, body).header("clerk-trace-id", "trace_2");
    let Err(Error::Decode(error)) = get(answer).await else {
        panic!()
    };
    assert_eq!(error.body, body);
    assert_eq!(error.trace_id.as_deref(), Some("trace_2"));
    assert!(error.position().1 > 0);
    assert!(error.expected.contains("User"), "{}", error.expected);
    let text = format!("{error} {error:?}");
    assert!(!text.contains("of a secret"), "{text}");
}

#[tokio::test]
async fn the_declared_content_type_does_not_matter() {
    let body = r#"{ "id": "user_1" }"#;
    for content_type in [
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "text/plain",
        "APPLICATION/JSON",
        "nonsense",
    ] {
        let answer = answer(200).header("content-type", content_type).body(body);
        assert_eq!(get(answer).await.unwrap().id, "user_1", "{content_type}");
    }
    assert_eq!(get(answer(200).body(body)).await.unwrap().id, "user_1");
    let refused = answer(404)
        .header("content-type", "text/plain; charset=utf-8")
        .body(r#"{ "errors": [{ "code": "resource_not_found" }] }"#);
    assert_eq!(
        refusal(refused).await.errors[0].code,
        ErrorCode::RESOURCE_NOT_FOUND
    );
}

#[tokio::test]
async fn every_2xx_is_a_success() {
    for status in [200, 201, 202, 203, 206, 299] {
        assert_eq!(
            get(json(status, r#"{ "id": "user_1" }"#)).await.unwrap().id,
            "user_1",
            "{status}"
        );
    }
}

#[tokio::test]
async fn not_found_can_be_converted_to_none() {
    let found = get(user()).await.optional().unwrap();
    assert_eq!(found.unwrap().id, "user_1");
    assert!(get(json(404, "{}")).await.optional().unwrap().is_none());
    for status in [400, 401, 403, 410, 422] {
        let error = get(json(status, "{}")).await.optional().unwrap_err();
        assert!(!error.is_not_found());
    }
    // A response that cannot be read does not mean that the user does not exist.
    assert!(get(json(200, "{}")).await.optional().is_err());
}

#[tokio::test]
async fn the_trace_id_is_found_wherever_it_is() {
    async fn trace(answer: Answer) -> Option<String> {
        let server = Server::start([answer]).await;
        let client: ClerkClient = client(&server);
        match client.request(Method::GET, ["users"]).send().await {
            Ok(answer) => answer.trace_id(),
            Err(error) => error.trace_id().map(str::to_owned),
        }
    }
    let in_body = r#"{ "errors": [], "clerk_trace_id": "of_body" }"#;
    for status in [200, 422] {
        let both = json(status, "{}")
            .header("cf-ray", "of_network")
            .header("clerk-trace-id", "of_clerk");
        assert_eq!(trace(both).await.unwrap(), "of_clerk");
        let network = json(status, "{}").header("cf-ray", "of_network");
        assert_eq!(trace(network).await.unwrap(), "of_network");
        assert_eq!(trace(json(status, "{}")).await, None);
    }
    let all = json(422, in_body)
        .header("cf-ray", "of_network")
        .header("clerk-trace-id", "of_clerk");
    assert_eq!(trace(all).await.unwrap(), "of_body");
    let empty = json(422, r#"{ "clerk_trace_id": "" }"#).header("clerk-trace-id", "of_clerk");
    assert_eq!(trace(empty).await.unwrap(), "of_clerk");
}

#[tokio::test]
async fn a_long_refusal_is_cut() {
    let body = "x".repeat(1 << 20);
    let error = refusal(answer(400).body(&body)).await;
    assert_eq!(error.body.len(), 64 << 10);
}
