//! Which failures are retried, and when.

use std::time::{Duration, SystemTime};

use clerk_backend_api::{Error, RawRequest, RawResponse, Retry};
use http::Method;

use crate::{
    at_once, builder, client,
    server::{Act, Server, answer, json, user},
};

/// Sends one call to a server with this script. Returns the outcome and the number of requests.
async fn outcome<A: Into<Act>>(
    method: Method,
    script: impl IntoIterator<Item = A>,
    prepare: impl FnOnce(RawRequest) -> RawRequest,
) -> (Result<RawResponse, Error>, usize) {
    let server = Server::start(script).await;
    let request = client(&server).request(method.clone(), ["users", "user_1"]);
    let request = if method == Method::GET {
        request
    } else {
        request.json(&serde_json::json!({ "first_name": "Ada" }))
    };
    let outcome = prepare(request).send().await;
    let seen = server.seen();
    for request in &seen {
        assert_eq!(request.method, method.as_str());
        assert_eq!(request.target, "/v1/users/user_1");
        assert_eq!(request.body, seen[0].body, "a retry changed its body");
    }
    (outcome, seen.len())
}

fn same(request: RawRequest) -> RawRequest {
    request
}

const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

fn is_repeatable(method: &Method) -> bool {
    !matches!(*method, Method::POST | Method::PATCH)
}

#[tokio::test]
async fn a_refusal_by_the_rate_limit_is_repeated_whatever_the_method() {
    for method in METHODS {
        let (outcome, count) = outcome(method, [answer(429), user()], same).await;
        assert_eq!(outcome.unwrap().status(), 200);
        assert_eq!(count, 2);
    }
}

#[tokio::test]
async fn server_errors_are_repeated_only_where_that_is_harmless() {
    for status in [500, 502, 503, 504] {
        for method in METHODS {
            let repeatable = is_repeatable(&method);
            let (result, count) = outcome(method.clone(), [answer(status), user()], same).await;
            assert_eq!(result.is_ok(), repeatable, "{method} {status}");
            assert_eq!(count, if repeatable { 2 } else { 1 }, "{method} {status}");
            if let Err(error) = result {
                assert_eq!(error.status().unwrap(), status);
                assert!(error.is_retryable());
            }
        }
        let declared = RawRequest::repeatable;
        let (result, count) = outcome(Method::POST, [answer(status), user()], declared).await;
        assert!(result.is_ok() && count == 2, "{status}");
    }
}

#[tokio::test]
async fn final_answers_are_not_repeated() {
    for status in [400, 401, 402, 403, 404, 409, 410, 413, 422, 423, 501] {
        let (result, count) = outcome(Method::GET, [answer(status), user()], same).await;
        let error = result.unwrap_err();
        assert_eq!(error.status().unwrap(), status);
        assert!(!error.is_retryable());
        assert_eq!(count, 1, "{status}");
    }
}

#[tokio::test]
async fn retries_end() {
    let many = || std::iter::repeat_n(answer(503), 9);
    let (result, count) = outcome(Method::GET, many(), same).await;
    assert_eq!(result.unwrap_err().status().unwrap(), 503);
    assert_eq!(count, 3);

    let (result, count) = outcome(Method::GET, many(), |call| call.retry(Retry::none())).await;
    assert!(result.is_err() && count == 1);

    let five = |call: RawRequest| call.retry(at_once().max_retries(5));
    let (result, count) = outcome(Method::GET, many(), five).await;
    assert!(result.is_err() && count == 6);
}

#[tokio::test]
async fn no_attempt_starts_beyond_the_budget() {
    let asked = || json(429, "{}").header("retry-after", "2");
    let poor = |call: RawRequest| call.retry(at_once().budget(Duration::from_secs(1)));
    let (result, count) = outcome(Method::GET, [asked(), user()], poor).await;
    assert_eq!(
        result.unwrap_err().retry_after(),
        Some(Duration::from_secs(2))
    );
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_long_retry_after_is_handed_on_at_once() {
    let asked = json(429, "{}").header("retry-after", "2400");
    let (result, count) = outcome(Method::POST, [asked, user()], same).await;
    let error = result.unwrap_err();
    assert!(error.is_rate_limited() && error.is_retryable());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(2400)));
    assert_eq!(count, 1);

    let patient = Retry::default().max_retry_after(Duration::from_secs(1));
    let asked = json(503, "{}").header("retry-after", "2");
    let (result, count) = outcome(Method::GET, [asked, user()], |call| call.retry(patient)).await;
    assert_eq!(
        result.unwrap_err().retry_after(),
        Some(Duration::from_secs(2))
    );
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_date_as_retry_after_is_understood() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the header is relative to the wall clock"
    )]
    let now = SystemTime::now();
    let past = httpdate::fmt_http_date(now - Duration::from_secs(60));
    let asked = json(429, "{}").header("retry-after", &past);
    let (result, count) = outcome(Method::POST, [asked, user()], same).await;
    assert!(result.is_ok() && count == 2);

    let future = httpdate::fmt_http_date(now + Duration::from_secs(3600));
    let asked = json(429, "{}").header("retry-after", &future);
    let (result, count) = outcome(Method::POST, [asked, user()], same).await;
    let left = result.unwrap_err().retry_after().unwrap();
    assert!(
        left <= Duration::from_secs(3600) && left > Duration::from_secs(1800),
        "{left:?}"
    );
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_retry_after_that_makes_no_sense_is_ignored() {
    for nonsense in [
        "soon",
        "-5",
        "1.5",
        "",
        "99999999999999999999",
        "Thu, 99 Foo 2026 00:00:00 GMT",
    ] {
        let asked = || json(429, "{}").header("retry-after", nonsense);
        let (result, count) = outcome(Method::GET, [asked(), user()], same).await;
        assert!(result.is_ok() && count == 2, "{nonsense}");
        let once = |call: RawRequest| call.retry(Retry::none());
        let (result, _) = outcome(Method::GET, [asked()], once).await;
        assert_eq!(result.unwrap_err().retry_after(), None, "{nonsense}");
    }
}

#[tokio::test]
async fn a_lost_connection_is_repeated_only_where_that_is_harmless() {
    for broken in [Act::Hangup, Act::Cut(user(), 10), Act::Cut(user(), 0)] {
        for method in METHODS {
            let repeatable = is_repeatable(&method);
            let script = [broken.clone(), user().into()];
            let (result, count) = outcome(method.clone(), script, same).await;
            assert_eq!(count, if repeatable { 2 } else { 1 }, "{method} {broken:?}");
            match result {
                Ok(answer) => assert!(repeatable && answer.status() == 200),
                Err(Error::Transport(error)) => assert!(!repeatable && error.is_connected()),
                Err(other) => panic!("{method} {broken:?}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_stays_one_when_its_body_is_cut() {
    let refusal = json(404, r#"{ "errors": [{ "code": "resource_not_found" }] }"#);
    let (result, count) = outcome(Method::GET, [Act::Cut(refusal, 12)], same).await;
    let error = result.unwrap_err();
    assert!(error.is_not_found() && error.code().is_none(), "{error:?}");
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_dropped_call_leaves_the_client_usable() {
    let server = Server::start([Act::Silence]).await;
    let client = builder(&server).build().unwrap();
    let mut call = Box::pin(client.users().get("user_1").send());
    // Polled until the server has received the request, then dropped.
    while server.count() == 0 {
        tokio::select! {
            biased;
            outcome = &mut call => panic!("{outcome:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(call);
    server.then(user());
    assert_eq!(
        client.users().get("user_1").send().await.unwrap().id,
        "user_1"
    );
}
