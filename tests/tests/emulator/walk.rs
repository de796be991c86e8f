//! Every emulated operation, called at least once in a story whose responses are validated against the document.

use std::collections::BTreeSet;

use clerk_emulator::{DiscountSeed, Emulator, RoleSeed, UserSeed};
use clerk_tests::document::{Document, Operation, Success, WebhookDocument};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::caller::{Answer, Caller};
use crate::frontend::backend::clients;
use crate::frontend::billing::BY_PAYERS;
use crate::frontend::events::BY_BROWSERS;
use crate::stories::{
    credits, domains, identifiers, invitations, lists, machines, oauth_applications, organizations,
    refresh, roles, sessions, settings, templates, users,
};
use crate::webhooks::{Receiver, SECRET};
use crate::{billing, connections, report};

/// The judge, and what it has validated so far.
pub(crate) struct Walk<'a> {
    document: &'a Document,
    pub(crate) caller: Caller,
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

    pub(crate) fn judge(&mut self, method: &Method, template: &str, answer: Answer) -> Value {
        let (template, query) = template.split_once('?').unwrap_or((template, ""));
        let operation = self.operation(method, template);
        let name = operation.to_string();
        let promised = operation.success();
        let mut complaints = Vec::new();
        let status = match name.as_str() {
            CREATED => StatusCode::CREATED,
            _ => promised.status(),
        };
        if answer.status != status {
            complaints.push(format!("status {} for {promised:?}", answer.status));
        } else if matches!(promised, Success::Json(_)) {
            // A page is requested in addition to the document's bare array.
            let rows = &answer.body["data"];
            let judged = match query.contains("paginated=true") && rows.is_array() {
                true if operation.complaints_about_answer(&json!([])).is_empty() => rows,
                _ => &answer.body,
            };
            complaints = operation.complaints_about_answer(judged);
            let unit = match template {
                "/testing_tokens" => 1,
                _ => 1_000,
            };
            complaints_about_times(&answer.body, unit, &mut complaints);
        }
        self.answers += 1;
        for complaint in complaints {
            self.complaints
                .push(format!("{name}: {complaint}\n    {}", answer.body));
        }
        self.walked.insert(name);
        answer.body
    }

    pub(crate) async fn get(&mut self, template: &str, arguments: &[&str]) -> Value {
        self.call(Method::GET, template, arguments, None).await
    }

    pub(crate) async fn post(&mut self, template: &str, arguments: &[&str], body: Value) -> Value {
        let body = (!body.is_null()).then_some(body);
        self.call(Method::POST, template, arguments, body).await
    }

    pub(crate) async fn patch(&mut self, template: &str, arguments: &[&str], body: Value) -> Value {
        self.call(Method::PATCH, template, arguments, Some(body))
            .await
    }

    pub(crate) async fn put(&mut self, template: &str, arguments: &[&str], body: Value) -> Value {
        self.call(Method::PUT, template, arguments, Some(body))
            .await
    }

    pub(crate) async fn delete(&mut self, template: &str, arguments: &[&str]) -> Value {
        self.call(Method::DELETE, template, arguments, None).await
    }

    pub(crate) async fn upload(
        &mut self,
        method: Method,
        template: &str,
        arguments: &[&str],
    ) -> Value {
        let path = fill_in(template, arguments);
        let answer = self
            .caller
            .upload(method.clone(), &path, b"\x89PNG\r\n\x1a\nrest")
            .await;
        self.judge(&method, template, answer)
    }
}

/// Points in time must be of this century, in a unit of which a second has this many. The document's schemas have numbers only.
fn complaints_about_times(value: &Value, unit: i64, complaints: &mut Vec<String>) {
    let years = 946_684_800 * unit..4_102_444_800 * unit;
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let is_time = name.ends_with("_at")
                    || ["expiration", "period_start", "period_end"].contains(&name.as_str());
                if let (true, Some(time)) = (is_time, member.as_i64())
                    && !years.contains(&time)
                {
                    complaints.push(format!("`{name}` is {time}"));
                }
                complaints_about_times(member, unit, complaints);
            }
        }
        Value::Array(entries) => {
            for entry in entries {
                complaints_about_times(entry, unit, complaints);
            }
        }
        _ => {}
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

