//! What an operation causes elsewhere: for the invited, the next user of a client, other sessions, and those who are told.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_emulator::{Emulator, SettingsSeed};
use http::Method;
use serde_json::{Value, json};

use super::browser::{Browser, Judge, ORIGIN, id};
use super::sign_in::visit_provider;
use super::walk::{emulator, started};
use crate::caller::Caller;

const SIGN_IN: &str = "/v1/client/sign_ins";
const SIGN_UP: &str = "/v1/client/sign_ups";
const ADA: (&str, &str) = ("ada@example.com", "analytical-engine");
const GRACE: (&str, &str) = ("grace@example.com", "nanoseconds-matter");

/// Asks the Backend API, which must agree.
async fn ask(caller: &Caller, method: Method, path: &str, body: Value) -> Value {
    let answer = caller.call(method, path, Some(&body)).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.body);
    answer.body
}

async fn list(caller: &Caller, path: &str) -> Value {
    let answer = caller.call(Method::GET, path, None).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.body);
    answer.body
}

async fn browser(emulator: &Emulator) -> Browser {
    Browser::new(emulator, &Judge::default()).await
}

/// Returns the kinds of the mails to an address.
fn mails(emulator: &Emulator, address: &str) -> Vec<String> {
    let mails = emulator.inbox(address);
    mails.iter().map(|one| one.kind().to_owned()).collect()
}

/// Signs somebody up with a code from the inbox.
async fn sign_up(emulator: &Emulator, address: &str) -> Browser {
    let mut browser = browser(emulator).await;
    let form = [("email_address", address), ("password", "bombe-machine")];
    let begun = browser.post(SIGN_UP, &[], &form).await;
    let attempt = id(begun.response());
    let prepare = format!("{SIGN_UP}/{{sign_up_id}}/prepare_verification");
    let form = [("strategy", "email_code")];
    browser.post(&prepare, &[&attempt], &form).await.response();
    let mails = emulator.inbox(address);
    let code = mails.iter().find_map(|one| one.code()).unwrap();
    let attempt_it = format!("{SIGN_UP}/{{sign_up_id}}/attempt_verification");
    let form = [("strategy", "email_code"), ("code", code)];
    let done = browser.post(&attempt_it, &[&attempt], &form).await;
    let session = done.response()["created_session_id"].as_str().unwrap();
    browser.activate(session).await;
    browser
}

#[tokio::test]
async fn an_invitation_signs_a_person_in_who_has_an_account() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let acme = emulator.organization_id("acme").unwrap();
    let members = format!("/organizations/{acme}/memberships");
    let invite = async || {
        let body = json!({
            "email_address": GRACE.0,
            "role": "org:member",
            "redirect_url": format!("{ORIGIN}/join"),
        });
        let path = format!("/organizations/{acme}/invitations");
        let made = ask(&caller, Method::POST, &path, body).await;
        let url = made["url"].as_str().unwrap().to_owned();
        url.split_once("ticket=").unwrap().1.to_owned()
    };
    let open = async |browser: &mut Browser, ticket: &str| {
        let path = format!("/v1/tickets/accept?ticket={ticket}");
        browser.get(&path, &[]).await.location().to_string()
    };

    let ticket = invite().await;
    let mut grace = browser(&emulator).await;
    let sent = open(&mut grace, &ticket).await;
    assert!(sent.contains("__clerk_status=sign_in"), "{sent}");
    let form = [("strategy", "ticket"), ("ticket", ticket.as_str())];
    let done = grace.post(SIGN_IN, &[], &form).await;
    assert_eq!(done.response()["status"], "complete", "{}", done.body);
    assert_eq!(list(&caller, &members).await["total_count"], 2);
    let mut again = browser(&emulator).await;
    let used = again.post(SIGN_IN, &[], &form).await;
    assert_eq!(used.code(), "organization_invitation_already_accepted");

    // Who is signed in already has nothing more to do.
    let user = emulator.user_id(GRACE.0).unwrap();
    let path = format!("{members}/{user}");
    let left = caller.call(Method::DELETE, &path, None).await;
    assert_eq!(left.status, 200);
    let ticket = invite().await;
    let session = done.response()["created_session_id"].as_str().unwrap();
    grace.activate(session).await;
    let sent = open(&mut grace, &ticket).await;
    assert!(sent.contains("__clerk_status=complete"), "{sent}");
    assert!(!sent.contains("ticket"), "{sent}");
    assert_eq!(list(&caller, &members).await["total_count"], 2);
}

