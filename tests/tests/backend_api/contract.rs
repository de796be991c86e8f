//! Every operation of the client against the document: valid requests, and responses that are read however they are mutated.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
    time::Duration,
};

use clerk_backend_api::{ClerkClient, Error, Retry};
use clerk_tests::{
    document::{Change, Document, DocumentServer, Mutation, Operation, Step, mutations, poisoned},
    exercise::{self, Failure},
};
use http::Method;
use serde_json::Value;

use crate::{document, document_with_additions, report};

fn client(server: &DocumentServer) -> ClerkClient {
    ClerkClient::builder()
        .secret_key("sk_test_example")
        .machine_secret_key("ak_example")
        .api_url(server.url())
        .retry(Retry::none())
        .timeout(Duration::from_secs(120))
        .build()
        .unwrap()
}

/// What a server knows, and the calls of the client to it.
#[derive(Clone, Copy, Debug)]
enum Catalog {
    /// The published document and its operations.
    Document,
    /// The document with its additions: operations that it lacks, or of which it lacks a parameter.
    Additions,
}

impl Catalog {
    fn document(self) -> Option<Arc<Document>> {
        match self {
            Self::Document => document(),
            Self::Additions => document_with_additions(),
        }
    }

    fn calls(self) -> Vec<exercise::Operation> {
        match self {
            Self::Document => exercise::operations(),
            Self::Additions => exercise::additions(),
        }
    }
}

/// The calls of a catalog, each with its operation in the document.
fn calls(catalog: Catalog, document: &Document) -> Vec<(exercise::Operation, &Operation)> {
    catalog
        .calls()
        .into_iter()
        .map(|call| {
            let method: Method = call.method.parse().unwrap();
            let operation = document.operation(&method, call.path);
            let operation = operation.unwrap_or_else(|| {
                panic!(
                    "{}: {method} {} is not in the document",
                    call.name, call.path
                )
            });
            (call, operation)
        })
        .collect()
}

#[test]
fn every_operation_of_the_document_is_a_method() {
    let manifest = include_str!("../../../clerk-backend-api/codegen/manifest.json");
    let manifest: Value = serde_json::from_str(manifest).unwrap();
    let entries = manifest["operations"].as_array().unwrap();
    let of = |entry: &Value, key: &str| entry[key].as_str().unwrap().to_owned();
    let listed: BTreeSet<_> = entries
        .iter()
        .map(|entry| format!("{} {}", of(entry, "method"), of(entry, "path")))
        .collect();
    assert_eq!(entries.len(), 249);
    // Each has a unique name, which is the method that is called.
    let names: BTreeSet<_> = entries.iter().map(|entry| of(entry, "name")).collect();
    assert_eq!(names.len(), 249);
    let calls = exercise::operations();
    let called: BTreeSet<_> = calls
        .iter()
        .map(|call| format!("{} {}", call.method, call.path))
        .collect();
    assert_eq!(called, listed, "exercise and manifest.json differ");
    let called: BTreeSet<_> = calls.iter().map(|call| call.name.to_owned()).collect();
    assert_eq!(called, names, "exercise and manifest.json differ");

    // What the document lacks is listed separately: operations, and parameters of existing ones.
    let extra = manifest["additions"].as_array().unwrap();
    let extra: BTreeSet<_> = extra.iter().map(|entry| of(entry, "name")).collect();
    let extended = entries.iter().filter(|entry| entry.get("added").is_some());
    let extended: BTreeSet<_> = extended.map(|entry| of(entry, "name")).collect();
    let called = exercise::additions().into_iter();
    let called: BTreeSet<_> = called.map(|call| call.name.to_owned()).collect();
    let both: BTreeSet<_> = extra.union(&extended).cloned().collect();
    assert_eq!(called, both, "exercise and manifest.json differ");
    assert!(extra.is_disjoint(&names) && !extra.is_empty() && !extended.is_empty());

    let Some(document) = document() else { return };
    let operations = document.operations().iter();
    let all: BTreeSet<_> = operations.map(ToString::to_string).collect();
    assert_eq!(all.len(), 249);
    assert_eq!(listed, all, "manifest.json and the document differ");
}

