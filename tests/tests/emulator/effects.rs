//! What an operation of the Backend API causes elsewhere, and the settings that others must follow.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_emulator::{Emulator, OrganizationSeed, UserSeed};
use http::Method;
use serde_json::{Value, json};

use crate::caller::{Answer, Caller};

const ADA: &str = "ada@example.com";

async fn emulator() -> (Emulator, Caller) {
    let emulator = Emulator::builder()
        .user(UserSeed::new(ADA))
        .user(UserSeed::new("bob@example.com"))
        .organization(OrganizationSeed::new("Acme", "acme").member(ADA, "org:admin"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    (emulator, caller)
}

async fn call(caller: &Caller, method: Method, path: &str, body: Value) -> Answer {
    caller.call(method, path, Some(&body)).await
}

/// Creates something, and returns its ID.
async fn made(caller: &Caller, path: &str, body: Value) -> String {
    let answer = call(caller, Method::POST, path, body).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.body);
    answer.body["id"].as_str().unwrap_or_default().to_owned()
}

/// Returns the kinds of the mails to an address.
fn mails(emulator: &Emulator, address: &str) -> Vec<String> {
    let mails = emulator.inbox(address);
    mails.iter().map(|one| one.kind().to_owned()).collect()
}

#[tokio::test]
async fn verifications_send_the_code_that_they_accept() {
    let (emulator, caller) = emulator().await;
    let ada = emulator.user_id(ADA).unwrap();
    let email = json!({ "user_id": ada, "email_address": "b@example.com" });
    let phone = json!({ "user_id": ada, "phone_number": "+491711234567" });
    for (path, body, to) in [
        ("/email_addresses", email, "b@example.com"),
        ("/phone_numbers", phone, "+491711234567"),
    ] {
        let id = made(&caller, path, body).await;
        let prepare = format!("{path}/{id}/prepare_verification");
        let verification = made(&caller, &prepare, json!({})).await;
        let message = emulator.inbox(to).pop().unwrap();
        let answer = json!({ "verification_id": verification, "code": message.code() });
        let attempt = format!("{path}/{id}/attempt_verification");
        let verified = call(&caller, Method::POST, &attempt, answer).await;
        assert_eq!(verified.body["status"], "verified", "{}", verified.body);
    }
}

#[tokio::test]
async fn the_previous_primary_address_is_told_if_that_is_wanted() {
    let (emulator, caller) = emulator().await;
    let ada = emulator.user_id(ADA).unwrap();
    let user = call(&caller, Method::GET, &format!("/users/{ada}"), Value::Null).await;
    let first = user.body["primary_email_address_id"].clone();
    const KIND: &str = "primary_email_address_changed";
    let body = |notify: bool| {
        json!({
            "user_id": ada,
            "email_address": "b@example.com",
            "verified": true,
            "primary": true,
            "notify_primary_email_address_changed": notify,
        })
    };
    let second = made(&caller, "/email_addresses", body(true)).await;
    assert_eq!(mails(&emulator, ADA), [KIND]);
    for (method, path, body, told, count) in [
        (
            Method::PATCH,
            format!("/users/{ada}"),
            json!({ "primary_email_address_id": first, "notify_primary_email_address_changed": true }),
            "b@example.com",
            1,
        ),
        (
            Method::PATCH,
            format!("/email_addresses/{second}"),
            json!({ "primary": true, "notify_primary_email_address_changed": true }),
            ADA,
            2,
        ),
        (
            Method::PATCH,
            format!("/users/{ada}"),
            json!({ "primary_email_address_id": first }),
            "b@example.com",
            1,
        ),
        (
            Method::PUT,
            format!("/users/{ada}/email_address"),
            json!({ "email_address": "c@example.com", "notify_primary_email_address_changed": true }),
            ADA,
            3,
        ),
    ] {
        let changed = call(&caller, method, &path, body).await;
        assert!(changed.status.is_success(), "{path}: {}", changed.body);
        assert_eq!(mails(&emulator, told).len(), count, "{path}");
    }
}

#[tokio::test]
async fn who_waits_is_told_unless_that_is_not_wanted() {
    let (emulator, caller) = emulator().await;
    made(
        &caller,
        "/waitlist_entries",
        json!({ "email_address": "w1@example.com" }),
    )
    .await;
    let many = json!([
        { "email_address": "w2@example.com" },
        { "email_address": "w3@example.com", "notify": false },
    ]);
    made(&caller, "/waitlist_entries/bulk", many).await;
    for (address, count) in [
        ("w1@example.com", 1),
        ("w2@example.com", 1),
        ("w3@example.com", 0),
    ] {
        assert_eq!(mails(&emulator, address).len(), count, "{address}");
    }
}

#[tokio::test]
async fn lists_find_rows_by_their_ids() {
    let (emulator, caller) = emulator().await;
    let acme = emulator.organization_id("acme").unwrap();
    made(
        &caller,
        "/organizations/acme/domains",
        json!({ "name": "acme.example" }),
    )
    .await;
    let waiting = json!({ "email_address": "w@example.com" });
    let waiting = made(&caller, "/waitlist_entries", waiting).await;
    for (path, id) in [
        ("/organizations", &acme),
        ("/organization_domains", &acme),
        ("/waitlist_entries", &waiting),
    ] {
        for (query, count) in [(id.as_str(), 1), (&id[..id.len() - 1], 0)] {
            let path = format!("{path}?query={query}");
            let found = caller.call(Method::GET, &path, None).await;
            assert_eq!(found.body["total_count"], count, "{path}");
        }
    }
}

#[tokio::test]
async fn tokens_of_templates_are_valid_for_clocks_that_are_behind() {
    let (emulator, caller) = emulator().await;
    let ada = emulator.user_id(ADA).unwrap();
    let session = made(&caller, "/sessions", json!({ "user_id": ada })).await;
    for (name, skew) in [("five", 5), ("sixty", 60)] {
        let template = json!({ "name": name, "claims": {}, "allowed_clock_skew": skew });
        made(&caller, "/jwt_templates", template).await;
        let path = format!("/sessions/{session}/tokens/{name}");
        let token = call(&caller, Method::POST, &path, json!({})).await;
        let token = token.body["jwt"].as_str().unwrap().to_owned();
        let payload = URL_SAFE_NO_PAD
            .decode(token.split('.').nth(1).unwrap())
            .unwrap();
        let claims: Value = serde_json::from_slice(&payload).unwrap();
        let age = claims["iat"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap();
        assert_eq!(age, skew);
    }
}

#[tokio::test]
async fn organizations_follow_the_settings_and_their_limits() {
    let (emulator, caller) = emulator().await;
    let bob = emulator.user_id("bob@example.com").unwrap();
    let setting = async |body: Value| {
        let path = "/instance/organization_settings";
        let answer = call(&caller, Method::PATCH, path, body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    let refused = async |method: Method, path: &str, body: Value, status: u16, code: &str| {
        let answer = call(&caller, method, path, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (status, code),
            "{path}"
        );
    };
    let domains = "/organizations/acme/domains";

    setting(json!({ "enabled": false })).await;
    let new = json!({ "name": "New" });
    let code = "organization_not_enabled_in_instance";
    refused(Method::POST, "/organizations", new, 403, code).await;
    setting(json!({ "enabled": true, "slug_disabled": true })).await;
    let new = json!({ "name": "New", "slug": "new" });
    let code = "organization_slugs_disabled";
    refused(Method::POST, "/organizations", new, 403, code).await;
    let slug = json!({ "slug": "other" });
    refused(Method::PATCH, "/organizations/acme", slug, 403, code).await;
    setting(json!({ "slug_disabled": false, "domains_enabled": false })).await;
    let code = "organization_domains_not_enabled";
    refused(
        Method::POST,
        domains,
        json!({ "name": "a.example" }),
        403,
        code,
    )
    .await;
    setting(
        json!({ "domains_enabled": true, "domains_enrollment_modes": ["automatic_invitation"] }),
    )
    .await;
    let code = "organization_domain_enrollment_mode_not_enabled";
    let domain = json!({ "name": "a.example", "enrollment_mode": "automatic_suggestion" });
    refused(Method::POST, domains, domain, 403, code).await;
    let code = "organization_domain_common";
    refused(
        Method::POST,
        domains,
        json!({ "name": "gmail.com" }),
        422,
        code,
    )
    .await;
    for number in 0..10 {
        made(
            &caller,
            domains,
            json!({ "name": format!("d{number}.example") }),
        )
        .await;
    }
    let code = "organization_domain_quota_exceeded";
    refused(
        Method::POST,
        domains,
        json!({ "name": "d10.example" }),
        403,
        code,
    )
    .await;

    // One member and one invitation are two.
    let most = json!({ "max_allowed_memberships": 2 });
    call(&caller, Method::PATCH, "/organizations/acme", most).await;
    let invitations = "/organizations/acme/invitations";
    let invite = |address: &str, role: &str| json!({ "email_address": address, "role": role });
    let role = json!({ "key": "org:writer", "name": "Writer" });
    let role = made(&caller, "/organization_roles", role).await;
    let first = made(&caller, invitations, invite("i@example.com", "org:writer")).await;
    let code = "organization_membership_quota_exceeded";
    let second = invite("j@example.com", "org:member");
    refused(Method::POST, invitations, second.clone(), 403, code).await;
    let bulk = format!("{invitations}/bulk");
    refused(Method::POST, &bulk, json!([second]), 403, code).await;

    // A role is needed as long as somebody is invited with it.
    let path = format!("/organization_roles/{role}");
    let code = "organization_role_exists_in_invitations";
    refused(Method::DELETE, &path, Value::Null, 422, code).await;
    let code = "organization_missing_creator_role_permissions";
    let settings = "/instance/organization_settings";
    refused(
        Method::PATCH,
        settings,
        json!({ "creator_role_id": role }),
        422,
        code,
    )
    .await;
    made(&caller, &format!("{invitations}/{first}/revoke"), json!({})).await;
    let deleted = caller.call(Method::DELETE, &path, None).await;
    assert_eq!(deleted.body["deleted"], true, "{}", deleted.body);
    let member = json!({ "user_id": bob, "role": "org:member" });
    made(&caller, "/organizations/acme/memberships", member).await;
}

#[tokio::test]
async fn a_phone_number_that_is_not_verified_cannot_be_a_second_factor() {
    let (emulator, caller) = emulator().await;
    let ada = emulator.user_id(ADA).unwrap();
    let phone = |verified: bool| {
        json!({
            "user_id": ada,
            "phone_number": "+15555550177",
            "verified": verified,
            "reserved_for_second_factor": true,
        })
    };
    let refused = call(&caller, Method::POST, "/phone_numbers", phone(false)).await;
    assert_eq!(
        refused.code(),
        "identification_create_second_factor_unverified"
    );
    made(&caller, "/phone_numbers", phone(true)).await;
}

#[tokio::test]
async fn the_roles_of_the_settings_are_those_of_the_initial_role_set() {
    let (_emulator, caller) = emulator().await;
    let permissions = caller
        .call(Method::GET, "/organization_permissions?limit=100", None)
        .await;
    let ids: Vec<&Value> = permissions.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    let owner = json!({ "key": "org:owner", "name": "Owner", "permissions": ids });
    let owner = made(&caller, "/organization_roles", owner).await;
    let body = json!({ "creator_role_id": owner, "domains_default_role_id": owner });
    let path = "/instance/organization_settings";
    let changed = call(&caller, Method::PATCH, path, body).await;
    assert_eq!(changed.body["creator_role"], "org:owner");
    let sets = caller.call(Method::GET, "/role_sets", None).await;
    let initial = &sets.body["data"][0];
    assert_eq!(initial["creator_role"]["key"], "org:owner");
    assert_eq!(initial["default_role"]["key"], "org:owner");
}
