//! The waitlist, which people join without an account.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::json;

use super::sign_ins::required;
use crate::app::App;
use crate::http::body::Form;
use crate::http::reply::{self, Reply};
use crate::rules::waitlist;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/waitlist", post(join))
}

async fn join(State(app): State<Arc<App>>, Form(form): Form) -> Reply {
    let address = required(&form, "email_address")?;
    app.write(|tables, now| {
        let entry = waitlist::add(tables, address.to_owned(), true, now)?;
        Ok(reply::ok(
            &json!({ "object": "waitlist_entry", "id": entry.id }),
        ))
    })
}