#[tokio::test]
async fn sensitive_changes_need_a_session_that_was_verified_recently() {
    let emulator = started(SettingsSeed::new().reverification(true)).await;
    let mut ada = browser(&emulator).await;
    let session = ada.sign_in(ADA.0, ADA.1).await;
    // The SDK's component asks for no password where the session was verified just now.
    let form = [("new_password", "difference-engine")];
    let changed = ada.post("/v1/me/change_password", &[], &form).await;
    assert_eq!(changed.response()["password_enabled"], true);

    let me = ada.get("/v1/me", &[]).await.response().clone();
    let email = me["primary_email_address_id"].as_str().unwrap().to_owned();
    let phone = me["primary_phone_number_id"].as_str().unwrap().to_owned();
    emulator.advance_clock(Duration::from_secs(11 * 60));
    ada.activate(&session).await;
    let back = format!("{ORIGIN}/user");
    let passwords = [
        ("current_password", "difference-engine"),
        ("new_password", ADA.1),
    ];
    for (method, path, form) in [
        (
            Method::PATCH,
            "/v1/me".to_owned(),
            vec![("username", "lady")],
        ),
        (
            Method::PATCH,
            "/v1/me".to_owned(),
            vec![("primary_email_address_id", email.as_str())],
        ),
        (
            Method::POST,
            "/v1/me/change_password".to_owned(),
            passwords.to_vec(),
        ),
        (
            Method::POST,
            "/v1/me/remove_password".to_owned(),
            passwords[..1].to_vec(),
        ),
        (
            Method::POST,
            "/v1/me/email_addresses".to_owned(),
            vec![("email_address", "b@example.com")],
        ),
        (
            Method::DELETE,
            format!("/v1/me/email_addresses/{email}"),
            vec![],
        ),
        (
            Method::POST,
            "/v1/me/phone_numbers".to_owned(),
            vec![("phone_number", "+15555550101")],
        ),
        (
            Method::PATCH,
            format!("/v1/me/phone_numbers/{phone}"),
            vec![("reserved_for_second_factor", "true")],
        ),
        (
            Method::DELETE,
            format!("/v1/me/phone_numbers/{phone}"),
            vec![],
        ),
        (
            Method::POST,
            "/v1/me/web3_wallets".to_owned(),
            vec![("web3_wallet", "0x52908400098527886E0F7030069857D2E4169EE7")],
        ),
        (
            Method::POST,
            "/v1/me/external_accounts".to_owned(),
            vec![
                ("strategy", "oauth_google"),
                ("redirect_url", back.as_str()),
            ],
        ),
        (Method::POST, "/v1/me/totp".to_owned(), vec![]),
        (Method::POST, "/v1/me/backup_codes".to_owned(), vec![]),
        (Method::POST, "/v1/me/passkeys".to_owned(), vec![]),
        (
            Method::POST,
            format!("/v1/me/sessions/{session}/revoke"),
            vec![],
        ),
        (Method::DELETE, "/v1/me".to_owned(), vec![]),
    ] {
        let refused = match method {
            Method::POST => ada.post(&path, &[], &form).await,
            Method::PATCH => ada.patch(&path, &[], &form).await,
            _ => ada.delete(&path, &[]).await,
        };
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (403, "session_reverification_required"),
            "{method} {path}"
        );
    }
    // Names are not sensitive.
    let form = [("first_name", "Augusta")];
    let changed = ada.patch("/v1/me", &[], &form).await;
    assert_eq!(changed.response()["first_name"], "Augusta");
}

#[tokio::test]
async fn what_happens_to_a_user_leaves_the_next_one_on_the_client_alone() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let mut application = Browser::native(&emulator, &Judge::default());
    application.sign_in(ADA.0, ADA.1).await;
    application.delete("/v1/client/sessions", &[]).await;
    application.sign_in(GRACE.0, GRACE.1).await;
    let ada = emulator.user_id(ADA.0).unwrap();
    ask(
        &caller,
        Method::POST,
        &format!("/users/{ada}/ban"),
        json!({}),
    )
    .await;
    emulator.advance_clock(Duration::from_secs(31));
    let me = application.get("/v1/me", &[]).await;
    let grace = emulator.user_id(GRACE.0).unwrap();
    assert_eq!(me.response()["id"], grace.as_str());
}

