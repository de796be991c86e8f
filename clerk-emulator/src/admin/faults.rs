use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use serde_json::json;

use super::answer::{done, read};
use crate::app::App;
use crate::http::fault::Fault;
use crate::http::reply::{self, Reply};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/faults", get(waiting).post(add).delete(clear))
}

/// Lists the faults that are waiting, in the order in which they are tried.
async fn waiting(State(app): State<Arc<App>>) -> Response {
    reply::ok(&json!({ "data": app.faults.waiting() }))
}

async fn add(State(app): State<Arc<App>>, body: Bytes) -> Reply {
    let fault: Fault = read(&body)?;
    app.faults.add(fault);
    Ok(done())
}

async fn clear(State(app): State<Arc<App>>) -> Response {
    app.faults.clear();
    done()
}
