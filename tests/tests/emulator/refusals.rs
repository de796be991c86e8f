//! The emulator rejects what Clerk rejects, with the same codes.

use clerk_emulator::{Emulator, OrganizationSeed, UserSeed};
use http::Method;
use serde_json::{Value, json};

use crate::caller::Caller;

async fn emulator() -> Emulator {
    Emulator::builder()
        .user(UserSeed::new("ada@example.com").username("countess"))
        .user(UserSeed::new("bob@example.com").phone_number("+15555550100"))
        .organization(OrganizationSeed::new("Acme", "acme").member("ada@example.com", "org:admin"))
        .start()
        .await
        .unwrap()
}

/// A body that creates a user, with one change.
fn user(changes: &Value) -> Value {
    let mut body = json!({
        "email_address": ["new@example.com"],
        "password": "analytical-engine",
    });
    for (key, value) in changes.as_object().unwrap() {
        if value.is_null() {
            body.as_object_mut().unwrap().remove(key);
        } else {
            body[key] = value.clone();
        }
    }
    body
}

#[tokio::test]
async fn users_that_clerk_refuses_are_refused() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let nine_kilobytes = "x".repeat(9 * 1024);
    for (changes, code, param) in [
        (
            json!({ "phone_number": ["12"] }),
            "form_param_format_invalid",
            "phone_number",
        ),
        (
            json!({ "phone_number": ["15555550101"] }),
            "form_param_format_invalid",
            "phone_number",
        ),
        (
            json!({ "username": "@ " }),
            "form_username_invalid_length",
            "username",
        ),
        (
            json!({ "username": "a b c d" }),
            "form_username_invalid_character",
            "username",
        ),
        (
            json!({ "username": "COUNTESS" }),
            "form_identifier_exists",
            "username",
        ),
        (
            json!({ "email_address": ["a b@c"] }),
            "form_param_format_invalid",
            "email_address",
        ),
        (
            json!({ "email_address": ["nobody"] }),
            "form_param_format_invalid",
            "email_address",
        ),
        (
            json!({ "email_address": ["ADA@example.com"] }),
            "form_identifier_exists",
            "email_address",
        ),
        (
            json!({ "email_address": ["new@example.com", "New@example.com"] }),
            "form_identifier_exists",
            "email_address",
        ),
        (
            json!({ "phone_number": ["+15555550100"] }),
            "form_identifier_exists",
            "phone_number",
        ),
        (
            json!({ "password": "password123" }),
            "form_password_pwned",
            "password",
        ),
        (
            json!({ "password": "short" }),
            "form_password_length_too_short",
            "password",
        ),
        (
            json!({ "password": "x".repeat(73) }),
            "form_password_length_too_long",
            "password",
        ),
        (json!({ "password": null }), "form_data_missing", "password"),
        (
            json!({ "email_address": null }),
            "form_data_missing",
            "email_address",
        ),
        (
            json!({ "password": null, "password_digest": "abc", "password_hasher": "rot13" }),
            "form_param_value_invalid",
            "password_hasher",
        ),
        (
            json!({ "password": null, "password_digest": "abc" }),
            "form_param_missing",
            "password_hasher",
        ),
        (
            json!({ "public_metadata": { "text": nine_kilobytes } }),
            "form_param_exceeds_allowed_size",
            "public_metadata",
        ),
        (
            json!({ "unsafe_metadata": { "text": nine_kilobytes } }),
            "form_param_exceeds_allowed_size",
            "unsafe_metadata",
        ),
        (
            json!({ "created_at": "yesterday" }),
            "form_param_format_invalid",
            "created_at",
        ),
        (
            json!({ "favourite_color": "red" }),
            "form_param_unknown",
            "favourite_color",
        ),
    ] {
        let answer = caller
            .call(Method::POST, "/users", Some(&user(&changes)))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.code(), answer.param()),
            (422, code, param),
            "{changes}"
        );
    }
    let good = user(&json!({
        "password": null,
        "skip_password_requirement": true,
        "created_at": "2012-10-20T07:15:20.902Z",
        "username": "grace-hopper",
        "phone_number": ["+4915112345678"],
    }));
    let answer = caller.call(Method::POST, "/users", Some(&good)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["created_at"], 1_350_717_320_902_i64);
    let weak = user(
        &json!({ "email_address": ["weak@example.com"], "password": "password123", "skip_password_checks": true }),
    );
    let answer = caller.call(Method::POST, "/users", Some(&weak)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn lists_refuse_limits_and_cursors_that_clerk_refuses() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let ada = emulator.user_id("ada@example.com").unwrap();
    let bob = emulator.user_id("bob@example.com").unwrap();
    for (path, param) in [
        ("/users?limit=0".to_owned(), "limit"),
        ("/users?limit=501".to_owned(), "limit"),
        ("/users?limit=10.0".to_owned(), "limit"),
        ("/users?offset=-1".to_owned(), "offset"),
        ("/organizations?limit=1000".to_owned(), "limit"),
        ("/users?order_by=shoe_size".to_owned(), "order_by"),
        ("/users?banned=perhaps".to_owned(), "banned"),
        (
            format!("/users?starting_after={ada}&offset=1"),
            "starting_after",
        ),
        (
            format!("/users?starting_after={ada}&order_by=username"),
            "starting_after",
        ),
        (
            "/users?starting_after=user_nobody".to_owned(),
            "starting_after",
        ),
    ] {
        let answer = caller.call(Method::GET, &path, None).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code(), answer.param()),
            (422, "form_param_value_invalid", param),
            "{path}"
        );
    }
    let path = format!("/api_keys?subject={ada}&limit=101");
    let answer = caller.call(Method::GET, &path, None).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code(), answer.param()),
        (400, "bad_request", "limit")
    );
    // Newest first: Ada follows Bob, even if Bob no longer matches the filter.
    let path = format!("/users?starting_after={bob}");
    let answer = caller.call(Method::GET, &path, None).await;
    assert_eq!(answer.body.as_array().unwrap().len(), 1);
    assert_eq!(answer.body[0]["id"], ada.as_str());
    caller
        .call(Method::POST, &format!("/users/{bob}/ban"), None)
        .await;
    let path = format!("/users?starting_after={bob}&banned=false");
    let answer = caller.call(Method::GET, &path, None).await;
    assert_eq!(answer.body[0]["id"], ada.as_str());
    // A deleted cursor is rejected instead of starting at the top again.
    caller
        .call(Method::DELETE, &format!("/users/{bob}"), None)
        .await;
    let path = format!("/users?starting_after={bob}");
    let answer = caller.call(Method::GET, &path, None).await;
    assert_eq!(answer.param(), "starting_after");
}