#[tokio::test]
async fn another_session_of_the_client_takes_over_from_one_that_expired() {
    let emulator = started(SettingsSeed::new().multiple_sessions(true)).await;
    let mut both = browser(&emulator).await;
    let first = both.sign_in(ADA.0, ADA.1).await;
    emulator.advance_clock(Duration::from_secs(3 * 86_400));
    let second = both.sign_in(GRACE.0, GRACE.1).await;
    both.activate(&first).await;
    assert_eq!(
        both.client().await["last_active_session_id"],
        first.as_str()
    );
    emulator.advance_clock(Duration::from_secs(5 * 86_400));
    assert_eq!(
        both.client().await["last_active_session_id"],
        second.as_str()
    );
    let grace = emulator.user_id(GRACE.0).unwrap();
    assert_eq!(
        both.get("/v1/me", &[]).await.response()["id"],
        grace.as_str()
    );
}

#[tokio::test]
async fn sessions_wait_when_a_task_opens_again() {
    let emulator = started(SettingsSeed::new().force_organization_selection(true)).await;
    let caller = Caller::new(&emulator);
    let mut ada = browser(&emulator).await;
    let form = [("identifier", ADA.0), ("password", ADA.1)];
    let done = ada.post(SIGN_IN, &[], &form).await;
    let session = done.response()["created_session_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let acme = emulator.organization_id("acme").unwrap();
    let touch = "/v1/client/sessions/{session_id}/touch";
    let form = [("active_organization_id", acme.as_str())];
    let touched = ada.post(touch, &[&session], &form).await;
    assert_eq!(touched.response()["status"], "active");
    let path = format!("/sessions/{session}");
    assert_eq!(list(&caller, &path).await["tasks"], Value::Null);

    let user = emulator.user_id(ADA.0).unwrap();
    let member = format!("/organizations/{acme}/memberships/{user}");
    caller.call(Method::DELETE, &member, None).await;
    let seen = list(&caller, &path).await;
    assert_eq!(seen["status"], "pending");
    assert_eq!(seen["tasks"], json!([{ "key": "choose-organization" }]));

    // A leaked password, and the end of it.
    let emulator = super::walk::emulator().await;
    let caller = Caller::new(&emulator);
    let grace = emulator.user_id(GRACE.0).unwrap();
    let made = ask(
        &caller,
        Method::POST,
        "/sessions",
        json!({ "user_id": grace }),
    )
    .await;
    let path = format!("/sessions/{}", id(&made));
    for (change, status) in [("set", "pending"), ("unset", "active")] {
        let password = format!("/users/{grace}/password/{change}_compromised");
        ask(&caller, Method::POST, &password, json!({})).await;
        assert_eq!(list(&caller, &path).await["status"], status);
    }
}

#[tokio::test]
async fn domains_invite_and_suggest_when_an_address_is_verified() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let acme = emulator.organization_id("acme").unwrap();
    let domains = format!("/organizations/{acme}/domains");
    let domain = async |name: &str, mode: &str| {
        let body = json!({ "name": name, "enrollment_mode": mode, "verified": true });
        id(&ask(&caller, Method::POST, &domains, body).await)
    };
    let invites = domain("corp.example", "automatic_invitation").await;
    domain("sugg.example", "automatic_suggestion").await;
    let pending = async || {
        let all = list(&caller, &domains).await;
        let mut counts: Vec<(String, Value, Value)> = Vec::new();
        for one in all["data"].as_array().unwrap() {
            counts.push((
                one["name"].as_str().unwrap().to_owned(),
                one["total_pending_invitations"].clone(),
                one["total_pending_suggestions"].clone(),
            ));
        }
        counts.sort_by(|a, b| a.0.cmp(&b.0));
        counts
    };
    let expected = |first: u64, second: u64| {
        vec![
            ("corp.example".to_owned(), json!(first), json!(0)),
            ("sugg.example".to_owned(), json!(0), json!(second)),
        ]
    };

    sign_up(&emulator, "n@corp.example").await;
    let path = format!("/organizations/{acme}/invitations");
    assert_eq!(list(&caller, &path).await["total_count"], 1);
    assert!(mails(&emulator, "n@corp.example").contains(&"organization_invitation".to_owned()));
    let mut other = sign_up(&emulator, "m@sugg.example").await;
    assert_eq!(pending().await, expected(1, 1));

    // Those who may decide are told of a request.
    let suggested = other.get("/v1/me/organization_suggestions", &[]).await;
    let suggestion = id(&suggested.response()["data"][0]);
    let accept = "/v1/me/organization_suggestions/{organization_suggestion_id}/accept";
    other.post(accept, &[&suggestion], &[]).await.response();
    assert!(mails(&emulator, ADA.0).contains(&"organization_membership_requested".to_owned()));
    assert_eq!(pending().await, expected(1, 0));

    // Another mode takes the pending invitations back, if that is wanted.
    let mut ada = browser(&emulator).await;
    ada.sign_in(ADA.0, ADA.1).await;
    let mode = "/v1/organizations/{organization_id}/domains/{domain_id}/update_enrollment_mode";
    let form = [
        ("enrollment_mode", "manual_invitation"),
        ("delete_pending", "true"),
    ];
    ada.post(mode, &[&acme, &invites], &form).await.response();
    assert_eq!(pending().await, expected(0, 0));
}

