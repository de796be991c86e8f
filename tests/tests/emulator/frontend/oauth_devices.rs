//! Devices that cannot show a sign-in page (RFC 8628), and the organization that an application learns about.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use clerk_emulator::{Emulator, OrganizationSeed, SettingsSeed, UserSeed};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::browser::{Browser, Judge};
use crate::caller::Caller;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const LOOKUP: &str = "/v1/me/oauth/device/lookup";
const DECISION: &str = "/v1/me/oauth/device";
const ALL_SCOPES: &str = "openid profile email offline_access user:org:read";

/// An instance whose clock stands still, with a user in two organizations.
async fn emulator() -> Emulator {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com").password("analytical-engine"))
        .user(UserSeed::new("grace@example.com").password("nanoseconds-matter"))
        .organization(OrganizationSeed::new("Acme", "acme").member("ada@example.com", "org:admin"))
        .organization(OrganizationSeed::new("Beta", "beta").member("ada@example.com", "org:member"))
        .organization(
            OrganizationSeed::new("Navy", "navy").member("grace@example.com", "org:admin"),
        )
        .start()
        .await
        .unwrap();
    emulator.set_clock(UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    emulator
}

/// An application, as its devices see it.
struct Application<'a> {
    emulator: &'a Emulator,
    client: reqwest::Client,
    id: String,
    secret: Option<String>,
}

