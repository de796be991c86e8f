use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use serde_json::json;

use super::answer::{done, list, read};
use crate::app::App;
use crate::http::expectations::Expectation;
use crate::http::query::Params;
use crate::http::reply::Reply;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/requests", get(requests).delete(clear_requests))
        .route(
            "/expectations",
            get(expectations).post(expect).delete(clear_expectations),
        )
}

/// Lists the requests that arrived, oldest first: all, or those with a method and a path.
async fn requests(State(app): State<Arc<App>>, params: Params) -> Response {
    let (method, path) = (params.text("method"), params.text("path"));
    let rows = app.recorder.all();
    let rows = rows
        .iter()
        .filter(|one| method.is_none_or(|method| one.method().eq_ignore_ascii_case(method)))
        .filter(|one| path.is_none_or(|path| one.path() == path))
        .map(|one| {
            json!({
                "method": one.method(),
                "path": one.path(),
                "query": one.query(),
                "headers": one.headers().collect::<std::collections::BTreeMap<_, _>>(),
            })
        });
    list(&rows.collect::<Vec<_>>())
}

async fn clear_requests(State(app): State<Arc<App>>) -> Response {
    app.recorder.clear();
    done()
}

async fn expectations(State(app): State<Arc<App>>) -> Response {
    let rows = app.recorder.expectations.all();
    let rows = rows.iter().map(|one| {
        json!({
            "method": one.expectation.method,
            "path": one.expectation.path,
            "times": one.expectation.times,
            "seen": one.seen,
            "met": one.is_met(),
        })
    });
    list(&rows.collect::<Vec<_>>())
}

async fn expect(State(app): State<Arc<App>>, body: Bytes) -> Reply {
    let expectation: Expectation = read(&body)?;
    app.recorder.expectations.add(expectation);
    Ok(done())
}

async fn clear_expectations(State(app): State<Arc<App>>) -> Response {
    app.recorder.expectations.clear();
    done()
}
