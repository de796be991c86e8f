//! Emails that the application writes. The document lacks these operations, but one of the official clients has them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use http::HeaderMap;
use serde_json::{Value, json};

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::{self, Reply};
use crate::rules::api_error::ApiError;
use crate::rules::emails::{self, NewEmail, Recipient};

/// The header that contains the key under which an email is sent only once.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const MOST_AT_ONCE: usize = 100;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/email", post(create))
        .route("/email/batch", post(create_batch))
        .route("/email/{email_id}", get(one))
}

const FIELDS: &[&str] = &[
    "to",
    "from",
    "reply_to",
    "subject",
    "html",
    "text",
    "cc",
    "bcc",
    "headers",
    "attachments",
    "idempotency_key",
];

fn new_email(body: Body) -> Result<NewEmail, ApiError> {
    let body = body.only(FIELDS)?;
    let missing = |name| move || ApiError::missing(name);
    let from = body
        .nested("from", &["address", "name"])?
        .ok_or_else(missing("from"))?;
    let to = body
        .nested("to", &["address", "user_id"])?
        .ok_or_else(missing("to"))?;
    Ok(NewEmail {
        to: match to.text("user_id")? {
            Some(id) => Recipient::User(id),
            None => Recipient::Address(to.required("address")?),
        },
        from_address: from.required("address")?,
        subject: body.required("subject")?,
        html: body.text("html")?,
        text: body.text("text")?,
        idempotency_key: body.text("idempotency_key")?,
    })
}

async fn create(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Reply {
    let mut new = new_email(body)?;
    if let Some(key) = headers.get(IDEMPOTENCY_KEY) {
        new.idempotency_key = Some(String::from_utf8_lossy(key.as_bytes()).into_owned());
    }
    answer::changed(
        &app,
        |tables, now| emails::send(tables, new, now),
        |show, email| show.email(email),
    )
}

/// Sends each email separately: one that is refused does not affect the others.
async fn create_batch(State(app): State<Arc<App>>, body: Body) -> Reply {
    let messages = body
        .only(&["messages"])?
        .nested_list("messages", FIELDS)?
        .ok_or_else(|| ApiError::missing("messages"))?;
    if !(1..=MOST_AT_ONCE).contains(&messages.len()) {
        return Err(ApiError::value(
            "messages",
            &format!("must have between 1 and {MOST_AT_ONCE} elements"),
        ));
    }
    let send = |message: Body| {
        let new = new_email(message)?;
        app.write(|tables, now| {
            let email = emails::send(tables, new, now)?.clone();
            Ok(super::shapes::Shapes::new(tables, &app.instance, now).email(&email))
        })
    };
    let results: Vec<Value> = messages
        .into_iter()
        .enumerate()
        .map(|(index, message)| match send(message) {
            Ok(email) => json!({ "index": index, "email": email, "status_code": 200 }),
            Err(error) => json!({
                "index": index,
                "errors": reply::error_body(&error)["errors"],
                "status_code": error.status.as_u16(),
            }),
        })
        .collect();
    Ok(reply::ok(&Value::Array(results)))
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| emails::find(tables, &id),
        |show, email| show.email(email),
    )
}
