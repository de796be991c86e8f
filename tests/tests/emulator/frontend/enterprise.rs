//! Signing in through the identity provider of a company, and the connections to it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clerk_emulator::{Emulator, SettingsSeed, SignUpMode};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::browser::{Answer, Browser, Judge, ORIGIN, id};
use super::walk::{emulator, started};
use crate::caller::Caller;

const SIGN_INS: &str = "/v1/client/sign_ins";
const PREPARE: &str = "/v1/client/sign_ins/{sign_in_id}/prepare_first_factor";

fn back() -> String {
    format!("{ORIGIN}/sign-in#/sso-callback")
}

/// Creates an active connection.
pub(super) async fn connect(
    emulator: &Emulator,
    domain: &str,
    provider: &str,
    more: Value,
) -> Value {
    let mut body = json!({ "name": domain, "provider": provider, "domains": [domain] });
    let part = if provider.starts_with("saml") {
        body["saml"] = json!({
            "idp_entity_id": "https://idp.example.com",
            "idp_sso_url": "https://idp.example.com/sso",
            "idp_certificate": "certificate",
        });
        "saml"
    } else {
        body["oidc"] = json!({
            "client_id": "emulator",
            "discovery_url": "https://idp.example.com/.well-known/openid-configuration",
        });
        "oidc"
    };
    for (name, value) in more.as_object().unwrap() {
        if ["allow_idp_initiated", "allow_subdomains"].contains(&name.as_str()) {
            body[part][name] = value.clone();
        } else {
            body[name] = value.clone();
        }
    }
    body["active"] = json!(true);
    let caller = Caller::new(emulator);
    let made = caller
        .call(Method::POST, "/enterprise_connections", Some(&body))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.body
}

async fn get_user(emulator: &Emulator, id: &str) -> Value {
    let caller = Caller::new(emulator);
    caller
        .call(Method::GET, &format!("/users/{id}"), None)
        .await
        .body
}

fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    rest.split_once('"').unwrap().0
}

/// Chooses a person on the page of the identity provider, and follows the way back to the application.
async fn visit(emulator: &Emulator, browser: &mut Browser, url: &str, form: &str) -> Answer {
    let start = format!("{}/identity-provider/", emulator.url());
    assert!(url.starts_with(&start), "{url}");
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let page = client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Somebody else"), "{page}");
    let (_, state) = url.split_once("state=").unwrap();
    let chosen = client
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("{form}&state={state}"))
        .send()
        .await
        .unwrap();
    if let Some(location) = chosen.headers().get("location") {
        let (_, query) = location.to_str().unwrap().split_once('?').unwrap();
        return browser
            .get(&format!("/v1/oauth_callback?{query}"), &[])
            .await;
    }
    let page = chosen.text().await.unwrap();
    let (_, action) = page.split_once("/v1/saml/acs/").unwrap();
    let (connection, _) = action.split_once('"').unwrap();
    let fields = [
        ("SAMLResponse", field(&page, "SAMLResponse")),
        ("RelayState", field(&page, "RelayState")),
    ];
    consume(browser, connection, &fields).await
}

async fn consume(browser: &mut Browser, connection: &str, fields: &[(&str, &str)]) -> Answer {
    browser
        .post("/v1/saml/acs/{saml_connection_id}", &[connection], fields)
        .await
}

fn external_url(verification: &Value) -> String {
    verification["external_verification_redirect_url"]
        .as_str()
        .unwrap_or_else(|| panic!("{verification}"))
        .to_owned()
}

/// Starts a sign-in as the browser SDK does: with the address, then with the strategy.
async fn start(browser: &mut Browser, address: &str) -> (Value, Value) {
    let begun = browser
        .post(SIGN_INS, &[], &[("identifier", address)])
        .await
        .response()
        .clone();
    let back = back();
    let form = [
        ("strategy", "enterprise_sso"),
        ("redirect_url", back.as_str()),
    ];
    let prepared = browser.post(PREPARE, &[&id(&begun)], &form).await;
    (
        begun,
        prepared.response()["first_factor_verification"].clone(),
    )
}

