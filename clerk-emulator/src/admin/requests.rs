use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use http::StatusCode;
use serde_json::json;

use super::answer::{Newest, done, list, read};
use crate::app::App;
use crate::http::expectations::Expectation;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::rules::api_error::ApiError;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/requests", get(requests).delete(clear_requests))
        .route(
            "/expectations",
            get(expectations).post(expect).delete(clear_expectations),
        )
        .route("/expectations/verify", post(verify))
}

/// Lists the requests that arrived, oldest first: all, or those with a method and a path.
async fn requests(State(app): State<Arc<App>>, params: Params) -> Reply {
    let newest = Newest::asked_for(&params)?;
    let (method, path) = (params.text("method"), params.text("path"));
    let mut rows = app.recorder.all();
    rows.retain(|one| {
        method.is_none_or(|method| one.method().eq_ignore_ascii_case(method))
            && path.is_none_or(|path| one.path() == path)
    });
    let rows = newest.of(&rows).iter().map(|one| {
        json!({
            "method": one.method(),
            "path": one.path(),
            "query": one.query(),
            "headers": one.headers().collect::<BTreeMap<_, _>>(),
            "at_ms": one.at_ms(),
            "status": one.status(),
        })
    });
    Ok(list(&rows.collect::<Vec<_>>()))
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

/// Responds with an error that describes which requests came too rarely or too often.
async fn verify(State(app): State<Arc<App>>) -> Reply {
    let unmet = app.recorder.expectations.unmet();
    if unmet.is_empty() {
        return Ok(done());
    }
    let text = unmet.join("; ");
    Err(ApiError::new(
        StatusCode::CONFLICT,
        "expectations_unmet",
        text,
    ))
}

async fn clear_expectations(State(app): State<Arc<App>>) -> Response {
    app.recorder.expectations.clear();
    done()
}
