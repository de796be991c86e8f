//! Calls of every emulated operation, in a meaningful order.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_emulator::Emulator;
use http::Method;
use serde_json::{Value, json};

use crate::browser;
use crate::walk::{Walk, id};

pub(crate) async fn users(walk: &mut Walk<'_>) -> String {
    let user = walk
        .post(
            "/users",
            &[],
            json!({
                "email_address": ["ada@example.com", "countess@example.com"],
                "phone_number": ["+15555550100"],
                "username": "countess",
                "password": "analytical-engine",
                "first_name": "Ada",
                "last_name": "Lovelace",
                "external_id": "1",
                "public_metadata": { "plan": "pro" },
                "legal_accepted_at": "2024-01-01T00:00:00Z",
                "created_at": "2020-01-01T00:00:00Z",
            }),
        )
        .await;
    let user = id(&user);
    let me = &[user.as_str()];
    walk.get("/users", &[]).await;
    walk.get("/users?limit=1&order_by=-created_at&query=ada", &[])
        .await;
    walk.get("/users/count", &[]).await;
    walk.get("/users/{user_id}", me).await;
    walk.patch(
        "/users/{user_id}",
        me,
        json!({ "first_name": "Augusta", "last_name": null, "locale": "en-GB" }),
    )
    .await;
    let metadata =
        json!({ "public_metadata": { "a": { "b": 1 } }, "unsafe_metadata": { "c": [] } });
    walk.patch("/users/{user_id}/metadata", me, metadata.clone())
        .await;
    walk.put("/users/{user_id}/metadata", me, metadata).await;
    for verb in ["ban", "unban", "lock", "unlock"] {
        walk.post(&format!("/users/{{user_id}}/{verb}"), me, Value::Null)
            .await;
    }
    walk.post(
        "/users/{user_id}/verify_password",
        me,
        json!({ "password": "analytical-engine" }),
    )
    .await;
    walk.upload(Method::POST, "/users/{user_id}/profile_image", me)
        .await;
    walk.delete("/users/{user_id}/profile_image", me).await;
    walk.get("/users/{user_id}/organization_memberships", me)
        .await;
    user
}

pub(crate) async fn organizations(walk: &mut Walk<'_>, user: &str) -> String {
    let organization = walk
        .post(
            "/organizations",
            &[],
            json!({
                "name": "Acme",
                "created_by": user,
                "public_metadata": { "tier": 1 },
                "created_at": "2020-01-01T00:00:00Z",
            }),
        )
        .await;
    let organization = id(&organization);
    let one = &[organization.as_str()];
    walk.get("/organizations?include_members_count=true", &[])
        .await;
    walk.get("/organizations/{organization_id}", one).await;
    walk.get("/organizations/{organization_id}", &["acme"])
        .await;
    walk.patch(
        "/organizations/{organization_id}",
        one,
        json!({ "name": "Acme Ltd", "max_allowed_memberships": 10 }),
    )
    .await;
    let metadata = json!({ "private_metadata": { "a": 1 } });
    walk.patch(
        "/organizations/{organization_id}/metadata",
        one,
        metadata.clone(),
    )
    .await;
    walk.put(
        "/organizations/{organization_id}/metadata",
        one,
        metadata.clone(),
    )
    .await;
    walk.upload(Method::PUT, "/organizations/{organization_id}/logo", one)
        .await;
    walk.delete("/organizations/{organization_id}/logo", one)
        .await;
    let member = walk
        .post(
            "/users",
            &[],
            json!({ "email_address": ["bob@example.com"], "skip_password_requirement": true }),
        )
        .await;
    let member = id(&member);
    walk.post(
        "/organizations/{organization_id}/memberships",
        one,
        json!({ "user_id": member, "role": "org:billing" }),
    )
    .await;
    walk.get("/organizations/{organization_id}/memberships", one)
        .await;
    walk.get("/organization_memberships", &[]).await;
    let place = &[organization.as_str(), member.as_str()];
    walk.patch(
        "/organizations/{organization_id}/memberships/{user_id}",
        place,
        json!({ "role": "org:member" }),
    )
    .await;
    walk.patch(
        "/organizations/{organization_id}/memberships/{user_id}/metadata",
        place,
        metadata,
    )
    .await;
    walk.get("/users/{user_id}/organization_memberships", &[&member])
        .await;
    walk.delete(
        "/organizations/{organization_id}/memberships/{user_id}",
        place,
    )
    .await;
    organization
}

