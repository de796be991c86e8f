//! Generates and mutates the data of every event in the document: it can be read in all cases.

use std::{collections::BTreeMap, io::Write as _};

use clerk_backend_api::{
    User,
    webhooks::{WebhookData, WebhookEventType},
};
use clerk_tests::document::{
    Change, Document, Mutation, Operation, Step, mutations, poisoned, webhook_examples,
};
use serde_json::{Value, json};

/// The events as a document of operations that respond with them; `None`, with a message, if it is absent.
fn events() -> Option<Document> {
    let document = Document::webhooks_beside_workspace().unwrap();
    if document.is_none() {
        report("!!! SKIPPED: tests of webhook events against their document");
    }
    document
}

/// Prints a line that `cargo test` shows even for passing tests.
fn report(line: &str) {
    writeln!(std::io::stderr().lock(), "{line}").unwrap();
}

fn name(event: &Operation) -> &str {
    event.path().trim_start_matches('/')
}

/// Reads the data of an event.
fn read(name: &str, event: &Value) -> Result<WebhookData, String> {
    WebhookData::read(name, &event["data"]).map_err(|error| error.to_string())
}

/// Reads the data of an event twice: from the body, and from the parsed data.
fn read_both_ways(name: &str, event: &Value) -> WebhookData {
    let mut event = event.clone();
    event["type"] = name.into();
    let whole = WebhookData::from_json(event.to_string().as_bytes());
    let whole = whole.unwrap_or_else(|error| panic!("{name}: {error}"));
    let parsed = read(name, &event).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(whole.event_type().as_str(), name);
    assert_eq!(format!("{whole:?}"), format!("{parsed:?}"));
    whole
}

#[test]
fn every_event_of_the_document_has_a_type_and_is_read() {
    let Some(document) = events() else { return };
    let mut read_events = 0;
    for event in document.operations() {
        let name = name(event);
        let known = WebhookEventType::from(name);
        assert!(!matches!(known, WebhookEventType::Other(_)), "{name}");
        for variant in 0..event.variants() {
            let sample = event.answer(variant).unwrap().unwrap().value;
            assert_eq!(read_both_ways(name, &sample).event_type(), known);
            read_events += 1;
        }
    }
    report(&format!(
        "webhooks: {} types of events, {read_events} samples read",
        document.operations().len()
    ));
    assert!(document.operations().len() >= 44);
}

#[test]
fn the_examples_of_the_document_are_read() {
    let Some(examples) = webhook_examples().unwrap() else {
        return;
    };
    for (name, example) in &examples {
        read_both_ways(name, example);
    }
    report(&format!("webhooks: {} examples read", examples.len()));
    assert!(examples.len() >= 44);
}

/// Returns true if an event must be rejected: one without the ID of its object, or without an object.
fn is_refused(mutation: &Mutation) -> bool {
    let gone = matches!(mutation.change, Change::Drop | Change::Null);
    match mutation.place.steps.as_slice() {
        [Step::Key(data)] if data == "data" => gone,
        // A deleted object may have no ID.
        [_, Step::Key(id)] if id == "id" => gone && mutation.place.owner != "DeletedObject",
        _ => false,
    }
}

fn is_in_data(mutation: &Mutation) -> bool {
    matches!(mutation.place.steps.first(), Some(Step::Key(key)) if key == "data")
}