#[tokio::test]
async fn a_domain_takes_back_only_what_it_led_to_and_a_full_organization_refuses_nobody() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let acme = emulator.organization_id("acme").unwrap();
    let domains = format!("/organizations/{acme}/domains");
    let body = json!({
        "name": "corp.example",
        "enrollment_mode": "automatic_invitation",
        "verified": true,
    });
    let domain = id(&ask(&caller, Method::POST, &domains, body).await);
    let invitations = format!("/organizations/{acme}/invitations");
    let body = json!({ "email_address": "o@corp.example", "role": "org:member" });
    ask(&caller, Method::POST, &invitations, body).await;
    sign_up(&emulator, "n@corp.example").await;

    // The organization is full by now, which is no business of who signs up.
    let most = json!({ "max_allowed_memberships": 3 });
    ask(
        &caller,
        Method::PATCH,
        &format!("/organizations/{acme}"),
        most,
    )
    .await;
    sign_up(&emulator, "p@corp.example").await;
    assert_eq!(list(&caller, &invitations).await["total_count"], 2);

    let path = format!("{domains}/{domain}");
    caller.call(Method::DELETE, &path, None).await;
    let path = format!("{invitations}?status=pending");
    let left = list(&caller, &path).await;
    assert_eq!(left["total_count"], 1);
    assert_eq!(left["data"][0]["email_address"], "o@corp.example");
}

#[tokio::test]
async fn an_invitation_signs_nobody_in_who_only_claims_the_address() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let grace = emulator.user_id(GRACE.0).unwrap();
    let claim = json!({ "user_id": grace, "email_address": "joan@example.com" });
    ask(&caller, Method::POST, "/email_addresses", claim).await;
    let body = json!({ "email_address": "joan@example.com", "ignore_existing": true });
    let made = ask(&caller, Method::POST, "/invitations", body).await;
    let (_, ticket) = made["url"].as_str().unwrap().split_once("ticket=").unwrap();
    let mut joan = browser(&emulator).await;
    let form = [("strategy", "ticket"), ("ticket", ticket)];
    let refused = joan.post(SIGN_IN, &[], &form).await;
    assert_eq!(refused.code(), "ticket_invalid_code");
}

#[tokio::test]
async fn an_account_at_a_provider_with_the_address_of_another_user_is_not_connected() {
    let emulator = emulator().await;
    let mut grace = browser(&emulator).await;
    grace.sign_in(GRACE.0, GRACE.1).await;
    let back = format!("{ORIGIN}/user");
    let form = [
        ("strategy", "oauth_github"),
        ("redirect_url", back.as_str()),
    ];
    let begun = grace.post("/v1/me/external_accounts", &[], &form).await;
    let verification = begun.response()["verification"].clone();
    let answer = "email_address=ada@example.com";
    visit_provider(&emulator, &mut grace, &verification, answer).await;
    let me = grace.get("/v1/me", &[]).await.response().clone();
    let verification = &me["external_accounts"][0]["verification"];
    assert_eq!(verification["status"], "unverified");
    assert_eq!(
        verification["error"]["code"],
        "oauth_identification_claimed"
    );
}

