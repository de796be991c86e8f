//! The `adapter` module is sufficient to integrate another framework.
#![cfg(test)]

use clerk_core::SystemClock;
use clerk_emulator::Emulator;
use clerk_test_support::start::serves_without_keys;
use quickstart_demo::Instance;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use tokio::net::TcpListener;

struct Running {
    instance: Instance,
    origin: String,
    client: Client,
}

impl Running {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let instance = Instance::on_emulator(port, Emulator::builder(), SystemClock::default())
            .await
            .unwrap();
        tokio::spawn(hyper_service::serve(listener, instance.clerk()));
        Self {
            instance,
            origin: format!("http://127.0.0.1:{port}"),
            client: Client::builder().redirect(Policy::none()).build().unwrap(),
        }
    }

    async fn get(&self, path: &str, person: Option<&str>, accept: &str) -> Response {
        let mut request = self
            .client
            .get(format!("{}{path}", self.origin))
            .header("accept", accept);
        if let Some(person) = person {
            let emulator = self.instance.emulator().unwrap();
            let token = emulator
                .session_token(person)
                .organization("acme")
                .authorized_party(&self.origin)
                .mint();
            request = request.bearer_auth(token.unwrap());
        }
        request.send().await.unwrap()
    }
}

#[tokio::test]
async fn requests_are_authenticated_and_guarded() {
    let running = Running::start().await;
    let (ada, alan) = (Some("ada@example.com"), Some("alan@example.com"));
    for (path, person, status) in [
        ("/", None, 200),
        ("/", ada, 200),
        ("/me", None, 401),
        ("/me", alan, 200),
        ("/admin", None, 401),
        ("/admin", alan, 403),
        ("/admin", ada, 200),
        ("/nothing", ada, 404),
    ] {
        let answer = running.get(path, person, "application/json").await;
        assert_eq!(answer.status(), status, "{path} as {person:?}");
    }
}

#[tokio::test]
async fn a_browser_is_sent_through_a_handshake() {
    let running = Running::start().await;
    let answer = running.get("/me", None, "text/html").await;
    assert_eq!(answer.status(), 307);
    let location = answer.headers()["location"].to_str().unwrap();
    assert!(location.contains("/v1/client/handshake?"), "{location}");
    assert!(answer.headers().contains_key("set-cookie"));
}

#[tokio::test]
async fn a_refusal_is_answered_whole() {
    let running = Running::start().await;
    let answer = running.get("/admin", None, "application/json").await;
    assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("authentication_required")
    );
}

#[test]
fn it_starts_without_configuration() {
    let paths = [("/", 200), ("/me", 401), ("/admin", 401)];
    let program = env!("CARGO_BIN_EXE_hyper-service");
    let text = serves_without_keys(program, &[], "Authorization: Bearer", &paths);
    assert!(text.contains("serving http://"), "{text}");
}
