//! Which key is sent with which request, and that keys appear nowhere else.

use std::error::Error as _;

use clerk_backend_api::{
    ClerkClient, Error, InvalidRequestReason, MachineSecretKey, RequestOptions, SecretKey,
};
use http::{HeaderValue, Method, header};

use crate::{
    SECRET, builder, client, nobody,
    server::{Act, Server, answer, json, user},
};

const MACHINE_SECRET: &str = "ak_planted_bWFjaGluZQ";
const OTHER_SECRET: &str = "sk_live_planted_b3RoZXI";

fn keys_seen(server: &Server) -> Vec<Option<String>> {
    let key = |seen: crate::server::Seen| seen.header("authorization").map(str::to_owned);
    server.seen().into_iter().map(key).collect()
}

fn bearer(key: &str) -> Option<String> {
    Some(format!("Bearer {key}"))
}

#[tokio::test]
async fn a_call_may_have_a_key_of_its_own() {
    let server = Server::start(vec![user(); 6]).await;
    let client = builder(&server)
        .machine_secret_key(MACHINE_SECRET)
        .build()
        .unwrap();
    let call = || client.request(Method::GET, ["users"]);
    call().send().await.unwrap();
    call().secret_key(OTHER_SECRET).send().await.unwrap();
    call()
        .machine_secret_key(MACHINE_SECRET)
        .send()
        .await
        .unwrap();
    call()
        .with(RequestOptions::new().secret_key(OTHER_SECRET))
        .send()
        .await
        .unwrap();
    call().unauthenticated().send().await.unwrap();
    // The next call has the client's key again.
    call().send().await.unwrap();
    assert_eq!(
        keys_seen(&server),
        [
            bearer(SECRET),
            bearer(OTHER_SECRET),
            bearer(MACHINE_SECRET),
            bearer(OTHER_SECRET),
            None,
            bearer(SECRET)
        ]
    );
}

#[tokio::test]
async fn an_authorization_header_of_the_call_replaces_the_key() {
    let server = Server::start([user()]).await;
    let own = HeaderValue::from_static("Bearer of_the_call");
    let call = client(&server).request(Method::GET, ["users"]);
    call.header(header::AUTHORIZATION, own)
        .send()
        .await
        .unwrap();
    assert_eq!(keys_seen(&server), [bearer("of_the_call")]);
}

