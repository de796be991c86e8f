//! Organizations and their members.

use clerk_emulator::{Emulator, SettingsSeed};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::browser::{Body, Browser, Judge, id};
use super::walk::{emulator, started};
use crate::caller::Caller;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

async fn signed_in(
    emulator: &Emulator,
    judge: &Judge,
    who: &str,
    password: &str,
) -> (Browser, String) {
    let mut browser = Browser::new(emulator, judge).await;
    let session = browser.sign_in(who, password).await;
    (browser, session)
}

/// Returns the claims of a session token that the emulator signed.
pub(super) fn claims(jwt: &Value) -> Value {
    use base64::Engine as _;
    let payload = jwt.as_str().unwrap().split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

pub(super) async fn members(judge: &Judge) {
    let emulator = started(SettingsSeed::new().force_organization_selection(true)).await;
    let (mut ada, session) =
        signed_in(&emulator, judge, "ada@example.com", "analytical-engine").await;
    let pending = ada
        .get("/v1/client/sessions/{session_id}", &[&session])
        .await;
    assert_eq!(
        pending.response()["tasks"],
        json!([{ "key": "choose-organization" }])
    );
    let form = [("name", "Difference Engines"), ("slug", "difference")];
    let made = ada.post("/v1/organizations", &[], &form).await;
    let organization = id(made.response());
    let user = &made.body["client"]["sessions"][0]["user"];
    assert_eq!(
        user["organization_memberships"].as_array().unwrap().len(),
        2
    );
    let touch = "/v1/client/sessions/{session_id}/touch";
    let form = [
        ("active_organization_id", organization.as_str()),
        ("intent", "select_org"),
    ];
    let active = ada.post(touch, &[&session], &form).await;
    assert_eq!(active.response()["status"], "active");
    let claims = claims(&active.response()["last_active_token"]["jwt"]);
    assert_eq!(claims["o"]["id"], organization.as_str());
    assert_eq!(claims["sts"], "active");
    let strange = ada
        .post(touch, &[&session], &[("active_organization_id", "org_x")])
        .await;
    assert_eq!(strange.code(), "organization_not_found_or_unauthorized");

    ada.get("/v1/me/organization_creation_defaults", &[]).await;
    let one = "/v1/organizations/{organization_id}";
    ada.get(one, &[&organization]).await.response();
    ada.patch(one, &[&organization], &[("name", "Engines")])
        .await
        .response();
    let logo = "/v1/organizations/{organization_id}/logo";
    let shown = ada
        .send(Method::PUT, logo, &[&organization], Body::File(PNG))
        .await;
    assert_eq!(shown.response()["has_image"], true);
    ada.delete(logo, &[&organization]).await.response();
    let roles = ada
        .get(
            "/v1/organizations/{organization_id}/roles",
            &[&organization],
        )
        .await;
    assert_eq!(roles.response()["total_count"], 2);
    let own = ada
        .get("/v1/me/organization_memberships?paginated=true", &[])
        .await;
    assert_eq!(own.response()["total_count"], 2);

    // Two people are invited: one accepts, and the invitation of the other is revoked.
    let invitations = "/v1/organizations/{organization_id}/invitations";
    let form = [
        ("email_address", "grace@example.com"),
        ("role", "org:member"),
    ];
    let invited = ada.post(invitations, &[&organization], &form).await;
    let invitation = id(invited.response());
    let mail = emulator.inbox("grace@example.com").pop().unwrap();
    assert_eq!(mail.kind(), "organization_invitation");
    assert!(mail.link().unwrap().contains("/v1/tickets/accept?ticket="));
    let form = [
        ("email_address", "a@example.org"),
        ("email_address", "b@example.org"),
        ("role", "org:member"),
    ];
    let bulk = "/v1/organizations/{organization_id}/invitations/bulk";
    let both = ada.post(bulk, &[&organization], &form).await;
    assert_eq!(both.response().as_array().unwrap().len(), 2);
    let unwanted = id(&both.response()[0]);
    let revoke = "/v1/organizations/{organization_id}/invitations/{invitation_id}/revoke";
    let revoked = ada.post(revoke, &[&organization, &unwanted], &[]).await;
    assert_eq!(revoked.response()["status"], "revoked");
    let pending = ada
        .get(&format!("{invitations}?status=pending"), &[&organization])
        .await;
    assert_eq!(pending.response()["total_count"], 2);
    ada.get(
        "/v1/organizations/{organization_id}/invitations/pending",
        &[&organization],
    )
    .await;

    let (mut grace, _) =
        signed_in(&emulator, judge, "grace@example.com", "nanoseconds-matter").await;
    let members = "/v1/organizations/{organization_id}/memberships";
    let refused = grace.get(members, &[&organization]).await;
    assert_eq!(refused.code(), "organization_not_found_or_unauthorized");
    let list = grace
        .get("/v1/me/organization_invitations?status=pending", &[])
        .await;
    assert_eq!(list.response()["data"][0]["id"], invitation.as_str());
    let accept = "/v1/me/organization_invitations/{invitation_id}/accept";
    let strange = grace.post(accept, &[&id(&both.response()[1])], &[]).await;
    assert_eq!(strange.code(), "organization_invitation_not_found");
    let accepted = grace.post(accept, &[&invitation], &[]).await;
    assert_eq!(accepted.response()["status"], "accepted");

    let refused = grace.post(invitations, &[&organization], &form).await;
    assert_eq!(refused.code(), "missing_organization_permission");
    let listed = grace
        .get(&format!("{members}?paginated=true"), &[&organization])
        .await;
    assert_eq!(listed.response()["total_count"], 2);
    let grace_id = emulator.user_id("grace@example.com").unwrap();
    let ada_id = emulator.user_id("ada@example.com").unwrap();
    let member = "/v1/organizations/{organization_id}/memberships/{user_id}";
    let last = ada
        .patch(member, &[&organization, &ada_id], &[("role", "org:member")])
        .await;
    assert_eq!(last.code(), "organization_minimum_permissions_needed");
    let form = [("role", "org:admin")];
    let changed = ada.patch(member, &[&organization, &grace_id], &form).await;
    assert_eq!(changed.response()["role"], "org:admin");
    ada.delete(member, &[&organization, &grace_id])
        .await
        .response();
    let form = [("user_id", grace_id.as_str()), ("role", "org:member")];
    ada.post(members, &[&organization], &form).await.response();
    let leave = "/v1/me/organization_memberships/{organization_id}";
    grace.delete(leave, &[&organization]).await.response();
    let last = ada.delete(leave, &[&organization]).await;
    assert_eq!(last.status, StatusCode::BAD_REQUEST);
    let deleted = ada.delete(one, &[&organization]).await;
    assert_eq!(deleted.response()["deleted"], true);
    assert_eq!(
        deleted.body["client"]["sessions"][0]["last_active_organization_id"],
        Value::Null
    );
}

pub(super) async fn domains(judge: &Judge) {
    let emulator = emulator().await;
    let (mut ada, _) = signed_in(&emulator, judge, "ada@example.com", "analytical-engine").await;
    let acme = emulator.organization_id("acme").unwrap();
    let domains = "/v1/organizations/{organization_id}/domains";
    let made = ada
        .post(domains, &[&acme], &[("name", "example.net")])
        .await;
    let domain = id(made.response());
    let twice = ada
        .post(domains, &[&acme], &[("name", "example.net")])
        .await;
    assert!(twice.status.is_client_error());
    let path = |rest: &str| format!("{domains}/{{domain_id}}{rest}");
    ada.get(&path(""), &[&acme, &domain]).await.response();
    let form = [("affiliation_email_address", "ada@elsewhere.org")];
    let prepare = path("/prepare_affiliation_verification");
    let elsewhere = ada.post(&prepare, &[&acme, &domain], &form).await;
    assert_eq!(elsewhere.code(), "organization_domain_mismatch");
    let form = [("affiliation_email_address", "ada+clerk_test@example.net")];
    ada.post(&prepare, &[&acme, &domain], &form)
        .await
        .response();
    let attempt = path("/attempt_affiliation_verification");
    let wrong = ada
        .post(&attempt, &[&acme, &domain], &[("code", "000000")])
        .await;
    assert_eq!(wrong.code(), "form_code_incorrect");
    let right = ada
        .post(&attempt, &[&acme, &domain], &[("code", "424242")])
        .await;
    assert_eq!(right.response()["verification"]["status"], "verified");
    let early = ada
        .post(
            &path("/attempt_ownership_verification"),
            &[&acme, &domain],
            &[],
        )
        .await;
    assert_eq!(early.code(), "verification_missing");
    let prepared = ada
        .post(
            &path("/prepare_ownership_verification"),
            &[&acme, &domain],
            &[],
        )
        .await;
    assert!(prepared.response()["ownership_verification"]["txt_record_value"].is_string());
    let owned = ada
        .post(
            &path("/attempt_ownership_verification"),
            &[&acme, &domain],
            &[],
        )
        .await;
    assert_eq!(
        owned.response()["ownership_verification"]["status"],
        "verified"
    );
    let mode = path("/update_enrollment_mode");
    let modes = json!({ "domains_enrollment_modes": ["automatic_invitation"] });
    let settings = "/instance/organization_settings";
    Caller::new(&emulator)
        .call(Method::PATCH, settings, Some(&modes))
        .await;
    let form = [("enrollment_mode", "automatic_suggestion")];
    let refused = ada.post(&mode, &[&acme, &domain], &form).await;
    assert_eq!(
        refused.code(),
        "organization_domain_enrollment_mode_not_enabled"
    );
    let form = [("enrollment_mode", "automatic_invitation")];
    ada.post(&mode, &[&acme, &domain], &form).await.response();
    let listed = ada.get(&format!("{domains}?verified=true"), &[&acme]).await;
    assert_eq!(listed.response()["total_count"], 1);
    let form = [("names", "example.io"), ("names", "example.net")];
    let bulk = ada.post(&format!("{domains}/bulk"), &[&acme], &form).await;
    let other = id(&bulk.response()["data"][0]);
    assert_eq!(bulk.response()["errors"][0]["name"], "example.net");
    for step in ["prepare", "attempt"] {
        let path = format!("{domains}/{step}_ownership_verification/bulk");
        let form = [("organization_domain_ids", other.as_str())];
        let done = ada.post(&path, &[&acme], &form).await;
        assert_eq!(done.response()["data"][0]["id"], other.as_str());
    }
    ada.delete(&path(""), &[&acme, &other]).await.response();
}

/// People with an address at a verified domain are invited, or request to join.
pub(super) async fn suggestions(judge: &Judge) {
    let emulator = emulator().await;
    let caller = crate::caller::Caller::new(&emulator);
    let modes =
        json!({ "domains_enrollment_modes": ["automatic_suggestion", "automatic_invitation"] });
    caller
        .call(
            Method::PATCH,
            "/instance/organization_settings",
            Some(&modes),
        )
        .await;
    let acme = emulator.organization_id("acme").unwrap();
    let domain =
        |mode: &str| json!({ "name": "example.com", "enrollment_mode": mode, "verified": true });
    let path = format!("/organizations/{acme}/domains");
    let made = caller
        .call(Method::POST, &path, Some(&domain("automatic_suggestion")))
        .await;
    let (mut ada, _) = signed_in(&emulator, judge, "ada@example.com", "analytical-engine").await;
    let (mut grace, _) =
        signed_in(&emulator, judge, "grace@example.com", "nanoseconds-matter").await;
    let list = "/v1/me/organization_suggestions";
    assert_eq!(ada.get(list, &[]).await.response()["total_count"], 0);
    let suggested = grace.get(list, &[]).await;
    let suggestion = id(&suggested.response()["data"][0]);
    let requests = "/v1/organizations/{organization_id}/membership_requests";
    assert_eq!(
        ada.get(requests, &[&acme]).await.response()["total_count"],
        0
    );
    let accept = "/v1/me/organization_suggestions/{suggestion_id}/accept";
    let asked = grace.post(accept, &[&suggestion], &[]).await;
    assert_eq!(asked.response()["status"], "accepted");
    let again = grace.post(accept, &[&suggestion], &[]).await;
    assert_eq!(again.code(), "organization_suggestion_already_accepted");
    let pending = ada
        .get(&format!("{requests}?status=pending"), &[&acme])
        .await;
    let request = id(&pending.response()["data"][0]);
    let decide = |what: &str| format!("{requests}/{{request_id}}/{what}");
    let rejected = ada.post(&decide("reject"), &[&acme, &request], &[]).await;
    assert_eq!(rejected.response()["status"], "rejected");
    let late = ada.post(&decide("accept"), &[&acme, &request], &[]).await;
    assert_eq!(late.status, StatusCode::NOT_FOUND);

    let domain_id = id(&made.body);
    let mode = json!({ "enrollment_mode": "automatic_invitation" });
    let changed = caller
        .call(Method::PATCH, &format!("{path}/{domain_id}"), Some(&mode))
        .await;
    assert!(changed.status.is_success(), "{}", changed.body);
    let invited = grace.get("/v1/me/organization_invitations", &[]).await;
    assert_eq!(invited.response()["total_count"], 1);
}
