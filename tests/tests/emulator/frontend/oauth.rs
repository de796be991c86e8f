//! Signing in to other applications through the instance.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::Serializer;

use super::browser::{Answer, Body, Browser, Judge, id};
use super::walk::emulator;
use crate::caller::Caller;

const BACK: &str = "http://localhost:5000/callback";
const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-accepted-anywhere";

pub(super) fn answered(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// Returns the path that requests an authorization code.
fn authorize(client: &str, extra: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
    let mut query = Serializer::new(String::new());
    query.extend_pairs([
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", BACK),
        ("state", "state of it"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ]);
    if !extra.iter().any(|(name, _)| *name == "scope") {
        query.append_pair("scope", "openid profile email offline_access");
    }
    for (name, value) in extra {
        query.append_pair(name, value);
    }
    format!("/oauth/authorize?{}", query.finish())
}

async fn token(browser: &mut Browser, form: &[(&str, &str)]) -> Answer {
    browser.post("/oauth/token", &[], form).await
}

pub(super) async fn code_and_tokens(judge: &Judge) {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let application = json!({
        "name": "Calendar",
        "redirect_uris": [BACK],
        "scopes": "openid profile email offline_access",
    });
    let made = caller
        .call(Method::POST, "/oauth_applications", Some(&application))
        .await;
    let client = made.body["client_id"].as_str().unwrap().to_owned();
    let secret = made.body["client_secret"].as_str().unwrap().to_owned();
    let mut browser = Browser::new(&emulator, judge).await;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ] {
        let metadata = browser.get(path, &[]).await.body;
        // Strict clients compare it with the URL that the path was appended to.
        assert_eq!(metadata["issuer"], emulator.url());
    }

    let silent = browser
        .get(&authorize(&client, &[("prompt", "none")]), &[])
        .await;
    assert_eq!(
        answered(&silent.location(), "error").as_deref(),
        Some("login_required")
    );
    let sent = browser.get(&authorize(&client, &[]), &[]).await;
    assert!(
        sent.location()
            .as_str()
            .starts_with(&emulator.sign_in_url())
    );
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let foreign = authorize(&client, &[]).replace("5000", "5001");
    let refused = browser.get(&foreign, &[]).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::BAD_REQUEST, "redirect_uri_mismatch")
    );
    let unknown = browser.get(&authorize("nobody", &[]), &[]).await;
    assert_eq!(unknown.code(), "invalid_client");
    let wide = browser
        .get(&authorize(&client, &[("scope", "private_metadata")]), &[])
        .await;
    assert_eq!(
        answered(&wide.location(), "error").as_deref(),
        Some("invalid_scope")
    );

    // Consent is requested only once.
    let form = [
        ("response_type", "code"),
        ("client_id", client.as_str()),
        ("redirect_uri", BACK),
        ("state", "state of it"),
    ];
    browser
        .post("/oauth/authorize", &[], &form)
        .await
        .location();
    let asked = browser.get(&authorize(&client, &[]), &[]).await;
    let page = asked.location();
    assert_eq!(page.path(), "/oauth/consent");
    let query = page.query().unwrap();
    let path = format!("/v1/me/oauth/consent/{{client_id}}?{query}");
    let info = browser.get(&path, &[&client]).await;
    assert_eq!(info.body["oauth_application_name"], "Calendar");
    let denied = browser
        .post(&path, &[&client], &[("consented", "false")])
        .await;
    assert_eq!(
        answered(&denied.location(), "error").as_deref(),
        Some("access_denied")
    );
    let agreed = browser
        .post(&path, &[&client], &[("consented", "true")])
        .await;
    let location = agreed.location();
    assert!(location.as_str().starts_with(BACK));
    assert_eq!(answered(&location, "state").as_deref(), Some("state of it"));
    let again = browser
        .get(&authorize(&client, &[("nonce", "n")]), &[])
        .await;
    let code = answered(&again.location(), "code").unwrap();

    for (secret, verifier, error) in [
        ("wrong", VERIFIER, "invalid_client"),
        (secret.as_str(), "another-verifier", "invalid_grant"),
    ] {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client.as_str()),
            ("client_secret", secret),
            ("code", code.as_str()),
            ("redirect_uri", BACK),
            ("code_verifier", verifier),
        ];
        let refused = plain(&emulator, &form).await;
        assert_eq!(refused["error"], error, "{refused}");
    }
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("client_secret", secret.as_str()),
        ("code", code.as_str()),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let granted = token(&mut browser, &form).await.body;
    let used = plain(&emulator, &form).await;
    assert_eq!(used["error"], "invalid_grant");
    let payload = granted["id_token"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert_eq!(
        (&claims["aud"], &claims["nonce"]),
        (&json!(client), &json!("n"))
    );
    let access = granted["access_token"].as_str().unwrap();
    let user = emulator.user_id("ada@example.com").unwrap();
    for method in [Method::GET, Method::POST] {
        let body = super::browser::Body::Json(access, json!({}));
        let info = browser.send(method, "/oauth/userinfo", &[], body).await;
        assert_eq!(info.body["sub"], user.as_str());
        assert_eq!(info.body["email"], "ada@example.com");
    }
    let verify = json!({ "access_token": access });
    let path = "/oauth_applications/access_tokens/verify";
    let verified = caller.call(Method::POST, path, Some(&verify)).await;
    assert_eq!(verified.body["subject"], user.as_str());
    let about = |token: &str| {
        let fields = [
            ("client_id", client.as_str()),
            ("client_secret", secret.as_str()),
            ("token", token),
        ];
        fields.map(|(name, value)| (name, value.to_owned()))
    };
    let refresh = granted["refresh_token"].as_str().unwrap();
    for (token, active) in [(access, true), (refresh, true), ("unknown", false)] {
        let fields = about(token);
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let info = browser.post("/oauth/token_info", &[], &fields).await;
        assert_eq!(info.body["active"], active, "{}", info.body);
        for (scope, granted) in [("openid email", true), ("email private_metadata", false)] {
            let fields = [fields.clone(), vec![("scope", scope)]].concat();
            let info = browser.post("/oauth/token_info", &[], &fields).await;
            let active = active && granted;
            assert_eq!(info.body["active"], active, "{scope}: {}", info.body);
        }
    }
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", client.as_str()),
        ("client_secret", secret.as_str()),
        ("refresh_token", refresh),
    ];
    let renewed = token(&mut browser, &form).await.body;
    let again = plain(&emulator, &form).await;
    assert_eq!(
        again["error"], "invalid_grant",
        "a refresh token is used once"
    );
    let fields = about(renewed["refresh_token"].as_str().unwrap());
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    browser.post("/oauth/token/revoke", &[], &fields).await;
    let verify = json!({ "access_token": renewed["access_token"] });
    let gone = caller.call(Method::POST, path, Some(&verify)).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