pub(super) async fn sign_in(judge: &Judge) {
    let emulator = emulator().await;
    let acme = emulator.organization_id("acme").unwrap();
    let grace = emulator.user_id("grace@example.com").unwrap();
    let more = json!({ "organization_id": acme });
    let connection = connect(&emulator, "example.com", "saml_okta", more).await;

    // A user with an address of the company has only this way, whatever else is set up.
    let mut browser = Browser::new(&emulator, judge).await;
    let (begun, verification) = start(&mut browser, "grace@example.com").await;
    assert_eq!(begun["status"], "needs_first_factor");
    assert_eq!(
        begun["supported_first_factors"],
        json!([{
            "strategy": "enterprise_sso",
            "enterprise_connection_id": connection["id"],
            "enterprise_connection_name": "example.com",
        }])
    );
    let attempt = "/v1/client/sign_ins/{sign_in_id}/attempt_first_factor";
    let form = [("strategy", "password"), ("password", "nanoseconds-matter")];
    let refused = browser.post(attempt, &[&id(&begun)], &form).await;
    assert_eq!(refused.code(), "strategy_for_user_invalid");
    let form = [("strategy", "email_code")];
    let refused = browser.post(PREPARE, &[&id(&begun)], &form).await;
    assert_eq!(refused.code(), "strategy_for_user_invalid");
    let form = [
        ("identifier", "grace@example.com"),
        ("password", "nanoseconds-matter"),
        ("strategy", "password"),
    ];
    let refused = Browser::new(&emulator, judge)
        .await
        .post(SIGN_INS, &[], &form)
        .await;
    assert_eq!(refused.code(), "strategy_for_user_invalid");

    let url = external_url(&verification);
    assert_eq!(verification["strategy"], "saml");
    let choice = "email_address=grace@example.com&first_name=Grace&last_name=Hopper";
    let returned = visit(&emulator, &mut browser, &url, choice).await;
    assert_eq!(returned.location().as_str(), back());
    let client = browser.client().await;
    assert_eq!(client["sign_in"]["status"], "complete", "{client}");
    let user = &client["sessions"][0]["user"];
    assert_eq!(user["id"], grace.as_str());
    // The names come from the identity provider, and the organization from the connection.
    assert_eq!(user["last_name"], "Hopper");
    let membership = &user["organization_memberships"][0];
    assert_eq!(membership["organization"]["id"], acme.as_str());
    let account = &user["enterprise_accounts"][0];
    assert_eq!(account["enterprise_connection_id"], connection["id"]);
    assert_eq!(account["protocol"], "saml");
    assert_eq!(account["verification"]["status"], "verified");
    assert_eq!(
        user["saml_accounts"][0]["email_address"],
        "grace@example.com"
    );
    let shown = get_user(&emulator, &grace).await;
    assert_eq!(shown["enterprise_accounts"], user["enterprise_accounts"]);
    assert_eq!(shown["email_addresses"][0]["matches_sso_connection"], true);
    // The response cannot be used again.
    let replayed = visit(&emulator, &mut browser, &url, choice).await;
    assert_eq!(replayed.code(), "verification_already_verified");

    // A person of the company without an account here gets one.
    let mut browser = Browser::new(&emulator, judge).await;
    let (begun, verification) = start(&mut browser, "new@example.com").await;
    assert_eq!(begun["status"], "needs_identifier");
    assert_eq!(
        begun["supported_first_factors"][0]["strategy"],
        "enterprise_sso"
    );
    let url = external_url(&verification);
    let new = "email_address=new@example.com&first_name=Neu";
    visit(&emulator, &mut browser, &url, new).await;
    let client = browser.client().await;
    let verification = &client["sign_in"]["first_factor_verification"];
    assert_eq!(verification["status"], "transferable");
    let up = browser
        .post("/v1/client/sign_ups", &[], &[("transfer", "true")])
        .await;
    assert_eq!(up.response()["status"], "complete", "{}", up.body);
    let shown = get_user(
        &emulator,
        up.response()["created_user_id"].as_str().unwrap(),
    )
    .await;
    assert_eq!(shown["enterprise_accounts"][0]["active"], true);
    let verification = &shown["email_addresses"][0]["verification"];
    assert_eq!(verification["strategy"], "saml");

    // The company can decline, or say that the person is somebody from elsewhere.
    for (form, code) in [
        ("error=access_denied", "oauth_access_denied"),
        (
            "email_address=eve@elsewhere.com",
            "saml_email_address_domain_mismatch",
        ),
    ] {
        let mut browser = Browser::new(&emulator, judge).await;
        let (_, verification) = start(&mut browser, "ada@example.com").await;
        let url = external_url(&verification);
        visit(&emulator, &mut browser, &url, form).await;
        let client = browser.client().await;
        let error = &client["sign_in"]["first_factor_verification"]["error"];
        assert_eq!(error["code"], code, "{client}");
        assert!(client["sessions"].as_array().unwrap().is_empty());
    }

    let mut browser = Browser::new(&emulator, judge).await;
    let back = back();
    let form = [
        ("strategy", "saml"),
        ("identifier", "ada@elsewhere.com"),
        ("redirect_url", back.as_str()),
    ];
    let none = browser.post(SIGN_INS, &[], &form).await;
    assert_eq!(none.code(), "form_identifier_not_found");
    // Without the connection, the accounts are gone and passwords work again.
    let path = format!("/enterprise_connections/{}", id(&connection));
    let caller = Caller::new(&emulator);
    let deleted = caller.call(Method::DELETE, &path, None).await;
    assert_eq!(deleted.body["deleted"], true);
    assert_eq!(
        get_user(&emulator, &grace).await["enterprise_accounts"],
        json!([])
    );
    browser
        .sign_in("grace@example.com", "nanoseconds-matter")
        .await;
}