#[tokio::test]
async fn phones_are_second_factors_only_while_verified_and_reserved() {
    let emulator = emulator().await;
    let mut grace = browser(&emulator).await;
    grace.sign_in(GRACE.0, GRACE.1).await;
    let form = [
        ("phone_number", "+15555550123"),
        ("reserved_for_second_factor", "true"),
    ];
    let added = grace.post("/v1/me/phone_numbers", &[], &form).await;
    let phone = id(added.response());
    let factors = async |grace: &mut Browser| {
        let me = grace.get("/v1/me", &[]).await.response().clone();
        [
            me["two_factor_enabled"].clone(),
            me["backup_code_enabled"].clone(),
        ]
    };
    assert_eq!(factors(&mut grace).await, [false, false]);
    let one = |action: &str| format!("/v1/me/phone_numbers/{{phone_number_id}}{action}");
    let form = [("strategy", "phone_code")];
    grace
        .post(&one("/prepare_verification"), &[&phone], &form)
        .await;
    let form = [("code", "424242")];
    grace
        .post(&one("/attempt_verification"), &[&phone], &form)
        .await;
    assert_eq!(factors(&mut grace).await, [true, false]);
    grace.post("/v1/me/backup_codes", &[], &[]).await.response();
    assert_eq!(factors(&mut grace).await, [true, true]);
    let form = [("reserved_for_second_factor", "false")];
    grace.patch(&one(""), &[&phone], &form).await.response();
    assert_eq!(factors(&mut grace).await, [false, false]);
}

#[tokio::test]
async fn members_see_and_give_the_roles_of_their_organization() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let acme = emulator.organization_id("acme").unwrap();
    let extra = json!({ "key": "org:extra", "name": "Extra" });
    ask(&caller, Method::POST, "/organization_roles", extra).await;
    let set = json!({
        "key": "role_set:small",
        "name": "Small",
        "roles": ["org:admin", "org:member"],
        "default_role_key": "org:member",
        "creator_role_key": "org:admin",
    });
    ask(&caller, Method::POST, "/role_sets", set).await;
    let body = json!({ "role_set_key": "role_set:small" });
    ask(
        &caller,
        Method::PATCH,
        &format!("/organizations/{acme}"),
        body,
    )
    .await;
    let mut ada = browser(&emulator).await;
    ada.sign_in(ADA.0, ADA.1).await;
    let roles = ada
        .get("/v1/organizations/{organization_id}/roles", &[&acme])
        .await;
    let roles = roles.response()["data"].as_array().unwrap().clone();
    let mut keys: Vec<_> = roles
        .iter()
        .map(|one| one["key"].as_str().unwrap())
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, ["org:admin", "org:member"]);

    let path = "/v1/organizations/{organization_id}/invitations";
    for (address, notify, told) in [("q@example.com", "false", 0), ("r@example.com", "true", 1)] {
        let form = [
            ("email_address", address),
            ("role", "org:member"),
            ("notify", notify),
        ];
        ada.post(path, &[&acme], &form).await.response();
        assert_eq!(mails(&emulator, address).len(), told, "{address}");
    }
}

#[tokio::test]
async fn a_code_to_an_address_that_was_removed_signs_nobody_in() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let grace = emulator.user_id(GRACE.0).unwrap();
    let body = json!({ "user_id": grace, "email_address": "g@example.org", "verified": true });
    let email = id(&ask(&caller, Method::POST, "/email_addresses", body).await);
    let mut browser = browser(&emulator).await;
    let form = [("identifier", "g@example.org")];
    let begun = browser.post(SIGN_IN, &[], &form).await;
    let attempt = id(begun.response());
    let form = [
        ("strategy", "email_code"),
        ("email_address_id", email.as_str()),
    ];
    let prepare = format!("{SIGN_IN}/{{sign_in_id}}/prepare_first_factor");
    browser.post(&prepare, &[&attempt], &form).await.response();
    let code = emulator.inbox("g@example.org").pop().unwrap();
    let code = code.code().unwrap().to_owned();
    caller
        .call(Method::DELETE, &format!("/email_addresses/{email}"), None)
        .await;
    let form = [("strategy", "email_code"), ("code", code.as_str())];
    let answer = format!("{SIGN_IN}/{{sign_in_id}}/attempt_first_factor");
    let refused = browser.post(&answer, &[&attempt], &form).await;
    assert_eq!(refused.code(), "sign_in_identification_or_user_deleted");
}