#[tokio::test]
async fn who_invites_or_revokes_must_administer_the_organization() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let ada = emulator.user_id("ada@example.com").unwrap();
    let bob = emulator.user_id("bob@example.com").unwrap();
    let path = "/organizations/acme/invitations";
    let body = |inviter: &str| json!({ "email_address": "new@example.com", "role": "org:member", "inviter_user_id": inviter });
    let member = json!({ "user_id": bob, "role": "org:member" });
    // First as a stranger, then as a member without the permission.
    for is_member in [false, true] {
        if is_member {
            let path = "/organizations/acme/memberships";
            caller.call(Method::POST, path, Some(&member)).await;
        }
        let refused = caller.call(Method::POST, path, Some(&body(&bob))).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (403, "not_an_admin_in_organization"),
            "{is_member}"
        );
    }
    let invited = caller.call(Method::POST, path, Some(&body(&ada))).await;
    assert_eq!(invited.status, 200, "{}", invited.body);
    let path = format!("{path}/{}/revoke", invited.body["id"].as_str().unwrap());
    for (user, status, code) in [
        (&bob, 403, "not_an_admin_in_organization"),
        (&ada, 200, ""),
        (&ada, 400, "organization_invitation_not_pending"),
    ] {
        let body = json!({ "requesting_user_id": user });
        let answer = caller.call(Method::POST, &path, Some(&body)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code));
    }
}