/// Requests tokens without validation, because errors have their own format.
async fn plain(emulator: &clerk_emulator::Emulator, form: &[(&str, &str)]) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client
        .post(format!("{}/oauth/token", emulator.url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Serializer::new(String::new()).extend_pairs(form).finish())
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_client_error());
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// Clients register themselves, where the instance lets them.
pub(super) async fn registration(judge: &Judge) {
    let emulator = emulator().await;
    let mut client = Browser::new(&emulator, judge).await;
    let path = "/oauth/register";
    let metadata = json!({
        "redirect_uris": ["http://localhost:3000/callback"],
        "client_name": "Robot",
        "scope": "profile",
    });
    let off = client
        .send(Method::POST, path, &[], Body::Json("", metadata.clone()))
        .await;
    assert_eq!(off.status, StatusCode::FORBIDDEN);
    let on = json!({ "dynamic_oauth_client_registration": true });
    Caller::new(&emulator)
        .call(
            Method::PATCH,
            "/instance/oauth_application_settings",
            Some(&on),
        )
        .await;
    let made = client
        .send(Method::POST, path, &[], Body::Json("", metadata.clone()))
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.body["client_secret_expires_at"], 0);
    let mut public = metadata;
    public["token_endpoint_auth_method"] = json!("none");
    let made = client
        .send(Method::POST, path, &[], Body::Json("", public))
        .await;
    assert!(made.body.get("client_secret").is_none(), "{:?}", made.body);
    let caller = Caller::new(&emulator);
    let path = "/oauth_applications?name_query=Robot";
    let listed = caller.call(Method::GET, path, None).await.body;
    let robot = format!("/oauth_applications/{}", id(&listed["data"][0]));
    for (on, code) in [
        (true, ""),
        (false, "oauth_application_consent_screen_cannot_be_disabled"),
    ] {
        let body = json!({ "consent_screen_enabled": on });
        let changed = caller.call(Method::PATCH, &robot, Some(&body)).await;
        assert_eq!(changed.code(), code, "{}", changed.body);
    }
    let path = "/oauth/register";
    for (bad, code) in [
        (json!({}), "invalid_redirect_uri"),
        (
            json!({ "redirect_uris": ["no url"] }),
            "invalid_redirect_uri",
        ),
        (
            json!({ "redirect_uris": ["http://localhost/"], "scope": "moon" }),
            "invalid_client_metadata",
        ),
    ] {
        // OAuth's refusals have no code of Clerk's.
        let mut client = Browser::new(&emulator, &Judge::default()).await;
        let refused = client
            .send(Method::POST, path, &[], Body::Json("", bad))
            .await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.body["error"], code);
    }
}

