//! Observers of writes are notified of each request that the server may have received, before its caller knows the
//! outcome.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use clerk_backend_api::{ClerkClient, Retry};
use http::Method;

use crate::{
    SECRET, builder, client,
    server::{Act, Server, json, user},
};

/// A client, and what its observers were notified of.
fn observed(client: &ClerkClient) -> (ClerkClient, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    let client = client.on_write(move |method, path| {
        log.lock().unwrap().push(format!("{method} {path}"));
    });
    (client, told)
}

#[tokio::test]
async fn observers_are_notified_of_writes_however_they_end_but_not_of_reads() {
    let refused = json(422, r#"{ "errors": [] }"#);
    let server = Server::start([
        user().into(),
        user().into(),
        refused.into(),
        Act::Hangup,
        Act::Silence,
        Act::Silence,
    ])
    .await;
    let plain = builder(&server).retry(Retry::none()).build().unwrap();
    let (client, told) = observed(&plain);
    let take = || std::mem::take(&mut *told.lock().unwrap());

    client.users().get("user_1").send().await.unwrap();
    assert!(take().is_empty());
    client.users().ban("user_1").send().await.unwrap();
    assert_eq!(take(), ["POST /users/user_1/ban"]);
    client.users().delete("user 1").send().await.unwrap_err();
    assert_eq!(take(), ["DELETE /users/user%201"]);
    let raw = client.request(Method::PATCH, ["users", "user_1"]);
    raw.send().await.unwrap_err();
    assert_eq!(take(), ["PATCH /users/user_1"]);
    let short = Duration::from_millis(60);
    let call = client.users().lock("user_1").timeout(short);
    call.send().await.unwrap_err();
    assert_eq!(take(), ["POST /users/user_1/lock"]);
    // Dropped before any response arrived.
    let call = client.users().unlock("user_1").send();
    tokio::time::timeout(short, call).await.unwrap_err();
    assert_eq!(take(), ["POST /users/user_1/unlock"]);
    // A request that cannot be sent changes nothing.
    client.users().delete("..").send().await.unwrap_err();
    assert!(take().is_empty());
}

#[tokio::test]
async fn every_observer_is_notified_and_the_original_client_has_none() {
    let server = Server::start(vec![user(); 2]).await;
    let plain = client(&server);
    let (one, told_one) = observed(&plain);
    let (two, told_two) = observed(&one);
    plain.users().ban("user_1").send().await.unwrap();
    assert!(told_one.lock().unwrap().is_empty());
    two.users().ban("user_1").send().await.unwrap();
    assert_eq!(told_one.lock().unwrap().len(), 1);
    assert_eq!(told_two.lock().unwrap().len(), 1);
    assert_eq!(two.api_url(), server.url());
    assert_eq!(two.expose_secret_key(), Some(SECRET));
    assert!(!format!("{two:?}").contains(SECRET));
}
