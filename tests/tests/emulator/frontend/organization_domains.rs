//! Whose domain a name is: who has verified it, and how.

use clerk_emulator::{Emulator, OrganizationSeed, RoleSeed, UserSeed};
use http::Method;
use serde_json::{Value, json};

use super::browser::{Browser, Judge, id};
use crate::caller::{Answer, Caller};

const ADA: &str = "ada@acme.example";
const PASSWORD: &str = "analytical-engine";
const DOMAINS: &str = "/v1/organizations/{organization_id}/domains";

/// Two organizations of Ada, and her browser.
async fn started() -> (Emulator, Caller, Browser) {
    let emulator = Emulator::builder()
        .role(RoleSeed::new("org:member").permission("org:sys_domains:read"))
        .user(UserSeed::new(ADA).password(PASSWORD))
        .user(UserSeed::new("bob@bob.example").password(PASSWORD))
        .organization(
            OrganizationSeed::new("Acme", "acme")
                .member(ADA, "org:admin")
                .member("bob@bob.example", "org:member"),
        )
        .organization(OrganizationSeed::new("Beta", "beta").member(ADA, "org:admin"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let mut ada = Browser::new(&emulator, &Judge::default()).await;
    ada.sign_in(ADA, PASSWORD).await;
    (emulator, caller, ada)
}

/// Adds a domain through the Backend API.
async fn add(caller: &Caller, organization: &str, body: Value) -> Answer {
    let path = format!("/organizations/{organization}/domains");
    caller.call(Method::POST, &path, Some(&body)).await
}

#[tokio::test]
async fn an_address_that_is_verified_already_verifies_its_domain() {
    let (emulator, _, mut ada) = started().await;
    let acme = emulator.organization_id("acme").unwrap();
    let form = [("name", "Acme.example")];
    let made = ada.post(DOMAINS, &[&acme], &form).await.response().clone();
    assert_eq!(made["affiliation_verification"]["status"], "verified");
    assert_eq!(made["affiliation_email_address"], ADA);
    let form = [
        ("names", "other.example"),
        ("names", "Other.example"),
        ("names", "acme.example"),
    ];
    let bulk = ada.post(&format!("{DOMAINS}/bulk"), &[&acme], &form).await;
    let bulk = bulk.response();
    assert_eq!(bulk["data"].as_array().unwrap().len(), 1, "{bulk}");
    assert_eq!(bulk["data"][0]["affiliation_verification"], Value::Null);
    assert_eq!(bulk["errors"].as_array().unwrap().len(), 1, "{bulk}");
}

#[tokio::test]
async fn only_one_organization_verifies_a_name() {
    const TAKEN: &str = "organization_domain_already_exists";
    let (emulator, caller, mut ada) = started().await;
    let beta = emulator.organization_id("beta").unwrap();
    let shared = |verified: bool| json!({ "name": "shared.example", "verified": verified });
    let first = add(&caller, "acme", shared(false)).await;
    assert_eq!(first.body["affiliation_verification"], Value::Null);
    let second = ada
        .post(DOMAINS, &[&beta], &[("name", "shared.example")])
        .await;
    let second = id(second.response());
    let prepare = format!("{DOMAINS}/{{domain_id}}/prepare_affiliation_verification");
    let attempt = format!("{DOMAINS}/{{domain_id}}/attempt_affiliation_verification");
    let form = [("affiliation_email_address", "a+clerk_test@shared.example")];
    let prepared = ada.post(&prepare, &[&beta, &second], &form).await;
    prepared.response();

    let first = format!("/organizations/acme/domains/{}", id(&first.body));
    let verify = json!({ "verified": true });
    let verified = caller.call(Method::PATCH, &first, Some(&verify)).await;
    assert_eq!(
        verified.body["affiliation_verification"]["status"],
        "verified"
    );
    let late = ada
        .post(&attempt, &[&beta, &second], &[("code", "424242")])
        .await;
    assert_eq!(late.code(), TAKEN);
    let again = ada.post(&prepare, &[&beta, &second], &form).await;
    assert_eq!(again.code(), TAKEN);
    let path = format!("/organizations/beta/domains/{second}");
    let forced = caller.call(Method::PATCH, &path, Some(&verify)).await;
    assert_eq!((forced.status.as_u16(), forced.code()), (422, TAKEN));

    let taken = json!({ "name": "taken.example" });
    let default = add(&caller, "acme", taken.clone()).await;
    assert_eq!(
        default.body["affiliation_verification"]["status"],
        "verified"
    );
    assert_eq!(add(&caller, "beta", taken).await.code(), TAKEN);

    // Nobody has verified it any more.
    let verify = json!({ "verified": false });
    let withdrawn = caller.call(Method::PATCH, &first, Some(&verify)).await;
    assert_eq!(withdrawn.body["affiliation_verification"], Value::Null);
    let now = ada
        .post(&attempt, &[&beta, &second], &[("code", "424242")])
        .await;
    assert_eq!(
        now.response()["affiliation_verification"]["status"],
        "verified"
    );
}

#[tokio::test]
async fn ownership_is_verified_by_the_latest_record_or_by_hand() {
    let (emulator, caller, mut ada) = started().await;
    let acme = emulator.organization_id("acme").unwrap();
    let step = |step: &str| format!("{DOMAINS}/{{domain_id}}/{step}_ownership_verification");
    let made = ada.post(DOMAINS, &[&acme], &[("name", "a.example")]).await;
    let domain = id(made.response());
    let mut values = Vec::new();
    for _ in 0..2 {
        let prepared = ada.post(&step("prepare"), &[&acme, &domain], &[]).await;
        let shown = prepared.response()["ownership_verification"].clone();
        assert_eq!(shown["strategy"], "txt");
        values.push(shown["txt_record_value"].as_str().unwrap().to_owned());
    }
    assert_ne!(values[0], values[1]);

    // Only managers of domains see the record.
    let mut bob = Browser::new(&emulator, &Judge::default()).await;
    bob.sign_in("bob@bob.example", PASSWORD).await;
    let listed = bob.get(DOMAINS, &[&acme]).await;
    let shown = &listed.response()["data"][0]["ownership_verification"];
    assert_eq!(shown["txt_record_value"], Value::Null);
    let listed = ada.get(DOMAINS, &[&acme]).await;
    let shown = &listed.response()["data"][0]["ownership_verification"];
    assert_eq!(shown["txt_record_value"], values[1]);

    let attempted = ada.post(&step("attempt"), &[&acme, &domain], &[]).await;
    let shown = &attempted.response()["ownership_verification"];
    assert_eq!(
        (&shown["status"], &shown["strategy"]),
        (&json!("verified"), &json!("txt"))
    );
    assert_eq!(shown["txt_record_value"], Value::Null);

    let made = ada.post(DOMAINS, &[&acme], &[("name", "b.example")]).await;
    let domain = id(made.response());
    ada.post(&step("prepare"), &[&acme, &domain], &[])
        .await
        .response();
    let path = format!("/organizations/acme/domains/{domain}/verify_ownership");
    let first = caller.call(Method::POST, &path, None).await.body;
    assert_eq!(
        first["ownership_verification"]["strategy"],
        "manual_override"
    );
    assert_eq!(caller.call(Method::POST, &path, None).await.body, first);
}

#[tokio::test]
async fn a_domain_of_single_sign_on_enrolls_nobody() {
    const USED: &str = "organization_domain_exists_for_enterprise_connection";
    let (emulator, caller, _) = started().await;
    let connection = json!({
        "name": "SSO",
        "provider": "saml_custom",
        "domains": ["sso.example"],
        "organization_id": emulator.organization_id("acme").unwrap(),
        "saml": { "idp_metadata_url": "https://idp.example/metadata" },
    });
    let made = caller
        .call(Method::POST, "/enterprise_connections", Some(&connection))
        .await;
    let path = format!("/enterprise_connections/{}", id(&made.body));
    let active = json!({ "active": true });
    let active = caller.call(Method::PATCH, &path, Some(&active)).await;
    assert_eq!(active.body["active"], true, "{}", active.body);
    let domain = |mode: &str| json!({ "name": "sso.example", "enrollment_mode": mode });
    let refused = add(&caller, "acme", domain("manual_invitation")).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, USED));
    let made = add(&caller, "acme", domain("enterprise_sso")).await;
    let path = format!("/organizations/acme/domains/{}", id(&made.body));
    let mode = json!({ "enrollment_mode": "manual_invitation" });
    let refused = caller.call(Method::PATCH, &path, Some(&mode)).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, USED));
}
