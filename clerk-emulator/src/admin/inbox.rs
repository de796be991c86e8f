use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Value, json};

use super::answer::{Newest, done, list};
use crate::app::App;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::message::{Channel, Message};
use crate::rules::inbox;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/inbox", get(messages).delete(clear))
}

/// Lists the emails and text messages, oldest first: all, or those to one address or number.
async fn messages(State(app): State<Arc<App>>, params: Params) -> Reply {
    let newest = Newest::asked_for(&params)?;
    let to = params.text("to");
    let rows: Vec<Value> = app.read(|tables, _| {
        let all = tables.messages.iter();
        let rows: Vec<&Message> = all
            .filter(|one| to.is_none_or(|to| one.to.eq_ignore_ascii_case(to)))
            .collect();
        newest.of(&rows).iter().map(|one| shown(one)).collect()
    });
    Ok(list(&rows))
}

fn shown(message: &Message) -> Value {
    let channel = match message.channel {
        Channel::Email => "email",
        Channel::Sms => "sms",
    };
    json!({
        "id": message.id,
        "channel": channel,
        "to": message.to,
        "kind": message.kind,
        "body": message.body,
        "code": message.code,
        "link": message.link,
        "sent_at": message.sent_at,
    })
}

async fn clear(State(app): State<Arc<App>>) -> Reply {
    app.set_up(|tables, _| {
        inbox::clear(tables);
        Ok(())
    })?;
    Ok(done())
}