#[tokio::test]
async fn every_request_is_valid_and_every_answer_is_read() {
    requests_are_valid_and_answers_read(Catalog::Document).await;
}

#[tokio::test]
async fn every_added_request_is_valid_and_every_answer_is_read() {
    requests_are_valid_and_answers_read(Catalog::Additions).await;
}

async fn requests_are_valid_and_answers_read(catalog: Catalog) {
    let Some(document) = catalog.document() else {
        return;
    };
    let server = DocumentServer::start(Arc::clone(&document)).await.unwrap();
    let client = client(&server);
    let mut failures = Vec::new();
    let (mut sent, mut read) = (0, 0);
    for (call, operation) in calls(catalog, &document) {
        sent += 1;
        if let Err(error) = (call.call)(&client).await {
            failures.push(format!("{} ({operation}): {}", call.name, told(&error)));
            continue;
        }
        for variant in 1..operation.variants() {
            let answer = operation.answer(variant).unwrap().unwrap().value;
            server.set_answer(operation, answer.to_string());
            match (call.call)(&client).await {
                Ok(()) => read += 1,
                Err(error) => failures.push(format!(
                    "{} ({operation}), variant {variant}: {}\n{answer}",
                    call.name,
                    told(&error)
                )),
            }
        }
        server.clear_answer(operation);
    }
    report(&format!(
        "contract: {sent} operations sent, {read} further variants of responses read, {} failures",
        failures.len()
    ));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Returns the message with its causes.
fn told(error: &Failure) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        write!(text, ": {error}").unwrap();
        cause = error.source();
    }
    text
}

/// What the client must do with a mutated response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Read,
    Refused,
}

/// The keys without which a response must be rejected: a default would invent who or what was meant, or that a token is
/// valid.
fn strict_keys(operation: &Operation) -> &'static [&'static str] {
    match (operation.method().as_str(), operation.path()) {
        // A deleted object is not a full resource.
        ("DELETE", "/api_keys/{apiKeyID}" | "/machines/{machine_id}") => &[],
        ("DELETE", path) if path.contains("/group_role_mappings/") => &[],
        (_, "/api_keys/{apiKeyID}/secret") => &["secret"],
        (_, path) if path.starts_with("/machines/") && path.contains("/secret_key") => &["secret"],
        (_, path) if path.starts_with("/api_keys") || path.starts_with("/m2m_tokens") => {
            &["id", "subject", "revoked", "expired"]
        }
        (_, "/oauth_applications/access_tokens/verify") => {
            &["id", "subject", "revoked", "expired", "active"]
        }
        (_, path) if path.starts_with("/admin_portal_link_tokens") => &["id", "revoked", "expired"],
        ("POST", "/sessions/{session_id}/refresh") => &["jwt", "cookies"],
        (_, path) if path.starts_with("/sessions/{session_id}/tokens") => &["jwt"],
        (_, "/testing_tokens") => &["token"],
        (_, "/users/{user_id}/oauth_access_tokens/{provider}") => &["token"],
        (_, "/users/count") => &["total_count"],
        _ => &["id"],
    }
}

