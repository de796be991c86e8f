//! Who may have an account: the allowlist, the blocklist and the rejected kinds of addresses.

use clerk_emulator::{Emulator, OrganizationSeed, UserSeed};
use http::Method;
use serde_json::{Value, json};

use crate::caller::{Answer, Caller};

async fn post(caller: &Caller, path: &str, body: Value) -> Answer {
    caller.call(Method::POST, path, Some(&body)).await
}

/// Creates or invites a person in every possible way.
async fn attempts(caller: &Caller, address: &str) -> Vec<(u16, String)> {
    let mut answers = Vec::new();
    for (path, body) in [
        (
            "/users",
            json!({ "email_address": [address], "skip_password_requirement": true }),
        ),
        (
            "/invitations",
            json!({ "email_address": address, "ignore_existing": true }),
        ),
        (
            "/invitations/bulk",
            json!([{ "email_address": address, "ignore_existing": true }]),
        ),
        (
            "/organizations/acme/invitations",
            json!({ "email_address": address, "role": "org:member" }),
        ),
    ] {
        let answer = post(caller, path, body).await;
        answers.push((answer.status.as_u16(), answer.code().to_owned()));
    }
    answers
}

async fn emulator(restrictions: Value) -> (Emulator, Caller) {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .organization(OrganizationSeed::new("Acme", "acme"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let set = caller
        .call(Method::PATCH, "/instance/restrictions", Some(&restrictions))
        .await;
    assert_eq!(set.status, 200, "{}", set.body);
    (emulator, caller)
}

fn assert_all(answers: &[(u16, String)], status: u16, code: &str) {
    for answer in answers {
        assert_eq!(*answer, (status, code.to_owned()), "{answers:?}");
    }
}

#[tokio::test]
async fn addresses_off_the_allowlist_cannot_be_created_or_invited() {
    let (_emulator, caller) = emulator(json!({ "allowlist": true })).await;
    assert_all(
        &attempts(&caller, "eve@evil.com").await,
        403,
        "not_allowed_access",
    );
    for identifier in ["*@good.com", "bob@example.com", "+15555550123"] {
        let added = post(
            &caller,
            "/allowlist_identifiers",
            json!({ "identifier": identifier }),
        )
        .await;
        assert_eq!(added.status, 200, "{}", added.body);
    }
    assert_all(&attempts(&caller, "Eve@Good.com").await[..1], 200, "");
    assert_all(&attempts(&caller, "bob@example.com").await[..1], 200, "");
    let phone =
        |number: &str| json!({ "phone_number": [number], "skip_password_requirement": true });
    assert_eq!(
        post(&caller, "/users", phone("+15555550123")).await.status,
        200
    );
    assert_eq!(
        post(&caller, "/users", phone("+15555550124")).await.status,
        403
    );
    let named = json!({ "username": "somebody", "skip_password_requirement": true });
    assert_eq!(post(&caller, "/users", named).await.status, 403);
}

#[tokio::test]
async fn addresses_on_the_blocklist_cannot_be_created_or_invited() {
    let (_emulator, caller) = emulator(json!({ "blocklist": true })).await;
    for identifier in ["eve@evil.com", "*@spam.com"] {
        post(
            &caller,
            "/blocklist_identifiers",
            json!({ "identifier": identifier }),
        )
        .await;
    }
    for address in ["EVE@evil.com", "any@spam.com"] {
        assert_all(&attempts(&caller, address).await, 403, "not_allowed_access");
    }
    assert_all(&attempts(&caller, "bob@evil.com").await[..1], 200, "");
}

#[tokio::test]
async fn disabled_lists_reject_no_one() {
    let (_emulator, caller) = emulator(json!({})).await;
    post(
        &caller,
        "/blocklist_identifiers",
        json!({ "identifier": "eve@evil.com" }),
    )
    .await;
    assert_all(&attempts(&caller, "eve@evil.com").await[..1], 200, "");
}

#[tokio::test]
async fn subaddresses_and_disposable_domains_can_be_blocked() {
    let on = json!({ "block_email_subaddresses": true, "block_disposable_email_domains": true });
    let (_emulator, caller) = emulator(on).await;
    for address in ["bob+1@example.com", "bob@mailinator.com"] {
        assert_all(&attempts(&caller, address).await, 403, "not_allowed_access");
    }
    for address in ["bob@example.com", "bob+clerk_test@example.com"] {
        assert_all(&attempts(&caller, address).await[..1], 200, "");
    }
}

#[tokio::test]
async fn an_allowlisted_address_can_be_invited_at_once() {
    let (_emulator, caller) = emulator(json!({ "allowlist": true })).await;
    let body = json!({ "identifier": "bob@example.com", "notify": true });
    let entry = post(&caller, "/allowlist_identifiers", body).await.body;
    let invitations = caller.call(Method::GET, "/invitations", None).await.body;
    assert_eq!(invitations[0]["id"], entry["invitation_id"]);
    assert_eq!(invitations[0]["email_address"], "bob@example.com");
}

/// What `PATCH /instance` changes is what pages and people meet then.
#[tokio::test]
async fn settings_of_the_instance_have_their_effect() {
    let (emulator, caller) = emulator(json!({})).await;
    let change = async |body: Value| caller.call(Method::PATCH, "/instance", Some(&body)).await;
    for (body, param) in [
        (
            json!({ "allowed_origins": ["localhost"] }),
            "allowed_origins",
        ),
        (
            json!({ "allowed_origins": ["https://app.test/"] }),
            "allowed_origins",
        ),
        (
            json!({ "allowed_origins": ["https://app.test?a"] }),
            "allowed_origins",
        ),
        (
            json!({ "allowed_origins": ["https://me@app.test"] }),
            "allowed_origins",
        ),
        (json!({ "allowed_origins": ["*"] }), "allowed_origins"),
        (json!({ "support_email": "help" }), "support_email"),
    ] {
        let refused = change(body.clone()).await;
        assert_eq!(refused.status, 422, "{body}");
        assert_eq!(refused.code(), "form_param_format_invalid", "{body}");
        assert_eq!(refused.param(), param, "{body}");
    }

    let weak = json!({ "email_address": ["weak@example.com"], "password": "password123" });
    let refused = caller.call(Method::POST, "/users", Some(&weak)).await;
    assert_eq!(refused.code(), "form_password_pwned");

    let changed = change(json!({
        "allowed_origins": ["capacitor://localhost", "chrome-extension://abcdefgh"],
        "support_email": "help@example.com",
        "clerk_js_version": "6",
        "hibp": false,
    }))
    .await;
    assert_eq!(changed.status, 204);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for origin in ["capacitor://localhost", "chrome-extension://abcdefgh"] {
        let url = format!("{}/v1/environment", emulator.url());
        let answer = client
            .get(url)
            .header("origin", origin)
            .send()
            .await
            .unwrap();
        let environment: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let display = &environment["display_config"];
        assert_eq!(display["support_email"], "help@example.com");
        assert_eq!(display["clerk_js_version"], "6");
    }
    let created = caller.call(Method::POST, "/users", Some(&weak)).await;
    assert_eq!(created.status, 200, "{}", created.body);
}