#[tokio::test]
async fn lists_refuse_statuses_that_nothing_has() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let ada = emulator.user_id("ada@example.com").unwrap();
    for (path, param, status) in [
        (format!("/sessions?user_id={ada}"), "status", 422),
        ("/invitations?a=b".to_owned(), "status", 422),
        ("/waitlist_entries?a=b".to_owned(), "status", 422),
        ("/organization_invitations?a=b".to_owned(), "status", 422),
        (
            "/organizations/acme/invitations?a=b".to_owned(),
            "status",
            422,
        ),
        (
            "/organization_domains?a=b".to_owned(),
            "enrollment_mode",
            422,
        ),
        (
            "/organizations/acme/domains?a=b".to_owned(),
            "enrollment_mode",
            422,
        ),
        ("/billing/subscription_items?a=b".to_owned(), "status", 422),
        // The document declares 400 for this one alone.
        (
            format!("/users/{ada}/organization_invitations?a=b"),
            "status",
            400,
        ),
    ] {
        let asleep = format!("{path}&{param}=asleep");
        let answer = caller.call(Method::GET, &asleep, None).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code(), answer.param()),
            (status, "form_param_value_invalid", param),
            "{path}"
        );
        assert_eq!(
            caller.call(Method::GET, &path, None).await.status,
            200,
            "{path}"
        );
    }
    let domains = "/organizations/acme/domains?enrollment_mode=-manual_invitation";
    assert_eq!(caller.call(Method::GET, domains, None).await.status, 200);
}

#[tokio::test]
async fn names_of_organizations_hold_neither_urls_nor_html() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let long = "x".repeat(257);
    for (name, code) in [
        ("", "form_param_missing"),
        ("  ", "form_param_missing"),
        (long.as_str(), "form_param_max_length_exceeded"),
        ("see https://evil.example", "form_param_format_invalid"),
        ("<b>Acme</b>", "form_param_format_invalid"),
    ] {
        let body = json!({ "name": name });
        for (method, path) in [
            (Method::POST, "/organizations"),
            (Method::PATCH, "/organizations/acme"),
        ] {
            let answer = caller.call(method, path, Some(&body)).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code(), answer.param()),
                (422, code, "name"),
                "{path} {name}"
            );
        }
    }
    let body = json!({ "name": "Smith & Sons: 3 < 4" });
    let answer = caller
        .call(Method::POST, "/organizations", Some(&body))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn what_is_not_emulated_is_405_with_a_code_of_its_own() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    for (method, path) in [
        (Method::GET, "/nothing_like_this"),
        (Method::PUT, "/users"),
        (Method::DELETE, "/users/count/more/of/it"),
    ] {
        let answer = caller.call(method, path, None).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (405, "not_emulated"),
            "{path}"
        );
    }
    let answer = caller.call(Method::GET, "/users/user_nobody", None).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (404, "resource_not_found")
    );
}

/// A banned user cannot sign in again, by no session and no sign-in token.
#[tokio::test]
async fn banned_users_get_no_sessions() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let ada = emulator.user_id("ada@example.com").unwrap();
    let body = json!({ "user_id": ada });
    for (change, status, code) in [("ban", 403, "user_banned"), ("unban", 200, "")] {
        let path = format!("/users/{ada}/{change}");
        caller.call(Method::POST, &path, None).await;
        let answer = caller.call(Method::POST, "/sessions", Some(&body)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code));
    }
}