/// The link of an agent task signs in the agent's browser, once.
pub(super) async fn agents_and_satellites(judge: &Judge) {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let task = json!({
        "on_behalf_of": { "user_id": emulator.user_id("ada@example.com").unwrap() },
        "permissions": "*",
        "agent_name": "Analyst",
        "task_description": "look around",
        "redirect_url": "http://localhost:3000/work",
    });
    let made = caller
        .call(Method::POST, "/agents/tasks", Some(&task))
        .await;
    let url = made.body["url"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", made.body));
    let ticket = answered(&Url::parse(url).unwrap(), "__clerk_ticket").unwrap();
    let mut browser = Browser::new(&emulator, judge).await;
    let path = format!("/v1/agents/tasks?ticket={ticket}");
    let sent = browser.get(&path, &[]).await;
    let location = sent.location();
    assert!(
        location
            .as_str()
            .starts_with("http://localhost:3000/work?__clerk_handshake=ey")
    );
    let again = browser.get(&path, &[]).await;
    assert_eq!(again.code(), "agent_task_already_used");

    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let path = "/v1/client/sync?redirect_url=http://localhost:4000/&link_domain=localhost";
    let sent = browser.get(path, &[]).await;
    let next = sent.location();
    let path = format!("/v1/client/link?{}", next.query().unwrap());
    let linked = browser.get(&path, &[]).await;
    let location = linked.location();
    assert_eq!(
        answered(&location, "__clerk_synced").as_deref(),
        Some("true")
    );
    let nonce = answered(&location, "__clerk_handshake_nonce").unwrap();
    let payload = format!("/clients/handshake_payload?nonce={nonce}");
    let payload = caller.call(Method::GET, &payload, None).await;
    assert!(
        payload.body.to_string().contains("__session=ey"),
        "{}",
        payload.body
    );
}

/// What the SDK's component sends, scopes that nobody asked for, and tokens that are JWTs.
#[tokio::test]
async fn consent_scopes_and_revocation_are_as_documented() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let application = json!({
        "name": "Calendar",
        "redirect_uris": [BACK, "http://localhost:5000/other"],
        "scopes": "openid profile email private_metadata offline_access",
    });
    let made = caller
        .call(Method::POST, "/oauth_applications", Some(&application))
        .await;
    let client = made.body["client_id"].as_str().unwrap().to_owned();
    let secret = made.body["client_secret"].as_str().unwrap().to_owned();
    let jwts = json!({ "oauth_jwt_access_tokens": true });
    let settings = "/instance/oauth_application_settings";
    caller.call(Method::PATCH, settings, Some(&jwts)).await;
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;

    let consent = "/v1/me/oauth/consent/{client_id}";
    for query in [
        format!("?redirect_uri={BACK}"),
        "?redirect_uri=https://evil.example".to_owned(),
        String::new(),
    ] {
        let info = browser.get(&format!("{consent}{query}"), &[&client]).await;
        assert_eq!(info.status, StatusCode::OK, "{query}");
        // Browsers derive it.
        assert_eq!(info.body["redirect_domain"], Value::Null, "{query}");
        assert_eq!(
            info.body["scopes"][0]["description"],
            "Your name, username and picture"
        );
    }
    let decide = async |browser: &mut Browser, scope: Option<&str>, consented: &str| {
        let mut form = vec![
            ("response_type", "code"),
            ("redirect_uri", BACK),
            ("state", "state of it"),
            ("consented", consented),
        ];
        form.extend(scope.map(|scope| ("scope", scope)));
        browser.post(consent, &[&client], &form).await.location()
    };
    for no in ["false", "no", "1"] {
        let denied = decide(&mut browser, None, no).await;
        assert_eq!(answered(&denied, "error").as_deref(), Some("access_denied"));
    }
    let exchange = |code: String, redirect_uri: Option<&'static str>| {
        let mut form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", client.clone()),
            ("client_secret", secret.clone()),
            ("code", code),
        ];
        form.extend(redirect_uri.map(|uri| ("redirect_uri", uri.to_owned())));
        form
    };
    let agreed = decide(&mut browser, None, "true").await;
    assert_eq!(answered(&agreed, "state").as_deref(), Some("state of it"));
    let code = answered(&agreed, "code").unwrap();
    let form = exchange(code.clone(), None);
    let refused = plain(&emulator, &borrowed(&form)).await;
    assert_eq!(refused["error"], "invalid_grant", "without redirect_uri");
    let form = exchange(code, Some(BACK));
    let granted = token(&mut browser, &borrowed(&form)).await.body;
    assert_eq!(
        granted["scope"], "profile email",
        "what is granted by default"
    );

    let scopes = "openid profile offline_access";
    let agreed = decide(&mut browser, Some(scopes), "true").await;
    let form = exchange(answered(&agreed, "code").unwrap(), Some(BACK));
    let granted = token(&mut browser, &borrowed(&form)).await.body;
    let refresh = |scope: &str| {
        vec![
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", client.clone()),
            ("client_secret", secret.clone()),
            (
                "refresh_token",
                granted["refresh_token"].as_str().unwrap().to_owned(),
            ),
            ("scope", scope.to_owned()),
        ]
    };
    let refused = plain(&emulator, &borrowed(&refresh("openid email"))).await;
    assert_eq!(refused["error"], "invalid_scope");
    let fewer = token(&mut browser, &borrowed(&refresh("profile")))
        .await
        .body;
    assert_eq!(fewer["scope"], "profile");

    let access = fewer["access_token"].as_str().unwrap();
    assert_eq!(access.split('.').count(), 3, "a JWT");
    let about = [
        ("client_id", client.as_str()),
        ("client_secret", secret.as_str()),
        ("token", access),
    ];
    for active in [true, false] {
        let info = browser.post("/oauth/token_info", &[], &about).await;
        assert_eq!(info.body["active"], active);
        browser.post("/oauth/token/revoke", &[], &about).await;
    }
}