pub(crate) async fn sessions(walk: &mut Walk<'_>, user: &str, organization: &str) {
    walk.get("/jwks", &[]).await;
    let body = json!({ "user_id": user, "active_organization_id": organization });
    let session = walk.post("/sessions", &[], body).await;
    let client = session["client_id"].as_str().unwrap().to_owned();
    let session = id(&session);
    let one = &[session.as_str()];
    walk.get("/sessions", &[]).await;
    walk.get("/sessions?paginated=true&status=active", &[])
        .await;
    walk.get("/sessions/{session_id}", one).await;
    walk.get("/clients", &[]).await;
    walk.get("/clients/{client_id}", &[&client]).await;
    walk.post(
        "/sessions/{session_id}/tokens",
        one,
        json!({ "expires_in_seconds": 60 }),
    )
    .await;
    walk.post("/sessions/{session_id}/revoke", one, Value::Null)
        .await;
    let ticket = walk
        .post("/sign_in_tokens", &[], json!({ "user_id": user }))
        .await;
    walk.post(
        "/sign_in_tokens/{sign_in_token_id}/revoke",
        &[&id(&ticket)],
        Value::Null,
    )
    .await;
    walk.post("/testing_tokens", &[], Value::Null).await;
}

/// Exchanges a refresh token for a session token, and for cookies.
pub(crate) async fn refresh(walk: &mut Walk<'_>, emulator: &Emulator) {
    let cookies = browser::sign_in(emulator, "seeded@example.com").await;
    let value = |wanted: &str| {
        let (_, value) = cookies.iter().find(|(name, _)| name == wanted).unwrap();
        value.clone()
    };
    let token = value("__session");
    let claims = token.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let session = claims["sid"].as_str().unwrap();
    for format in ["token", "cookie"] {
        walk.post(
            "/sessions/{session_id}/refresh",
            &[session],
            json!({
                "expired_token": token,
                "refresh_token": value(&format!("__refresh_{}", emulator.cookie_suffix())),
                "request_origin": "http://127.0.0.1:3000",
                "format": format,
            }),
        )
        .await;
    }
}

pub(crate) async fn machines(walk: &mut Walk<'_>, user: &str) {
    let other = walk
        .post("/machines", &[], json!({ "name": "billing" }))
        .await;
    let other = id(&other);
    let machine = walk
        .post("/machines", &[], json!({ "name": "worker" }))
        .await;
    let secret_key = machine["secret_key"].as_str().unwrap().to_owned();
    let machine = id(&machine);
    let one = &[machine.as_str()];
    walk.get("/machines", &[]).await;
    walk.get("/machines/{machine_id}", one).await;
    walk.patch(
        "/machines/{machine_id}",
        one,
        json!({ "name": "workhorse" }),
    )
    .await;
    walk.post(
        "/machines/{machine_id}/scopes",
        one,
        json!({ "to_machine_id": other }),
    )
    .await;
    walk.get("/machines/{machine_id}/secret_key", one).await;

    let template = "/m2m_tokens";
    let as_machine = walk.caller.with_key(&secret_key);
    let answer = as_machine
        .call(
            Method::POST,
            template,
            Some(&json!({ "claims": { "a": 1 } })),
        )
        .await;
    let token = walk.judge(&Method::POST, template, answer);
    walk.get(&format!("/m2m_tokens?subject={machine}"), &[])
        .await;
    walk.post(
        "/m2m_tokens/verify",
        &[],
        json!({ "token": token["token"] }),
    )
    .await;
    walk.post(
        "/m2m_tokens/{m2m_token_id}/revoke",
        &[&id(&token)],
        json!({ "revocation_reason": "done" }),
    )
    .await;

    walk.delete(
        "/machines/{machine_id}/scopes/{other_machine_id}",
        &[&machine, &other],
    )
    .await;
    walk.post(
        "/machines/{machine_id}/secret_key/rotate",
        one,
        json!({ "previous_token_ttl": 0 }),
    )
    .await;
    walk.delete("/machines/{machine_id}", one).await;

    let body =
        json!({ "name": "key", "subject": user, "scopes": ["a"], "seconds_until_expiration": 60 });
    let key = walk.post("/api_keys", &[], body).await;
    let secret = key["secret"].clone();
    let key = id(&key);
    walk.get(&format!("/api_keys?subject={user}"), &[]).await;
    walk.get("/api_keys/{apiKeyID}", &[&key]).await;
    walk.get("/api_keys/{apiKeyID}/secret", &[&key]).await;
    walk.patch(
        "/api_keys/{apiKeyID}",
        &[&key],
        json!({ "description": "for the walk" }),
    )
    .await;
    walk.post("/api_keys/verify", &[], json!({ "secret": secret }))
        .await;
    walk.post("/api_keys/{apiKeyID}/revoke", &[&key], json!({}))
        .await;
    walk.delete("/api_keys/{apiKeyID}", &[&key]).await;
}

