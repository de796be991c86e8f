//! Signing up.

use std::time::Duration;

use clerk_emulator::{Requirement, SettingsSeed, SignUpMode};
use http::Method;
use serde_json::{Value, json};

use super::browser::{Browser, Judge, ORIGIN, id};
use super::sign_in::visit_provider;
use super::walk::{emulator, started};
use crate::caller::Caller;

const CREATE: &str = "/v1/client/sign_ups";
const ONE: &str = "/v1/client/sign_ups/{sign_up_id}";
const PREPARE: &str = "/v1/client/sign_ups/{sign_up_id}/prepare_verification";
const ATTEMPT: &str = "/v1/client/sign_ups/{sign_up_id}/attempt_verification";

/// Step by step: first the fields, then a code for each identifier.
pub(super) async fn codes(judge: &Judge) {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, judge).await;
    let form = [
        ("email_address", "joan+clerk_test@example.com"),
        ("first_name", ""),
    ];
    let begun = browser.post(CREATE, &[], &form).await;
    let sign_up = begun.response();
    assert_eq!(sign_up["status"], "missing_requirements");
    assert_eq!(sign_up["missing_fields"], json!(["password"]));
    assert_eq!(sign_up["unverified_fields"], json!(["email_address"]));
    let verification = &sign_up["verifications"]["email_address"];
    // A strategy would tell the browser that a code has been sent.
    assert_eq!(verification["strategy"], Value::Null);
    assert_eq!(verification["next_action"], "needs_prepare");
    let sign_up = id(sign_up);
    let form = [
        ("password", "bombe-machine"),
        ("phone_number", "+15555550123"),
        ("unsafe_metadata", "{\"hut\":8}"),
    ];
    let updated = browser.patch(ONE, &[&sign_up], &form).await;
    assert_eq!(updated.response()["missing_fields"], json!([]));
    browser.get(ONE, &[&sign_up]).await.response();
    for (strategy, rest) in [
        ("email_code", json!(["phone_number"])),
        ("phone_code", json!([])),
    ] {
        let prepared = browser
            .post(PREPARE, &[&sign_up], &[("strategy", strategy)])
            .await;
        prepared.response();
        let form = [("strategy", strategy), ("code", "000000")];
        let wrong = browser.post(ATTEMPT, &[&sign_up], &form).await;
        assert_eq!(wrong.code(), "form_code_incorrect");
        let form = [("strategy", strategy), ("code", "424242")];
        let right = browser.post(ATTEMPT, &[&sign_up], &form).await;
        assert_eq!(right.response()["unverified_fields"], rest);
    }
    let done = browser.get(ONE, &[&sign_up]).await.response().clone();
    assert_eq!(done["status"], "complete");
    browser
        .activate(done["created_session_id"].as_str().unwrap())
        .await;
    let client = browser.client().await;
    let user = &client["sessions"][0]["user"];
    assert_eq!(user["id"], done["created_user_id"]);
    assert_eq!(user["unsafe_metadata"], json!({ "hut": 8 }));
    assert_eq!(
        user["email_addresses"][0]["verification"]["strategy"],
        "email_code"
    );
    // The Backend API returns both.
    let caller = Caller::new(&emulator);
    let known = caller
        .call(Method::GET, &format!("/sign_ups/{sign_up}"), None)
        .await;
    assert_eq!(known.body["status"], "complete");
    let user = done["created_user_id"].as_str().unwrap();
    let known = caller
        .call(Method::GET, &format!("/users/{user}"), None)
        .await;
    assert_eq!(known.body["password_enabled"], true);

    let mut browser = Browser::new(&emulator, judge).await;
    let taken = browser
        .post(CREATE, &[], &[("email_address", "ada@example.com")])
        .await;
    assert_eq!(taken.code(), "form_identifier_exists");
}

