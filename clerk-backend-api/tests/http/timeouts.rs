//! Responses that take too long.

use std::time::Duration;

use clerk_backend_api::{Error, RequestOptions, Retry};
use http::Method;

use crate::{
    builder, client,
    server::{Act, Server, user},
};

/// For responses that never arrive.
const SHORT: Duration = Duration::from_millis(60);

/// For cases where something else must happen first, even on a busy machine.
const AMPLE: Duration = Duration::from_millis(800);

#[tokio::test]
async fn silence_and_a_slow_body_are_timeouts() {
    for slow in [Act::Silence, Act::Stall(user(), 0), Act::Stall(user(), 10)] {
        for (method, count) in [(Method::GET, 3), (Method::POST, 1)] {
            let server = Server::start(vec![slow.clone(); 4]).await;
            let client = builder(&server).timeout(SHORT).build().unwrap();
            let error = client.request(method, ["users"]).send().await.unwrap_err();
            assert!(error.is_retryable() && error.status().is_none());
            match error {
                Error::Timeout(error) => assert!(error.is_connected()),
                other => panic!("{slow:?}: {other:?}"),
            }
            assert_eq!(server.count(), count, "{slow:?}");
        }
    }
}

#[tokio::test]
async fn each_attempt_has_its_own_time() {
    let server = Server::start([Act::Silence, user().into()]).await;
    let client = builder(&server).timeout(AMPLE).build().unwrap();
    let user = client.users().get("user_1").send().await.unwrap();
    assert_eq!((user.id.as_str(), server.count()), ("user_1", 2));
}

#[tokio::test]
async fn a_call_may_have_a_time_of_its_own() {
    let server = Server::start([Act::Silence, Act::Silence]).await;
    let client = client(&server);
    let call = || client.request(Method::GET, ["users"]).retry(Retry::none());
    let error = call().timeout(SHORT).send().await.unwrap_err();
    assert!(matches!(error, Error::Timeout(_)), "{error:?}");
    let options = RequestOptions::new().timeout(SHORT);
    let error = call().with(options).send().await.unwrap_err();
    assert!(matches!(error, Error::Timeout(_)), "{error:?}");
}

#[tokio::test]
async fn a_refusal_whose_body_never_ends_is_still_a_refusal() {
    let refusal = crate::server::json(422, r#"{ "errors": [] }"#);
    let server = Server::start([Act::Stall(refusal, 3)]).await;
    let client = builder(&server).timeout(AMPLE).build().unwrap();
    let error = client.users().get("user_1").send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 422);
    assert_eq!(server.count(), 1);
}