pub(super) async fn sign_up(judge: &Judge) {
    let emulator = emulator().await;
    connect(&emulator, "globex.com", "oidc_custom", json!({})).await;
    let mut browser = Browser::new(&emulator, judge).await;
    let form = [("email_address", "hank@globex.com")];
    let begun = browser.post("/v1/client/sign_ups", &[], &form).await;
    let missing = &begun.response()["missing_fields"];
    let wanted = json!("enterprise_sso");
    assert!(missing.as_array().unwrap().contains(&wanted), "{missing}");
    let sign_up = id(begun.response());
    let back = back();
    let form = [
        ("strategy", "enterprise_sso"),
        ("redirect_url", back.as_str()),
    ];
    let one = "/v1/client/sign_ups/{sign_up_id}";
    for (choice, code) in [
        (
            "email_address=other@globex.com",
            Some("saml_email_address_domain_mismatch"),
        ),
        (
            "email_address=hank@elsewhere.com",
            Some("enterprise_sso_email_address_domain_mismatch"),
        ),
        ("email_address=hank@globex.com&first_name=Hank", None),
    ] {
        let started = browser.patch(one, &[&sign_up], &form).await;
        let verification = &started.response()["verifications"]["external_account"];
        assert_eq!(verification["strategy"], "oauth_oidc_custom");
        visit(&emulator, &mut browser, &external_url(verification), choice).await;
        let shown = browser.get(one, &[&sign_up]).await;
        let verification = &shown.response()["verifications"]["external_account"];
        let error = verification["error"]["code"].as_str();
        assert_eq!(error, code, "{verification}");
    }
    let shown = browser.get(one, &[&sign_up]).await;
    assert_eq!(shown.response()["status"], "complete", "{}", shown.body);
    let user = get_user(
        &emulator,
        shown.response()["created_user_id"].as_str().unwrap(),
    )
    .await;
    assert_eq!(user["first_name"], "Hank");
    assert_eq!(user["enterprise_accounts"][0]["protocol"], "oauth");
    assert_eq!(user["saml_accounts"], json!([]));
}

/// What a company's identity provider says about its people arrives in their metadata.
pub(super) async fn custom_attributes(judge: &Judge) {
    let emulator = emulator().await;
    let attributes = json!([
        { "name": "Department", "key": "department", "sso_path": "dept" },
        { "name": "Teams", "key": "teams", "sso_path": "groups", "multi_valued": true },
        { "name": "Badge", "key": "badge", "directory_path": "badge" },
    ]);
    for (domain, provider) in [("saml.com", "saml_okta"), ("oidc.com", "oidc_custom")] {
        let more = json!({ "custom_attributes": attributes });
        connect(&emulator, domain, provider, more).await;
        let address = format!("eve@{domain}");
        let mut browser = Browser::new(&emulator, judge).await;
        let (_, verification) = start(&mut browser, &address).await;
        let form = format!(
            "email_address={address}&attribute_department=R%26D&attribute_teams=red,+blue&attribute_badge=7"
        );
        let url = external_url(&verification);
        visit(&emulator, &mut browser, &url, &form).await;
        let up = browser
            .post("/v1/client/sign_ups", &[], &[("transfer", "true")])
            .await;
        let user = up.response()["created_user_id"]
            .as_str()
            .unwrap()
            .to_owned();
        let known = json!({ "department": "R&D", "teams": ["red", "blue"] });
        let shown = get_user(&emulator, &user).await;
        assert_eq!(shown["public_metadata"], known, "{provider}");
        assert_eq!(shown["enterprise_accounts"][0]["public_metadata"], known);

        // The next sign-in brings what has changed; one of the users is said to be what is known here.
        for (form, department) in [
            ("as=eve@DOMAIN", "R&D"),
            (
                "email_address=eve@DOMAIN&attribute_department=Sales",
                "Sales",
            ),
        ] {
            let mut browser = Browser::new(&emulator, judge).await;
            let (_, verification) = start(&mut browser, &address).await;
            let form = form.replace("DOMAIN", domain);
            visit(&emulator, &mut browser, &external_url(&verification), &form).await;
            let client = browser.client().await;
            assert_eq!(client["sign_in"]["status"], "complete", "{client}");
            let shown = get_user(&emulator, &user).await;
            assert_eq!(shown["public_metadata"]["department"], department);
            assert_eq!(shown["public_metadata"]["teams"], known["teams"]);
        }
    }
}