/// Invited people need no code.
pub(super) async fn invitation(judge: &Judge) {
    let emulator = started(SettingsSeed::new().sign_up_mode(SignUpMode::Restricted)).await;
    let caller = Caller::new(&emulator);
    let invite = json!({
        "email_address": "joan@example.com",
        "redirect_url": format!("{ORIGIN}/sign-up"),
        "public_metadata": { "hut": 8 },
    });
    let made = caller
        .call(Method::POST, "/invitations", Some(&invite))
        .await;
    let mail = emulator.inbox("joan@example.com").pop().unwrap();
    assert_eq!(mail.kind(), "invitation");
    assert_eq!(mail.link(), made.body["url"].as_str());
    let ticket = made.body["url"]
        .as_str()
        .unwrap()
        .split_once("ticket=")
        .unwrap()
        .1
        .to_owned();
    let mut browser = Browser::new(&emulator, judge).await;
    let sent = browser
        .get(&format!("/v1/tickets/accept?ticket={ticket}"), &[])
        .await;
    assert!(
        sent.location()
            .query()
            .unwrap()
            .contains("__clerk_status=sign_up")
    );
    let form = [
        ("email_address", "x@example.com"),
        ("password", "bombe-machine"),
    ];
    let refused = browser.post(CREATE, &[], &form).await;
    assert_eq!(refused.code(), "sign_up_mode_restricted");
    let form = [
        ("strategy", "ticket"),
        ("ticket", ticket.as_str()),
        ("password", "bombe-machine"),
    ];
    let done = browser.post(CREATE, &[], &form).await;
    assert_eq!(done.response()["status"], "complete", "{}", done.body);
    assert_eq!(done.response()["public_metadata"], json!({ "hut": 8 }));
    let mut browser = Browser::new(&emulator, judge).await;
    let again = browser.post(CREATE, &[], &form).await;
    assert_eq!(again.code(), "invitation_already_accepted");
    let id = id(&made.body);
    let listed = caller
        .call(Method::GET, "/invitations?status=accepted", None)
        .await;
    assert_eq!(listed.body[0]["id"], id.as_str());
}

pub(super) async fn provider(judge: &Judge) {
    let emulator = emulator().await;
    let back = format!("{ORIGIN}/sign-up#/sso-callback");
    let form = [
        ("strategy", "oauth_google"),
        ("redirect_url", back.as_str()),
    ];
    let mut browser = Browser::new(&emulator, judge).await;
    let begun = browser.post(CREATE, &[], &form).await;
    let verification = begun.response()["verifications"]["external_account"].clone();
    visit_provider(
        &emulator,
        &mut browser,
        &verification,
        "email_address=joan@example.com",
    )
    .await;
    let client = browser.client().await;
    assert_eq!(client["sign_up"]["status"], "complete");

    // People who already have an account are signed in instead.
    let mut browser = Browser::new(&emulator, judge).await;
    let begun = browser.post(CREATE, &[], &form).await;
    let verification = begun.response()["verifications"]["external_account"].clone();
    visit_provider(&emulator, &mut browser, &verification, "as=ada@example.com").await;
    let client = browser.client().await;
    let verification = &client["sign_up"]["verifications"]["external_account"];
    assert_eq!(verification["status"], "transferable");
    assert_eq!(verification["error"]["code"], "external_account_exists");
    let done = browser
        .post("/v1/client/sign_ins", &[], &[("transfer", "true")])
        .await;
    assert_eq!(done.response()["status"], "complete");
}

/// Who may sign up, and the error codes for those who may not.
#[tokio::test]
async fn restrictions() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    for identifier in ["*@blocked.example.com", "bad@example.com"] {
        let entry = json!({ "identifier": identifier });
        caller
            .call(Method::POST, "/blocklist_identifiers", Some(&entry))
            .await;
    }
    let restrictions = json!({
        "blocklist": true,
        "block_email_subaddresses": true,
        "block_disposable_email_domains": true,
    });
    let set = caller
        .call(Method::PATCH, "/instance/restrictions", Some(&restrictions))
        .await;
    assert!(set.status.is_success(), "{}", set.body);
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    for (address, refused) in [
        ("bad@example.com", true),
        ("BAD@example.com", true),
        ("anybody@blocked.example.com", true),
        ("joan+spam@example.com", true),
        ("joan@mailinator.com", true),
        ("joan+clerk_test@example.com", false),
        ("joan@example.com", false),
    ] {
        let answer = browser
            .post(CREATE, &[], &[("email_address", address)])
            .await;
        let code = if refused { "not_allowed_access" } else { "" };
        assert_eq!(answer.code(), code, "{address}");
    }
    let entry = json!({ "identifier": "bad@example.com" });
    caller
        .call(Method::POST, "/allowlist_identifiers", Some(&entry))
        .await;
    let restrictions = json!({ "allowlist": true });
    caller
        .call(Method::PATCH, "/instance/restrictions", Some(&restrictions))
        .await;
    for (address, refused) in [("bad@example.com", false), ("joan@example.com", true)] {
        let answer = browser
            .post(CREATE, &[], &[("email_address", address)])
            .await;
        assert_eq!(answer.code() == "not_allowed_access", refused, "{address}");
    }
}