fn borrowed<'a>(form: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    form.iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

/// An application with one address, and a browser in which its user has signed in.
async fn calendar(emulator: &clerk_emulator::Emulator) -> (String, Browser) {
    let application = json!({
        "name": "Calendar",
        "redirect_uris": [BACK],
        "scopes": "openid profile email offline_access",
    });
    let made = Caller::new(emulator)
        .call(Method::POST, "/oauth_applications", Some(&application))
        .await;
    let client = made.body["client_id"].as_str().unwrap().to_owned();
    let mut browser = Browser::new(emulator, &Judge::default()).await;
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    (client, browser)
}

#[tokio::test]
async fn prompts_decide_what_the_user_sees() {
    let emulator = emulator().await;
    let (client, mut browser) = calendar(&emulator).await;
    let asks = |prompt| authorize(&client, &[("prompt", prompt)]);
    for (prompt, error) in [
        ("none", "consent_required"),
        ("none login", "invalid_request"),
        ("select_account", "invalid_request"),
    ] {
        let back = browser.get(&asks(prompt), &[]).await.location();
        assert_eq!(answered(&back, "error").as_deref(), Some(error), "{prompt}");
    }
    let page = browser.get(&asks("consent"), &[]).await.location();
    let consent = format!(
        "/v1/me/oauth/consent/{{client_id}}?{}",
        page.query().unwrap()
    );
    browser
        .post(&consent, &[&client], &[("consented", "true")])
        .await;
    for prompt in ["none", ""] {
        let back = browser.get(&asks(prompt), &[]).await.location();
        assert!(answered(&back, "code").is_some(), "{prompt}: {back}");
    }
    let page = browser.get(&asks("consent"), &[]).await.location();
    assert_eq!(page.path(), "/oauth/consent");

    // Signing in again comes first, and the question about consent is not forgotten.
    let page = browser.get(&asks("login consent"), &[]).await.location();
    assert!(page.as_str().starts_with(&emulator.sign_in_url()), "{page}");
    let after = Url::parse(&answered(&page, "redirect_url").unwrap()).unwrap();
    assert_eq!(answered(&after, "prompt").as_deref(), Some("consent"));
    let back = browser.get(&asks("none"), &[]).await.location();
    assert_eq!(answered(&back, "error").as_deref(), Some("login_required"));
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let path = format!("{}?{}", after.path(), after.query().unwrap());
    let page = browser.get(&path, &[]).await.location();
    assert_eq!(page.path(), "/oauth/consent");
}