pub(crate) async fn oauth_applications(walk: &mut Walk<'_>, emulator: &Emulator, user: &str) {
    let one = walk
        .post(
            "/oauth_applications",
            &[],
            json!({
                "name": "Reader",
                "redirect_uris": ["http://localhost:3000/callback"],
                "scopes": "profile email",
            }),
        )
        .await;
    let client_id = one["client_id"].as_str().unwrap().to_owned();
    let one = &[&*id(&one)];
    walk.get("/oauth_applications?name_query=read", &[]).await;
    walk.get("/oauth_applications/{oauth_application_id}", one)
        .await;
    walk.patch(
        "/oauth_applications/{oauth_application_id}",
        one,
        json!({ "name": "Reader 2", "public": true }),
    )
    .await;
    walk.upload(
        Method::PUT,
        "/oauth_applications/{oauth_application_id}/logo",
        one,
    )
    .await;
    walk.post(
        "/oauth_applications/{oauth_application_id}/rotate_secret",
        one,
        Value::Null,
    )
    .await;
    let token = emulator
        .oauth_token(user)
        .client_id(client_id)
        .scope("profile")
        .mint()
        .unwrap();
    walk.post(
        "/oauth_applications/access_tokens/verify",
        &[],
        json!({ "access_token": token }),
    )
    .await;
    walk.post(
        "/oauth_applications/{oauth_application_id}/revoke_token",
        one,
        json!({ "token": token }),
    )
    .await;
    walk.delete("/oauth_applications/{oauth_application_id}", one)
        .await;
}

pub(crate) async fn roles(walk: &mut Walk<'_>) {
    let permission = walk
        .post(
            "/organization_permissions",
            &[],
            json!({ "name": "Read reports", "key": "org:reports:read", "description": "" }),
        )
        .await;
    let permission = id(&permission);
    walk.get("/organization_permissions?query=reports", &[])
        .await;
    walk.get("/organization_permissions/{permission_id}", &[&permission])
        .await;
    walk.patch(
        "/organization_permissions/{permission_id}",
        &[&permission],
        json!({ "name": "Read all reports" }),
    )
    .await;
    let role = walk
        .post(
            "/organization_roles",
            &[],
            json!({ "name": "Auditor", "key": "org:auditor", "permissions": [] }),
        )
        .await;
    let role = id(&role);
    walk.get("/organization_roles", &[]).await;
    walk.get("/organization_roles/{organization_role_id}", &[&role])
        .await;
    walk.patch(
        "/organization_roles/{organization_role_id}",
        &[&role],
        json!({ "description": "Reads everything" }),
    )
    .await;
    role_sets(walk).await;
    let both = &[&*role, &*permission];
    let template = "/organization_roles/{organization_role_id}/permissions/{permission_id}";
    let role = walk.post(template, both, Value::Null).await;
    assert_eq!(role["permissions"][0]["key"], "org:reports:read");
    walk.delete(template, both).await;
    walk.delete("/organization_roles/{organization_role_id}", &both[..1])
        .await;
    walk.delete("/organization_permissions/{permission_id}", &both[1..])
        .await;
}

