//! Redirects are returned and never followed, so that keys are sent only to the configured origin.

use http::Method;

use crate::{
    client,
    server::{Server, answer, user},
};

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Server::start([user(), user()]).await;
    for status in [300, 301, 302, 303, 307, 308] {
        for method in [Method::GET, Method::POST] {
            let location = format!("{}/v1/users", elsewhere.url());
            let server = Server::start([
                answer(status).header("location", &location),
                // A redirect to the same server would arrive here.
                user(),
            ])
            .await;
            let request = client(&server).request(method, ["users"]);
            let error = request.send().await.unwrap_err();
            assert_eq!(error.status().unwrap(), status);
            assert!(!error.is_retryable());
            assert_eq!(server.count(), 1, "{status}");
        }
        let server = Server::start([answer(status).header("location", "/v1/users"), user()]).await;
        let error = client(&server)
            .users()
            .get("user_1")
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.status().unwrap(), status);
        assert_eq!(server.count(), 1, "{status}");
    }
    assert_eq!(elsewhere.count(), 0);
}
