//! What the server of an application sets or does, as browsers and mailboxes see it.

use std::time::Duration;

use clerk_emulator::{Emulator, SettingsSeed, UserSeed};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::browser::{Browser, Judge, ORIGIN, id};
use super::profile::register_passkey;
use super::walk::started;
use crate::caller::Caller;
use crate::webhooks::{Receiver, SECRET};

const ADA: (&str, &str) = ("ada@example.com", "analytical-engine");

async fn call(caller: &Caller, method: Method, path: &str, body: Value) -> Value {
    let answer = caller.call(method, path, Some(&body)).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.body);
    answer.body
}

/// Returns the kinds of the messages to an address or a number.
fn messages(emulator: &Emulator, to: &str) -> Vec<String> {
    let messages = emulator.inbox(to);
    messages.iter().map(|one| one.kind().to_owned()).collect()
}

#[tokio::test]
async fn the_environment_shows_the_settings() {
    let emulator = started(SettingsSeed::new()).await;
    let caller = Caller::new(&emulator);
    let judge = Judge::beside_workspace();
    let mut browser = Browser::new(&emulator, &judge).await;
    for (body, place, was, is) in [
        (
            json!({ "hibp": false }),
            "/user_settings/password_settings/disable_hibp",
            false,
            true,
        ),
        (
            json!({ "url_based_session_syncing": false }),
            "/auth_config/url_based_session_syncing",
            true,
            false,
        ),
        (
            json!({ "cookieless_dev": true }),
            "/auth_config/url_based_session_syncing",
            false,
            true,
        ),
        (
            json!({ "cookieless_dev": true, "url_based_session_syncing": false }),
            "/auth_config/cookieless_dev",
            true,
            false,
        ),
    ] {
        for (expected, change) in [(was, Some(&body)), (is, None)] {
            let shown = browser.get("/v1/environment", &[]).await.body;
            assert_eq!(shown.pointer(place), Some(&json!(expected)), "{body}");
            if let Some(body) = change {
                let changed = caller.call(Method::PATCH, "/instance", Some(body)).await;
                assert_eq!(changed.status, StatusCode::NO_CONTENT);
            }
        }
    }
    let origin = json!({ "development_origin": "http://localhost:5173" });
    caller.call(Method::PATCH, "/instance", Some(&origin)).await;
    let domains = call(&caller, Method::GET, "/domains", Value::Null).await;
    assert_eq!(
        domains["data"][0]["development_origin"],
        "http://localhost:5173"
    );
    judge.verdict();
}

#[tokio::test]
async fn the_environment_lists_the_providers_that_the_application_added() {
    let settings = SettingsSeed::new().social(["google", "custom_acme"]);
    let emulator = started(settings).await;
    // The document has no such names, but the SDK's components look for them.
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    let environment = browser.get("/v1/environment", &[]).await.body;
    let social = &environment["user_settings"]["social"];
    for (strategy, on) in [
        ("oauth_google", true),
        ("oauth_github", false),
        ("oauth_custom_acme", true),
    ] {
        assert_eq!(social[strategy]["enabled"], on, "{strategy}");
    }
    assert_eq!(social["oauth_custom_acme"]["name"], "Acme");
}

#[tokio::test]
async fn emails_come_from_the_sender_that_was_set() {
    let receiver = Receiver::start().await;
    let emulator = Emulator::builder()
        .webhook(receiver.url(), SECRET)
        .user(UserSeed::new(ADA.0).password(ADA.1))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    let form = [("identifier", ADA.0), ("strategy", "email_code")];
    for body in [json!({}), json!({ "from_email_address": "hello" })] {
        let path = "/beta_features/instance_settings";
        call(&caller, Method::PATCH, path, body).await;
        let begun = browser.post("/v1/client/sign_ins", &[], &form).await;
        begun.response();
    }
    emulator.settle().await;
    let events = receiver.payloads();
    let emails = events.iter().filter(|one| one["type"] == "email.created");
    let senders: Vec<&Value> = emails.map(|one| &one["data"]["from_email_name"]).collect();
    assert_eq!(senders, ["noreply", "hello"]);
}