/// Repetitions and deletions that Clerk refuses, with its codes.
#[tokio::test]
async fn what_was_done_already_is_refused_with_its_code() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let ada = emulator.user_id("ada@example.com").unwrap();
    let made = async |path: &str, body: Value| {
        let answer = caller.call(Method::POST, path, Some(&body)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        let id = answer.body.get("id").or(answer.body.get("agent_task_id"));
        id.and_then(Value::as_str).unwrap().to_owned()
    };
    let token = made("/sign_in_tokens", json!({ "user_id": ada })).await;
    let actor = json!({ "user_id": ada, "actor": { "sub": ada } });
    let actor = made("/actor_tokens", actor).await;
    let task = json!({
        "on_behalf_of": { "identifier": "ada@example.com" },
        "permissions": "*",
        "agent_name": "a",
        "task_description": "d",
        "redirect_url": "http://localhost:3000/",
    });
    let task = made("/agents/tasks", task).await;
    let invitation = json!({ "email_address": "new@example.com" });
    let invitation = made("/invitations", invitation).await;
    let waiting = |address: &str| json!({ "email_address": address });
    let invited = made("/waitlist_entries", waiting("w1@example.com")).await;
    let rejected = made("/waitlist_entries", waiting("w2@example.com")).await;
    let role = json!({ "name": "Writer", "key": "org:writer" });
    let role = made("/organization_roles", role).await;
    let permission = json!({ "name": "Write", "key": "org:docs:write" });
    let permission = made("/organization_permissions", permission).await;
    let role_permission = format!("/organization_roles/{role}/permissions/{permission}");
    let email = caller
        .call(Method::GET, &format!("/users/{ada}"), None)
        .await
        .body["email_addresses"][0]["id"]
        .clone();
    let caller_post = (Method::POST, Value::Null);
    let post = || caller_post.clone();
    let delete = || (Method::DELETE, Value::Null);
    let key = || (Method::POST, json!({ "name": "one", "subject": ada }));
    let domain = || (Method::POST, json!({ "name": "acme.example" }));
    for (path, (method, body), status, code) in [
        (
            format!("/sign_in_tokens/{token}/revoke"),
            post(),
            400,
            "sign_in_token_cannot_be_revoked_code",
        ),
        (
            format!("/actor_tokens/{actor}/revoke"),
            post(),
            400,
            "actor_token_cannot_be_revoked_code",
        ),
        (
            format!("/agents/tasks/{task}/revoke"),
            post(),
            400,
            "agent_task_cannot_be_revoked",
        ),
        (
            format!("/invitations/{invitation}/revoke"),
            post(),
            400,
            "invitation_already_revoked",
        ),
        (
            format!("/waitlist_entries/{rejected}/reject"),
            post(),
            409,
            "waitlist_entry_already_rejected",
        ),
        (
            role_permission.clone(),
            post(),
            409,
            "organization_role_permission_association_exists",
        ),
        (
            role_permission,
            delete(),
            404,
            "organization_role_permission_association_not_found",
        ),
        (
            "/organizations/acme/domains".to_owned(),
            domain(),
            422,
            "organization_domain_already_exists_same_organization",
        ),
        (
            "/api_keys".to_owned(),
            key(),
            409,
            "api_key_name_already_exists",
        ),
    ] {
        let body = (!body.is_null()).then_some(&body);
        let first = caller.call(method.clone(), &path, body).await;
        assert!(first.status.is_success(), "{path}: {}", first.body);
        let again = caller.call(method, &path, body).await;
        assert_eq!(
            (again.status.as_u16(), again.code()),
            (status, code),
            "{path}"
        );
    }
    // A revoked key frees its name, and another subject has names of its own.
    let bob = emulator.user_id("bob@example.com").unwrap();
    let keys = caller
        .call(Method::GET, &format!("/api_keys?subject={ada}"), None)
        .await
        .body;
    let revoke = format!(
        "/api_keys/{}/revoke",
        keys["data"][0]["id"].as_str().unwrap()
    );
    made("/api_keys", json!({ "name": "one", "subject": bob })).await;
    caller.call(Method::POST, &revoke, Some(&json!({}))).await;
    made("/api_keys", json!({ "name": "one", "subject": ada })).await;

    made(&format!("/waitlist_entries/{invited}/invite"), json!({})).await;
    for (method, path, status, code) in [
        (
            Method::POST,
            format!("/waitlist_entries/{invited}/reject"),
            409,
            "waitlist_entry_already_invited",
        ),
        (
            Method::DELETE,
            format!("/waitlist_entries/{invited}"),
            409,
            "waitlist_entry_already_invited",
        ),
    ] {
        let answer = caller.call(method, &path, None).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (status, code),
            "{path}"
        );
    }
    let user = json!({ "email_address": ["only@example.com"], "skip_password_requirement": true });
    let user = caller.call(Method::POST, "/users", Some(&user)).await.body;
    let only = user["email_addresses"][0]["id"].as_str().unwrap();
    let answer = caller
        .call(Method::DELETE, &format!("/email_addresses/{only}"), None)
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (400, "identification_deletion_failed")
    );
    let path = format!("/email_addresses/{}", email.as_str().unwrap());
    let answer = caller.call(Method::DELETE, &path, None).await;
    assert_eq!(answer.status, 200, "a username is left");
    let roles = caller
        .call(Method::GET, "/organization_roles", None)
        .await
        .body;
    for (key, code) in [
        ("org:admin", "organization_role_default_creator_role"),
        ("org:member", "organization_role_domain_default_role"),
    ] {
        let roles = roles["data"].as_array().unwrap();
        let role = roles.iter().find(|role| role["key"] == key).unwrap();
        let path = format!("/organization_roles/{}", role["id"].as_str().unwrap());
        let answer = caller.call(Method::DELETE, &path, None).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (422, code));
    }
}