#[tokio::test]
async fn a_provider_sends_the_browser_on_at_once_if_nothing_is_left_to_do() {
    let go_on = format!("{ORIGIN}/sign-in/callback");
    let done = format!("{ORIGIN}/dashboard");
    let form = [
        ("strategy", "oauth_github"),
        ("redirect_url", go_on.as_str()),
        ("action_complete_redirect_url", done.as_str()),
    ];
    for (settings, path, field, address, expected) in [
        (
            SettingsSeed::new(),
            SIGN_IN,
            "first_factor_verification",
            ADA.0,
            &done,
        ),
        (
            SettingsSeed::new(),
            SIGN_IN,
            "first_factor_verification",
            "new@example.com",
            &go_on,
        ),
        (
            SettingsSeed::new().force_organization_selection(true),
            SIGN_IN,
            "first_factor_verification",
            ADA.0,
            &go_on,
        ),
        (
            SettingsSeed::new(),
            SIGN_UP,
            "external_account",
            "new@example.com",
            &done,
        ),
    ] {
        let emulator = started(settings).await;
        let mut browser = browser(&emulator).await;
        let begun = browser.post(path, &[], &form).await;
        let verification = match field {
            "external_account" => &begun.response()["verifications"][field],
            _ => &begun.response()[field],
        };
        let answer = format!("email_address={address}&first_name=New&last_name=Person");
        let sent = visit_provider(&emulator, &mut browser, verification, &answer).await;
        assert_eq!(sent.location().as_str(), expected, "{path} {address}");
    }
    let emulator = emulator().await;
    let mut browser = browser(&emulator).await;
    let mut form = form;
    form[2].1 = "https://evil.example/";
    let refused = browser.post(SIGN_IN, &[], &form).await;
    assert_eq!(refused.code(), "redirect_url_domain_mismatch");
}

/// A server that adds a member decides where the next session of that user begins, unless the user chooses before.
#[tokio::test]
async fn a_new_member_begins_in_the_organization() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let user = emulator.user_id(GRACE.0).unwrap();
    let acme = emulator.organization_id("acme").unwrap();
    let members = format!("/organizations/{acme}/memberships");
    let join = async || {
        let body = json!({ "user_id": user, "role": "org:member" });
        ask(&caller, Method::POST, &members, body).await;
    };
    let active = async |grace: &mut Browser| {
        let client = grace.client().await;
        client["sessions"][0]["last_active_organization_id"].clone()
    };
    join().await;
    let mut grace = browser(&emulator).await;
    grace.sign_in(GRACE.0, GRACE.1).await;
    assert_eq!(active(&mut grace).await, acme.as_str());
    // Once.
    let mut again = browser(&emulator).await;
    let session = again.sign_in(GRACE.0, GRACE.1).await;
    assert_eq!(active(&mut again).await, Value::Null);

    let path = format!("{members}/{user}");
    caller.call(Method::DELETE, &path, None).await;
    join().await;
    let personal = [("active_organization_id", "")];
    let touch = "/v1/client/sessions/{session_id}/touch";
    again.post(touch, &[&session], &personal).await.response();
    let mut chosen = browser(&emulator).await;
    chosen.sign_in(GRACE.0, GRACE.1).await;
    assert_eq!(active(&mut chosen).await, Value::Null);
    let made = ask(
        &caller,
        Method::POST,
        "/sessions",
        json!({ "user_id": user }),
    )
    .await;
    assert_eq!(made["last_active_organization_id"], Value::Null);

    // Who is gone by then is not active there.
    caller.call(Method::DELETE, &path, None).await;
    join().await;
    caller.call(Method::DELETE, &path, None).await;
    let made = ask(
        &caller,
        Method::POST,
        "/sessions",
        json!({ "user_id": user }),
    )
    .await;
    assert_eq!(made["last_active_organization_id"], Value::Null);
}