#[tokio::test]
async fn servers_see_where_a_session_is_used() {
    let emulator = started(SettingsSeed::new()).await;
    let caller = Caller::new(&emulator);
    let mut ada = Browser::new(&emulator, &Judge::default()).await;
    let session = ada.sign_in(ADA.0, ADA.1).await;
    let own = ada.get("/v1/me/sessions/active", &[]).await;
    let path = format!("/sessions/{session}");
    let shown = call(&caller, Method::GET, &path, Value::Null).await;
    assert_eq!(shown["latest_activity"]["object"], "session_activity");
    assert_eq!(shown["latest_activity"], own.body[0]["latest_activity"]);
}

#[tokio::test]
async fn the_server_tells_whose_passkey_it_removes_and_whose_number_it_allows() {
    let emulator = started(SettingsSeed::new().passkeys(true)).await;
    let caller = Caller::new(&emulator);
    let ada = emulator.user_id(ADA.0).unwrap();
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    browser.sign_in(ADA.0, ADA.1).await;
    let (passkey, _) = register_passkey(&mut browser).await;
    let path = format!("/users/{ada}/passkeys/{passkey}");
    call(&caller, Method::DELETE, &path, Value::Null).await;
    assert_eq!(
        messages(&emulator, ADA.0),
        ["passkey_added", "passkey_removed"]
    );

    for (identifier, notify, told) in [
        ("+15555550166", true, 1),
        ("+15555550167", false, 0),
        ("eve@example.com", true, 1),
        ("*@example.org", true, 0),
    ] {
        let body = json!({ "identifier": identifier, "notify": notify });
        call(&caller, Method::POST, "/allowlist_identifiers", body).await;
        let messages = emulator.inbox(identifier);
        assert_eq!(messages.len(), told, "{identifier}");
        assert!(messages.iter().all(|one| one.link().is_some()));
    }
}

#[tokio::test]
async fn only_countries_are_blocked() {
    let emulator = started(SettingsSeed::new()).await;
    let caller = Caller::new(&emulator);
    let path = "/instance/communication";
    let body = json!({ "blocked_country_codes": ["DE", "ZZ", "AQ"] });
    let set = call(&caller, Method::PATCH, path, body).await;
    assert_eq!(set["blocked_country_codes"], json!(["DE", "AQ"]));
    let body = json!({ "blocked_country_codes": ["DE", "DE"] });
    let twice = caller.call(Method::PATCH, path, Some(&body)).await;
    assert_eq!(twice.code(), "form_param_value_invalid");
}

#[tokio::test]
async fn a_link_of_somebody_who_was_banned_fails_where_the_application_sees_it() {
    let emulator = started(SettingsSeed::new().email_links(true)).await;
    let caller = Caller::new(&emulator);
    let ada = emulator.user_id(ADA.0).unwrap();
    let judge = Judge::beside_workspace();
    let mut browser = Browser::new(&emulator, &judge).await;
    let back = format!("{ORIGIN}/verify");
    let form = [
        ("identifier", ADA.0),
        ("strategy", "email_link"),
        ("redirect_url", back.as_str()),
    ];
    let begun = browser.post("/v1/client/sign_ins", &[], &form).await;
    let sign_in = id(begun.response());
    let mails = emulator.inbox(ADA.0);
    let link = mails.last().and_then(|mail| mail.link()).unwrap();
    let (_, token) = link.split_once("token=").unwrap();
    let ban = format!("/users/{ada}/ban");
    call(&caller, Method::POST, &ban, Value::Null).await;
    let opened = browser.get(&format!("/v1/verify?token={token}"), &[]).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER);
    let query = opened.location().query().unwrap().to_owned();
    assert_eq!(query, "__clerk_status=failed");

    // What is abandoned is not returned.
    let one = "/v1/client/sign_ins/{sign_in_id}";
    let shown = browser.get(one, &[&sign_in]).await;
    assert_eq!(shown.response()["status"], "needs_first_factor");
    emulator.advance_clock(Duration::from_secs(2 * 24 * 60 * 60));
    let gone = browser.get(one, &[&sign_in]).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    judge.verdict();
}