/// Returns the ID in a response.
pub(crate) fn id(value: &Value) -> String {
    value["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{value} has no id"))
        .to_owned()
}

#[tokio::test]
async fn every_emulated_operation_answers_as_the_document_promises() {
    let Some(document) = Document::beside_workspace().unwrap() else {
        report(
            "!!! SKIPPED: the emulator against the OpenAPI document (not found next to the workspace)",
        );
        return;
    };
    let mut builder = Emulator::builder();
    for plan in billing::plans() {
        builder = builder.plan(plan);
    }
    let receiver = Receiver::start().await;
    let emulator = builder
        .webhook(receiver.url(), SECRET)
        .discount(DiscountSeed::amount("Launch", 500).id("cdisc_launch"))
        .user(UserSeed::new("payer@example.com").plan("pro"))
        .user(UserSeed::new("trier@example.com").plan("trial"))
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
    refresh(&mut walk, &emulator).await;
    machines(&mut walk, &user).await;
    oauth_applications(&mut walk, &emulator, &user).await;
    roles(&mut walk).await;
    invitations(&mut walk, &organization, &user).await;
    identifiers(&mut walk, &user).await;
    lists(&mut walk).await;
    templates(&mut walk, &user).await;
    settings(&mut walk).await;
    credits(&mut walk, &user, &organization).await;
    domains(&mut walk).await;
    billing::story(&mut walk, &user, &organization).await;
    connections::story(&mut walk, &organization).await;
    connections::services(&mut walk, &emulator, &user, &organization).await;
    clients(&mut walk, &emulator).await;
    walk.delete("/organizations/{organization_id}", &[&organization])
        .await;
    walk.delete("/users/{user_id}", &[&user]).await;

    emulator.settle().await;
    judge_events(&receiver.payloads());
    let emulated = probe(&walk).await;
    let not_walked: Vec<_> = emulated
        .difference(&walk.walked)
        .filter(|name| !NEVER_SUCCEEDS.contains(&name.as_str()))
        .collect();
    let not_emulated: Vec<_> = walk.walked.difference(&emulated).collect();
    report(&format!(
        "emulator: {} of {} operations of the document are emulated, {} responses validated",
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
        "emulated but not called: {not_walked:?}"
    );
    assert!(
        not_emulated.is_empty(),
        "called but not emulated: {not_emulated:?}"
    );
}

/// Validates the payloads that the webhook endpoint received against the document of webhooks.
fn judge_events(payloads: &[Value]) {
    let Some(document) = WebhookDocument::beside_workspace().unwrap() else {
        report("!!! SKIPPED: webhooks against their document (not found next to the workspace)");
        return;
    };
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    for payload in payloads {
        let event = payload["type"].as_str().unwrap_or_default();
        seen.insert(event);
        for complaint in document.complaints(payload) {
            complaints.push(format!("{event}: {complaint}\n    {payload}"));
        }
    }
    assert!(
        complaints.is_empty(),
        "{} complaints:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
    let missing: Vec<_> = document
        .events()
        .filter(|event| !seen.contains(event))
        .collect();
    report(&format!(
        "emulator: {} webhooks of {} types validated; not triggered: {}",
        payloads.len(),
        seen.len(),
        missing.join(", ")
    ));
    // Every event of the document occurs here, or is caused in a test of browsers.
    let elsewhere: BTreeSet<_> = [BY_BROWSERS, BY_PAYERS].concat().into_iter().collect();
    assert_eq!(missing.into_iter().collect::<BTreeSet<_>>(), elsewhere);
}

/// The document promises 200; the official Python client accepts nothing but 201.
const CREATED: &str = "POST /api_keys";

/// There is no operation here that enrolls a trusted device, so none can be revoked.
const NEVER_SUCCEEDS: &[&str] = &["DELETE /users/{user_id}/trusted_devices/{trusted_device_id}"];

/// Returns the operations with any response other than `not_emulated`.
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
