//! Signing in.

use clerk_emulator::{Emulator, SettingsSeed, UserSeed};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::browser::{Answer, Body, Browser, Judge, ORIGIN, id};
use super::walk::{emulator, started};
use crate::caller::Caller;
use crate::webhooks::{Receiver, SECRET};

const CREATE: &str = "/v1/client/sign_ins";
const PREPARE: &str = "/v1/client/sign_ins/{sign_in_id}/prepare_first_factor";
const ATTEMPT: &str = "/v1/client/sign_ins/{sign_in_id}/attempt_first_factor";
const PREPARE_SECOND: &str = "/v1/client/sign_ins/{sign_in_id}/prepare_second_factor";
const ATTEMPT_SECOND: &str = "/v1/client/sign_ins/{sign_in_id}/attempt_second_factor";

/// Returns the entry of a list that has this strategy.
fn factor<'a>(factors: &'a Value, strategy: &str) -> &'a Value {
    let mut factors = factors
        .as_array()
        .unwrap_or_else(|| panic!("{factors}"))
        .iter();
    factors
        .find(|factor| factor["strategy"] == strategy)
        .unwrap_or_else(|| panic!("no {strategy}"))
}

/// What a browser does before anyone signs in, and after sessions end.
pub(super) async fn boot(judge: &Judge) {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, judge).await;
    let environment = browser.patch("/v1/environment", &[], &[]).await.body;
    let read = browser.get("/v1/environment", &[]).await.body;
    assert_eq!(environment, read);
    assert_eq!(
        read["display_config"]["instance_environment_type"],
        "development"
    );
    assert_eq!(read["auth_config"]["single_session_mode"], true);
    for captcha in ["captcha_public_key", "captcha_public_key_invisible"] {
        assert_eq!(read["display_config"][captcha], Value::Null, "{captcha}");
    }
    assert_eq!(browser.client().await, Value::Null);
    for method in [Method::PUT, Method::POST] {
        let made = browser
            .send(method, "/v1/client", &[], Body::Form(&[]))
            .await;
        assert_eq!(made.response()["sessions"], json!([]));
    }
    for path in [
        "/.well-known/jwks.json",
        "/v1/health",
        "/v1/account_portal",
        "/v1/clear-site-data",
        "/v1/dev_browser/init",
        "/.well-known/assetlinks.json",
        "/.well-known/apple-app-site-association",
    ] {
        browser.get(path, &[]).await;
    }
    browser
        .post("/v1/dev_browser/set_first_party_cookie", &[], &[])
        .await;
    browser.get("/v1/proxy-health?domain_id=nobody", &[]).await;
    browser
        .get(
            "/v1/client/handshake?format=nonce&redirect_url=http://localhost:3000/",
            &[],
        )
        .await;
    let redirected = browser
        .get("/v1/redirect?redirect_url=http://localhost:3000/x", &[])
        .await;
    assert_eq!(redirected.location().as_str(), "http://localhost:3000/x");
    let waits = browser
        .post(
            "/v1/waitlist",
            &[],
            &[("email_address", "joan@example.com")],
        )
        .await;
    assert!(id(&waits.body).starts_with("wle_"));

    let session = browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let first = id(&browser.client().await);
    browser
        .get("/v1/client/sessions/{session_id}", &[&session])
        .await;
    let token = browser
        .post("/v1/client/sessions/{session_id}/tokens", &[&session], &[])
        .await;
    assert_eq!(token.body["jwt"].as_str().unwrap().split('.').count(), 3);
    let ended = browser
        .post("/v1/client/sessions/{session_id}/end", &[&session], &[])
        .await;
    assert_eq!(ended.response()["status"], "ended");
    // A dead session signs the browser out; 404 would leave it in its old state.
    let dead = browser
        .post("/v1/client/sessions/{session_id}/tokens", &[&session], &[])
        .await;
    assert_eq!(
        (dead.status, dead.code()),
        (StatusCode::UNAUTHORIZED, "authentication_invalid")
    );
    let session = browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let removed = browser
        .post("/v1/client/sessions/{session_id}/remove", &[&session], &[])
        .await;
    assert_eq!(removed.response()["status"], "removed");
    assert_eq!(removed.body["client"]["sessions"], json!([]));
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let signed_out = browser.delete("/v1/client/sessions", &[]).await;
    assert_eq!(signed_out.response()["sessions"], json!([]));
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    browser.delete("/v1/client", &[]).await;
    let session = browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    assert_ne!(
        id(&browser.client().await),
        first,
        "the client was forgotten"
    );

    let caller = Caller::new(&emulator);
    for name in ["tier", "integration_firebase"] {
        let template =
            json!({ "name": name, "claims": { "mail": "{{user.primary_email_address}}" } });
        caller
            .call(Method::POST, "/jwt_templates", Some(&template))
            .await;
    }
    browser
        .post(
            "/v1/client/sessions/{session_id}/tokens/{template_name}",
            &[&session, "tier"],
            &[],
        )
        .await
        .body["jwt"]
        .as_str()
        .expect("a token");
    browser
        .post("/v1/me/tokens", &[], &[("service", "firebase")])
        .await
        .body["jwt"]
        .as_str()
        .expect("a token");
}