#[tokio::test]
async fn without_a_key_nothing_is_sent() {
    let server = Server::start([user()]).await;
    let keyless = ClerkClient::builder()
        .api_url(server.url())
        .build()
        .unwrap();
    for error in [
        keyless.users().get("user_1").send().await.unwrap_err(),
        keyless
            .request(Method::GET, ["users"])
            .send()
            .await
            .unwrap_err(),
        client(&server)
            .request(Method::GET, ["users"])
            .secret_key("")
            .send()
            .await
            .unwrap_err(),
    ] {
        match error {
            Error::InvalidRequest(error) => {
                assert_eq!(error.reason(), InvalidRequestReason::MissingSecretKey);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(server.count(), 0);
    keyless
        .request(Method::GET, ["users"])
        .unauthenticated()
        .send()
        .await
        .unwrap();
    assert_eq!(keys_seen(&server), [None]);
}

/// Everything that can be printed of an error: its own representations and those of its causes.
fn printed(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn no_error_shows_a_secret() {
    let (refused, _socket) = nobody();
    let scripts: Vec<Vec<Act>> = vec![
        vec![json(422, r#"{ "errors": [{ "code": "c" }] }"#).into()],
        vec![
            answer(301)
                .header("location", "https://elsewhere.example/")
                .into(),
        ],
        vec![json(200, r#"{ "password": "planted_password" }"#).into()],
        vec![Act::Hangup],
        vec![Act::Cut(user(), 5)],
        vec![Act::Silence],
    ];
    let mut errors = Vec::new();
    for script in scripts {
        let server = Server::start(script).await;
        let client = builder(&server)
            .timeout(std::time::Duration::from_millis(800))
            .build()
            .unwrap();
        errors.push(failing_call(&client, "users").await);
    }
    let client = ClerkClient::builder()
        .secret_key(SECRET)
        .api_url(refused)
        .retry(crate::at_once());
    let client = client.build().unwrap();
    errors.push(failing_call(&client, "users").await);
    errors.push(failing_call(&client, "..").await);
    let kinds: Vec<_> = errors.iter().map(std::mem::discriminant).collect();
    let distinct: std::collections::HashSet<_> = kinds.iter().collect();
    assert_eq!(
        distinct.len(),
        5,
        "every kind of error is among them: {errors:?}"
    );
    for error in &errors {
        let text = printed(error);
        for planted in ["planted", "ada@example.com"] {
            assert!(!text.contains(planted), "{text}");
        }
    }
}

/// A call with a secret in its key, its query and its body.
async fn failing_call(client: &ClerkClient, segment: &str) -> Error {
    let call = client
        .request(Method::POST, [segment])
        .query("email_address", "ada@example.com")
        .json(&serde_json::json!({ "password": "planted_password" }));
    match call.send().await {
        Ok(answer) => answer.json::<Vec<String>>().unwrap_err(),
        Err(error) => error,
    }
}

#[test]
fn no_debug_output_shows_a_secret() {
    let builder = ClerkClient::builder()
        .secret_key(SECRET)
        .machine_secret_key(MACHINE_SECRET)
        .default_header(
            header::AUTHORIZATION,
            HeaderValue::from_static("Bearer planted_default"),
        );
    let client = builder.clone().build().unwrap();
    let options = RequestOptions::new()
        .secret_key(OTHER_SECRET)
        .machine_secret_key(MACHINE_SECRET)
        .header(
            header::AUTHORIZATION,
            HeaderValue::from_static("Bearer planted_option"),
        )
        .header(
            header::COOKIE,
            HeaderValue::from_static("__session=planted_cookie"),
        );
    let request = client
        .request(Method::POST, ["users"])
        .with(options.clone())
        .json(&serde_json::json!({ "password": "planted_password" }));
    let printed = format!(
        "{builder:?} {client:?} {options:?} {request:?} {:?} {:?}",
        SecretKey::from(SECRET),
        MachineSecretKey::from(MACHINE_SECRET)
    );
    assert!(!printed.contains("planted"), "{printed}");
}

#[test]
fn an_unusable_key_is_refused_unprinted() {
    for key in ["", "planted\nkey", "planted\u{0}"] {
        let error = ClerkClient::new(key).unwrap_err();
        assert!(!printed(&error).contains("planted"), "{error:?}");
        let error = ClerkClient::builder()
            .machine_secret_key(key)
            .build()
            .unwrap_err();
        assert!(!printed(&error).contains("planted"), "{error:?}");
        assert!(error.source().is_none());
    }
    let url = "http://user:planted@example.com";
    let error = ClerkClient::builder().api_url(url).build().unwrap_err();
    assert!(!printed(&error).contains("planted"), "{error:?}");
}

#[tokio::test]
async fn an_unusable_key_of_a_call_is_refused_unsent() {
    let server = Server::start([user()]).await;
    let call = client(&server)
        .request(Method::GET, ["users"])
        .secret_key("planted\r\nx: y");
    let error = call.send().await.unwrap_err();
    assert!(matches!(error, Error::InvalidRequest(_)), "{error:?}");
    assert!(!printed(&error).contains("planted"), "{error:?}");
    assert_eq!(server.count(), 0);
}

#[test]
fn keys_are_never_sent_unencrypted() {
    for url in [
        "http://api.example.com",
        "http://192.168.1.1",
        "ftp://localhost",
        "localhost:80",
        "//x",
        "",
    ] {
        assert!(
            ClerkClient::builder()
                .secret_key(SECRET)
                .api_url(url)
                .build()
                .is_err(),
            "{url}"
        );
    }
    for url in [
        "https://api.example.com",
        "http://localhost:1",
        "http://127.0.0.1:1",
        "http://[::1]:1",
    ] {
        assert!(
            ClerkClient::builder()
                .secret_key(SECRET)
                .api_url(url)
                .build()
                .is_ok(),
            "{url}"
        );
    }
    let allowed = ClerkClient::builder()
        .api_url("http://clerk.internal")
        .dangerous_allow_http();
    assert!(allowed.build().is_ok());
}