async fn role_sets(walk: &mut Walk<'_>) {
    let set = walk
        .post(
            "/role_sets",
            &[],
            json!({
                "name": "Audited",
                "default_role_key": "org:member",
                "creator_role_key": "org:admin",
                "roles": ["org:admin", "org:member"],
            }),
        )
        .await;
    let set = &[&*id(&set)];
    walk.get("/role_sets?query=audited", &[]).await;
    walk.get("/role_sets/{role_set_key_or_id}", &["role_set:audited"])
        .await;
    walk.patch(
        "/role_sets/{role_set_key_or_id}",
        set,
        json!({ "description": "With auditors", "type": "initial" }),
    )
    .await;
    walk.post(
        "/role_sets/{role_set_key_or_id}/roles",
        set,
        json!({ "role_keys": ["org:auditor"], "default_role_key": "org:auditor" }),
    )
    .await;
    let replaced = walk
        .post(
            "/role_sets/{role_set_key_or_id}/roles/replace",
            set,
            json!({ "role_key": "org:auditor", "to_role_key": "org:billing" }),
        )
        .await;
    assert_eq!(replaced["default_role"]["key"], "org:billing");
    walk.post(
        "/role_sets/{role_set_key_or_id}/replace",
        set,
        json!({ "dest_role_set_key": "role_set:default" }),
    )
    .await;
}

pub(crate) async fn invitations(walk: &mut Walk<'_>, organization: &str, user: &str) {
    let invitation = walk
        .post(
            "/invitations",
            &[],
            json!({
                "email_address": "carol@example.com",
                "public_metadata": { "a": 1 },
                "redirect_url": "http://localhost:3000/welcome",
                "expires_in_days": 7,
            }),
        )
        .await;
    let bulk =
        json!([{ "email_address": "dan@example.com" }, { "email_address": "eve@example.com" }]);
    walk.post("/invitations/bulk", &[], bulk).await;
    walk.get("/invitations", &[]).await;
    walk.get("/invitations?paginated=true&status=pending", &[])
        .await;
    walk.post(
        "/invitations/{invitation_id}/revoke",
        &[&id(&invitation)],
        Value::Null,
    )
    .await;

    let one = &[organization];
    let invitation = walk
        .post(
            "/organizations/{organization_id}/invitations",
            one,
            json!({ "email_address": "frank@example.com", "role": "org:member", "inviter_user_id": user }),
        )
        .await;
    let bulk = json!([{ "email_address": "gina@example.com", "role": "org:admin" }]);
    walk.post(
        "/organizations/{organization_id}/invitations/bulk",
        one,
        bulk,
    )
    .await;
    walk.post(
        "/organizations/{organization_id}/invitations",
        one,
        json!({ "email_address": "countess2@example.com", "role": "org:member" }),
    )
    .await;
    walk.get("/organizations/{organization_id}/invitations", one)
        .await;
    walk.get("/organizations/{organization_id}/invitations/pending", one)
        .await;
    walk.get("/organization_invitations?status=pending", &[])
        .await;
    walk.get("/users/{user_id}/organization_invitations", &[user])
        .await;
    let place = &[organization, &*id(&invitation)];
    walk.get(
        "/organizations/{organization_id}/invitations/{invitation_id}",
        place,
    )
    .await;
    walk.post(
        "/organizations/{organization_id}/invitations/{invitation_id}/revoke",
        place,
        json!({ "requesting_user_id": user }),
    )
    .await;

    let domain = walk
        .post(
            "/organizations/{organization_id}/domains",
            one,
            json!({ "name": "acme.example", "enrollment_mode": "automatic_invitation" }),
        )
        .await;
    walk.get(
        "/organizations/{organization_id}/domains?verified=false",
        one,
    )
    .await;
    walk.get("/organization_domains?query=acme", &[]).await;
    let place = &[organization, &*id(&domain)];
    walk.patch(
        "/organizations/{organization_id}/domains/{domain_id}",
        place,
        json!({ "verified": true }),
    )
    .await;
    walk.post(
        "/organizations/{organization_id}/domains/{domain_id}/verify_ownership",
        place,
        Value::Null,
    )
    .await;
    walk.delete(
        "/organizations/{organization_id}/domains/{domain_id}",
        place,
    )
    .await;
}

