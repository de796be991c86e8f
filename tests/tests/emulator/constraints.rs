//! What the document does not allow in a body or a query is refused, with a status that the document declares.

use std::collections::BTreeSet;

use clerk_emulator::{Emulator, PlanSeed, UserSeed};
use clerk_tests::document::{Document, Operation};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::caller::{Answer, Caller};
use crate::report;

/// The rows that the bodies name.
struct World {
    caller: Caller,
    machine: Caller,
    user: String,
    other_user: String,
    plan: String,
    connection: String,
    ids: Vec<(&'static str, String)>,
    count: usize,
}

impl World {
    async fn new(emulator: &Emulator) -> Self {
        let caller = Caller::new(emulator);
        let made = async |path: &str, body: Value| {
            let answer = caller.call(Method::POST, path, Some(&body)).await;
            assert!(answer.status.is_success(), "{path}: {}", answer.body);
            answer.body
        };
        let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
        let user = emulator.user_id("ada@example.com").unwrap();
        let organization = id(&made(
            "/organizations",
            json!({ "name": "Acme", "created_by": user }),
        )
        .await);
        let machine = made("/machines", json!({ "name": "worker" })).await;
        let application = id(&made("/oauth_applications", json!({ "name": "App" })).await);
        let connection = json!({ "name": "C", "provider": "saml_okta", "domains": ["c.example"] });
        let connection = id(&made("/enterprise_connections", connection).await);
        let key = id(&made("/api_keys", json!({ "name": "key", "subject": user })).await);
        let plans = caller.call(Method::GET, "/billing/plans", None).await.body;
        Self {
            machine: caller.with_key(machine["secret_key"].as_str().unwrap()),
            caller,
            other_user: emulator.user_id("grace@example.com").unwrap(),
            plan: id(&plans["data"][0]),
            ids: vec![
                ("user_id", user.clone()),
                ("organization_id", organization),
                ("machine_id", id(&machine)),
                ("oauth_application_id", application),
                ("enterprise_connection_id", connection.clone()),
                ("apiKeyID", key),
            ],
            user,
            connection,
            count: 0,
        }
    }

    /// Returns a body that is accepted, a new one each time.
    fn body(&mut self, operation: &str) -> Option<Value> {
        self.count += 1;
        let n = self.count;
        let user = &self.user;
        let email = format!("{n}@example.com");
        Some(match operation {
            "POST /users" => json!({ "email_address": [email], "skip_password_requirement": true }),
            "POST /email_addresses" => json!({ "user_id": user, "email_address": email }),
            "POST /phone_numbers" => {
                json!({ "user_id": user, "phone_number": format!("+1555555{n:04}") })
            }
            "PUT /users/{user_id}/email_address" => json!({ "email_address": email }),
            "POST /sessions" => json!({ "user_id": user }),
            "POST /invitations" | "POST /waitlist_entries" => json!({ "email_address": email }),
            "POST /allowlist_identifiers" | "POST /blocklist_identifiers" => {
                json!({ "identifier": email })
            }
            "POST /actor_tokens" => {
                json!({ "user_id": user, "actor": { "sub": self.other_user } })
            }
            "POST /domains" => json!({ "name": format!("d{n}.example"), "is_satellite": true }),
            "POST /jwt_templates" => json!({ "name": format!("t{n}"), "claims": {} }),
            "POST /machines" => json!({ "name": format!("m{n}") }),
            "POST /machines/{machine_id}/secret_key/rotate" => {
                json!({ "previous_token_ttl": 3600 })
            }
            "POST /organizations" => json!({ "name": format!("O{n}") }),
            "POST /organizations/{organization_id}/invitations" => {
                json!({ "email_address": email, "role": "org:member" })
            }
            "POST /organizations/{organization_id}/domains" => {
                json!({ "name": format!("o{n}.example") })
            }
            "POST /users/{user_id}/billing/credits"
            | "POST /organizations/{organization_id}/billing/credits" => {
                json!({ "amount": 5, "action": "increase", "idempotency_key": format!("k{n}") })
            }
            "POST /redirect_urls" => json!({ "url": format!("https://r{n}.example/") }),
            "POST /sign_in_tokens" => json!({ "user_id": user }),
            "POST /oauth_applications" => json!({ "name": format!("app{n}") }),
            "POST /saml_connections" | "POST /enterprise_connections" => json!({
                "name": "S", "provider": "saml_okta", "domains": [format!("s{n}.example")],
            }),
            "POST /agents/tasks" => json!({
                "on_behalf_of": { "user_id": user },
                "permissions": "*",
                "agent_name": "a",
                "task_description": "d",
                "redirect_url": "https://a.example/",
            }),
            "POST /billing/prices" => json!({ "plan_id": self.plan, "amount": 1000 }),
            "POST /organization_permissions" => {
                json!({ "name": "P", "key": format!("org:p{n}:read") })
            }
            "POST /role_sets" => json!({
                "name": "R",
                "key": format!("role_set:r{n}"),
                "default_role_key": "org:member",
                "creator_role_key": "org:admin",
                "roles": ["org:member", "org:admin"],
            }),
            "POST /directories" | "POST /scim_directories" => {
                json!({ "enterprise_connection_id": self.connection, "provider": "okta" })
            }
            "POST /api_keys" => json!({ "name": format!("key {n}"), "subject": user }),
            "PATCH /users/{user_id}"
            | "PATCH /organizations/{organization_id}"
            | "PATCH /machines/{machine_id}"
            | "PATCH /oauth_applications/{oauth_application_id}"
            | "PATCH /enterprise_connections/{enterprise_connection_id}"
            | "PATCH /api_keys/{apiKeyID}"
            | "PATCH /instance"
            | "PATCH /instance/restrictions"
            | "PATCH /instance/protect"
            | "PATCH /instance/communication"
            | "PATCH /instance/organization_settings"
            | "PATCH /instance/oauth_application_settings"
            | "POST /m2m_tokens" => json!({}),
            _ => return None,
        })
    }