#[tokio::test]
async fn where_organizations_are_required_nothing_falls_back_to_the_personal_account() {
    let emulator = started(SettingsSeed::new().force_organization_selection(true)).await;
    let mut ada = browser(&emulator).await;
    let session = ada.sign_in(ADA.0, ADA.1).await;
    let acme = emulator.organization_id("acme").unwrap();
    let touch = "/v1/client/sessions/{session_id}/touch";
    let form = [("active_organization_id", acme.as_str())];
    ada.post(touch, &[&session], &form).await.response();
    let personal = [("organization_id", "")];
    let tokens = "/v1/client/sessions/{session_id}/tokens";
    let token = ada.post(tokens, &[&session], &personal).await;
    let jwt = token.body["jwt"].as_str().unwrap();
    let payload = jwt.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert_eq!(claims["o"]["id"], acme.as_str(), "{claims}");
    let path = format!("/v1/client/handshake?redirect_url={ORIGIN}/&organization_id=");
    ada.get(&path, &[]).await.location();
    let client = ada.client().await;
    let session = &client["sessions"][0];
    assert_eq!(session["last_active_organization_id"], acme.as_str());
    assert_eq!(session["status"], "active");
}

/// Addresses of native applications, origins and domains that the application names itself.
#[tokio::test]
async fn listed_addresses_may_be_returned_to() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let mut native = Browser::native(&emulator, &Judge::default());
    let targets = [
        "myapp://sso-callback",
        "https://listed.example/callback",
        "https://origin.example/anywhere",
        "https://app.satellite.example/page",
    ];
    let start = async |native: &mut Browser, url: &str| {
        let form = [("strategy", "oauth_google"), ("redirect_url", url)];
        native.post(SIGN_IN, &[], &form).await
    };
    for url in targets {
        let refused = start(&mut native, url).await;
        assert_eq!(refused.code(), "redirect_url_domain_mismatch", "{url}");
    }
    for url in &targets[..2] {
        ask(
            &caller,
            Method::POST,
            "/redirect_urls",
            json!({ "url": url }),
        )
        .await;
    }
    let origins = json!({ "allowed_origins": ["https://origin.example"] });
    ask(&caller, Method::PATCH, "/instance", origins).await;
    let domain = json!({ "name": "satellite.example", "is_satellite": true });
    ask(&caller, Method::POST, "/domains", domain).await;
    for url in targets {
        let begun = start(&mut native, url).await;
        let verification = begun.response()["first_factor_verification"].clone();
        let choice = format!("email_address={}", ADA.0);
        let back = visit_provider(&emulator, &mut native, &verification, &choice).await;
        assert_eq!(back.location().as_str(), url);
        let client = native.client().await;
        assert_eq!(client["sign_in"]["status"], "complete", "{client}");
        native.delete("/v1/client", &[]).await;
        native = Browser::native(&emulator, &Judge::default());
    }
    for url in [
        "myapp://sso-callback/other",
        "https://listed.example/other",
        "https://origin.example:8443/",
        "https://notsatellite.example/",
        "https://user@app.satellite.example/",
        "javascript:alert(1)",
    ] {
        let refused = start(&mut native, url).await;
        assert_eq!(refused.code(), "redirect_url_domain_mismatch", "{url}");
    }
    let satellite = "https://app.satellite.example/page";
    let path = format!("/v1/client/handshake?redirect_url={satellite}");
    let mut ada = browser(&emulator).await;
    let sent = ada.get(&path, &[]).await.location();
    assert!(sent.as_str().starts_with(satellite), "{sent}");
}