/// Rows without a value come last in ascending and first in descending order, as in PostgreSQL.
#[tokio::test]
async fn rows_without_a_value_come_last_in_ascending_order() {
    let wallet = "0x52908400098527886E0F7030069857D2E4169EE7";
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com").username("countess"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let bare = emulator.user_id("ada@example.com").unwrap();
    let body = json!({
        "email_address": ["zoe@example.com"],
        "phone_number": ["+15555550100"],
        "web3_wallet": [wallet],
        "username": "zoe_z",
        "first_name": "Zoe",
        "last_name": "Zuse",
        "skip_password_requirement": true,
    });
    let full = caller.call(Method::POST, "/users", Some(&body)).await.body;
    let full = full["id"].as_str().unwrap().to_owned();
    let session = json!({ "user_id": full });
    caller.call(Method::POST, "/sessions", Some(&session)).await;
    let email = caller
        .call(Method::GET, &format!("/users/{bare}"), None)
        .await
        .body;
    let email = email["email_addresses"][0]["id"].as_str().unwrap();
    caller
        .call(Method::DELETE, &format!("/email_addresses/{email}"), None)
        .await;
    let organization = json!({ "name": "Acme", "slug": "acme", "created_by": bare });
    caller
        .call(Method::POST, "/organizations", Some(&organization))
        .await;
    let member = json!({ "user_id": full, "role": "org:member" });
    let members = "/organizations/acme/memberships";
    caller.call(Method::POST, members, Some(&member)).await;
    let ids = |rows: &Value, pointer: &str| -> Vec<String> {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row.pointer(pointer).unwrap().as_str().unwrap().to_owned())
            .collect()
    };
    let ascending = [full.clone(), bare.clone()];
    let descending = [bare.clone(), full.clone()];
    for field in [
        "email_address",
        "phone_number",
        "web3wallet",
        "first_name",
        "last_name",
        "last_active_at",
        "last_sign_in_at",
    ] {
        for (sign, expected) in [("%2B", &ascending), ("-", &descending)] {
            let path = format!("/users?order_by={sign}{field}");
            let users = caller.call(Method::GET, &path, None).await.body;
            assert_eq!(&ids(&users, "/id")[..], expected, "{sign}{field}");
            let is_of_members = !field.contains("_at") && field != "web3wallet";
            if is_of_members {
                let path = format!("{members}?order_by={sign}{field}");
                let rows = caller.call(Method::GET, &path, None).await.body;
                let seen = ids(&rows["data"], "/public_user_data/user_id");
                assert_eq!(&seen[..], expected, "{sign}{field} of members");
            }
        }
    }
}