/// Signed-in users add the address that they have at their company, and then what the company allows.
pub(super) async fn added_addresses(judge: &Judge) {
    let emulator = emulator().await;
    let connection = connect(&emulator, "globex.com", "saml_okta", json!({})).await;
    let path = format!("/enterprise_connections/{}", id(&connection));
    let only = json!({ "disable_additional_identifications": true });
    Caller::new(&emulator)
        .call(Method::PATCH, &path, Some(&only))
        .await;
    let mut browser = Browser::new(&emulator, judge).await;
    browser
        .sign_in("grace@example.com", "nanoseconds-matter")
        .await;
    let emails = "/v1/me/email_addresses";
    let form = [("email_address", "grace@globex.com")];
    let added = browser.post(emails, &[], &form).await;
    assert_eq!(added.response()["matches_sso_connection"], true);
    let email = id(added.response());
    let back = format!("{ORIGIN}/user");
    let form = [
        ("strategy", "enterprise_sso"),
        ("redirect_url", back.as_str()),
    ];
    let one = format!("{emails}/{{email_id}}");
    let prepare = format!("{one}/prepare_verification");
    for (choice, error) in [
        ("error=access_denied", Some("oauth_access_denied")),
        (
            "email_address=hank@globex.com",
            Some("enterprise_sso_email_address_mismatch"),
        ),
        (
            "email_address=grace@elsewhere.com",
            Some("saml_email_address_domain_mismatch"),
        ),
        ("email_address=Grace@Globex.com", None),
    ] {
        let prepared = browser.post(&prepare, &[&email], &form).await;
        let verification = &prepared.response()["verification"];
        assert_eq!(verification["status"], "unverified");
        let url = external_url(verification);
        let returned = visit(&emulator, &mut browser, &url, choice).await;
        assert_eq!(returned.location().as_str(), back);
        let shown = browser.get(&one, &[&email]).await;
        let verification = &shown.response()["verification"];
        assert_eq!(verification["error"]["code"].as_str(), error);
        let is_verified = verification["status"] == "verified";
        assert_eq!(is_verified, error.is_none(), "{verification}");
    }
    let user = browser.get("/v1/me", &[]).await;
    let account = &user.response()["enterprise_accounts"][0];
    assert_eq!(account["enterprise_connection_id"], connection["id"]);

    let wallet = [("web3_wallet", "0x0000000000000000000000000000000000000001")];
    let provider = [
        ("strategy", "oauth_github"),
        ("redirect_url", back.as_str()),
    ];
    browser.judge = Judge::default();
    for (path, form) in [
        (emails, &[("email_address", "grace@example.org")][..]),
        ("/v1/me/phone_numbers", &[("phone_number", "+15555550123")]),
        ("/v1/me/web3_wallets", &wallet),
        ("/v1/me/external_accounts", &provider),
    ] {
        let refused = browser.post(path, &[], form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        let code = "enterprise_sso_additional_identifications_disabled";
        assert_eq!(refused.code(), code);
    }
}

pub(super) fn assertion(attributes: &[(&str, &str)]) -> String {
    let attributes: String = attributes
        .iter()
        .map(|(name, value)| {
            format!(
                "<a:Attribute Name=\"{name}\"><a:AttributeValue>{value}</a:AttributeValue></a:Attribute>"
            )
        })
        .collect();
    STANDARD.encode(format!(
        "<p:Response xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:a=\"urn:oasis:names:tc:SAML:2.0:assertion\"><a:Assertion><a:Issuer>https://idp.example.com</a:Issuer>\
         <a:Subject><a:NameID>u1</a:NameID></a:Subject><a:AttributeStatement>{attributes}</a:AttributeStatement>\
         </a:Assertion></p:Response>"
    ))
}

pub(super) async fn initiated_by_the_company(judge: &Judge) {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, judge).await;
    let shut = connect(&emulator, "shut.com", "saml_custom", json!({})).await;
    let more = json!({ "allow_idp_initiated": true, "allow_subdomains": true });
    let open = connect(&emulator, "open.com", "saml_custom", more).await;
    let saml = |connection: &Value| id(&connection["saml_connection"]);
    let (shut, open) = (saml(&shut), saml(&open));
    let metadata = browser
        .get("/v1/saml/metadata/{saml_connection_id}.xml", &[&open])
        .await;
    let text = metadata.body["text"].as_str().unwrap();
    assert!(text.contains(&format!("/v1/saml/acs/{open}")), "{text}");

    let mail = [("mail", "eve@sub.open.com"), ("firstName", "Eve")];
    let response = assertion(&mail);
    let fields = [("SAMLResponse", response.as_str())];
    let refused = consume(&mut browser, &shut, &fields).await;
    assert_eq!(refused.code(), "saml_response_relaystate_missing");
    for (response, code) in [
        (String::new(), "saml_response_invalid"),
        (STANDARD.encode("<x"), "saml_response_invalid"),
        (assertion(&[]), "saml_user_attribute_missing"),
        (
            assertion(&[("mail", "eve@elsewhere.com")]),
            "saml_email_address_domain_mismatch",
        ),
    ] {
        let fields = [("SAMLResponse", response.as_str())];
        let refused = consume(&mut browser, &open, &fields).await;
        assert_eq!(refused.code(), code);
    }
    // The first response makes an account, the second finds it.
    for _ in 0..2 {
        let fields = [
            ("SAMLResponse", response.as_str()),
            ("RelayState", "http://localhost:3000/home"),
        ];
        let returned = consume(&mut browser, &open, &fields).await;
        let location = returned.location();
        assert!(location.as_str().starts_with("http://localhost:3000/home?"));
        assert!(
            location.as_str().contains("__clerk_handshake="),
            "{location}"
        );
    }
    let users = Caller::new(&emulator)
        .call(Method::GET, "/users?email_address=eve@sub.open.com", None)
        .await;
    assert_eq!(users.body.as_array().unwrap().len(), 1, "{}", users.body);
    assert_eq!(users.body[0]["first_name"], "Eve");
    let elsewhere = [
        ("SAMLResponse", response.as_str()),
        ("RelayState", "https://elsewhere.example/"),
    ];
    let returned = consume(&mut browser, &open, &elsewhere).await;
    assert!(returned.location().as_str().starts_with(emulator.url()));
}