pub(super) async fn passwords(judge: &Judge) {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, judge).await;
    for identifier in [
        "ada@example.com",
        "ADA@example.com",
        "countess",
        "+15555550100",
    ] {
        let started = browser
            .post(CREATE, &[], &[("identifier", identifier)])
            .await;
        let sign_in = started.response();
        assert_eq!(sign_in["status"], "needs_first_factor");
        factor(&sign_in["supported_first_factors"], "password");
        assert_eq!(started.body["client"]["sign_in"]["id"], sign_in["id"]);
    }
    let sign_in = browser.client().await["sign_in"].clone();
    let sign_in = id(&sign_in);
    let wrong = browser
        .post(
            ATTEMPT,
            &[&sign_in],
            &[("strategy", "password"), ("password", "difference")],
        )
        .await;
    assert_eq!(wrong.code(), "form_password_incorrect");
    assert_eq!(
        wrong.body["meta"]["client"]["sign_in"]["id"],
        sign_in.as_str()
    );
    let form = [("strategy", "password"), ("password", "analytical-engine")];
    let done = browser.post(ATTEMPT, &[&sign_in], &form).await;
    assert_eq!(done.response()["status"], "complete");
    let client = &done.body["client"];
    assert_eq!(
        client["last_active_session_id"],
        done.response()["created_session_id"]
    );
    assert_eq!(client["last_authentication_strategy"], "password");
    let user = &client["sessions"][0]["user"];
    assert_eq!(user["first_name"], "Ada");
    assert!(user.get("private_metadata").is_none());
    browser
        .get("/v1/client/sign_ins/{sign_in_id}", &[&sign_in])
        .await;
    let again = browser
        .post(CREATE, &[], &[("identifier", "grace@example.com")])
        .await;
    assert_eq!(again.code(), "session_exists");
    let nobody = Browser::new(&emulator, judge)
        .await
        .post(CREATE, &[], &[("identifier", "nobody@example.com")])
        .await;
    assert_eq!(nobody.code(), "form_identifier_not_found");
}