pub(crate) async fn identifiers(walk: &mut Walk<'_>, user: &str) {
    let email = walk
        .post(
            "/email_addresses",
            &[],
            json!({ "user_id": user, "email_address": "third@example.com", "verified": true }),
        )
        .await;
    let email = &[&*id(&email)];
    walk.get("/email_addresses/{email_address_id}", email).await;
    walk.patch(
        "/email_addresses/{email_address_id}",
        email,
        json!({ "primary": true, "verified": false }),
    )
    .await;
    walk.delete("/email_addresses/{email_address_id}", email)
        .await;
    let first = walk
        .put(
            "/users/{user_id}/email_address",
            &[user],
            json!({ "email_address": "ada@example.com", "identification_status": "unverified" }),
        )
        .await;
    let first = id(&first);
    let phone = walk
        .post(
            "/phone_numbers",
            &[],
            json!({ "user_id": user, "phone_number": "+15555550101" }),
        )
        .await;
    let phone = &[&*id(&phone)];
    walk.get("/phone_numbers/{phone_number_id}", phone).await;
    walk.patch(
        "/phone_numbers/{phone_number_id}",
        phone,
        json!({ "verified": true, "reserved_for_second_factor": true }),
    )
    .await;
    let me = &[user];
    assert_eq!(
        walk.get("/users/{user_id}", me).await["two_factor_enabled"],
        true
    );
    for (kind, identifier) in [
        ("email_address", &first),
        ("phone_number", &phone[0].to_owned()),
    ] {
        let place = &[identifier.as_str()];
        let path = if kind == "email_address" {
            "email_addresses"
        } else {
            "phone_numbers"
        };
        let template = format!("/{path}/{{{kind}_id}}/prepare_verification");
        let sent = walk.post(&template, place, Value::Null).await;
        for (code, status) in [("000000", "unverified"), ("424242", "verified")] {
            let template = format!("/{path}/{{{kind}_id}}/attempt_verification");
            let body = json!({ "verification_id": id(&sent), "code": code });
            assert_eq!(walk.post(&template, place, body).await["status"], status);
        }
    }
    walk.delete("/phone_numbers/{phone_number_id}", phone).await;
    walk.put(
        "/users/{user_id}/phone_number",
        me,
        json!({ "phone_number": "+15555550102", "identification_status": "unverified" }),
    )
    .await;

    walk.post(
        "/users/{user_id}/password/set_compromised",
        me,
        json!({ "revoke_all_sessions": true }),
    )
    .await;
    walk.post(
        "/users/{user_id}/password/unset_compromised",
        me,
        Value::Null,
    )
    .await;
    walk.post("/users/{user_id}/remove_password", me, Value::Null)
        .await;
    for factor in ["totp", "backup_code", "mfa"] {
        let factors = json!({ "totp_secret": "JBSWY3DPEHPK3PXP", "backup_codes": ["abc", "def"] });
        let user = walk.patch("/users/{user_id}", me, factors).await;
        assert_eq!(user["totp_enabled"], true);
        let code = json!({ "code": "abc" });
        let verified = walk.post("/users/{user_id}/verify_totp", me, code).await;
        assert_eq!(verified["code_type"], "backup_code");
        walk.delete(&format!("/users/{{user_id}}/{factor}"), me)
            .await;
    }
    walk.post("/users/ban", &[], json!({ "user_ids": [user] }))
        .await;
    walk.post("/users/unban", &[], json!({ "user_ids": [user] }))
        .await;
}

pub(crate) async fn lists(walk: &mut Walk<'_>) {
    for list in ["allowlist", "blocklist"] {
        let entry = walk
            .post(
                &format!("/{list}_identifiers"),
                &[],
                json!({ "identifier": "*@spam.example" }),
            )
            .await;
        walk.get(&format!("/{list}_identifiers"), &[]).await;
        let template = format!("/{list}_identifiers/{{identifier_id}}");
        walk.delete(&template, &[&id(&entry)]).await;
    }
    let url = walk
        .post("/redirect_urls", &[], json!({ "url": "myapp://callback" }))
        .await;
    let url = &[&*id(&url)];
    walk.get("/redirect_urls", &[]).await;
    walk.get("/redirect_urls/{id}", url).await;
    walk.delete("/redirect_urls/{id}", url).await;

    let add = |address: &str| json!({ "email_address": address });
    let entry = walk
        .post("/waitlist_entries", &[], add("heidi@example.com"))
        .await;
    let more = json!([add("ivan@example.com"), add("judy@example.com")]);
    let more = walk.post("/waitlist_entries/bulk", &[], more).await;
    walk.post(
        "/waitlist_entries/{waitlist_entry_id}/invite",
        &[&id(&entry)],
        json!({ "ignore_existing": true }),
    )
    .await;
    walk.post(
        "/waitlist_entries/{waitlist_entry_id}/reject",
        &[&id(&more[0])],
        Value::Null,
    )
    .await;
    walk.get("/waitlist_entries", &[]).await;
    walk.delete("/waitlist_entries/{waitlist_entry_id}", &[&id(&more[1])])
        .await;
}