/// Adds a domain that the organization owns, for single sign-on.
async fn own(browser: &mut Browser, organization: &str, name: &str) {
    let base = "/v1/organizations/{organization_id}/domains";
    let form = [("name", name), ("enrollment_mode", "enterprise_sso")];
    let made = browser.post(base, &[organization], &form).await;
    let domain = id(made.response());
    for step in ["prepare", "attempt"] {
        let path = format!("{base}/{{domain_id}}/{step}_ownership_verification");
        browser
            .post(&path, &[organization, &domain], &[])
            .await
            .response();
    }
}

pub(super) async fn management(judge: &Judge) {
    let emulator = emulator().await;
    let acme = emulator.organization_id("acme").unwrap();
    let mut ada = Browser::new(&emulator, judge).await;
    let session = ada.sign_in("ada@example.com", "analytical-engine").await;
    let base = "/v1/organizations/{organizationID}/enterprise_connections";
    let one = format!("{base}/{{enterprise_connection_id}}");
    let runs = format!("{one}/test_runs");
    let new = [
        ("provider", "saml_okta"),
        ("domains", "example.com"),
        ("saml_idp_entity_id", "https://idp.example.com"),
        ("saml_attribute_mapping", "{\"first_name\":\"given\"}"),
        ("saml_force_authn", "true"),
    ];
    let refused = ada.post(base, &[&acme], &new).await;
    assert_eq!(refused.code(), "organization_not_active");
    let form = [("active_organization_id", acme.as_str())];
    let touch = "/v1/client/sessions/{session_id}/touch";
    ada.post(touch, &[&session], &form).await.response();
    let refused = ada.post(base, &[&acme], &new).await;
    assert_eq!(refused.code(), "organization_domain_ownership_not_verified");
    own(&mut ada, &acme, "example.com").await;
    let made = ada.post(base, &[&acme], &new).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let connection = made.response().clone();
    assert_eq!(connection["name"], "example.com");
    assert_eq!(connection["saml_connection"]["force_authn"], true);
    let connection = id(&connection);
    // What is not active is not offered.
    assert_eq!(ada.get(base, &[&acme]).await.response(), &json!([]));
    let early = ada
        .patch(&one, &[&acme, &connection], &[("active", "true")])
        .await;
    assert_eq!(early.code(), "saml_connection_cant_be_activated");
    let form = [
        ("active", "true"),
        ("name", "Example"),
        ("saml_idp_metadata_url", "https://idp.example.com/metadata"),
        ("saml_idp_entity_id", ""),
    ];
    let updated = ada.patch(&one, &[&acme, &connection], &form).await;
    assert_eq!(updated.response()["active"], true);
    assert!(updated.response()["saml_connection"]["idp_entity_id"].is_null());
    let listed = ada.get(base, &[&acme]).await;
    assert_eq!(listed.response()[0]["name"], "Example");
    let listed = ada.get("/v1/me/enterprise_connections", &[]).await;
    assert_eq!(id(&listed.response()[0]), connection);

    // A test run succeeds or fails as the sign-in would.
    for (form, status) in [
        ("email_address=ada@example.com", "success"),
        ("email_address=ada@elsewhere.com", "failed"),
    ] {
        let started = ada.post(&runs, &[&acme, &connection], &[]).await;
        let url = started.response()["url"].as_str().unwrap();
        let (_, ticket) = url.split_once("ticket=").unwrap();
        let init = format!(
            "/v1/enterprise_connections/{{enterpriseConnectionID}}/init_test_run?ticket={ticket}"
        );
        let opened = ada.get(&init, &[&connection]).await;
        assert_eq!(opened.status, StatusCode::MOVED_PERMANENTLY);
        let returned = visit(&emulator, &mut ada, opened.location().as_str(), form).await;
        let location = returned.location();
        let run = location.path_segments().unwrap().next_back().unwrap();
        let shown = format!(
            "/v1/enterprise_connections/{{enterpriseConnectionID}}/test_runs/{{testRunID}}?{}",
            location.query().unwrap()
        );
        let page = ada.get(&shown, &[&connection, run]).await;
        assert_eq!(page.status, StatusCode::OK);
        let filtered = format!("{runs}?status={status}");
        let listed = ada.get(&filtered, &[&acme, &connection]).await;
        assert_eq!(listed.response()["total_count"], 1);
        assert_eq!(listed.response()["data"][0]["status"], status);
        let init = ada.get(&format!("{init}x"), &[&connection]).await;
        assert_eq!(init.code(), "ticket_invalid");
    }

    // The older operations, for the connections of the active organization.
    let own_one = "/v1/me/enterprise_connections/{enterprise_connection_id}";
    let own_runs = format!("{own_one}/test_runs");
    let listed = ada.get(&own_runs, &[&connection]).await;
    assert_eq!(listed.response()["total_count"], 2);
    ada.post(&own_runs, &[&connection], &[]).await.response();
    let form = [("sync_user_attributes", "false")];
    let updated = ada.patch(own_one, &[&connection], &form).await;
    assert_eq!(updated.response()["sync_user_attributes"], false);
    let form = [
        ("provider", "oidc_custom"),
        ("domains", "own.example"),
        ("oidc_client_id", "1"),
    ];
    let mine = "/v1/me/enterprise_connections";
    let refused = ada.post(mine, &[], &form).await;
    assert_eq!(refused.code(), "organization_domain_ownership_not_verified");
    let foreign = connect(&emulator, "own.example", "oidc_custom", json!({})).await;
    let foreign = id(&foreign);
    let refused = ada.delete(own_one, &[&foreign]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let refused = ada.delete(&one, &[&acme, &foreign]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    ada.delete(own_one, &[&connection]).await.response();
    let again = [("provider", "saml_okta"), ("domains", "example.com")];
    let made = ada.post(mine, &[], &again).await;
    assert_eq!(made.response()["organization_id"], acme.as_str());
    let connection = id(made.response());
    ada.delete(&one, &[&acme, &connection]).await.response();
    let made = ada.post(base, &[&acme], &again).await;
    let connection = id(made.response());

    // Ordinary members may not manage connections.
    let grace = emulator.user_id("grace@example.com").unwrap();
    let body = json!({ "user_id": grace, "role": "org:member" });
    let path = format!("/organizations/{acme}/memberships");
    Caller::new(&emulator)
        .call(Method::POST, &path, Some(&body))
        .await;
    let mut grace = Browser::new(&emulator, judge).await;
    let session = grace
        .sign_in("grace@example.com", "nanoseconds-matter")
        .await;
    let personal = [("active_organization_id", "")];
    grace.post(touch, &[&session], &personal).await.response();
    let refused = grace.post(mine, &[], &again).await;
    assert_eq!(refused.code(), "self_serve_sso_no_active_organization");
    let form = [("active_organization_id", acme.as_str())];
    grace.post(touch, &[&session], &form).await.response();
    let off = [("active", "false")];
    for refused in [
        grace.post(base, &[&acme], &again).await,
        grace.post(mine, &[], &again).await,
        grace.patch(own_one, &[&connection], &off).await,
        grace.delete(own_one, &[&connection]).await,
        grace.get(&own_runs, &[&connection]).await,
    ] {
        assert_eq!(refused.code(), "missing_organization_permission");
    }
}

/// Starts a sign-in through the company and answers at its identity provider; returns the client afterward.
async fn come(emulator: &Emulator, address: &str, first_name: &str) -> (Browser, Value) {
    let mut browser = Browser::new(emulator, &Judge::default()).await;
    let (_, verification) = start(&mut browser, address).await;
    let choice = format!("email_address={address}&first_name={first_name}");
    let url = external_url(&verification);
    visit(emulator, &mut browser, &url, &choice).await;
    let client = browser.client().await;
    (browser, client)
}

/// The same for somebody who is new and gets an account.
async fn join(emulator: &Emulator, address: &str) -> (Browser, Answer) {
    let (mut browser, client) = come(emulator, address, "Neu").await;
    let status = &client["sign_in"]["first_factor_verification"]["status"];
    assert_eq!(status, "transferable", "{client}");
    let form = [("transfer", "true")];
    let joined = browser.post("/v1/client/sign_ups", &[], &form).await;
    (browser, joined)
}

#[tokio::test]
async fn a_connection_lets_in_whom_nobody_invited_unless_it_creates_no_accounts() {
    for mode in [SignUpMode::Restricted, SignUpMode::Waitlist] {
        let emulator = started(SettingsSeed::new().sign_up_mode(mode)).await;
        let connection = connect(&emulator, "corp.com", "saml_okta", json!({})).await;
        let (_, joined) = join(&emulator, "kim@corp.com").await;
        assert_eq!(joined.response()["status"], "complete");

        let path = format!("/enterprise_connections/{}", id(&connection));
        let off = json!({ "disable_jit_provisioning": true });
        let updated = Caller::new(&emulator)
            .call(Method::PATCH, &path, Some(&off))
            .await;
        assert_eq!(updated.body["disable_jit_provisioning"], true);
        let (_, refused) = join(&emulator, "lee@corp.com").await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::NOT_FOUND, "saml_jit_provisioning_disabled")
        );
        let (_, client) = come(&emulator, "kim@corp.com", "Kim").await;
        assert_eq!(client["sign_in"]["status"], "complete");
    }
}

