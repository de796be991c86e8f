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
        (format!("/api_keys?subject={ada}&limit=101"), "limit"),
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
