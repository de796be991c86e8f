//! Requests with a custom method and path.

use clerk_backend_api::{Error, InvalidRequestReason};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use crate::{
    builder, client,
    server::{self, Server, answer, user},
};

#[tokio::test]
async fn path_query_and_body_travel_as_given() {
    let server = Server::start([server::json(201, r#"{ "made": [1, 2.5] }"#)]).await;
    let answer = client(&server)
        .request(Method::POST, ["users", "a/b c?d#e%", "é+"])
        .query("phone", "+15555550100")
        .query("id", "a&b=c")
        .query("id", 7)
        .query("banned", false)
        .json(&json!({ "z": 1, "a": null, "text": "é" }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.json::<Value>().unwrap(), json!({ "made": [1, 2.5] }));
    assert_eq!(answer.headers()["content-type"], "application/json");
    let seen = &server.seen()[0];
    assert_eq!(
        seen.target,
        "/v1/users/a%2Fb%20c%3Fd%23e%25/%C3%A9%2B?phone=%2B15555550100&id=a%26b%3Dc&id=7&banned=false"
    );
    let body: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(body, json!({ "z": 1, "a": null, "text": "é" }));
    assert_eq!(seen.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_segment_that_leads_elsewhere_is_refused_unsent() {
    let server = Server::start([user()]).await;
    let client = client(&server);
    for (segment, reason) in [
        ("", InvalidRequestReason::EmptyPathSegment),
        ("..", InvalidRequestReason::DotPathSegment),
        ("%2e%2E", InvalidRequestReason::DotPathSegment),
        ("x/../y", InvalidRequestReason::DotPathSegment),
    ] {
        let raw = client
            .request(Method::DELETE, ["users", segment])
            .send()
            .await;
        let typed = client.users().get(segment).send().await;
        for error in [raw.unwrap_err(), typed.unwrap_err()] {
            match error {
                Error::InvalidRequest(error) => assert_eq!(error.reason(), reason),
                other => panic!("{segment}: {other:?}"),
            }
        }
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_segment_cannot_name_another_host() {
    let server = Server::start([user(), user()]).await;
    for segments in [
        ["/elsewhere.example", "x"],
        ["@elsewhere.example", "http://elsewhere.example"],
    ] {
        client(&server)
            .request(Method::GET, segments)
            .send()
            .await
            .unwrap();
    }
    let targets: Vec<_> = server.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(
        targets,
        [
            "/v1/%2Felsewhere.example/x",
            "/v1/%40elsewhere.example/http%3A%2F%2Felsewhere.example"
        ]
    );
}

#[tokio::test]
async fn the_version_segment_is_written_once_or_left_out() {
    for suffix in ["", "/", "/v1", "/v1/"] {
        let server = Server::start([user(), user()]).await;
        let client = builder(&server)
            .api_url(format!("{}{suffix}", server.url()))
            .build()
            .unwrap();
        client.request(Method::GET, ["jwks"]).send().await.unwrap();
        client
            .request(Method::GET, ["jwks"])
            .unversioned()
            .send()
            .await
            .unwrap();
        let targets: Vec<_> = server.seen().into_iter().map(|seen| seen.target).collect();
        assert_eq!(targets, ["/v1/jwks", "/jwks"], "{suffix}");
    }
    // A path before the version is kept, as for a proxy in front of the API.
    let server = Server::start([user()]).await;
    let url = format!("{}/clerk/v2", server.url());
    let client = builder(&server)
        .api_url(url)
        .api_version("v2")
        .build()
        .unwrap();
    client.request(Method::GET, ["jwks"]).send().await.unwrap();
    assert_eq!(server.seen()[0].target, "/clerk/v2/jwks");
}

#[tokio::test]
async fn a_call_without_body_says_so() {
    for method in [
        Method::GET,
        Method::POST,
        Method::PATCH,
        Method::PUT,
        Method::DELETE,
    ] {
        let server = Server::start([answer(204)]).await;
        let answer = client(&server)
            .request(method.clone(), ["users"])
            .send()
            .await
            .unwrap();
        assert!(answer.body().is_empty());
        let seen = &server.seen()[0];
        assert_eq!(seen.header("content-type"), None, "{method}");
        let length = (method != Method::GET).then_some("0");
        assert_eq!(seen.header("content-length"), length, "{method}");
    }
}

#[tokio::test]
async fn headers_of_client_and_call_reach_the_server() {
    let server = Server::start([user(), user()]).await;
    let name = |name| HeaderName::from_static(name);
    let value = |value| HeaderValue::from_static(value);
    let client = builder(&server)
        .app_info("shop", "1.2")
        .default_header(name("x-clerk-application"), value("app_1"))
        .default_header(name("x-tenant"), value("general"))
        .build()
        .unwrap();
    client.users().get("user_1").send().await.unwrap();
    client
        .request(Method::GET, ["users"])
        .header(name("x-tenant"), value("special"))
        .header(name("x-request-id"), value("r1"))
        .send()
        .await
        .unwrap();
    let seen = server.seen();
    let version = env!("CARGO_PKG_VERSION");
    for request in &seen {
        assert_eq!(request.header("clerk-api-version"), Some("2026-05-12"));
        assert_eq!(request.header("accept"), Some("application/json"));
        assert_eq!(request.header("x-clerk-application"), Some("app_1"));
        assert_eq!(
            request.header("x-clerk-sdk"),
            Some(format!("rust/{version}").as_str())
        );
        let agent = format!("clerk-backend-api-rust/{version} shop/1.2");
        assert_eq!(request.header("user-agent"), Some(agent.as_str()));
    }
    assert_eq!(seen[0].header("x-tenant"), Some("general"));
    assert_eq!(seen[1].header("x-tenant"), Some("special"));
    assert_eq!(seen[1].header("x-request-id"), Some("r1"));
}

#[tokio::test]
async fn an_http_client_of_the_application_is_used() {
    let server = Server::start([user()]).await;
    let mut headers = http::HeaderMap::new();
    headers.insert("x-of-the-application", HeaderValue::from_static("yes"));
    let http = reqwest::Client::builder()
        .default_headers(headers)
        .build()
        .unwrap();
    let client = builder(&server).http_client(http).build().unwrap();
    client.users().get("user_1").send().await.unwrap();
    assert_eq!(server.seen()[0].header("x-of-the-application"), Some("yes"));
}

#[tokio::test]
async fn concurrent_calls_do_not_interfere() {
    let server = Server::start(vec![user(); 40]).await;
    let client = client(&server);
    let calls: Vec<_> = (0..40)
        .map(|number| {
            let client = client.clone();
            let path = ["users".to_owned(), format!("user_{number}")];
            tokio::spawn(async move { client.request(http::Method::GET, path).send().await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let mut targets: Vec<_> = server.seen().into_iter().map(|seen| seen.target).collect();
    targets.sort();
    targets.dedup();
    assert_eq!(targets.len(), 40);
}

#[test]
fn the_api_url_loses_its_version_segment_and_nothing_else() {
    for (url, kept) in [
        ("https://v1", "https://v1"),
        ("https://v1/", "https://v1"),
        ("https://v1/v1", "https://v1"),
        ("https://api.v1", "https://api.v1"),
        ("https://api.example.com/v1", "https://api.example.com"),
        ("https://api.example.com/v1//", "https://api.example.com"),
        (
            "https://api.example.com/env1",
            "https://api.example.com/env1",
        ),
        (
            "https://api.example.com/clerk/v1/",
            "https://api.example.com/clerk",
        ),
        (
            "https://api.example.com:8443/v1",
            "https://api.example.com:8443",
        ),
        (" https://API.example.com ", "https://api.example.com"),
    ] {
        let client = clerk_backend_api::ClerkClient::builder()
            .secret_key("sk_test_x")
            .api_url(url)
            .build()
            .unwrap();
        let shown = format!("{client:?}");
        assert!(
            shown.contains(&format!("api_url: \"{kept}\"")),
            "{url}: {shown}"
        );
    }
    for url in [
        "",
        " ",
        "https://",
        "https:///",
        "https://a b",
        "https://api.exam\nple.com",
        "https://api.example.com\\v1",
        "https://api.example.com/?x=1",
        "https://api.example.com/#v1",
        "https://u@api.example.com",
        "api.example.com",
        "file:///v1",
        "https://api.example.com:99999",
        "https://api.example.com\t/v1",
    ] {
        let client = clerk_backend_api::ClerkClient::builder()
            .secret_key("sk_test_x")
            .api_url(url)
            .build();
        assert!(client.is_err(), "{url:?}");
    }
}

#[tokio::test]
async fn operations_beyond_the_document_are_sent_too() {
    let session = crate::server::json(200, r#"{ "id": "sess_1", "status": "active" }"#);
    let deleted = crate::server::json(200, r#"{ "id": "inv_1", "deleted": true }"#);
    let server = Server::start([session, deleted]).await;
    let client = client(&server);
    client
        .sessions()
        .verify("sess_1", "token")
        .send()
        .await
        .unwrap();
    let deleted = client.invitations().delete("inv_1").send().await.unwrap();
    assert!(deleted.deleted);
    let seen = server.seen();
    assert_eq!(
        (seen[0].method.as_str(), seen[0].target.as_str()),
        ("POST", "/v1/sessions/sess_1/verify")
    );
    assert_eq!(seen[0].body, br#"{"token":"token"}"#);
    assert_eq!(
        (seen[1].method.as_str(), seen[1].target.as_str()),
        ("DELETE", "/v1/invitations/inv_1")
    );
}
