//! Access control: origins, unknown browsers, cookies, and native applications.

use std::time::{Duration, UNIX_EPOCH};

use clerk_emulator::{Emulator, SettingsSeed, UserSeed};
use http::header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, LOCATION};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::browser::{Browser, Judge, ORIGIN};
use super::walk::{emulator, started};
use crate::caller::Caller;

/// Pages of other sites can neither read nor change anything.
#[tokio::test]
async fn only_allowed_origins_are_answered() {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .allow_origin("http://app.test:3000")
        .start()
        .await
        .unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for prefix in ["", "/fapi"] {
        for (origin, allowed) in [
            ("http://localhost:3000", true),
            ("http://127.0.0.1:8080", true),
            ("http://app.test:3000", true),
            ("http://app.test:3001", false),
            ("https://evil.example.com", false),
            ("http://localhost.evil.example.com", false),
            ("null", false),
        ] {
            let url = format!("{}{prefix}/v1/dev_browser", emulator.url());
            let answer = client
                .post(url)
                .header("origin", origin)
                .send()
                .await
                .unwrap();
            let headers = answer.headers();
            if allowed {
                assert_eq!(answer.status(), StatusCode::OK, "{origin}");
                assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], origin);
                assert_eq!(headers[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
            } else {
                assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{origin}");
                assert!(headers.get(ACCESS_CONTROL_ALLOW_ORIGIN).is_none());
            }
        }
    }
    let caller = Caller::new(&emulator);
    let clients = caller.call(Method::GET, "/clients", None).await;
    assert_eq!(
        clients.body.as_array().unwrap().len(),
        6,
        "refused before any effect"
    );
}

/// Development browsers without a token, or with a foreign one, must first obtain one.
#[tokio::test]
async fn unknown_browsers_get_an_error() {
    let emulator = emulator().await;
    let browser = Browser::new(&emulator, &Judge::default()).await;
    for token in ["", "dvb_forged"] {
        let mut unknown = browser.with_token(token);
        for refused in [
            unknown.get("/v1/client", &[]).await,
            unknown.get("/v1/me", &[]).await,
            unknown
                .post(
                    "/v1/client/sign_ins",
                    &[],
                    &[("identifier", "ada@example.com")],
                )
                .await,
        ] {
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
            assert_eq!(refused.code(), "dev_browser_unauthenticated");
        }
    }
}

/// A browser can neither see nor change the sessions of another one.
#[tokio::test]
async fn browsers_are_isolated() {
    let emulator = emulator().await;
    let judge = Judge::default();
    let mut ada = Browser::new(&emulator, &judge).await;
    let session = ada.sign_in("ada@example.com", "analytical-engine").await;
    let mut grace = Browser::new(&emulator, &judge).await;
    for step in ["touch", "end", "remove", "tokens", "verify"] {
        let path = format!("/v1/client/sessions/{{session_id}}/{step}");
        let refused = grace
            .post(&path, &[&session], &[("level", "first_factor")])
            .await;
        assert!(refused.status.is_client_error(), "{step}");
    }
    let begun = grace
        .post(
            "/v1/client/sign_ins",
            &[],
            &[("identifier", "grace@example.com")],
        )
        .await;
    let sign_in = begun.response()["id"].as_str().unwrap();
    let mut mallory = Browser::new(&emulator, &judge).await;
    let form = [("strategy", "password"), ("password", "nanoseconds-matter")];
    let path = "/v1/client/sign_ins/{sign_in_id}/attempt_first_factor";
    assert_eq!(
        mallory.post(path, &[sign_in], &form).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(mallory.client().await, Value::Null);
    assert_eq!(ada.client().await["sessions"].as_array().unwrap().len(), 1);
}

/// Banned and locked users get specific error codes.
#[tokio::test]
async fn banned_and_locked_users_do_not_sign_in() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    for (who, what, code) in [
        ("ada@example.com", "ban", "user_banned"),
        ("grace@example.com", "lock", "user_locked"),
    ] {
        let user = emulator.user_id(who).unwrap();
        caller
            .call(Method::POST, &format!("/users/{user}/{what}"), None)
            .await;
        let mut browser = Browser::new(&emulator, &Judge::default()).await;
        let refused = browser
            .post("/v1/client/sign_ins", &[], &[("identifier", who)])
            .await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::FORBIDDEN, code)
        );
    }
}

