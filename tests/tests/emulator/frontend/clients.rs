//! The tokens by which production browsers and native applications are recognized, and when they change.

use std::time::Duration;

use clerk_emulator::{Emulator, SettingsSeed, UserSeed};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::browser::{Browser, Judge, id};
use super::enterprise::{assertion, connect};
use crate::caller::Caller;

const ADA: (&str, &str) = ("ada@example.com", "analytical-engine");
const GRACE: (&str, &str) = ("grace@example.com", "nanoseconds-matter");
const LATER: Duration = Duration::from_secs(31);

async fn production() -> Emulator {
    Emulator::builder()
        .user(UserSeed::new(ADA.0).password(ADA.1))
        .user(UserSeed::new(GRACE.0).password(GRACE.1))
        .settings(SettingsSeed::new().multiple_sessions(true))
        .production()
        .start()
        .await
        .unwrap()
}

/// What happens while a browser makes no request leaves it signed in.
#[tokio::test]
async fn a_client_keeps_its_token_until_it_gets_the_next_one() {
    let emulator = production().await;
    let caller = Caller::new(&emulator);
    let judge = Judge::default();
    for mut browser in [
        Browser::production(&emulator, &judge),
        Browser::native(&emulator, &judge),
    ] {
        let ada = browser.sign_in(ADA.0, ADA.1).await;
        let grace = browser.sign_in(GRACE.0, GRACE.1).await;
        let old = browser.cookie("__client").map(str::to_owned);
        let path = format!("/sessions/{ada}/revoke");
        let revoked = caller.call(Method::POST, &path, Some(&json!({}))).await;
        assert_eq!(revoked.status, StatusCode::OK);
        emulator.advance_clock(LATER);
        let tokens = "/v1/client/sessions/{session_id}/tokens";
        let token = browser.post(tokens, &[&grace], &[]).await;
        assert!(token.body["jwt"].is_string(), "{}", token.body);

        // Now it has the next one, and the old one ends.
        emulator.advance_clock(LATER);
        let client = browser.client().await;
        assert_eq!(client["sessions"].as_array().unwrap().len(), 1, "{client}");
        if let Some(old) = old {
            assert_ne!(browser.cookie("__client"), Some(old.as_str()));
            let stale = seen_with(&emulator, &old).await;
            assert_eq!(stale["response"], Value::Null);
        }
        let end = "/v1/client/sessions/{session_id}/end";
        browser.post(end, &[&grace], &[]).await;
    }
}

/// Returns what a production browser with this cookie sees.
async fn seen_with(emulator: &Emulator, cookie: &str) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client
        .get(format!("{}/v1/client", emulator.url()))
        .header("cookie", format!("__client={cookie}"))
        .send()
        .await
        .unwrap();
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// A read delivers the next token, too.
#[tokio::test]
async fn the_next_token_is_delivered_by_any_answer() {
    let emulator = production().await;
    let mut browser = Browser::production(&emulator, &Judge::default());
    let ada = browser.sign_in(ADA.0, ADA.1).await;
    browser.sign_in(GRACE.0, GRACE.1).await;
    let old = browser.cookie("__client").unwrap().to_owned();
    let path = format!("/sessions/{ada}/revoke");
    let caller = Caller::new(&emulator);
    caller.call(Method::POST, &path, Some(&json!({}))).await;
    browser.client().await;
    assert_ne!(browser.cookie("__client"), Some(old.as_str()));
    emulator.advance_clock(LATER);
    assert_eq!(seen_with(&emulator, &old).await["response"], Value::Null);
}

#[tokio::test]
async fn a_production_browser_forgets_a_client_that_was_removed() {
    let emulator = production().await;
    let mut browser = Browser::production(&emulator, &Judge::default());
    browser.sign_in(ADA.0, ADA.1).await;
    assert_ne!(browser.cookie("__client_uat"), Some("0"));
    browser.delete("/v1/client", &[]).await;
    assert_eq!(browser.cookie("__client"), Some(""));
    assert_eq!(browser.cookie("__client_uat"), Some("0"));
    assert_eq!(browser.client().await, Value::Null);
}

/// Whoever an identity provider or the primary domain sends is recognized in the next request.
#[tokio::test]
async fn a_production_browser_that_is_sent_here_gets_its_client() {
    let emulator = production().await;
    let more = json!({ "allow_idp_initiated": true });
    let connection = connect(&emulator, "open.com", "saml_custom", more).await;
    let saml = id(&connection["saml_connection"]);
    let mut browser = Browser::production(&emulator, &Judge::default());
    let response = assertion(&[("mail", "eve@open.com")]);
    let fields = [
        ("SAMLResponse", response.as_str()),
        ("RelayState", "http://localhost:3000/home"),
    ];
    let path = "/v1/saml/acs/{saml_connection_id}";
    browser.post(path, &[&saml], &fields).await.location();
    let client = browser.client().await;
    assert_eq!(client["sessions"][0]["status"], "active", "{client}");

    let sync = "/v1/client/sync?redirect_url=http://localhost:4000/&link_domain=localhost";
    let next = browser.get(sync, &[]).await.location();
    let mut satellite = Browser::production(&emulator, &Judge::default());
    let path = format!("/v1/client/link?{}", next.query().unwrap());
    satellite.get(&path, &[]).await.location();
    let linked = satellite.client().await;
    assert_eq!(linked["id"], client["id"]);
}

/// The emulator's pages recognize a production browser as its Frontend API does.
#[tokio::test]
async fn the_pages_know_a_production_browser() {
    let emulator = production().await;
    let mut browser = Browser::production(&emulator, &Judge::default());
    browser.sign_in(ADA.0, ADA.1).await;
    let cookie = format!("__client={}", browser.cookie("__client").unwrap());
    let (page, _) = open(&emulator, "/device", &cookie).await;
    assert_eq!(page, StatusCode::OK);
    let (_, html) = open(&emulator, "/sign-in", &cookie).await;
    assert!(html.contains("Signed in as"), "{html}");
    let (page, _) = open(&emulator, "/device", "__client=another").await;
    assert_eq!(page, StatusCode::SEE_OTHER);
}

/// Opens a page of the emulator, and does not follow redirects.
pub(super) async fn open(emulator: &Emulator, path: &str, cookie: &str) -> (StatusCode, String) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = client
        .get(format!("{}{path}", emulator.url()))
        .header("cookie", cookie)
        .send()
        .await
        .unwrap();
    (answer.status(), answer.text().await.unwrap())
}

/// Cookies are shared between ports: an instance in development leaves those of another alone.
#[tokio::test]
async fn only_production_removes_the_cookie_of_a_client() {
    let development = super::walk::emulator().await;
    let production = production().await;
    for (emulator, removes) in [(&development, false), (&production, true)] {
        let answer = reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .get(format!("{}/v1/billing/plans", emulator.frontend_api_url()))
            .header("cookie", "__client=another")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers().contains_key("set-cookie"), removes);
    }
}