/// Whoever joins an organization without being given a role has the one that its role set names.
#[tokio::test]
async fn who_joins_gets_the_default_role_of_the_role_set() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let ask = async |method, path: &str, body: Value| {
        let answer = caller.call(method, path, Some(&body)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        answer.body
    };
    for key in ["org:owner", "org:guest"] {
        let role = json!({ "name": key, "key": key, "include_in_initial_role_set": true });
        ask(Method::POST, "/organization_roles", role).await;
    }
    let set = json!({
        "name": "Visitors",
        "key": "role_set:visitors",
        "roles": ["org:admin", "org:guest"],
        "default_role_key": "org:guest",
        "creator_role_key": "org:admin",
    });
    ask(Method::POST, "/role_sets", set).await;
    let acme = emulator.organization_id("acme").unwrap();
    let path = format!("/organizations/{acme}");
    let body = json!({ "role_set_key": "role_set:visitors" });
    ask(Method::PATCH, &path, body).await;

    let more = json!({ "organization_id": acme });
    connect(&emulator, "corp.com", "saml_okta", more).await;
    let (mut kim, joined) = join(&emulator, "kim@corp.com").await;
    assert_eq!(joined.response()["status"], "complete", "{}", joined.body);
    let client = kim.client().await;
    let membership = &client["sessions"][0]["user"]["organization_memberships"][0];
    assert_eq!(membership["role"], "org:guest");

    let domain = json!({ "name": "guests.com", "enrollment_mode": "automatic_invitation", "verified": true });
    ask(Method::POST, &format!("{path}/domains"), domain).await;
    let user = json!({ "email_address": ["lee@guests.com"], "skip_password_requirement": true });
    ask(Method::POST, "/users", user).await;
    let invited = caller
        .call(Method::GET, &format!("{path}/invitations"), None)
        .await;
    assert_eq!(
        invited.body["data"][0]["role"], "org:guest",
        "{}",
        invited.body
    );

    // The initial set decides for organizations without one of their own, and the settings tell.
    let initial = json!({ "creator_role_key": "org:owner", "default_role_key": "org:guest" });
    ask(Method::PATCH, "/role_sets/role_set:default", initial).await;
    let settings = caller
        .call(Method::GET, "/instance/organization_settings", None)
        .await;
    assert_eq!(settings.body["creator_role"], "org:owner");
    assert_eq!(settings.body["domains_default_role"], "org:guest");
    let ada = emulator.user_id("ada@example.com").unwrap();
    let made = json!({ "name": "Beta", "created_by": ada });
    let beta = ask(Method::POST, "/organizations", made).await;
    let path = format!("/organizations/{}/memberships", id(&beta));
    let members = caller.call(Method::GET, &path, None).await;
    assert_eq!(members.body["data"][0]["role"], "org:owner");
    let replaced = json!({ "role_key": "org:owner", "to_role_key": "org:admin" });
    let path = "/role_sets/role_set:default/roles/replace";
    ask(Method::POST, path, replaced).await;
    let settings = caller
        .call(Method::GET, "/instance/organization_settings", None)
        .await;
    assert_eq!(settings.body["creator_role"], "org:admin");
}

