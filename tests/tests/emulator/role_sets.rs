//! Role sets decide which roles the members of an organization can have.

use clerk_emulator::{Emulator, UserSeed};
use http::Method;
use serde_json::{Value, json};

use crate::caller::{Answer, Caller};

struct Story {
    caller: Caller,
    ada: String,
    bob: String,
}

impl Story {
    /// Starts with the roles `org:editor` and `org:reader`, and two role sets with them besides the initial one.
    async fn new() -> (Emulator, Self) {
        let emulator = Emulator::builder()
            .user(UserSeed::new("ada@example.com"))
            .user(UserSeed::new("bob@example.com"))
            .start()
            .await
            .unwrap();
        let story = Self {
            caller: Caller::new(&emulator),
            ada: emulator.user_id("ada@example.com").unwrap(),
            bob: emulator.user_id("bob@example.com").unwrap(),
        };
        for key in ["org:editor", "org:reader"] {
            let role = json!({ "name": key, "key": key });
            story.made("/organization_roles", role).await;
        }
        for (key, roles) in [
            ("role_set:press", ["org:editor", "org:reader"]),
            ("role_set:books", ["org:editor", "org:admin"]),
        ] {
            let set = json!({
                "name": key,
                "key": key,
                "default_role_key": roles[0],
                "creator_role_key": roles[0],
                "roles": roles,
            });
            story.made("/role_sets", set).await;
        }
        (emulator, story)
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.caller.call(Method::POST, path, Some(&body)).await
    }

    async fn made(&self, path: &str, body: Value) -> Value {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    async fn get(&self, path: &str) -> Value {
        self.caller.call(Method::GET, path, None).await.body
    }

    /// Creates the organization `times` of Ada with the first role set.
    async fn times(&self) {
        let body = json!({
            "name": "Times", "slug": "times", "created_by": self.ada, "role_set_key": "role_set:press",
        });
        let made = self.made("/organizations", body).await;
        assert_eq!(made["role_set_key"], "role_set:press");
    }

    async fn roles_of_times(&self) -> Vec<String> {
        let members = self.get("/organizations/times/memberships").await;
        let members = members["data"].as_array().unwrap();
        let role = |member: &Value| member["role"].as_str().unwrap().to_owned();
        members.iter().map(role).collect()
    }
}

#[tokio::test]
async fn members_have_the_roles_of_their_organizations_role_set() {
    let (_emulator, story) = Story::new().await;
    story.times().await;
    assert_eq!(
        story.roles_of_times().await,
        ["org:editor"],
        "the creator's role"
    );
    let member = |role: &str| json!({ "user_id": story.bob, "role": role });
    let invited = |role: &str| json!({ "email_address": "new@example.com", "role": role });
    for (path, body) in [
        ("/organizations/times/memberships", member("org:member")),
        ("/organizations/times/invitations", invited("org:admin")),
    ] {
        let refused = story.post(path, body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code(), refused.param()),
            (422, "form_param_value_invalid", "role"),
            "{path}"
        );
    }
    story
        .made("/organizations/times/memberships", member("org:reader"))
        .await;
    let set = story.get("/role_sets/role_set:press").await;
    let counts: Vec<_> = set["roles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| (&role["key"], &role["members_count"]))
        .collect();
    let expected =
        [("org:editor", 1), ("org:reader", 1)].map(|(key, count)| (json!(key), json!(count)));
    assert_eq!(
        counts,
        expected
            .iter()
            .map(|(key, count)| (key, count))
            .collect::<Vec<_>>()
    );
    // Elsewhere, Ada is no editor.
    let other = json!({ "name": "Other", "created_by": story.ada });
    assert_eq!(
        story.made("/organizations", other).await["role_set_key"],
        "role_set:default"
    );
}

#[tokio::test]
async fn an_organization_gets_a_role_set_only_if_it_has_the_roles_of_its_members() {
    let (_emulator, story) = Story::new().await;
    let body = json!({ "name": "Times", "slug": "times", "created_by": story.ada });
    story.made("/organizations", body).await;
    for (key, status, code) in [
        ("role_set:unknown", 422, "resource_not_found"),
        ("role_set:press", 422, "form_param_value_invalid"),
        ("role_set:books", 200, ""),
    ] {
        let body = json!({ "role_set_key": key });
        let path = "/organizations/times";
        let answer = story.caller.call(Method::PATCH, path, Some(&body)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (status, code),
            "{key}"
        );
    }
    let shown = story.get("/organizations/times").await;
    assert_eq!(shown["role_set_key"], "role_set:books");
}

#[tokio::test]
async fn members_move_when_a_role_or_a_role_set_is_replaced() {
    let (_emulator, story) = Story::new().await;
    story.times().await;
    let member = json!({ "user_id": story.bob, "role": "org:reader" });
    story.made("/organizations/times/memberships", member).await;
    let replaced = json!({ "dest_role_set_key": "role_set:books" });
    let path = "/role_sets/role_set:press/replace";
    let refused = story.post(path, replaced).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code(), refused.param()),
        (422, "form_param_missing", "reassignment_mappings")
    );
    let replaced = json!({
        "dest_role_set_key": "role_set:books",
        "reassignment_mappings": { "org:reader": "org:admin" },
    });
    assert_eq!(story.made(path, replaced).await["deleted"], true);
    assert_eq!(story.roles_of_times().await, ["org:admin", "org:editor"]);
    let shown = story.get("/organizations/times").await;
    assert_eq!(shown["role_set_key"], "role_set:books");

    let replaced = json!({ "role_key": "org:editor", "to_role_key": "org:reader" });
    let path = "/role_sets/role_set:books/roles/replace";
    story.made(path, replaced).await;
    assert_eq!(story.roles_of_times().await, ["org:admin", "org:reader"]);
}

#[tokio::test]
async fn the_initial_role_set_takes_new_roles_and_may_be_another() {
    let (_emulator, story) = Story::new().await;
    let old = json!({ "name": "Old", "slug": "old", "created_by": story.ada });
    story.made("/organizations", old).await;
    let role = json!({ "name": "Guest", "key": "org:guest", "include_in_initial_role_set": true });
    story.made("/organization_roles", role).await;
    let set = story.get("/role_sets/role_set:default").await;
    assert_eq!(set["roles"][2]["key"], "org:guest");
    let initial = json!({ "type": "initial" });
    let path = "/role_sets/role_set:books";
    story.caller.call(Method::PATCH, path, Some(&initial)).await;
    let new = json!({ "name": "New" });
    assert_eq!(
        story.made("/organizations", new).await["role_set_key"],
        "role_set:books"
    );
    assert_eq!(
        story.get("/organizations/old").await["role_set_key"],
        "role_set:default"
    );
}

#[tokio::test]
async fn an_organization_without_administrators_says_so_when_asked() {
    let (_emulator, story) = Story::new().await;
    let path = "/organizations?include_missing_member_with_elevated_permissions=true";
    for (name, creator, is_missing) in [("Led", Some(&story.ada), false), ("Left", None, true)] {
        let mut body = json!({ "name": name });
        if let Some(creator) = creator {
            body["created_by"] = json!(creator);
        }
        story.made("/organizations", body).await;
        let listed = &story.get(path).await["data"][0];
        assert_eq!(
            listed["missing_member_with_elevated_permissions"], is_missing,
            "{name}"
        );
    }
    let silent = &story.get("/organizations").await["data"][0];
    assert_eq!(silent.get("missing_member_with_elevated_permissions"), None);
}
