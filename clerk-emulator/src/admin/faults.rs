use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;

use super::answer::{done, read};
use crate::app::App;
use crate::http::fault_form::FaultForm;
use crate::http::reply::Reply;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/faults", post(add).delete(clear))
}

async fn add(State(app): State<Arc<App>>, body: Bytes) -> Reply {
    let form: FaultForm = read(&body)?;
    app.faults.add(form.into());
    Ok(done())
}

async fn clear(State(app): State<Arc<App>>) -> Response {
    app.faults.clear();
    done()
}