#[tokio::test]
async fn lists_apply_to_users_who_sign_in_only_where_that_is_wanted() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    for list in ["/blocklist_identifiers", "/allowlist_identifiers"] {
        let body = json!({ "identifier": "+15555550100" });
        ask(&caller, Method::POST, list, body).await;
    }
    let sign_in = async |identifier: &str, password: &str| {
        let form = [("identifier", identifier), ("password", password)];
        let answer = browser(&emulator).await.post(SIGN_IN, &[], &form).await;
        answer.code().to_owned()
    };
    let by_google = async || {
        let mut browser = browser(&emulator).await;
        let form = [
            ("strategy", "oauth_google"),
            ("redirect_url", "http://localhost:3000/"),
        ];
        let begun = browser.post(SIGN_IN, &[], &form).await;
        let verification = begun.response()["first_factor_verification"].clone();
        let choice = format!("email_address={}", ADA.0);
        visit_provider(&emulator, &mut browser, &verification, &choice).await;
        let client = browser.client().await;
        let error = &client["sign_in"]["first_factor_verification"]["error"]["code"];
        error.as_str().unwrap_or_default().to_owned()
    };
    let refused = "not_allowed_access";
    // Ada has the number that is on both lists, and a username; Grace is on none.
    for (body, ada, grace) in [
        (json!({ "blocklist": true }), "", ""),
        (
            json!({ "allowlist_blocklist_disabled_on_sign_in": false }),
            refused,
            "",
        ),
        (
            json!({ "blocklist": false, "allowlist": true }),
            "",
            refused,
        ),
        (
            json!({ "allowlist_blocklist_disabled_on_sign_in": true }),
            "",
            "",
        ),
    ] {
        ask(
            &caller,
            Method::PATCH,
            "/instance/restrictions",
            body.clone(),
        )
        .await;
        for identifier in [ADA.0, "countess"] {
            assert_eq!(sign_in(identifier, ADA.1).await, ada, "{body}");
        }
        assert_eq!(sign_in(GRACE.0, GRACE.1).await, grace, "{body}");
        assert_eq!(by_google().await, ada, "{body}");
    }
}

/// Test addresses get mail in production, where nobody knows their code in advance.
#[tokio::test]
async fn production_has_no_test_mode_unless_it_is_switched_on() {
    let emulator = Emulator::builder().production().start().await.unwrap();
    let caller = Caller::new(&emulator);
    let address = "ada+clerk_test@example.com";
    for test_mode in [false, true] {
        if test_mode {
            let body = json!({ "test_mode": true });
            let switched = caller.call(Method::PATCH, "/instance", Some(&body)).await;
            assert!(switched.status.is_success());
        }
        let before = mails(&emulator, address).len();
        let mut browser = Browser::production(&emulator, &Judge::default());
        let form = [("email_address", address), ("password", "bombe-machine")];
        let begun = browser.post(SIGN_UP, &[], &form).await;
        let attempt = id(begun.response());
        let prepare = format!("{SIGN_UP}/{{sign_up_id}}/prepare_verification");
        let form = [("strategy", "email_code")];
        browser.post(&prepare, &[&attempt], &form).await.response();
        let attempt_it = format!("{SIGN_UP}/{{sign_up_id}}/attempt_verification");
        let form = [("strategy", "email_code"), ("code", "424242")];
        let tried = browser.post(&attempt_it, &[&attempt], &form).await;
        assert_eq!(tried.status.is_success(), test_mode, "{}", tried.body);
        assert_eq!(mails(&emulator, address).len() > before, !test_mode);
    }
}

#[tokio::test]
async fn nobody_signs_in_beside_somebody_who_is_impersonated() {
    let emulator = started(SettingsSeed::new().multiple_sessions(true)).await;
    let caller = Caller::new(&emulator);
    let body = json!({
        "user_id": emulator.user_id(ADA.0).unwrap(),
        "actor": { "sub": "user_support" },
    });
    let made = ask(&caller, Method::POST, "/actor_tokens", body).await;
    let ticket = made["token"].as_str().unwrap();
    let mut browser = browser(&emulator).await;
    let form = [("strategy", "ticket"), ("ticket", ticket)];
    let done = browser.post(SIGN_IN, &[], &form).await;
    let session = done.response()["created_session_id"]
        .as_str()
        .unwrap()
        .to_owned();
    browser.activate(&session).await;
    let form = [("identifier", GRACE.0), ("password", GRACE.1)];
    let refused = browser.post(SIGN_IN, &[], &form).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, "session_creation_not_allowed")
    );
    let end = "/v1/client/sessions/{session_id}/end";
    browser.post(end, &[&session], &[]).await.response();
    browser.sign_in(GRACE.0, GRACE.1).await;
}
