//! The events of emails and text messages that were delivered to the inbox.

use serde_json::{Map, Value, json};

use crate::model::message::{Channel, Message};
use crate::model::template::TemplateKind;
use crate::rules::{settings, templates};
use crate::store::table::RowChange;
use crate::store::tables::Tables;

/// The sender of text messages, a number that is not assigned to anyone.
const SENDER: &str = "+15555550199";
/// The kinds of emails whose events are recorded elsewhere: invitations, and those that the application composed.
const TOLD_ELSEWHERE: &[&str] = &[
    "custom",
    "invitation",
    "organization_invitation",
    "waitlist_invitation",
];

/// Returns an event for each message that was delivered since the last commit.
pub(super) fn events(tables: &Tables) -> Vec<(&'static str, Value)> {
    let mut events = Vec::new();
    for change in tables.messages.changes() {
        let RowChange::Inserted(message) = change else {
            continue;
        };
        match message.channel {
            Channel::Email if TOLD_ELSEWHERE.contains(&&*message.kind) => {}
            Channel::Email => events.push(("email.created", email(tables, message))),
            Channel::Sms => events.push(("sms.created", sms(tables, message))),
        }
    }
    events
}

pub(super) fn application_name(tables: &Tables) -> String {
    settings::get(tables)
        .map(|settings| settings.authentication.application_name.clone())
        .unwrap_or_default()
}

/// Returns the variables from which the text is made.
fn variables(tables: &Tables, message: &Message) -> Map<String, Value> {
    let mut variables = Map::new();
    variables.insert(
        "app".to_owned(),
        json!({ "name": application_name(tables) }),
    );
    if let Some(code) = &message.code {
        variables.insert("otp_code".to_owned(), json!(code.0));
    }
    if let Some(link) = &message.link {
        variables.insert("magic_link".to_owned(), json!(link.0));
    }
    variables
}

fn email(tables: &Tables, message: &Message) -> Value {
    let system = templates::find(tables, TemplateKind::Email, &message.kind).ok();
    let template = system.map(|(system, made)| match made {
        Some(made) => made.clone(),
        None => templates::unchanged(tables, system),
    });
    let owner = tables.users.iter().find_map(|user| {
        let mut addresses = user.email_addresses.iter();
        let address = addresses.find(|one| one.email_address.eq_ignore_ascii_case(&message.to))?;
        Some((&user.id, &address.id))
    });
    let sender = settings::get(tables)
        .ok()
        .map(|set| &set.from_email_address);
    let subject = template.as_ref().and_then(|one| one.subject.as_deref());
    json!({
        "object": "email",
        "id": message.id,
        "slug": message.kind,
        "from_email_name": template.as_ref().map(|one| &one.from_email_name).or(sender),
        "reply_to_email_name": template.as_ref().map(|one| &one.reply_to_email_name),
        "to_email_address": message.to,
        "email_address_id": owner.map(|(_, address)| address),
        "user_id": owner.map(|(user, _)| user),
        "subject": subject.map_or_else(|| application_name(tables), |text| fill(tables, message, text)),
        "body": template.as_ref().map_or_else(|| message.body.0.clone(), |one| fill(tables, message, &one.body)),
        "body_plain": message.body.0,
        "status": "queued",
        "data": variables(tables, message),
        "delivered_by_clerk": template.as_ref().is_none_or(|one| one.delivered_by_clerk),
    })
}

/// Puts what a message says into the text of its template.
fn fill(tables: &Tables, message: &Message, text: &str) -> String {
    let name = application_name(tables);
    templates::fill_in(text, |variable| match variable {
        "app.name" => Some(name.as_str()),
        "otp_code" => message.code.as_ref().map(|code| code.0.as_str()),
        "magic_link" | "action_url" => message.link.as_ref().map(|link| link.0.as_str()),
        _ => None,
    })
}

fn sms(tables: &Tables, message: &Message) -> Value {
    let changed = templates::find(tables, TemplateKind::Sms, &message.kind)
        .ok()
        .and_then(|(_, changed)| changed);
    let owner = tables.users.iter().find_map(|user| {
        let mut numbers = user.phone_numbers.iter();
        let number = numbers.find(|one| one.phone_number == message.to)?;
        Some((&user.id, &number.id))
    });
    json!({
        "object": "sms_message",
        "id": message.id,
        "slug": message.kind,
        "from_phone_number": SENDER,
        "to_phone_number": message.to,
        "phone_number_id": owner.map(|(_, number)| number),
        "user_id": owner.map(|(user, _)| user),
        "message": changed.map_or_else(|| message.body.0.clone(), |one| fill(tables, message, &one.body)),
        "status": "queued",
        "data": variables(tables, message),
        "delivered_by_clerk": changed.is_none_or(|one| one.delivered_by_clerk),
        "created_at_ms": message.sent_at,
    })
}
