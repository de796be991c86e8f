//! Emails written by the application.

use http::StatusCode;

use super::accounts;
use super::api_error::ApiError;
use super::identifiers;
use super::inbox;
use crate::model::email::Email;
use crate::model::message::{Channel, Message};
use crate::store::tables::Tables;

const LONGEST_IDEMPOTENCY_KEY: usize = 255;

/// The recipient of an email.
#[derive(Debug)]
pub(crate) enum Recipient {
    Address(String),
    /// The primary address of the user with this ID.
    User(String),
}

/// The fields of a new email.
#[derive(Debug)]
pub(crate) struct NewEmail {
    pub(crate) to: Recipient,
    pub(crate) from_address: String,
    pub(crate) subject: String,
    pub(crate) html: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

/// Finds an email by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a Email, ApiError> {
    tables
        .emails
        .get(id)
        .ok_or_else(|| ApiError::not_found("email", id))
}

/// Delivers an email to the inbox, or finds the one already sent with its idempotency key.
pub(crate) fn send(tables: &mut Tables, new: NewEmail, now: i64) -> Result<&Email, ApiError> {
    identifiers::check_email(&new.from_address)?;
    let Some(body) = new.text.as_ref().or(new.html.as_ref()).cloned() else {
        return Err(ApiError::missing("html"));
    };
    let mut email = match new.to {
        Recipient::Address(address) => {
            identifiers::check_email(&address)?;
            let owner = identifiers::user_by_email(tables, &address);
            let known = owner.and_then(|user| {
                let mut addresses = user.email_addresses.iter();
                let known =
                    addresses.find(|one| one.email_address.eq_ignore_ascii_case(&address))?;
                Some((user.id.clone(), known.id.clone()))
            });
            let mut email = Email::new(new.from_address, address, new.subject, now);
            (email.user_id, email.email_address_id) = known.unzip();
            email
        }
        Recipient::User(id) => {
            let user = accounts::find(tables, &id)?;
            let primary = user.primary_email().ok_or_else(|| {
                ApiError::value("user_id", "must name a user with an email address")
            })?;
            let mut email = Email::new(new.from_address, primary.to_owned(), new.subject, now);
            email.email_address_id = user.primary_email_address_id.clone();
            email.user_id = Some(id);
            email
        }
    };
    email.html = new.html;
    email.text = new.text;
    if let Some(key) = &new.idempotency_key {
        check_key(key)?;
        if let Some(sent) = sent_under(tables, key) {
            return if is_same(sent, &email) {
                find(tables, &sent.id.clone())
            } else {
                Err(ApiError::new(
                    StatusCode::CONFLICT,
                    "idempotency_key_reused",
                    "Another email was sent under this idempotency key",
                ))
            };
        }
    }
    email.idempotency_key = new.idempotency_key;
    let kind = "custom";
    inbox::deliver(
        tables,
        Message::new(Channel::Email, &email.to_address, kind, body, now),
    );
    Ok(tables.emails.insert(email))
}

fn check_key(key: &str) -> Result<(), ApiError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=LONGEST_IDEMPOTENCY_KEY).contains(&key.len()) && key.bytes().all(allowed) {
        Ok(())
    } else {
        Err(ApiError::format(
            "idempotency_key",
            "must have 1 to 255 ASCII letters, digits, underscores and hyphens",
        ))
    }
}

fn sent_under<'a>(tables: &'a Tables, key: &str) -> Option<&'a Email> {
    tables
        .emails
        .find(|email| email.idempotency_key.as_deref() == Some(key))
}

fn is_same(sent: &Email, other: &Email) -> bool {
    let content = |email: &'_ Email| {
        (
            email.from_address.clone(),
            email.to_address.clone(),
            email.subject.clone(),
            email.html.clone(),
            email.text.clone(),
        )
    };
    content(sent) == content(other)
}
