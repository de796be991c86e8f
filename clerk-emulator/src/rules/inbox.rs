//! Emails and text messages, which the emulator stores instead of sending them.

use crate::model::message::{Channel, Message};
use crate::secret::Secret;
use crate::store::tables::Tables;

/// The number of messages that are kept. The oldest ones are discarded first.
const KEPT: usize = 1_000;

/// Stores a message.
pub(crate) fn deliver(tables: &mut Tables, message: Message) {
    tables.messages.insert(message);
    let surplus = tables.messages.iter().count().saturating_sub(KEPT);
    let oldest: Vec<String> = tables
        .messages
        .iter()
        .take(surplus)
        .map(|one| one.id.clone())
        .collect();
    for id in oldest {
        tables.messages.remove(&id);
    }
}

/// Stores an email that only informs its recipient.
pub(crate) fn tell(tables: &mut Tables, address: &str, kind: &'static str, body: &str, now: i64) {
    deliver(
        tables,
        Message::new(Channel::Email, address, kind, body.to_owned(), now),
    );
}

/// Stores an email that informs the owner of an account.
pub(crate) fn tell_user(
    tables: &mut Tables,
    user_id: &str,
    kind: &'static str,
    body: &str,
    now: i64,
) {
    let address = tables
        .users
        .get(user_id)
        .and_then(|user| user.primary_email());
    if let Some(address) = address.map(str::to_owned) {
        tell(tables, &address, kind, body, now);
    }
}

/// Stores an invitation to an address or a number.
pub(crate) fn invite(
    tables: &mut Tables,
    channel: Channel,
    to: &str,
    kind: String,
    link: String,
    now: i64,
) {
    let body = format!("You are invited. Open {link} to accept.");
    let mut message = Message::new(channel, to, kind, body, now);
    message.link = Some(Secret(link));
    deliver(tables, message);
}

/// Discards all messages.
pub(crate) fn clear(tables: &mut Tables) {
    let ids: Vec<String> = tables.messages.iter().map(|one| one.id.clone()).collect();
    for id in ids {
        tables.messages.remove(&id);
    }
}

/// Iterates over the messages to an address or number, ignoring case, oldest first.
pub(crate) fn to<'a>(tables: &'a Tables, to: &'a str) -> impl Iterator<Item = &'a Message> {
    tables
        .messages
        .iter()
        .filter(move |message| message.to.eq_ignore_ascii_case(to))
}