/// An application with a waitlist is open to whoever is invited from it.
#[tokio::test]
async fn who_waits_signs_up_when_invited() {
    let emulator = started(SettingsSeed::new().sign_up_mode(SignUpMode::Waitlist)).await;
    let caller = Caller::new(&emulator);
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    let joan = [("email_address", "joan@example.com")];
    let refused = browser.post(CREATE, &[], &joan).await;
    assert_eq!(refused.code(), "sign_up_restricted_waitlist");

    let mut entries = Vec::new();
    for address in ["joan@example.com", "peter@example.com", "hugh@example.com"] {
        let form = [("email_address", address)];
        let joined = browser.post("/v1/waitlist", &[], &form).await;
        entries.push(joined.body["id"].as_str().unwrap().to_owned());
        emulator.advance_clock(Duration::from_secs(1));
    }
    for entry in [&entries[1], &entries[0]] {
        let path = format!("/waitlist_entries/{entry}/invite");
        let invited = caller.call(Method::POST, &path, Some(&json!({}))).await;
        assert_eq!(invited.body["status"], "invited");
        emulator.advance_clock(Duration::from_secs(1));
    }
    let listed = caller
        .call(Method::GET, "/waitlist_entries?order_by=invited_at", None)
        .await;
    let listed = listed.body["data"].as_array().unwrap().clone();
    let addresses: Vec<_> = listed.iter().map(|one| &one["email_address"]).collect();
    let expected = ["peter@example.com", "joan@example.com", "hugh@example.com"];
    assert_eq!(addresses, expected, "who is not invited comes last");

    let mails = emulator.inbox("joan@example.com");
    let link = mails.iter().find_map(|one| one.link()).unwrap();
    let (_, ticket) = link.split_once("ticket=").unwrap();
    let form = [
        ("strategy", "ticket"),
        ("ticket", ticket),
        ("password", "bombe-machine"),
    ];
    let done = browser.post(CREATE, &[], &form).await;
    assert_eq!(done.response()["status"], "complete", "{}", done.body);
    let completed = "/waitlist_entries?status=completed";
    let completed = caller.call(Method::GET, completed, None).await;
    assert_eq!(completed.body["total_count"], 1);
    assert_eq!(completed.body["data"][0]["id"], entries[0].as_str());
    let path = format!("/waitlist_entries/{}", entries[0]);
    let refused = caller.call(Method::DELETE, &path, None).await;
    assert_eq!(refused.code(), "waitlist_entry_already_completed");
}

/// The settings determine which fields are required.
#[tokio::test]
async fn required_and_optional_fields() {
    let settings = SettingsSeed::new()
        .username(Requirement::Required)
        .last_name(Requirement::Required)
        .phone_number(Requirement::Off)
        .password(Requirement::Optional)
        .legal_consent(true);
    let emulator = started(settings).await;
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    let form = [
        ("email_address", "joan+clerk_test@example.com"),
        ("username", "joan"),
    ];
    let begun = browser.post(CREATE, &[], &form).await;
    let sign_up = begun.response();
    assert_eq!(
        sign_up["required_fields"],
        json!(["email_address", "username", "last_name", "legal_accepted"])
    );
    assert_eq!(
        sign_up["optional_fields"],
        json!(["password", "first_name"])
    );
    assert_eq!(
        sign_up["missing_fields"],
        json!(["last_name", "legal_accepted"])
    );
    let sign_up = id(sign_up);
    let form = [("last_name", "Clarke"), ("legal_accepted", "true")];
    browser.patch(ONE, &[&sign_up], &form).await.response();
    browser
        .post(PREPARE, &[&sign_up], &[("strategy", "email_code")])
        .await
        .response();
    let form = [("strategy", "email_code"), ("code", "424242")];
    let done = browser.post(ATTEMPT, &[&sign_up], &form).await;
    assert_eq!(done.response()["status"], "complete");
    let closed = browser
        .patch(ONE, &[&sign_up], &[("last_name", "Murray")])
        .await;
    assert_eq!(closed.code(), "sign_up_cannot_be_updated");
    let environment = browser.get("/v1/environment", &[]).await.body;
    let attributes = &environment["user_settings"]["attributes"];
    assert_eq!(attributes["username"]["required"], true);
    assert_eq!(attributes["phone_number"]["enabled"], false);
}
