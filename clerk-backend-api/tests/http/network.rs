//! Certificates, proxies, gateways and runtimes.

use std::process::{Command, Output};

use clerk_backend_api::{ClerkClient, Error, InvalidRequestReason};

use crate::{
    SECRET, client, nobody,
    server::{Server, answer, user},
};

/// Runs an otherwise ignored test of this program in its own environment.
async fn in_environment(test: &'static str, variables: Vec<(&'static str, String)>) -> Output {
    let run = move || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--ignored", "--nocapture"])
            .envs(variables)
            .output()
            .unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn passed(output: &Output) -> bool {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("running 1 test"), "{text}");
    output.status.success()
}

fn no_certificates() -> Vec<(&'static str, String)> {
    let nowhere = || "/nonexistent/certificates".to_owned();
    vec![("SSL_CERT_FILE", nowhere()), ("SSL_CERT_DIR", nowhere())]
}

#[tokio::test]
async fn loopback_needs_no_certificates() {
    let server = Server::start([user()]).await;
    let mut variables = no_certificates();
    variables.push(("TEST_API_URL", server.url()));
    let output = in_environment("network::child_asks_for_a_user", variables).await;
    assert!(passed(&output), "{output:?}");
    assert_eq!(server.count(), 1);
}

// Other systems keep their certificates elsewhere.
#[cfg(all(target_os = "linux", not(feature = "webpki-roots")))]
#[tokio::test]
async fn without_certificates_the_error_names_the_cure() {
    let output = in_environment("network::child_builds_for_https", no_certificates()).await;
    assert!(!passed(&output), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr);
    for cure in ["ca-certificates", "SSL_CERT_FILE", "webpki-roots"] {
        assert!(text.contains(cure), "{text}");
    }
    assert!(!text.contains("CLERK_API_URL"));
}

#[cfg(feature = "webpki-roots")]
#[tokio::test]
async fn certificates_compiled_in_stand_in_for_missing_ones() {
    let output = in_environment("network::child_builds_for_https", no_certificates()).await;
    assert!(passed(&output), "{output:?}");
}

#[tokio::test]
async fn loopback_never_takes_a_proxy() {
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        let server = Server::start([user()]).await;
        let proxy = Server::start([user()]).await;
        let variables = vec![(variable, proxy.url()), ("TEST_API_URL", server.url())];
        let output = in_environment("network::child_asks_for_a_user", variables).await;
        assert!(passed(&output), "{output:?}");
        assert_eq!((server.count(), proxy.count()), (1, 0), "{variable}");
    }
}

#[tokio::test]
async fn other_hosts_take_the_proxy_of_the_environment() {
    let proxy = Server::start([answer(502)]).await;
    let variables = vec![
        ("HTTPS_PROXY", proxy.url()),
        ("TEST_API_URL", "https://api.clerk.invalid".to_owned()),
    ];
    let output = in_environment("network::child_asks_for_a_user", variables).await;
    assert!(!passed(&output));
    let seen = &proxy.seen()[0];
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str()),
        ("CONNECT", "api.clerk.invalid:443")
    );
    assert_eq!(seen.header("authorization"), None);
}

#[tokio::test]
#[ignore = "runs in an environment that another test sets up"]
async fn child_asks_for_a_user() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the other test passes the address"
    )]
    let url = std::env::var("TEST_API_URL").unwrap();
    let client = ClerkClient::builder()
        .secret_key(SECRET)
        .api_url(url)
        .retry(clerk_backend_api::Retry::none());
    client
        .build()
        .unwrap()
        .users()
        .get("user_1")
        .send()
        .await
        .unwrap();
}

#[test]
#[ignore = "runs in an environment that another test sets up"]
fn child_builds_for_https() {
    if let Err(error) = ClerkClient::new(SECRET) {
        panic!("{error}");
    }
}

#[tokio::test]
async fn requests_that_gateways_did_not_forward_are_retried() {
    for status in [
        408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529, 530,
    ] {
        let server = Server::start([answer(status), user()]).await;
        client(&server).users().get("user_1").send().await.unwrap();
        assert_eq!(server.count(), 2, "{status}");
        // A call that may have had an effect is not repeated unless it is marked as repeatable.
        let server = Server::start([answer(status), user()]).await;
        let error = client(&server).users().create().send().await.unwrap_err();
        assert_eq!(
            (error.status().unwrap().as_u16(), server.count()),
            (status, 1)
        );
        assert!(error.is_retryable());
        let server = Server::start([answer(status), user()]).await;
        client(&server)
            .users()
            .create()
            .repeatable()
            .send()
            .await
            .unwrap();
        assert_eq!(server.count(), 2, "{status}");
    }
    for status in [400, 404, 409, 418, 422, 501, 505, 525, 526] {
        let server = Server::start([answer(status), user()]).await;
        client(&server)
            .users()
            .get("user_1")
            .send()
            .await
            .unwrap_err();
        assert_eq!(server.count(), 1, "{status}");
    }
}

#[test]
fn outside_of_a_runtime_a_call_is_an_error_and_no_panic() {
    let (url, _socket) = nobody();
    let client = ClerkClient::builder()
        .secret_key(SECRET)
        .api_url(url)
        .build()
        .unwrap();
    let mut call = Box::pin(client.users().get("user_1").send());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match call.as_mut().poll(&mut context) {
        std::task::Poll::Ready(Err(Error::InvalidRequest(error))) => {
            assert_eq!(error.reason(), InvalidRequestReason::NoRuntime);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn questions_about_an_error() {
    for (status, unauthorized, forbidden) in
        [(401, true, false), (403, false, true), (404, false, false)]
    {
        let server = Server::start([answer(status)]).await;
        let error = client(&server)
            .users()
            .get("user_1")
            .send()
            .await
            .unwrap_err();
        assert_eq!(
            (error.is_unauthorized(), error.is_forbidden()),
            (unauthorized, forbidden)
        );
        assert!(!error.is_timeout());
    }
    let server = Server::start([crate::server::Act::Silence]).await;
    let call = client(&server)
        .users()
        .get("user_1")
        .retry(clerk_backend_api::Retry::none());
    let error = call
        .timeout(std::time::Duration::from_millis(20))
        .send()
        .await
        .unwrap_err();
    assert!(error.is_timeout());
}