#[tokio::test]
async fn a_banned_person_gains_nothing_through_the_company() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let acme = emulator.organization_id("acme").unwrap();
    let more = json!({ "organization_id": acme });
    connect(&emulator, "example.com", "saml_okta", more).await;
    let grace = emulator.user_id("grace@example.com").unwrap();
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    let (_, verification) = start(&mut browser, "grace@example.com").await;
    let path = format!("/users/{grace}/ban");
    caller.call(Method::POST, &path, Some(&json!({}))).await;
    let before = get_user(&emulator, &grace).await;
    let url = external_url(&verification);
    let choice = "email_address=grace@example.com&first_name=Changed";
    visit(&emulator, &mut browser, &url, choice).await;
    let client = browser.client().await;
    let error = &client["sign_in"]["first_factor_verification"]["error"];
    assert_eq!(error["code"], "user_banned", "{client}");
    assert_eq!(get_user(&emulator, &grace).await, before);
    let path = format!("/organizations/{acme}/memberships");
    let members = caller.call(Method::GET, &path, None).await;
    assert_eq!(members.body["total_count"], 1);
}

#[tokio::test]
async fn a_connection_outlives_its_organization() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let acme = emulator.organization_id("acme").unwrap();
    let more = json!({ "organization_id": acme });
    let connection = connect(&emulator, "corp.com", "saml_okta", more).await;
    join(&emulator, "kim@corp.com").await;
    let path = format!("/organizations/{acme}");
    caller.call(Method::DELETE, &path, None).await;
    let path = format!("/enterprise_connections/{}", id(&connection));
    let shown = caller.call(Method::GET, &path, None).await;
    assert_eq!(shown.body["organization_id"], Value::Null);
    let (_, client) = come(&emulator, "kim@corp.com", "Kim").await;
    assert_eq!(client["sign_in"]["status"], "complete", "{client}");
    let (_, joined) = join(&emulator, "lee@corp.com").await;
    assert_eq!(joined.response()["status"], "complete");
}