fn expected(operation: &Operation, mutation: &Mutation) -> Expected {
    if !matches!(mutation.change, Change::Drop | Change::Null) {
        return Expected::Read;
    }
    // An object without a list is not a list, and an empty one is not a response.
    let list = matches!(mutation.place.steps.as_slice(), [Step::Key(key)] if key == "data" || key == "m2m_tokens")
        && !mutation.place.free;
    let nothing = mutation
        .answer
        .as_object()
        .is_some_and(serde_json::Map::is_empty);
    if nothing || (list && matches!(mutation.change, Change::Drop)) {
        return Expected::Refused;
    }
    // A key of the response itself, of an element of a bare list, or of an element of a page.
    let key = match mutation.place.steps.as_slice() {
        [Step::Key(key)] | [Step::Index(_), Step::Key(key)] => key,
        [Step::Key(list), Step::Index(_), Step::Key(key)]
            if list == "data" || list == "m2m_tokens" =>
        {
            key
        }
        _ => return Expected::Read,
    };
    let place = &mutation.place;
    // The document requires the IDs of almost all resources, but forgets two.
    let promised = place.required
        || key != "id"
        || matches!(place.owner.as_str(), "EmailAddress" | "PhoneNumber");
    if promised && strict_keys(operation).contains(&key.as_str()) {
        Expected::Refused
    } else {
        Expected::Read
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spoilt_answers_are_read_but_for_the_strict_fields() {
    spoilt_answers_are_read(Catalog::Document).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spoilt_answers_with_additions_are_read_but_for_the_strict_fields() {
    spoilt_answers_are_read(Catalog::Additions).await;
}

async fn spoilt_answers_are_read(catalog: Catalog) {
    let Some(document) = catalog.document() else {
        return;
    };
    let server = Arc::new(DocumentServer::start(Arc::clone(&document)).await.unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    // Operations run concurrently, the mutations of one in sequence, because each has one response at a time.
    let queue = catalog.calls();
    let next = Arc::new(std::sync::Mutex::new(queue.into_iter()));
    for _ in 0..4 {
        let (document, server, next) = (
            Arc::clone(&document),
            Arc::clone(&server),
            Arc::clone(&next),
        );
        let client = client(&server);
        tasks.spawn(async move {
            let mut tally = Tally::default();
            loop {
                let Some(call) = next.lock().unwrap().next() else {
                    return tally;
                };
                let method: Method = call.method.parse().unwrap();
                let operation = document.operation(&method, call.path).unwrap();
                for mutation in mutations(operation).unwrap() {
                    server.set_answer(operation, mutation.answer.to_string());
                    let outcome = (call.call)(&client).await;
                    tally.add(&call, operation, &mutation, outcome);
                }
            }
        });
    }
    let mut tally = Tally::default();
    while let Some(part) = tasks.join_next().await {
        tally.merge(part.unwrap());
    }
    report(&tally.summary());
    assert!(tally.failures.is_empty(), "{}", tally.failures.join("\n"));
}

/// The results of the mutations.
#[derive(Default)]
struct Tally {
    changes: BTreeMap<String, usize>,
    read: usize,
    refused: usize,
    failures: Vec<String>,
}

impl Tally {
    fn add(
        &mut self,
        call: &exercise::Operation,
        operation: &Operation,
        mutation: &Mutation,
        outcome: Result<(), Failure>,
    ) {
        *self.changes.entry(mutation.change.to_string()).or_default() += 1;
        let what = match (expected(operation, mutation), outcome) {
            (Expected::Read, Ok(())) => {
                self.read += 1;
                return;
            }
            (Expected::Refused, Err(Failure::Call(Error::Decode(_)) | Failure::Row(_))) => {
                self.refused += 1;
                return;
            }
            (Expected::Refused, Ok(())) => "was read, and should have been refused".to_owned(),
            (_, Err(error)) => told(&error),
        };
        self.failures
            .push(format!("{} ({operation}), {mutation}: {what}", call.name));
    }

    fn merge(&mut self, other: Self) {
        for (change, count) in other.changes {
            *self.changes.entry(change).or_default() += count;
        }
        self.read += other.read;
        self.refused += other.refused;
        self.failures.extend(other.failures);
    }

    fn summary(&self) -> String {
        let total: usize = self.changes.values().sum();
        let changes: Vec<_> = self
            .changes
            .iter()
            .map(|(change, count)| format!("{change} {count}"))
            .collect();
        format!(
            "mutations: {total} ({}); {} read, {} rejected for a strict field, {} failures",
            changes.join(", "),
            self.read,
            self.refused,
            self.failures.len()
        )
    }
}

/// What the document describes and the client deliberately does not expose.
fn is_left_out(operation: &Operation, mutation: &Mutation) -> bool {
    let Some(Step::Key(key)) = mutation.place.steps.last() else {
        return false;
    };
    // The members of private keys: only public keys are published.
    let private = ["d", "dp", "dq", "p", "q", "qi", "k"];
    // The type of an object is known from its Rust type. An entry of a map that is not a string is skipped.
    let entry = mutation.place.location.ends_with(".*");
    key == "object" || entry || (operation.path() == "/jwks" && private.contains(&key.as_str()))
}

#[tokio::test]
async fn every_value_that_the_document_describes_is_looked_at() {
    described_values_are_looked_at(Catalog::Document).await;
}

#[tokio::test]
async fn every_value_that_an_addition_describes_is_looked_at() {
    described_values_are_looked_at(Catalog::Additions).await;
}

async fn described_values_are_looked_at(catalog: Catalog) {
    let Some(document) = catalog.document() else {
        return;
    };
    let server = DocumentServer::start(Arc::clone(&document)).await.unwrap();
    let client = client(&server);
    let (mut noticed, mut unnoticed) = (0, Vec::new());
    for (call, operation) in calls(catalog, &document) {
        for mutation in poisoned(operation).unwrap() {
            server.set_answer(operation, mutation.answer.to_string());
            match (call.call)(&client).await {
                Err(Failure::Call(Error::Decode(_)) | Failure::Row(_)) => noticed += 1,
                Err(error) => panic!("{operation}, {mutation}: {error}"),
                Ok(()) if is_left_out(operation, &mutation) => {}
                Ok(()) => unnoticed.push(format!("{} ({operation}), {mutation}", call.name)),
            }
        }
    }
    report(&format!(
        "described values: {noticed} are used, {} are not",
        unnoticed.len()
    ));
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
}

#[tokio::test]
async fn the_exercise_command_reports_every_operation() {
    let Some(document) = document() else { return };
    let server = DocumentServer::start(Arc::clone(&document)).await.unwrap();
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_exercise"))
        .args(["--base-url", &server.url()])
        .output()
        .await
        .unwrap();
    let lines: Vec<Value> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    let failed: Vec<_> = lines.iter().filter(|line| line["ok"] != true).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let all: BTreeSet<_> = lines
        .iter()
        .map(|line| {
            format!(
                "{} {}",
                line["method"].as_str().unwrap(),
                line["path"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!((lines.len(), all.len()), (249, 249));
    assert!(output.status.success());
    report(&format!("exercise: {} operations ok", lines.len()));
}

/// What the calls leave out because another value replaces it or the service no longer has it.
const UNSENT: [&str; 6] = [
    // The old name of `frontend_api`.
    "GET /public/interstitial: query frontendApi",
    // Cannot be combined with `offset`.
    "GET /users: query starting_after",
    // No longer exists.
    "PATCH /instance/protect: body specter_enabled",
    // The deprecated form of `domains`.
    "PATCH /saml_connections/{saml_connection_id}: body domain",
    "POST /oauth_applications/access_tokens/verify: body secret",
    "POST /saml_connections: body domain",
];

#[tokio::test]
async fn everything_that_can_be_sent_is_sent() {
    let Some(unsent) = unsent(Catalog::Document).await else {
        return;
    };
    assert_eq!(unsent, UNSENT);
}

#[tokio::test]
async fn everything_that_is_added_is_sent() {
    let Some(unsent) = unsent(Catalog::Additions).await else {
        return;
    };
    assert!(unsent.is_empty(), "{unsent:?}");
}

/// What no call sends, although it could be sent, or `None` if there is no document.
async fn unsent(catalog: Catalog) -> Option<Vec<String>> {
    let document = catalog.document()?;
    let server = DocumentServer::start(Arc::clone(&document)).await.unwrap();
    let client = client(&server);
    let (mut sent, mut unsent) = (0, BTreeSet::new());
    for (call, operation) in calls(catalog, &document) {
        // Invalid requests are the subject of another test.
        let _ = (call.call)(&client).await;
        let used = server.used(operation);
        for name in operation.offered() {
            if used.contains(&name) {
                sent += 1;
            } else {
                unsent.insert(format!("{operation}: {name}"));
            }
        }
    }
    report(&format!(
        "parameters and body keys: {sent} sent, {} not",
        unsent.len()
    ));
    Some(unsent.into_iter().collect())
}