impl<'a> Application<'a> {
    async fn create(emulator: &'a Emulator, fields: Value) -> Self {
        let made = Caller::new(emulator)
            .call(Method::POST, "/oauth_applications", Some(&fields))
            .await;
        let text = |name: &str| made.body[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(made.status, StatusCode::OK, "{:?}", made.body);
        Self {
            emulator,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            id: text("client_id"),
            secret: Some(text("client_secret")).filter(|secret| !secret.is_empty()),
        }
    }

    /// A public application whose devices may sign in.
    async fn for_devices(emulator: &'a Emulator) -> Self {
        let fields = json!({
            "name": "Living room",
            "public": true,
            "scopes": ALL_SCOPES,
            "device_authorization_grant_enabled": true,
        });
        Self::create(emulator, fields).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let mut form = form.to_vec();
        form.push(("client_id", &self.id));
        let mut request = self
            .client
            .post(format!("{}{path}", self.emulator.url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Serializer::new(String::new()).extend_pairs(form).finish());
        if let Some(secret) = &self.secret {
            let pair = STANDARD.encode(format!("{}:{secret}", self.id));
            request = request.header("authorization", format!("Basic {pair}"));
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let body = response.bytes().await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn start(&self, form: &[(&str, &str)]) -> Value {
        let (status, body) = self.post("/oauth/device_authorization", form).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    async fn poll(&self, started: &Value) -> (StatusCode, Value) {
        let code = started["device_code"].as_str().unwrap();
        let form = [("grant_type", GRANT), ("device_code", code)];
        self.post("/oauth/token", &form).await
    }

    /// Returns the error that the device gets.
    async fn error(&self, started: &Value) -> String {
        let (status, body) = self.poll(started).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(body["error_description"].is_string(), "{body}");
        body["error"].as_str().unwrap().to_owned()
    }
}

fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

async fn signed_in(emulator: &Emulator) -> Browser {
    // Neither document has these operations: the public documentation and the browser SDK do.
    let mut browser = Browser::new(emulator, &Judge::default()).await;
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    browser
}

#[tokio::test]
async fn a_device_gets_tokens_once_its_user_allows() {
    let emulator = emulator().await;
    let mut browser = signed_in(&emulator).await;
    let metadata = [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ];
    for path in metadata {
        let body = browser.get(path, &[]).await.body;
        assert!(body.get("device_authorization_endpoint").is_none());
        assert!(!body["grant_types_supported"].to_string().contains(GRANT));
        assert!(body["scopes_supported"].to_string().contains("user:org"));
    }
    let television = Application::for_devices(&emulator).await;
    for path in metadata {
        let body = browser.get(path, &[]).await.body;
        let endpoint = format!("{}/oauth/device_authorization", emulator.url());
        assert_eq!(body["device_authorization_endpoint"], endpoint.as_str());
        assert!(body["grant_types_supported"].to_string().contains(GRANT));
    }
    let jwts = json!({ "oauth_jwt_access_tokens": true });
    let path = "/instance/oauth_application_settings";
    let caller = Caller::new(&emulator);
    caller.call(Method::PATCH, path, Some(&jwts)).await;

    let form = [("scope", ALL_SCOPES), ("nonce", "12345678")];
    let started = television.start(&form).await;
    assert_eq!(started["expires_in"], 600);
    assert_eq!(started["interval"], 5);
    let shown = started["user_code"].as_str().unwrap();
    let page = format!("{}/device", emulator.url());
    assert_eq!(started["verification_uri"], page.as_str());
    let complete = format!("{page}?user_code={shown}");
    assert_eq!(started["verification_uri_complete"], complete.as_str());

    // Each early question makes the interval five seconds longer.
    assert_eq!(television.error(&started).await, "authorization_pending");
    assert_eq!(television.error(&started).await, "slow_down");
    emulator.advance_clock(Duration::from_secs(9));
    assert_eq!(television.error(&started).await, "slow_down");
    emulator.advance_clock(Duration::from_secs(15));
    assert_eq!(television.error(&started).await, "authorization_pending");

    let spelled = shown.to_lowercase().replace('-', " ");
    let found = browser.post(LOOKUP, &[], &[("user_code", &spelled)]).await;
    assert_eq!(found.body["oauth_application_name"], "Living room");
    assert_eq!(found.body["status"], "pending");
    assert_eq!(found.body["expires_at"], json!(1_800_000_600_000_u64));
    let scopes = found.body["scopes"].as_array().unwrap();
    assert_eq!(scopes.len(), 5);
    assert!(scopes.iter().all(|scope| scope["description"].is_string()));

    let navy = emulator.organization_id("navy").unwrap();
    let beta = emulator.organization_id("beta").unwrap();
    let decide = |organization| {
        [
            ("user_code", shown),
            ("approved", "true"),
            ("organization_id", organization),
        ]
    };
    let foreign = browser.post(DECISION, &[], &decide(&navy)).await;
    assert_eq!(foreign.code(), "resource_not_found");
    let done = browser.post(DECISION, &[], &decide(&beta)).await;
    assert_eq!(
        done.body,
        json!({ "object": "oauth_device_verification", "status": "approved" })
    );
    let other = Application::for_devices(&emulator).await;
    assert_eq!(other.error(&started).await, "invalid_grant");
    let (status, granted) = television.poll(&started).await;
    assert_eq!(status, StatusCode::OK, "{granted}");
    assert_eq!(granted["scope"], ALL_SCOPES);
    for (token, nonce) in [
        ("access_token", Value::Null),
        ("id_token", json!("12345678")),
    ] {
        let claims = claims(&granted[token]);
        assert_eq!(claims["org_id"], beta.as_str(), "{token}");
        assert_eq!(claims["nonce"], nonce, "{token}");
    }
    let refresh = granted["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let (_, renewed) = television.post("/oauth/token", &form).await;
    let access = renewed["access_token"].as_str().unwrap();
    assert_eq!(claims(&renewed["access_token"])["org_id"], beta.as_str());
    let (_, info) = television
        .post("/oauth/token_info", &[("token", access)])
        .await;
    assert_eq!(info["org_id"], beta.as_str());
    let body = super::browser::Body::Json(access, json!({}));
    let info = browser
        .send(Method::GET, "/oauth/userinfo", &[], body)
        .await;
    assert_eq!(info.body["org_name"], "Beta");
    assert_eq!(info.body["org_slug"], "beta");

    assert_eq!(television.error(&started).await, "invalid_grant");
    let found = browser.post(LOOKUP, &[], &[("user_code", shown)]).await;
    assert_eq!(found.body["status"], "consumed");
    let again = browser.post(DECISION, &[], &decide(&beta)).await;
    assert_eq!(
        (again.status, again.code()),
        (StatusCode::BAD_REQUEST, "bad_request")
    );

    let refresh = renewed["refresh_token"].as_str().unwrap();
    let fewer = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh),
        ("scope", "openid offline_access"),
    ];
    let (_, fewer) = television.post("/oauth/token", &fewer).await;
    for token in ["access_token", "id_token"] {
        assert_eq!(claims(&fewer[token])["org_id"], Value::Null, "{token}");
    }

    // Who is no member any more has no organization to tell about.
    let ada = emulator.user_id("ada@example.com").unwrap();
    let path = format!("/organizations/{beta}/memberships/{ada}");
    caller.call(Method::DELETE, &path, None).await;
    let body = super::browser::Body::Json(access, json!({}));
    let info = browser
        .send(Method::GET, "/oauth/userinfo", &[], body)
        .await;
    assert!(info.body.get("org_id").is_none(), "{}", info.body);
}

#[tokio::test]
async fn devices_that_are_denied_late_or_wrong_get_nothing() {
    let emulator = emulator().await;
    let mut browser = signed_in(&emulator).await;
    let fields = json!({ "name": "Calendar", "scopes": ALL_SCOPES });
    let calendar = Application::create(&emulator, fields).await;
    let path = "/oauth/device_authorization";
    let (status, body) = calendar.post(path, &[]).await;
    assert_eq!(
        (status, body["error"].as_str()),
        (StatusCode::BAD_REQUEST, Some("unauthorized_client"))
    );
    let fields = json!({
        "name": "Console",
        "scopes": "profile email",
        "device_authorization_grant_enabled": true,
    });
    let mut console = Application::create(&emulator, fields).await;
    for (form, error) in [
        ([("scope", "openid")], "invalid_scope"),
        ([("nonce", "short")], "invalid_request"),
    ] {
        let (status, body) = console.post(path, &form).await;
        assert_eq!(
            (status, body["error"].as_str()),
            (StatusCode::BAD_REQUEST, Some(error))
        );
    }
    let started = console.start(&[]).await;
    let secret = console.secret.replace("wrong".to_owned());
    let (status, body) = console.poll(&started).await;
    assert_eq!(
        (status, body["error"].as_str()),
        (StatusCode::UNAUTHORIZED, Some("invalid_client"))
    );
    console.secret = secret;

    let shown = started["user_code"].as_str().unwrap();
    for (form, code) in [
        (vec![("approved", "true")], "form_param_missing"),
        (vec![("user_code", shown)], "form_param_missing"),
        (
            vec![("user_code", "BCDF-GHJK"), ("approved", "true")],
            "resource_not_found",
        ),
    ] {
        let refused = browser.post(DECISION, &[], &form).await;
        assert_eq!(refused.code(), code);
    }
    let form = [("user_code", shown), ("approved", "false")];
    let mut stranger = Browser::new(&emulator, &Judge::default()).await;
    let refused = stranger.post(DECISION, &[], &form).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let denied = browser.post(DECISION, &[], &form).await;
    assert_eq!(denied.body["status"], "denied");
    assert_eq!(console.error(&started).await, "access_denied");

    // What was approved in time must also be fetched in time.
    for approve in [false, true] {
        let started = console.start(&[]).await;
        let shown = started["user_code"].as_str().unwrap();
        let form = [("user_code", shown), ("approved", "true")];
        if approve {
            browser.post(DECISION, &[], &form).await;
        }
        emulator.advance_clock(Duration::from_secs(600));
        assert_eq!(console.error(&started).await, "expired_token");
        for path in [LOOKUP, DECISION] {
            let late = browser.post(path, &[], &form).await;
            assert_eq!(
                (late.status, late.code()),
                (StatusCode::BAD_REQUEST, "oauth_device_code_expired")
            );
        }
    }
    let unknown = json!({ "device_code": "unknown" });
    assert_eq!(console.error(&unknown).await, "invalid_grant");

    // A user who is gone lets nobody in.
    let started = console.start(&[]).await;
    let shown = started["user_code"].as_str().unwrap();
    let form = [("user_code", shown), ("approved", "true")];
    browser.post(DECISION, &[], &form).await;
    let ada = emulator.user_id("ada@example.com").unwrap();
    let path = format!("/users/{ada}");
    Caller::new(&emulator)
        .call(Method::DELETE, &path, None)
        .await;
    assert_eq!(console.error(&started).await, "invalid_grant");
}

/// Without a choice it is the session's active organization, and an application without the scope learns about none.
#[tokio::test]
async fn consent_tells_an_application_about_one_organization() {
    const BACK: &str = "http://localhost:5000/callback";
    let emulator = emulator().await;
    let fields = json!({ "name": "Calendar", "redirect_uris": [BACK], "scopes": ALL_SCOPES });
    let calendar = Application::create(&emulator, fields).await;
    let mut browser = signed_in(&emulator).await;
    let session = browser.client().await["sessions"][0]["id"].clone();
    let (acme, beta, navy) = (
        emulator.organization_id("acme").unwrap(),
        emulator.organization_id("beta").unwrap(),
        emulator.organization_id("navy").unwrap(),
    );
    let touch = "/v1/client/sessions/{session_id}/touch";
    let form = [("active_organization_id", acme.as_str())];
    browser
        .post(touch, &[session.as_str().unwrap()], &form)
        .await;
    let consent = "/v1/me/oauth/consent/{client_id}";
    for (scope, chosen, expected) in [
        ("openid user:org:read", None, Some(&acme)),
        ("openid user:org:read", Some(&beta), Some(&beta)),
        ("openid", Some(&beta), None),
    ] {
        let mut form = vec![
            ("response_type", "code"),
            ("redirect_uri", BACK),
            ("state", "12345678"),
            ("scope", scope),
            ("consented", "true"),
        ];
        form.extend(chosen.map(|id| ("organization_id", id.as_str())));
        let back = browser.post(consent, &[&calendar.id], &form).await;
        let code = super::oauth::answered(&back.location(), "code").unwrap();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", BACK),
        ];
        let (_, granted) = calendar.post("/oauth/token", &form).await;
        let organization = claims(&granted["id_token"])["org_id"].clone();
        assert_eq!(organization, json!(expected), "{scope} {chosen:?}");
    }
    let form = [
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("state", "12345678"),
        ("scope", "user:org:read"),
        ("consented", "true"),
        ("organization_id", navy.as_str()),
    ];
    let foreign = browser.post(consent, &[&calendar.id], &form).await;
    assert_eq!(foreign.code(), "resource_not_found");

    let off = json!({ "enabled": false });
    Caller::new(&emulator)
        .call(Method::PATCH, "/instance/organization_settings", Some(&off))
        .await;
    let refused = browser.post(consent, &[&calendar.id], &form).await;
    let error = super::oauth::answered(&refused.location(), "error");
    assert_eq!(error.as_deref(), Some("invalid_scope"));
    let path = "/.well-known/oauth-authorization-server";
    let metadata = browser.get(path, &[]).await.body.to_string();
    assert!(!metadata.contains("user:org:read") && !metadata.contains("org_id"));
}

/// A session that waits for a task decides nothing, and an application that has no devices any more gets nothing.
#[tokio::test]
async fn incomplete_sessions_and_former_applications_are_refused() {
    let settings = SettingsSeed::new().second_factor_required(true);
    let emulator = super::walk::started(settings).await;
    let application = Application::for_devices(&emulator).await;
    let started = application.start(&[("scope", "profile")]).await;
    let shown = started["user_code"].as_str().unwrap();
    let mut browser = signed_in(&emulator).await;
    let form = [("user_code", shown), ("approved", "true")];
    let refused = browser.post(DECISION, &[], &form).await;
    assert_eq!(refused.code(), "authentication_invalid");
    let path = format!(
        "/device?user_code={shown}&__clerk_db_jwt={}",
        browser.token()
    );
    let (page, _) = super::clients::open(&emulator, &path, "").await;
    assert_eq!(page, StatusCode::SEE_OTHER);
    assert_eq!(application.error(&started).await, "authorization_pending");

    let caller = Caller::new(&emulator);
    let listed = caller.call(Method::GET, "/oauth_applications", None).await;
    let id = listed.body["data"][0]["id"].as_str().unwrap();
    let off = json!({ "device_authorization_grant_enabled": false });
    let path = format!("/oauth_applications/{id}");
    caller.call(Method::PATCH, &path, Some(&off)).await;
    assert_eq!(application.error(&started).await, "unauthorized_client");
}