#[tokio::test]
async fn people_of_a_company_stay_in_its_organization_and_use_their_address() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let acme = emulator.organization_id("acme").unwrap();
    let more = json!({ "organization_id": acme });
    let connection = connect(&emulator, "corp.com", "saml_okta", more).await;
    let (mut kim, joined) = join(&emulator, "kim@corp.com").await;
    let user = joined.response()["created_user_id"].as_str().unwrap();
    let leave = "/v1/me/organization_memberships/{organization_id}";
    let refused = kim.delete(leave, &[&acme]).await;
    assert_eq!(
        refused.code(),
        "organization_membership_enterprise_connection_cannot_remove"
    );
    let body = json!({ "username": "kimkim", "password": "bombe-machine" });
    let path = format!("/users/{user}");
    caller.call(Method::PATCH, &path, Some(&body)).await;
    let sign_in = async || {
        let form = [("identifier", "kimkim"), ("password", "bombe-machine")];
        let mut browser = Browser::new(&emulator, &Judge::default()).await;
        browser.post(SIGN_INS, &[], &form).await
    };
    assert_eq!(
        sign_in().await.code(),
        "sign_in_must_use_enterprise_connection_identifier"
    );
    // What holds for an active connection ends with it.
    let path = format!("/enterprise_connections/{}", id(&connection));
    let off = json!({ "active": false });
    caller.call(Method::PATCH, &path, Some(&off)).await;
    assert_eq!(sign_in().await.response()["status"], "complete");
    kim.delete(leave, &[&acme]).await.response();
}

#[tokio::test]
async fn a_full_organization_says_so_to_the_people_of_its_company() {
    let emulator = emulator().await;
    let acme = emulator.organization_id("acme").unwrap();
    let more = json!({ "organization_id": acme });
    connect(&emulator, "corp.com", "saml_okta", more).await;
    let path = format!("/organizations/{acme}");
    let full = json!({ "max_allowed_memberships": 1 });
    Caller::new(&emulator)
        .call(Method::PATCH, &path, Some(&full))
        .await;
    let (_, refused) = join(&emulator, "kim@corp.com").await;
    assert_eq!(
        (refused.status, refused.code()),
        (
            StatusCode::FORBIDDEN,
            "organization_membership_quota_exceeded_for_sso"
        )
    );

    // Nothing comes of it, for new people as for others.
    let caller = Caller::new(&emulator);
    let count = caller.call(Method::GET, "/users/count", None).await;
    assert_eq!(count.body["total_count"], 2);
    let body = json!({
        "email_address": ["lee@corp.com"],
        "username": "leelee",
        "password": "bombe-machine",
    });
    let lee = caller.call(Method::POST, "/users", Some(&body)).await;
    let lee = id(&lee.body);
    let before = get_user(&emulator, &lee).await;
    let (_, client) = come(&emulator, "lee@corp.com", "Changed").await;
    let error = &client["sign_in"]["first_factor_verification"]["error"];
    assert_eq!(
        error["code"],
        "organization_membership_quota_exceeded_for_sso"
    );
    assert_eq!(get_user(&emulator, &lee).await, before);
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    browser.sign_in("leelee", "bombe-machine").await;
}

/// A connection moves only between organizations that the user administers.
#[tokio::test]
async fn a_connection_cannot_be_given_to_an_organization_of_others() {
    let emulator = emulator().await;
    let acme = emulator.organization_id("acme").unwrap();
    let caller = Caller::new(&emulator);
    let grace = emulator.user_id("grace@example.com").unwrap();
    let body = json!({ "name": "Navy", "created_by": grace });
    let navy = caller
        .call(Method::POST, "/organizations", Some(&body))
        .await;
    let navy = id(&navy.body);
    let mut ada = Browser::new(&emulator, &Judge::default()).await;
    let session = ada.sign_in("ada@example.com", "analytical-engine").await;
    let touch = "/v1/client/sessions/{session_id}/touch";
    let form = [("active_organization_id", acme.as_str())];
    ada.post(touch, &[&session], &form).await.response();
    own(&mut ada, &acme, "corp.com").await;
    let mine = "/v1/me/enterprise_connections";
    let new = [("provider", "saml_okta"), ("domains", "corp.com")];
    let connection = id(ada.post(mine, &[], &new).await.response());
    let one = "/v1/me/enterprise_connections/{enterprise_connection_id}";
    for target in [navy.as_str(), ""] {
        let form = [("organization_id", target)];
        let refused = ada.patch(one, &[&connection], &form).await;
        assert!(refused.status.is_client_error(), "{target}");
    }
    let path = "/v1/organizations/{organizationID}/enterprise_connections/{id}";
    let form = [("organization_id", navy.as_str())];
    let refused = ada.patch(path, &[&acme, &connection], &form).await;
    assert_eq!(refused.code(), "form_param_unknown");
    let path = format!("/enterprise_connections/{connection}");
    let shown = caller.call(Method::GET, &path, None).await;
    assert_eq!(shown.body["organization_id"], acme.as_str());
}