/// Too many wrong passwords and codes lock an account for an hour, and an administrator opens it before.
#[tokio::test]
async fn too_many_wrong_answers_lock_an_account() {
    let emulator = started(SettingsSeed::new().max_failed_attempts(4)).await;
    // It stands still, so that the seconds that are left can be compared.
    emulator.set_clock(UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let caller = Caller::new(&emulator);
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    let id = emulator.user_id("ada@example.com").unwrap();
    let shown = async || {
        let user = caller
            .call(Method::GET, &format!("/users/{id}"), None)
            .await;
        let seconds = user.body["lockout_expires_in_seconds"].clone();
        let left = user.body["verification_attempts_remaining"].clone();
        (user.body["locked"].clone(), seconds, left)
    };
    let sign_ins = "/v1/client/sign_ins";
    let wrong = [("identifier", "ada@example.com"), ("password", "wrong")];
    let right = [
        ("identifier", "ada@example.com"),
        ("password", "analytical-engine"),
    ];

    // A success starts the count again.
    let refused = browser.post(sign_ins, &[], &wrong).await;
    assert_eq!(refused.code(), "form_password_incorrect");
    assert_eq!(shown().await, (json!(false), Value::Null, json!(3)));
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    assert_eq!(shown().await, (json!(false), Value::Null, json!(4)));
    browser.delete("/v1/client/sessions", &[]).await.response();

    // All ways of answering count: with the identifier, afterwards, and by code.
    browser.post(sign_ins, &[], &wrong).await;
    let started = browser.post(sign_ins, &[], &wrong[..1]).await;
    let attempt = super::browser::id(started.response());
    let answer = "/v1/client/sign_ins/{sign_in_id}/attempt_first_factor";
    let form = [("strategy", "password"), ("password", "wrong")];
    browser.post(answer, &[&attempt], &form).await;
    let prepare = "/v1/client/sign_ins/{sign_in_id}/prepare_first_factor";
    let form = [("strategy", "email_code")];
    browser.post(prepare, &[&attempt], &form).await.response();
    let form = [("strategy", "email_code"), ("code", "000000")];
    let refused = browser.post(answer, &[&attempt], &form).await;
    assert_eq!(refused.code(), "form_code_incorrect");
    assert_eq!(shown().await, (json!(false), Value::Null, json!(1)));
    let last = browser.post(answer, &[&attempt], &form).await;
    let locked = (StatusCode::FORBIDDEN, "user_locked");
    assert_eq!((last.status, last.code()), locked);
    assert_eq!(
        last.body["errors"][0]["meta"]["lockout_expires_in_seconds"],
        3_600
    );
    assert_eq!(shown().await, (json!(true), json!(3_600), json!(0)));

    // The right password does not help, nor the code that was sent.
    let refused = browser.post(sign_ins, &[], &right).await;
    assert_eq!((refused.status, refused.code()), locked);
    let inbox = emulator.inbox("ada@example.com");
    assert_eq!(inbox.last().unwrap().kind(), "account_locked");
    let code = inbox.iter().find_map(|mail| mail.code()).unwrap();
    let form = [("strategy", "email_code"), ("code", code)];
    let refused = browser.post(answer, &[&attempt], &form).await;
    assert_eq!((refused.status, refused.code()), locked);

    // Time does, and so does an administrator.
    emulator.advance_clock(Duration::from_secs(3_601));
    assert_eq!(shown().await, (json!(false), Value::Null, json!(4)));
    for _ in 0..4 {
        browser.post(sign_ins, &[], &wrong).await;
    }
    assert_eq!(shown().await.0, true);
    let path = format!("/users/{id}/unlock");
    caller.call(Method::POST, &path, None).await;
    assert_eq!(shown().await, (json!(false), Value::Null, json!(4)));
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
}

/// A testing token is one of this instance and of this hour, or is refused with a code of its own.
#[tokio::test]
async fn testing_tokens_are_checked() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let made = caller.call(Method::POST, "/testing_tokens", None).await;
    let token = made.body["token"].as_str().unwrap().to_owned();
    let judge = Judge::default();
    let mut browser = Browser::new(&emulator, &judge).await;
    let client = async |browser: &mut Browser, token: &str| {
        let path = format!("/v1/client?__clerk_testing_token={token}");
        browser.get(&path, &[]).await
    };
    assert_eq!(client(&mut browser, &token).await.status, StatusCode::OK);
    let expires_at = made.body["expires_at"].as_i64().unwrap();
    let (seconds, rest) = token.split_once('-').unwrap();
    assert_eq!(seconds, expires_at.to_string());
    let later = format!("{}-{rest}", expires_at + 1);
    for bad in [
        "nonsense",
        "1-x",
        &token[1..],
        &token[..token.len() - 1],
        &later,
    ] {
        let refused = client(&mut browser, bad).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::BAD_REQUEST, "testing_token_invalid"),
            "{bad}"
        );
        assert_eq!(refused.headers[ACCESS_CONTROL_ALLOW_ORIGIN], ORIGIN);
    }
    emulator.advance_clock(Duration::from_secs(3_601));
    let expired = client(&mut browser, &token).await;
    assert_eq!(expired.code(), "testing_token_invalid");
}

