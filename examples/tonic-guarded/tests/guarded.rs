//! Calls with metadata, and the resulting gRPC statuses.
#![cfg(test)]

use clerk_core::SystemClock;
use clerk_emulator::Emulator;
use clerk_test_support::start::serves_without_keys;
use quickstart_demo::Instance;
use tokio::net::TcpListener;
use tonic::Code;
use tonic_guarded::Client;

const HELLO: &str = "/demo.Greeter/Hello";
const WHO_AM_I: &str = "/demo.Greeter/WhoAmI";
const CREATE: &str = "/demo.Invoices/Create";

struct Running {
    instance: Instance,
    address: String,
    client: Client,
}

impl Running {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let instance = Instance::on_emulator(port, Emulator::builder(), SystemClock::default())
            .await
            .unwrap();
        let address = format!("http://127.0.0.1:{port}");
        tokio::spawn(tonic_guarded::serve(listener, instance.clerk()));
        Self {
            instance,
            client: Client::new(address.clone()).unwrap(),
            address,
        }
    }

    fn emulator(&self) -> &Emulator {
        self.instance.emulator().unwrap()
    }

    fn token(&self, person: &str) -> String {
        self.emulator()
            .session_token(person)
            .organization("acme")
            .authorized_party(&self.address)
            .mint()
            .unwrap()
    }
}

#[tokio::test]
async fn callers_are_let_through_or_refused_with_a_status() {
    let running = Running::start().await;
    let (admin, member) = (
        running.token("ada@example.com"),
        running.token("alan@example.com"),
    );
    let expired = running
        .emulator()
        .session_token("ada@example.com")
        .authorized_party(&running.address)
        .expired()
        .mint()
        .unwrap();
    let key = running
        .emulator()
        .api_key("ada@example.com")
        .mint()
        .unwrap();
    let ada = running.emulator().user_id("ada@example.com").unwrap();
    for (method, token, expected) in [
        (HELLO, None, Ok("hello")),
        (HELLO, Some(&expired), Ok("hello")),
        (HELLO, Some(&admin), Ok("hello")),
        (WHO_AM_I, Some(&admin), Ok(ada.as_str())),
        (WHO_AM_I, None, Err(Code::Unauthenticated)),
        (WHO_AM_I, Some(&expired), Err(Code::Unauthenticated)),
        (WHO_AM_I, Some(&key), Err(Code::Unauthenticated)),
        (CREATE, Some(&admin), Ok("Invoice for tea")),
        (CREATE, Some(&member), Err(Code::PermissionDenied)),
        (CREATE, None, Err(Code::Unauthenticated)),
        (CREATE, Some(&expired), Err(Code::Unauthenticated)),
        (CREATE, Some(&key), Err(Code::Unauthenticated)),
        // Below the guard, all calls are refused alike, whether or not the method exists.
        ("/demo.Invoices/Nothing", None, Err(Code::Unauthenticated)),
        (
            "/demo.Invoices/Nothing",
            Some(&admin),
            Err(Code::Unimplemented),
        ),
    ] {
        let answer = running
            .client
            .call(method, "tea", token.map(String::as_str))
            .await;
        let answer = answer.as_deref().map_err(|status| status.code());
        assert_eq!(answer, expected, "{method}");
    }
}

#[tokio::test]
async fn a_call_that_cannot_be_judged_is_unavailable_and_a_public_one_is_not() {
    let running = Running::start().await;
    running.emulator().faults().stop_keys();
    let admin = running.token("ada@example.com");
    for (method, expected) in [
        (HELLO, Ok("hello")),
        (WHO_AM_I, Err(Code::Unavailable)),
        (CREATE, Err(Code::Unavailable)),
    ] {
        let answer = running.client.call(method, "tea", Some(&admin)).await;
        let answer = answer.as_deref().map_err(|status| status.code());
        assert_eq!(answer, expected, "{method}");
    }
    let refused = running.client.call(CREATE, "tea", None).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(refused.message(), "sign in, or send a valid token");
}

#[test]
fn it_starts_without_configuration_and_shows_which_calls_are_refused() {
    let program = env!("CARGO_BIN_EXE_tonic-guarded");
    let text = serves_without_keys(program, &[], "Create as an administrator", &[]);
    for (call, outcome) in [
        (
            "/demo.Greeter/WhoAmI as nobody",
            "authentication credentials",
        ),
        ("/demo.Invoices/Create as a member", "permission"),
        ("/demo.Invoices/Create as an administrator", "tea"),
    ] {
        let line = text.lines().find(|line| line.starts_with(call));
        assert!(
            line.unwrap_or_default().contains(outcome),
            "{call} in {text}"
        );
    }
}