/// Codes: the fixed one of fictional numbers, and one from the inbox.
pub(super) async fn codes(judge: &Judge) {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, judge).await;
    let started = browser
        .post(CREATE, &[], &[("identifier", "ada@example.com")])
        .await;
    let sign_in = id(started.response());
    let email = factor(&started.response()["supported_first_factors"], "email_code");
    let email = email["email_address_id"].as_str().unwrap();
    let early = browser
        .post(
            ATTEMPT,
            &[&sign_in],
            &[("strategy", "email_code"), ("code", "000000")],
        )
        .await;
    assert_eq!(early.code(), "verification_missing");
    let form = [("strategy", "email_code"), ("email_address_id", email)];
    let prepared = browser.post(PREPARE, &[&sign_in], &form).await;
    assert_eq!(
        prepared.response()["first_factor_verification"]["status"],
        "unverified"
    );
    let inbox = emulator.inbox("ada@example.com");
    let code = inbox.last().and_then(|message| message.code()).unwrap();
    assert_eq!(code.len(), 6);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = browser
        .post(
            ATTEMPT,
            &[&sign_in],
            &[("strategy", "email_code"), ("code", wrong)],
        )
        .await;
    assert_eq!(refused.code(), "form_code_incorrect");
    let done = browser
        .post(
            ATTEMPT,
            &[&sign_in],
            &[("strategy", "email_code"), ("code", code)],
        )
        .await;
    assert_eq!(done.response()["status"], "complete");

    let mut browser = Browser::new(&emulator, judge).await;
    let form = [("identifier", "+15555550100"), ("strategy", "phone_code")];
    let prepared = browser.post(CREATE, &[], &form).await;
    assert_eq!(
        prepared.response()["first_factor_verification"]["strategy"],
        "phone_code"
    );
    assert!(emulator.inbox("+15555550100").is_empty());
    let sign_in = id(prepared.response());
    // Three wrong codes are enough to lock the user, and each of them counts.
    for code in ["form_code_incorrect"; 3]
        .into_iter()
        .chain(["verification_failed"])
    {
        let form = [("strategy", "phone_code"), ("code", "111111")];
        assert_eq!(browser.post(ATTEMPT, &[&sign_in], &form).await.code(), code);
    }
    browser
        .post(PREPARE, &[&sign_in], &[("strategy", "phone_code")])
        .await;
    let form = [("strategy", "phone_code"), ("code", "424242")];
    let done = browser.post(ATTEMPT, &[&sign_in], &form).await;
    assert_eq!(done.response()["status"], "complete");
}

/// A link that is opened in another browser completes the sign-in where it started.
pub(super) async fn links(judge: &Judge) {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, judge).await;
    let form = [
        ("identifier", "ada@example.com"),
        ("strategy", "email_link"),
        ("redirect_url", "http://localhost:3000/verify"),
    ];
    let started = browser.post(CREATE, &[], &form).await;
    let sign_in = id(started.response());
    let inbox = emulator.inbox("ada@example.com");
    let link = inbox.last().and_then(|message| message.link()).unwrap();
    let token = link.split_once("token=").unwrap().1.to_owned();
    let mut elsewhere = Browser::new(&emulator, judge).await;
    let opened = elsewhere
        .get(&format!("/v1/verify?token={token}"), &[])
        .await;
    let location = opened.location();
    assert!(
        location
            .as_str()
            .starts_with("http://localhost:3000/verify?")
    );
    let query = location.query().unwrap();
    assert!(query.contains("__clerk_status=verified"), "{query}");
    assert!(query.contains("__clerk_created_session=sess_"), "{query}");
    let done = browser
        .get("/v1/client/sign_ins/{sign_in_id}", &[&sign_in])
        .await;
    assert_eq!(done.response()["status"], "complete");
    let again = elsewhere
        .get(&format!("/v1/verify?token={token}"), &[])
        .await;
    assert!(
        again
            .location()
            .query()
            .unwrap()
            .contains("__clerk_status=failed")
    );
    let forged = elsewhere.get("/v1/verify?token=forged", &[]).await;
    assert_eq!(forged.code(), "verification_link_token_invalid");
}