#[test]
fn spoilt_data_is_read_but_for_the_id() {
    let Some(document) = events() else { return };
    let mut tally: BTreeMap<String, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for event in document.operations() {
        let name = name(event);
        for mutation in mutations(event).unwrap() {
            if !is_in_data(&mutation) {
                continue;
            }
            *tally.entry(mutation.change.to_string()).or_default() += 1;
            let read = read(name, &mutation.answer);
            if read.is_err() != is_refused(&mutation) {
                failures.push(format!("{name}, {mutation}: {:?}", read.err()));
            }
        }
    }
    report(&format!("webhooks: mutations {tally:?}"));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What is described and deliberately not read.
fn is_left_out(name: &str, mutation: &Mutation) -> bool {
    let steps = mutation.place.steps.as_slice();
    let kind = matches!(steps.last(), Some(Step::Key(key)) if key == "object");
    // The public data of an organization, one level too deep.
    let nested = matches!(steps, [_, Step::Key(key), ..] if key == "data");
    kind || (name.starts_with("organizationInvitation.") && nested)
}

#[test]
fn every_value_that_an_event_describes_is_looked_at() {
    let Some(document) = events() else { return };
    let (mut noticed, mut unnoticed) = (0, Vec::new());
    for event in document.operations() {
        let name = name(event);
        for mutation in poisoned(event).unwrap() {
            if !is_in_data(&mutation) {
                continue;
            }
            match read(name, &mutation.answer) {
                Err(_) => noticed += 1,
                Ok(_) if is_left_out(name, &mutation) => {}
                Ok(_) => unnoticed.push(format!("{name}, {mutation}")),
            }
        }
    }
    report(&format!("webhooks: {noticed} described values are used"));
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
}

#[test]
fn users_of_events_are_the_users_of_the_client() {
    let user = json!({ "id": "user_1", "first_name": null, "private_metadata": { "plan": "pro" } });
    let Ok(WebhookData::UserUpdated(user)) = WebhookData::read("user.updated", &user) else {
        panic!("no user");
    };
    let user: User = *user;
    assert_eq!((user.id.as_str(), user.first_name), ("user_1", None));
    let plan: Option<String> = user.private_metadata.get("plan").unwrap();
    assert_eq!(plan.as_deref(), Some("pro"));
}

#[test]
fn a_session_comes_with_its_user() {
    let data = json!({ "object": "session", "id": "sess_1", "user_id": "user_1", "status": "active",
                       "user": { "id": "user_1", "first_name": "Ada" } });
    let Ok(WebhookData::SessionCreated(event)) = WebhookData::read("session.created", &data) else {
        panic!("no session");
    };
    assert_eq!(event.session.id, "sess_1");
    assert_eq!(event.user.unwrap().first_name.as_deref(), Some("Ada"));
    // The ID of the session, which is not that of the user.
    let nameless = json!({ "user": { "id": "user_1" } });
    assert!(WebhookData::read("session.created", &nameless).is_err());
}

#[test]
fn events_that_the_document_lacks_are_known() {
    let data = json!({ "object": "commerce_subscription_item", "id": "csi_1" });
    let read = WebhookData::read("subscriptionItem.created", &data).unwrap();
    assert!(matches!(read, WebhookData::SubscriptionItemCreated(item) if item.id == "csi_1"));
    // Its data is not documented publicly, so it is kept as received.
    let data = json!({ "user": { "id": "user_1" }, "more": [1] });
    let read = WebhookData::read("user.merged", &data).unwrap();
    assert!(matches!(read, WebhookData::UserMerged(kept) if *kept == data));
}

#[test]
fn unknown_types_are_kept_with_their_data() {
    for data in [json!({ "id": "robot_1" }), json!([1]), Value::Null] {
        let body = json!({ "type": "robot.created", "data": data }).to_string();
        let event = WebhookData::from_json(body.as_bytes()).unwrap();
        assert_eq!(event.event_type().as_str(), "robot.created");
        let WebhookData::Other {
            event_type,
            data: kept,
        } = event
        else {
            panic!("the type of the event should be unknown");
        };
        assert_eq!((event_type.as_str(), *kept), ("robot.created", data));
    }
    for body in [&b"{}"[..], b"[]", b"{\"type\":1}", b"no json"] {
        assert!(WebhookData::from_json(body).is_err());
    }
}

#[test]
fn debug_shows_no_personal_data() {
    let data =
        json!({ "id": "user_1", "first_name": "Ada", "merged": { "email": "ada@example.com" } });
    for name in ["user.created", "user.merged", "robot.created"] {
        let shown = format!("{:?}", WebhookData::read(name, &data).unwrap());
        assert!(!shown.contains("Ada") && !shown.contains("ada@"), "{shown}");
    }
}
