//! The pages of providers, and what browsers want of them.

use clerk_emulator::Emulator;
use http::Method;
use serde_json::{Value, json};
use url::Url;

use super::browser::{Browser, Judge, ORIGIN, id};
use super::sign_in::visit_provider;
use super::walk::emulator;
use crate::caller::Caller;

const GRACE: (&str, &str) = ("grace@example.com", "nanoseconds-matter");

/// A hint that would be another parameter if it were pasted into a URL.
const HINT: &str = "eve&prompt=none@example.com";

/// Checks the URL of a provider's page.
fn check(challenge: &Value, hint: Option<&str>) {
    let url = challenge["external_verification_redirect_url"].as_str();
    let url = Url::parse(url.unwrap_or_default()).unwrap();
    let value = |wanted: &str| {
        let mut pairs = url.query_pairs();
        let found = pairs.find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.into_owned())
    };
    assert_eq!(value("login_hint").as_deref(), hint, "{url}");
    assert_eq!(value("prompt").as_deref(), Some("login consent"), "{url}");
}

/// Returns what somebody sees who opens a page.
async fn seen(url: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = client.get(url).send().await.unwrap();
    response.text().await.unwrap()
}

async fn browser(emulator: &Emulator) -> Browser {
    Browser::new(emulator, &Judge::default()).await
}

#[tokio::test]
async fn hints_and_prompts_reach_the_provider() {
    let emulator = emulator().await;
    let back = format!("{ORIGIN}/back");
    let hinted = |hint: &'static str| {
        [
            ("strategy", "oauth_google"),
            ("redirect_url", back.as_str()),
            ("oidc_login_hint", hint),
            ("oidc_prompt", "login consent"),
        ]
    };
    let mut stranger = browser(&emulator).await;
    let begun = stranger
        .post("/v1/client/sign_ins", &[], &hinted(HINT))
        .await;
    check(&begun.response()["first_factor_verification"], Some(HINT));
    let sign_in = id(begun.response());
    let prepare = "/v1/client/sign_ins/{sign_in_id}/prepare_first_factor";
    let prepared = stranger.post(prepare, &[&sign_in], &hinted(HINT)).await;
    let challenge = &prepared.response()["first_factor_verification"];
    check(challenge, Some(HINT));
    let url = challenge["external_verification_redirect_url"].as_str();
    let page = seen(url.unwrap()).await;
    assert!(
        page.contains("value=\"eve&amp;prompt=none@example.com\""),
        "{page}"
    );

    let begun = stranger
        .post("/v1/client/sign_ups", &[], &hinted(GRACE.0))
        .await;
    let challenge = &begun.response()["verifications"]["external_account"];
    check(challenge, Some(GRACE.0));
    let url = challenge["external_verification_redirect_url"].as_str();
    let page = seen(url.unwrap()).await;
    let place = |address: &str| page.find(&format!("value=\"{address}\"")).unwrap();
    assert!(place(GRACE.0) < place("ada@example.com"), "{page}");
    let sign_up = id(begun.response());
    let one = "/v1/client/sign_ups/{sign_up_id}";
    let prepared = stranger.patch(one, &[&sign_up], &hinted(HINT)).await;
    check(
        &prepared.response()["verifications"]["external_account"],
        Some(HINT),
    );

    let mut grace = browser(&emulator).await;
    grace.sign_in(GRACE.0, GRACE.1).await;
    let begun = grace
        .post("/v1/me/external_accounts", &[], &hinted(HINT))
        .await;
    let connection = begun.response().clone();
    check(&connection["verification"], Some(HINT));
    let form = "email_address=grace@example.com";
    visit_provider(&emulator, &mut grace, &connection["verification"], form).await;
    let again = "/v1/me/external_accounts/{external_account_id}/reauthorize";
    let again = grace.patch(again, &[&id(&connection)], &hinted(HINT)).await;
    check(&again.response()["verification"], Some(HINT));
}

#[tokio::test]
async fn identity_providers_of_companies_get_the_prompt_alone() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let new = json!({
        "name": "Okta",
        "provider": "saml_okta",
        "domains": ["okta.example"],
        "active": true,
        "saml": { "idp_metadata_url": "https://idp.example/metadata" },
    });
    let path = "/enterprise_connections";
    let made = caller.call(Method::POST, path, Some(&new)).await;
    assert!(made.status.is_success(), "{}", made.body);
    let path = format!("{path}/{}", id(&made.body));
    let active = json!({ "active": true });
    caller.call(Method::PATCH, &path, Some(&active)).await;
    let back = format!("{ORIGIN}/back");
    let form = [
        ("strategy", "enterprise_sso"),
        ("identifier", "eve@okta.example"),
        ("redirect_url", back.as_str()),
        ("oidc_login_hint", HINT),
        ("oidc_prompt", "login consent"),
    ];
    let mut stranger = browser(&emulator).await;
    let begun = stranger.post("/v1/client/sign_ins", &[], &form).await;
    check(&begun.response()["first_factor_verification"], None);
}