pub(super) async fn second_factors(judge: &Judge) {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let user = emulator.user_id("ada@example.com").unwrap();
    // Base32 of "12345678901234567890"; RFC 6238 gives the code for 59 seconds after the Unix
    // epoch.
    let update = json!({
        "totp_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "backup_codes": ["once-only"],
    });
    caller
        .call(Method::PATCH, &format!("/users/{user}"), Some(&update))
        .await;
    let phone = caller
        .call(Method::GET, &format!("/users/{user}"), None)
        .await
        .body["phone_numbers"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let reserve = json!({ "reserved_for_second_factor": true });
    caller
        .call(
            Method::PATCH,
            &format!("/phone_numbers/{phone}"),
            Some(&reserve),
        )
        .await;

    let password = [
        ("identifier", "ada@example.com"),
        ("password", "analytical-engine"),
    ];
    let mut browser = Browser::new(&emulator, judge).await;
    let started = browser.post(CREATE, &[], &password).await;
    let sign_in = started.response();
    assert_eq!(sign_in["status"], "needs_second_factor");
    assert_eq!(started.body["client"]["sessions"], json!([]));
    for strategy in ["totp", "phone_code", "backup_code"] {
        factor(&sign_in["supported_second_factors"], strategy);
    }
    let sign_in = id(sign_in);
    let wrong = browser
        .post(
            ATTEMPT_SECOND,
            &[&sign_in],
            &[("strategy", "totp"), ("code", "abcdef")],
        )
        .await;
    assert_eq!(wrong.code(), "form_code_incorrect");
    browser
        .post(PREPARE_SECOND, &[&sign_in], &[("strategy", "phone_code")])
        .await
        .response();
    let done = browser
        .post(
            ATTEMPT_SECOND,
            &[&sign_in],
            &[("strategy", "phone_code"), ("code", "424242")],
        )
        .await;
    assert_eq!(done.response()["status"], "complete");
    assert_eq!(
        done.body["client"]["sessions"][0]["factor_verification_age"],
        json!([0, 0])
    );

    for (first, expected) in [(true, "complete"), (false, "needs_second_factor")] {
        let mut browser = Browser::new(&emulator, judge).await;
        let started = browser.post(CREATE, &[], &password).await;
        let form = [("strategy", "backup_code"), ("code", "once-only")];
        let tried = browser
            .post(ATTEMPT_SECOND, &[&id(started.response())], &form)
            .await;
        assert_eq!(tried.status.is_success(), first, "{}", tried.body);
        if first {
            assert_eq!(tried.response()["status"], expected);
        } else {
            assert_eq!(tried.code(), "no_second_factors");
        }
    }
}

pub(super) async fn new_password(judge: &Judge) {
    let emulator = emulator().await;
    let mut elsewhere = Browser::new(&emulator, judge).await;
    elsewhere
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let mut browser = Browser::new(&emulator, judge).await;
    let started = browser
        .post(CREATE, &[], &[("identifier", "ada@example.com")])
        .await;
    let sign_in = id(started.response());
    let form = [("strategy", "reset_password_email_code")];
    browser.post(PREPARE, &[&sign_in], &form).await.response();
    let inbox = emulator.inbox("ada@example.com");
    let code = inbox.last().and_then(|message| message.code()).unwrap();
    let form = [("strategy", "reset_password_email_code"), ("code", code)];
    let proven = browser.post(ATTEMPT, &[&sign_in], &form).await;
    assert_eq!(proven.response()["status"], "needs_new_password");
    let path = "/v1/client/sign_ins/{sign_in_id}/reset_password";
    let short = browser
        .post(path, &[&sign_in], &[("password", "short")])
        .await;
    assert_eq!(short.code(), "form_password_length_too_short");
    let form = [
        ("password", "difference-engine"),
        ("sign_out_of_other_sessions", "true"),
    ];
    let done = browser.post(path, &[&sign_in], &form).await;
    assert_eq!(done.response()["status"], "complete");
    assert_eq!(elsewhere.client().await["sessions"], json!([]));
    let told: Vec<_> = emulator
        .inbox("ada@example.com")
        .iter()
        .map(|message| message.kind().to_owned())
        .collect();
    assert!(told.contains(&"password_changed".to_owned()), "{told:?}");
    elsewhere
        .sign_in("ada@example.com", "difference-engine")
        .await;
}

pub(super) async fn tickets(judge: &Judge) {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let user = emulator.user_id("ada@example.com").unwrap();
    let made = caller
        .call(
            Method::POST,
            "/sign_in_tokens",
            Some(&json!({ "user_id": user })),
        )
        .await;
    let ticket = made.body["token"].as_str().unwrap();
    let mut browser = Browser::new(&emulator, judge).await;
    let sent = browser
        .get(&format!("/v1/tickets/accept?ticket={ticket}"), &[])
        .await;
    assert!(sent.location().as_str().contains("__clerk_ticket="));
    let form = [("strategy", "ticket"), ("ticket", ticket)];
    let done = browser.post(CREATE, &[], &form).await;
    assert_eq!(done.response()["status"], "complete");
    let mut browser = Browser::new(&emulator, judge).await;
    let again = browser.post(CREATE, &[], &form).await;
    assert_eq!(again.code(), "sign_in_token_already_used_code");
    let forged = browser
        .post(CREATE, &[], &[("strategy", "ticket"), ("ticket", "forged")])
        .await;
    assert_eq!(forged.code(), "ticket_invalid_code");
}

/// Visits a provider and returns as the given person.
pub(super) async fn visit_provider(
    emulator: &clerk_emulator::Emulator,
    browser: &mut Browser,
    verification: &Value,
    form: &str,
) -> Answer {
    let url = verification["external_verification_redirect_url"]
        .as_str()
        .unwrap();
    assert!(url.starts_with(emulator.url()), "{url}");
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let page = client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Somebody else"), "{page}");
    let state = url.split_once("state=").unwrap().1;
    let chosen = client
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("{form}&state={state}"))
        .send()
        .await
        .unwrap();
    let location = chosen.headers()["location"].to_str().unwrap();
    let (_, query) = location.split_once('?').unwrap();
    browser
        .get(&format!("/v1/oauth_callback?{query}"), &[])
        .await
}

