//! Every operation that the emulator has, called once or more in a story, each answer judged by the document.

use std::collections::BTreeSet;

use clerk_emulator::{Emulator, RoleSeed, UserSeed};
use clerk_tests::document::{Document, Operation, Success};
use http::Method;
use serde_json::{Value, json};

use crate::caller::{Answer, Caller};
use crate::report;

/// The judge, and what was judged so far.
struct Walk<'a> {
    document: &'a Document,
    caller: Caller,
    walked: BTreeSet<String>,
    answers: usize,
    complaints: Vec<String>,
}

impl Walk<'_> {
    fn operation(&self, method: &Method, template: &str) -> &Operation {
        self.document
            .operation(method, template)
            .unwrap_or_else(|| panic!("the document has no {method} {template}"))
    }

    /// Calls an operation that must succeed. Arguments fill the template in order; a query may follow the
    /// template.
    async fn call(
        &mut self,
        method: Method,
        template: &str,
        arguments: &[&str],
        body: Option<Value>,
    ) -> Value {
        let path = fill_in(template, arguments);
        let answer = self.caller.call(method.clone(), &path, body.as_ref()).await;
        self.judge(&method, template, answer)
    }

    fn judge(&mut self, method: &Method, template: &str, answer: Answer) -> Value {
        let (template, query) = template.split_once('?').unwrap_or((template, ""));
        let operation = self.operation(method, template);
        let name = operation.to_string();
        let promised = operation.success();
        let mut complaints = Vec::new();
        if answer.status != promised.status() {
            complaints.push(format!("status {} for {promised:?}", answer.status));
        } else if matches!(promised, Success::Json(_)) {
            // A page is asked for beside the document's bare array.
            let rows = &answer.body["data"];
            let judged = match query.contains("paginated=true") && rows.is_array() {
                true if operation.complaints_about_answer(&json!([])).is_empty() => rows,
                _ => &answer.body,
            };
            complaints = operation.complaints_about_answer(judged);
        }
        self.answers += 1;
        for complaint in complaints {
            self.complaints
                .push(format!("{name}: {complaint}\n    {}", answer.body));
        }
        self.walked.insert(name);
        answer.body
    }

    async fn get(&mut self, template: &str, arguments: &[&str]) -> Value {
        self.call(Method::GET, template, arguments, None).await
    }

    async fn post(&mut self, template: &str, arguments: &[&str], body: Value) -> Value {
        let body = (!body.is_null()).then_some(body);
        self.call(Method::POST, template, arguments, body).await
    }

    async fn patch(&mut self, template: &str, arguments: &[&str], body: Value) -> Value {
        self.call(Method::PATCH, template, arguments, Some(body))
            .await
    }

    async fn put(&mut self, template: &str, arguments: &[&str], body: Value) -> Value {
        self.call(Method::PUT, template, arguments, Some(body))
            .await
    }

    async fn delete(&mut self, template: &str, arguments: &[&str]) -> Value {
        self.call(Method::DELETE, template, arguments, None).await
    }

    async fn upload(&mut self, method: Method, template: &str, arguments: &[&str]) -> Value {
        let path = fill_in(template, arguments);
        let answer = self
            .caller
            .upload(method.clone(), &path, b"\x89PNG\r\n\x1a\nrest")
            .await;
        self.judge(&method, template, answer)
    }
}

fn fill_in(template: &str, arguments: &[&str]) -> String {
    let mut path = String::new();
    let mut arguments = arguments.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (_, after) = after.split_once('}').unwrap();
        path.push_str(before);
        path.push_str(arguments.next().expect("an argument for each parameter"));
        rest = after;
    }
    assert!(
        arguments.next().is_none(),
        "too many arguments for {template}"
    );
    path + rest
}

fn id(value: &Value) -> String {
    value["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{value} has no id"))
        .to_owned()
}

#[tokio::test]
async fn every_emulated_operation_answers_as_the_document_promises() {
    let Some(document) = Document::beside_workspace().unwrap() else {
        report(
            "!!! SKIPPED: the emulator against the OpenAPI document (there is none beside the workspace)",
        );
        return;
    };
    let emulator = Emulator::builder()
        .user(UserSeed::new("seeded@example.com"))
        .role(RoleSeed::new("org:billing").permission("org:invoices:read"))
        .start()
        .await
        .unwrap();
    let mut walk = Walk {
        document: &document,
        caller: Caller::new(&emulator),
        walked: BTreeSet::new(),
        answers: 0,
        complaints: Vec::new(),
    };
    let user = users(&mut walk).await;
    let organization = organizations(&mut walk, &user).await;
    sessions(&mut walk, &user, &organization).await;
    machines(&mut walk, &user).await;
    oauth_tokens(&mut walk, &emulator, &user).await;
    walk.delete("/organizations/{organization_id}", &[&organization])
        .await;
    walk.delete("/users/{user_id}", &[&user]).await;

    let emulated = probe(&walk).await;
    let not_walked: Vec<_> = emulated.difference(&walk.walked).collect();
    let not_emulated: Vec<_> = walk.walked.difference(&emulated).collect();
    report(&format!(
        "emulator: {} of {} operations of the document are emulated, {} answers judged",
        emulated.len(),
        document.operations().len(),
        walk.answers
    ));
    assert!(
        walk.complaints.is_empty(),
        "{} complaints:\n{}",
        walk.complaints.len(),
        walk.complaints.join("\n")
    );
    assert!(
        not_walked.is_empty(),
        "emulated and not walked: {not_walked:?}"
    );
    assert!(
        not_emulated.is_empty(),
        "walked and not emulated: {not_emulated:?}"
    );
}

/// The operations that answer anything but `not_emulated`.
async fn probe(walk: &Walk<'_>) -> BTreeSet<String> {
    let mut emulated = BTreeSet::new();
    for operation in walk.document.operations() {
        let parameters = operation.path().matches('{').count();
        let path = fill_in(operation.path(), &vec!["nobody"; parameters]);
        let answer = walk
            .caller
            .call(
                operation.method().clone(),
                &path,
                Some(&json!({ "unheard_of": 1 })),
            )
            .await;
        assert!(
            !answer.status.is_server_error(),
            "{operation}: {}",
            answer.body
        );
        if answer.code() == "not_emulated" {
            assert_eq!(answer.status, 405, "{operation}");
        } else {
            emulated.insert(operation.to_string());
        }
    }
    emulated
}

async fn users(walk: &mut Walk<'_>) -> String {
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

async fn organizations(walk: &mut Walk<'_>, user: &str) -> String {
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

async fn sessions(walk: &mut Walk<'_>, user: &str, organization: &str) {
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

async fn machines(walk: &mut Walk<'_>, user: &str) {
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

async fn oauth_tokens(walk: &mut Walk<'_>, emulator: &Emulator, user: &str) {
    let token = emulator.oauth_token(user).scope("profile").mint().unwrap();
    walk.post(
        "/oauth_applications/access_tokens/verify",
        &[],
        json!({ "access_token": token }),
    )
    .await;
}