    fn path(&self, operation: &Operation) -> String {
        let mut path = operation.path().to_owned();
        for (name, id) in &self.ids {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        path
    }

    async fn call(&self, operation: &Operation, body: &Value) -> Answer {
        let caller = match operation.path() {
            "/m2m_tokens" => &self.machine,
            _ => &self.caller,
        };
        let path = self.path(operation);
        caller
            .call(operation.method().clone(), &path, Some(body))
            .await
    }
}

/// Values of every type, among them an object whose only field `a` nothing has, too short, too long, too small and too large.
fn values() -> Vec<Value> {
    let long = "x".repeat(2_000);
    vec![
        json!({ "a": 1 }),
        json!([1]),
        json!(["zzz"]),
        json!("perhaps"),
        json!(""),
        json!("xx"),
        json!(" padded "),
        json!(long),
        json!(true),
        json!(-1),
        json!(0),
        json!(400_000_000),
    ]
}

/// Fields whose value the emulator reads more generously than the document describes it.
fn is_generous(operation: &Operation, field: &str, value: &Value) -> bool {
    // The empty text clears a name; the document knows only null.
    value == "" && operation.path() == "/users/{user_id}" && field.ends_with("name")
}

async fn emulator() -> Emulator {
    Emulator::builder()
        .plan(PlanSeed::for_users("pro", "Pro").monthly_amount(1_000))
        .user(UserSeed::new("ada@example.com"))
        .user(UserSeed::new("grace@example.com"))
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn what_the_document_does_not_allow_in_a_body_is_refused() {
    let Some(document) = Document::beside_workspace().unwrap() else {
        report(
            "!!! SKIPPED: bodies that the document does not allow (it is not found next to the workspace)",
        );
        return;
    };
    let emulator = emulator().await;
    let mut world = World::new(&emulator).await;
    let (mut complaints, mut tried, mut operations) = (Vec::new(), 0, 0);
    for operation in document.operations() {
        let name = operation.to_string();
        let Some(body) = world.body(&name) else {
            continue;
        };
        operations += 1;
        let accepted = world.call(operation, &body).await;
        assert!(accepted.status.is_success(), "{name}: {}", accepted.body);
        for field in operation.body_fields() {
            for value in values() {
                let mut body = world.body(&name).unwrap();
                body[field] = value.clone();
                if operation.allows_body(&body) || is_generous(operation, field, &value) {
                    continue;
                }
                tried += 1;
                let answer = world.call(operation, &body).await;
                if answer.status.is_success() {
                    complaints.push(format!("{name}: accepts {field} = {value:.40}"));
                } else if !operation.declares(answer.status) {
                    complaints.push(format!(
                        "{name}: {field} = {value:.40} is {}, which is not declared",
                        answer.status
                    ));
                } else if answer.param() != "a"
                    && !answer.param().starts_with(field)
                    && !is_alias(field, answer.param())
                {
                    complaints.push(format!(
                        "{name}: {field} = {value:.40} is blamed on {:?}",
                        answer.body["errors"]
                    ));
                }
            }
            let mut body = world.body(&name).unwrap();
            let was_there = body.as_object_mut().unwrap().remove(field).is_some();
            if was_there && !operation.allows_body(&body) {
                let answer = world.call(operation, &body).await;
                let code = answer.code();
                let expected = ["form_param_missing", "bad_request"].contains(&code);
                if !operation.declares(answer.status) || !expected || answer.param() != field {
                    complaints.push(format!(
                        "{name}: without {field}: {}",
                        answer.body["errors"]
                    ));
                }
            }
        }
    }
    report(&format!(
        "emulator: {tried} values that the document does not allow in bodies of {operations} operations"
    ));
    assert!(
        complaints.is_empty(),
        "{}:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

#[tokio::test]
async fn bodies_that_are_no_json_are_refused_with_a_declared_status() {
    let Some(document) = Document::beside_workspace().unwrap() else {
        report(
            "!!! SKIPPED: bodies that are no JSON (the document is not found next to the workspace)",
        );
        return;
    };
    let emulator = emulator().await;
    let world = World::new(&emulator).await;
    let (mut complaints, mut operations) = (Vec::new(), 0);
    for operation in document.operations() {
        let is_list = operation.path().ends_with("/bulk");
        if !is_list && operation.body_fields().next().is_none() {
            continue;
        }
        operations += 1;
        for body in ["{", "\u{feff}{}", "[1", "\"text\"", "3"] {
            let body = ("application/json".to_owned(), body.as_bytes().to_vec());
            let caller = match operation.path() {
                "/m2m_tokens" => &world.machine,
                _ => &world.caller,
            };
            let (method, path) = (operation.method().clone(), world.path(operation));
            let answer = caller.send(method, &path, Some(body)).await;
            let declared: BTreeSet<_> = [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY]
                .into_iter()
                .filter(|status| operation.declares(*status))
                .collect();
            let is_declared = declared.is_empty() || declared.contains(&answer.status);
            let is_named = ["request_body_invalid", "bad_request"].contains(&answer.code());
            if !answer.status.is_client_error() || !is_declared || !is_named {
                complaints.push(format!("{operation}: {} {}", answer.status, answer.body));
            }
        }
    }
    report(&format!(
        "emulator: bodies that are no JSON for {operations} operations"
    ));
    assert!(
        complaints.is_empty(),
        "{}:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

/// The deprecated name of a field stands for the new one.
fn is_alias(field: &str, param: &str) -> bool {
    [("callback_url", "redirect_uris"), ("domain", "domains")].contains(&(field, param))
}

#[tokio::test]
async fn what_the_document_does_not_allow_in_a_query_is_refused() {
    let Some(document) = Document::beside_workspace().unwrap() else {
        report(
            "!!! SKIPPED: queries that the document does not allow (it is not found next to the workspace)",
        );
        return;
    };
    let emulator = emulator().await;
    let world = World::new(&emulator).await;
    let mut complaints = Vec::new();
    let mut tried = 0;
    for operation in document.operations() {
        let path = world.path(operation);
        if *operation.method() != Method::GET || path.contains('{') {
            continue;
        }
        for name in operation.query_parameters() {
            // The interstitial is a page for browsers, which has no refusals, and lists of billing are pages whatever
            // `paginated` says.
            let is_moot = path.starts_with("/billing/") && name == "paginated";
            if !operation.forbids_query(name, "zzz") || path.starts_with("/public/") || is_moot {
                continue;
            }
            tried += 1;
            let subject = if name == "subject" { "" } else { &world.user };
            let query = format!("{path}?{name}=zzz&subject={subject}");
            let answer = world.caller.call(Method::GET, &query, None).await;
            let declared: BTreeSet<_> = [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY]
                .into_iter()
                .filter(|status| operation.declares(*status))
                .collect();
            let is_declared = declared.is_empty() || declared.contains(&answer.status);
            if !answer.status.is_client_error() || !is_declared || answer.param() != name {
                complaints.push(format!(
                    "{operation} ?{name}: {} {}",
                    answer.status, answer.body
                ));
            }
        }
    }
    report(&format!(
        "emulator: {tried} queries that the document does not allow"
    ));
    assert!(
        complaints.is_empty(),
        "{}:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}