pub(super) async fn providers(judge: &Judge) {
    let emulator = emulator().await;
    let back = format!("{ORIGIN}/sign-in#/sso-callback");
    let form = |provider: &'static str| [("strategy", provider), ("redirect_url", back.as_str())];
    let mut browser = Browser::new(&emulator, judge).await;
    let started = browser.post(CREATE, &[], &form("oauth_github")).await;
    let verification = &started.response()["first_factor_verification"];
    let returned =
        visit_provider(&emulator, &mut browser, verification, "as=ada@example.com").await;
    assert_eq!(returned.location().as_str(), back);
    let client = browser.client().await;
    assert_eq!(client["sign_in"]["status"], "complete");
    let session = client["sign_in"]["created_session_id"].as_str().unwrap();
    browser.activate(session).await;
    let user = browser.client().await["sessions"][0]["user"].clone();
    assert_eq!(user["external_accounts"][0]["provider"], "oauth_github");

    // A person without an account gets an error, and signs up with the data of the provider.
    let mut browser = Browser::new(&emulator, judge).await;
    let started = browser.post(CREATE, &[], &form("oauth_google")).await;
    let verification = started.response()["first_factor_verification"].clone();
    let stranger = "email_address=joan@example.com&first_name=Joan&last_name=Clarke";
    visit_provider(&emulator, &mut browser, &verification, stranger).await;
    let client = browser.client().await;
    let verification = &client["sign_in"]["first_factor_verification"];
    assert_eq!(verification["status"], "transferable");
    assert_eq!(verification["error"]["code"], "external_account_not_found");
    let up = browser
        .post("/v1/client/sign_ups", &[], &[("transfer", "true")])
        .await;
    assert_eq!(up.response()["status"], "complete", "{}", up.body);
    assert_eq!(up.response()["first_name"], "Joan");

    // A person who denies consent returns as well.
    let mut browser = Browser::new(&emulator, judge).await;
    let started = browser.post(CREATE, &[], &form("oauth_google")).await;
    let verification = started.response()["first_factor_verification"].clone();
    visit_provider(
        &emulator,
        &mut browser,
        &verification,
        "error=access_denied",
    )
    .await;
    let client = browser.client().await;
    let error = &client["sign_in"]["first_factor_verification"]["error"];
    assert_eq!(error["code"], "oauth_access_denied");
    let forged = browser
        .post("/v1/oauth_callback", &[], &[("state", "x"), ("code", "y")])
        .await;
    assert_eq!(forged.code(), "oauth_callback_invalid");

    let token = emulator.google_one_tap_token("ada@example.com").unwrap();
    let form = [("strategy", "google_one_tap"), ("token", token.as_str())];
    let done = browser.post(CREATE, &[], &form).await;
    assert_eq!(done.response()["status"], "complete");
    let mut browser = Browser::new(&emulator, judge).await;
    let token = emulator
        .google_one_tap_token("stranger@example.com")
        .unwrap();
    let form = [("strategy", "google_one_tap"), ("token", token.as_str())];
    assert_eq!(
        browser.post(CREATE, &[], &form).await.code(),
        "external_account_not_found"
    );
    let done = browser.post("/v1/client/sign_ups", &[], &form).await;
    assert_eq!(done.response()["status"], "complete", "{}", done.body);
}