pub(crate) async fn templates(walk: &mut Walk<'_>, user: &str) {
    let template = walk
        .post(
            "/jwt_templates",
            &[],
            json!({ "name": "reporting", "claims": { "email": "{{user.primary_email_address}}" }, "lifetime": 120 }),
        )
        .await;
    let one = &[&*id(&template)];
    walk.get("/jwt_templates", &[]).await;
    walk.get("/jwt_templates?paginated=true", &[]).await;
    walk.get("/jwt_templates/{template_id}", one).await;
    walk.patch(
        "/jwt_templates/{template_id}",
        one,
        json!({ "name": "reporting", "claims": {} }),
    )
    .await;
    let session = walk
        .post("/sessions", &[], json!({ "user_id": user }))
        .await;
    walk.post(
        "/sessions/{session_id}/tokens/{template_name}",
        &[&id(&session), "reporting"],
        Value::Null,
    )
    .await;
    walk.delete("/jwt_templates/{template_id}", one).await;

    let task = walk
        .post(
            "/agents/tasks",
            &[],
            json!({
                "on_behalf_of": { "user_id": user },
                "permissions": "*",
                "agent_name": "tester",
                "task_description": "Try it",
                "redirect_url": "http://localhost:3000/",
            }),
        )
        .await;
    walk.post(
        "/agents/tasks/{agent_task_id}/revoke",
        &[task["agent_task_id"].as_str().unwrap()],
        Value::Null,
    )
    .await;

    let token = walk
        .post(
            "/actor_tokens",
            &[],
            json!({ "user_id": user, "actor": { "sub": "user_support" } }),
        )
        .await;
    walk.post(
        "/actor_tokens/{actor_token_id}/revoke",
        &[&id(&token)],
        Value::Null,
    )
    .await;
}

pub(crate) async fn credits(walk: &mut Walk<'_>, user: &str, organization: &str) {
    for (template, owner) in [
        ("/users/{user_id}/billing/credits", user),
        (
            "/organizations/{organization_id}/billing/credits",
            organization,
        ),
    ] {
        let owner = &[owner];
        walk.get(template, owner).await;
        for (amount, action) in [(500, "increase"), (200, "decrease"), (200, "decrease")] {
            let body = json!({
                "amount": amount,
                "action": action,
                "idempotency_key": format!("{action} of {}", owner[0]),
                "note": "for the walk",
            });
            walk.post(template, owner, body).await;
        }
        // The third adjustment is a repetition of the second one.
        assert_eq!(walk.get(template, owner).await["balance"]["amount"], 300);
    }
}

pub(crate) async fn domains(walk: &mut Walk<'_>) {
    let satellite = walk
        .post(
            "/domains",
            &[],
            json!({ "name": "satellite.example", "is_satellite": true }),
        )
        .await;
    let satellite = &[&*id(&satellite)];
    walk.get("/domains", &[]).await;
    walk.patch(
        "/domains/{domain_id}",
        satellite,
        json!({ "proxy_url": "https://satellite.example/__clerk" }),
    )
    .await;
    walk.delete("/domains/{domain_id}", satellite).await;
}

pub(crate) async fn settings(walk: &mut Walk<'_>) {
    walk.get("/instance", &[]).await;
    walk.patch(
        "/instance",
        &[],
        json!({ "allowed_origins": ["http://localhost:3000"] }),
    )
    .await;
    walk.patch("/instance/restrictions", &[], json!({ "allowlist": true }))
        .await;
    walk.patch(
        "/beta_features/instance_settings",
        &[],
        json!({ "restricted_to_allowlist": false }),
    )
    .await;
    for (name, update) in [
        ("protect", json!({ "rules_enabled": true })),
        ("communication", json!({ "blocked_country_codes": ["AQ"] })),
        (
            "oauth_application_settings",
            json!({ "default_scopes": ["profile"] }),
        ),
        (
            "organization_settings",
            json!({ "max_allowed_memberships": 5 }),
        ),
    ] {
        let template = format!("/instance/{name}");
        walk.get(&template, &[]).await;
        walk.patch(&template, &[], update).await;
    }
}