/// Several sessions in one browser, one of which ends.
#[tokio::test]
async fn several_sessions() {
    let emulator = started(SettingsSeed::new().multiple_sessions(true)).await;
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    let ada = browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let form = [
        ("identifier", "ada@example.com"),
        ("password", "analytical-engine"),
    ];
    let twice = browser.post("/v1/client/sign_ins", &[], &form).await;
    assert_eq!(twice.code(), "identifier_already_signed_in");
    assert_eq!(twice.body["errors"][0]["meta"]["session_id"], ada.as_str());
    let grace = browser
        .sign_in("grace@example.com", "nanoseconds-matter")
        .await;
    let client = browser.client().await;
    assert_eq!(client["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(client["last_active_session_id"], grace.as_str());
    let user = browser
        .get(&format!("/v1/me?_clerk_session_id={ada}"), &[])
        .await;
    assert_eq!(user.response()["first_name"], "Ada");
    browser
        .post("/v1/client/sessions/{session_id}/remove", &[&grace], &[])
        .await;
    let client = browser.client().await;
    assert_eq!(client["last_active_session_id"], ada.as_str());
    assert_eq!(client["sessions"].as_array().unwrap().len(), 1);
}

/// Production browsers are recognized by a cookie that changes with every sign-in.
#[tokio::test]
async fn production_keeps_cookies() {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com").password("analytical-engine"))
        .frontend_api_host("clerk.example.com")
        .production()
        .start()
        .await
        .unwrap();
    assert!(emulator.publishable_key().starts_with("pk_live_"));
    let mut browser = Browser::production(&emulator, &Judge::default());
    assert_eq!(browser.client().await, Value::Null);
    assert_eq!(browser.cookie("__client"), None);
    let refused = browser.post("/v1/dev_browser", &[], &[]).await;
    assert_eq!(refused.code(), "request_invalid_for_environment");
    browser
        .post(
            "/v1/client/sign_ins",
            &[],
            &[("identifier", "ada@example.com")],
        )
        .await
        .response();
    let before = browser.cookie("__client").unwrap().to_owned();
    assert_eq!(browser.cookie("__client_uat"), Some("0"));
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let after = browser.cookie("__client").unwrap().to_owned();
    assert_ne!(before, after, "the token was not rotated");
    assert_ne!(browser.cookie("__client_uat"), Some("0"));
    let suffixed = format!("__client_uat_{}", emulator.cookie_suffix());
    assert_eq!(browser.cookie(&suffixed), browser.cookie("__client_uat"));

    // The Backend API finds the browser by the same token.
    let caller = Caller::new(&emulator);
    let verify = json!({ "token": after });
    let client = caller
        .call(Method::POST, "/clients/verify", Some(&verify))
        .await;
    assert_eq!(
        client.body["session_ids"].as_array().map(Vec::len),
        Some(1),
        "{}",
        client.body
    );
    let forged = caller
        .call(
            Method::POST,
            "/clients/verify",
            Some(&json!({ "token": "x" })),
        )
        .await;
    assert_eq!(forged.status, StatusCode::BAD_REQUEST);

    // A handshake responds with cookies, which its result removes again.
    let path = format!("/v1/client/handshake?format=nonce&redirect_url={ORIGIN}/private");
    let shaken = browser.get(&path, &[]).await;
    assert_eq!(shaken.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(shaken.headers[LOCATION], format!("{ORIGIN}/private"));
    let nonce = browser.cookie("__clerk_handshake_nonce").unwrap();
    let payload = format!("/clients/handshake_payload?nonce={nonce}");
    let payload = caller.call(Method::GET, &payload, None).await;
    let directives: Vec<&str> = payload.body["directives"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        directives.iter().any(|one| one.starts_with("__session=ey")),
        "{directives:?}"
    );
    assert!(
        directives
            .iter()
            .any(|one| one.starts_with("__clerk_handshake_nonce=;"))
    );
    assert!(
        !directives
            .iter()
            .any(|one| one.starts_with("__clerk_db_jwt"))
    );
    browser.delete("/v1/client/sessions", &[]).await;
    assert_eq!(browser.cookie("__client_uat"), Some("0"));
}

/// Native applications send the client's token themselves.
#[tokio::test]
async fn native_applications_carry_a_token() {
    let emulator = emulator().await;
    let mut native = Browser::native(&emulator, &Judge::default());
    native.sign_in("ada@example.com", "analytical-engine").await;
    assert!(native.token().split('.').count() == 3);
    let user = native.get("/v1/me", &[]).await;
    assert_eq!(user.response()["first_name"], "Ada");
    let mut stranger = Browser::native(&emulator, &Judge::default());
    let refused = stranger.get("/v1/me", &[]).await;
    assert_eq!(refused.code(), "authentication_invalid");
}