pub(super) async fn reverification(judge: &Judge) {
    let emulator = started(SettingsSeed::new().reverification(true)).await;
    let mut browser = Browser::new(&emulator, judge).await;
    let session = browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    emulator.advance_clock(std::time::Duration::from_secs(11 * 60));
    let refused = browser.post("/v1/me/totp", &[], &[]).await;
    assert_eq!(refused.code(), "session_reverification_required");
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let path = |step: &str| format!("/v1/client/sessions/{{session_id}}/verify{step}");
    let early = browser
        .post(
            &path("/attempt_first_factor"),
            &[&session],
            &[("strategy", "password"), ("password", "x")],
        )
        .await;
    assert_eq!(early.code(), "session_reverification_missing");
    let begun = browser
        .post(&path(""), &[&session], &[("level", "first_factor")])
        .await;
    assert_eq!(begun.response()["status"], "needs_first_factor");
    factor(&begun.response()["supported_first_factors"], "password");
    browser
        .post(
            &path("/prepare_first_factor"),
            &[&session],
            &[("strategy", "phone_code")],
        )
        .await
        .response();
    let form = [("strategy", "phone_code"), ("code", "424242")];
    let done = browser
        .post(&path("/attempt_first_factor"), &[&session], &form)
        .await;
    assert_eq!(done.response()["status"], "complete");
    browser.post("/v1/me/totp", &[], &[]).await.response();

    let caller = Caller::new(&emulator);
    let user = emulator.user_id("ada@example.com").unwrap();
    let phone = caller
        .call(Method::GET, &format!("/users/{user}"), None)
        .await
        .body["phone_numbers"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let reserve = json!({ "reserved_for_second_factor": true });
    caller
        .call(
            Method::PATCH,
            &format!("/phone_numbers/{phone}"),
            Some(&reserve),
        )
        .await;
    let begun = browser
        .post(&path(""), &[&session], &[("level", "second_factor")])
        .await;
    assert_eq!(begun.response()["status"], "needs_second_factor");
    browser
        .post(
            &path("/prepare_second_factor"),
            &[&session],
            &[("strategy", "phone_code")],
        )
        .await
        .response();
    let done = browser
        .post(&path("/attempt_second_factor"), &[&session], &form)
        .await;
    assert_eq!(done.response()["status"], "complete");
    assert_eq!(
        done.response()["session"]["factor_verification_age"],
        json!([0, 0])
    );
}

/// Mails and text messages are events, too, with the codes in them.
#[tokio::test]
async fn messages_are_events() {
    let receiver = Receiver::start().await;
    let emulator = Emulator::builder()
        .webhook(receiver.url(), SECRET)
        .user(
            UserSeed::new("ada@example.com")
                .phone_number("+12125552368")
                .password("analytical-engine"),
        )
        .start()
        .await
        .unwrap();
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    for (strategy, target) in [
        ("email_code", "ada@example.com"),
        ("phone_code", "+12125552368"),
    ] {
        let form = [("identifier", target), ("strategy", strategy)];
        let started = browser.post("/v1/client/sign_ins", &[], &form).await;
        started.response();
    }
    emulator.settle().await;
    let payloads = receiver.payloads();
    let sent = |kind: &str| {
        let mut found = payloads.iter().filter(|one| one["type"] == kind);
        found.next().unwrap()["data"].clone()
    };
    let user = emulator.user_id("ada@example.com").unwrap();
    let code = |to: &str| {
        let message = emulator.inbox(to).pop().unwrap();
        message.code().unwrap().to_owned()
    };
    let (mail, text) = (sent("email.created"), sent("sms.created"));
    assert_eq!(mail["slug"], "verification_code");
    assert_eq!(mail["data"]["otp_code"], code("ada@example.com"));
    let subject = mail["subject"].as_str().unwrap();
    assert!(subject.starts_with(&code("ada@example.com")), "{subject}");
    assert_eq!(text["data"]["otp_code"], code("+12125552368"));
    assert_eq!(text["to_phone_number"], "+12125552368");
    assert_eq!(
        (&mail["user_id"], &text["user_id"]),
        (&json!(user), &json!(user))
    );
}