#[tokio::test]
async fn results_can_be_posted_to_the_application() {
    let emulator = emulator().await;
    let (client, mut browser) = calendar(&emulator).await;
    let mode = |mode| authorize(&client, &[("response_mode", mode)]);
    let back = browser.get(&mode("fragment"), &[]).await.location();
    assert_eq!(answered(&back, "error").as_deref(), Some("invalid_request"));
    let page = browser.get(&mode("form_post"), &[]).await.location();
    let consent = format!(
        "/v1/me/oauth/consent/{{client_id}}?{}",
        page.query().unwrap()
    );
    for (consented, name, value) in [("false", "error", "access_denied"), ("true", "code", "")] {
        let form = [("consented", consented)];
        let posted = browser.post(&consent, &[&client], &form).await;
        assert_eq!(posted.status, StatusCode::OK);
        let html = posted.body["text"].as_str().unwrap();
        for part in [
            format!("<form method=\"post\" action=\"{BACK}\">"),
            format!("name=\"{name}\" value=\"{value}"),
            "name=\"state\" value=\"state of it\"".to_owned(),
        ] {
            assert!(html.contains(&part), "{part} is not in {html}");
        }
        let policy = posted.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'sha256-"), "{policy}");
    }
}

/// Clients that name no scope get those of the settings, and clients that register themselves always ask.
#[tokio::test]
async fn settings_give_scopes_and_enforce_consent() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let settings = "/instance/oauth_application_settings";
    let defaults = json!({ "default_scopes": ["openid", "email", "private_metadata"] });
    caller.call(Method::PATCH, settings, Some(&defaults)).await;
    let (client, mut browser) = calendar(&emulator).await;
    let consent = "/v1/me/oauth/consent/{client_id}";
    let info = browser.get(consent, &[&client]).await.body;
    let scopes = info["scopes"].as_array().unwrap().iter();
    let scopes: Vec<&str> = scopes.map(|one| one["scope"].as_str().unwrap()).collect();
    assert_eq!(scopes, ["openid", "email"], "what the application has too");

    let quiet =
        json!({ "name": "Quiet", "redirect_uris": [BACK], "consent_screen_enabled": false });
    let made = caller
        .call(Method::POST, "/oauth_applications", Some(&quiet))
        .await;
    let quiet = made.body["client_id"].as_str().unwrap().to_owned();
    let request = authorize(&quiet, &[("scope", "profile")]);
    let back = browser.get(&request, &[]).await.location();
    assert!(answered(&back, "code").is_some(), "{back}");
    let on = json!({ "dynamic_oauth_client_registration": true });
    caller.call(Method::PATCH, settings, Some(&on)).await;
    let page = browser.get(&request, &[]).await.location();
    assert_eq!(page.path(), "/oauth/consent");

    let metadata = json!({
        "redirect_uris": [BACK],
        "client_uri": "https://robot.example/",
    });
    let made = browser
        .send(
            Method::POST,
            "/oauth/register",
            &[],
            Body::Json("", metadata),
        )
        .await;
    assert_eq!(made.body["scope"], "openid email private_metadata");
    let robot = made.body["client_id"].as_str().unwrap().to_owned();
    let info = browser.get(consent, &[&robot]).await.body;
    assert_eq!(info["oauth_application_url"], "https://robot.example/");
    let path = "/oauth_applications?name_query=&order_by=-created_at";
    let listed = caller.call(Method::GET, path, None).await.body;
    let found = listed["data"].as_array().unwrap().iter();
    let found: Vec<_> = found
        .map(|one| {
            (
                one["client_id"] == robot.as_str(),
                &one["dynamically_registered"],
            )
        })
        .collect();
    assert_eq!(found.len(), 3);
    let by_client = format!("/oauth_applications?name_query={robot}");
    let listed = caller.call(Method::GET, &by_client, None).await.body;
    assert_eq!(listed["total_count"], 1);
    for (is_robot, registered) in found {
        assert_eq!(*registered, json!(is_robot));
    }
}
