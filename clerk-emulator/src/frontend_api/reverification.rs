//! Proving a factor again within a session.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use serde_json::Value;

use super::envelope::{Done, judged, perform};
use super::sign_ins::{first_factor_answer, required, required_strategy, strategy};
use super::view::View;
use super::visitor::{Visitor, signed_out};
use crate::app::App;
use crate::http::body::Form;
use crate::http::reply::Reply;
use crate::model::session::ReverificationLevel;
use crate::model::strategy::Strategy;
use crate::rules::api_error::ApiError;
use crate::rules::visit::Visit;
use crate::rules::{reverifications, sessions};
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/client/sessions/{session_id}/verify", post(start))
        .route(
            "/v1/client/sessions/{session_id}/verify/prepare_first_factor",
            post(prepare_first_factor),
        )
        .route(
            "/v1/client/sessions/{session_id}/verify/attempt_first_factor",
            post(attempt_first_factor),
        )
        .route(
            "/v1/client/sessions/{session_id}/verify/prepare_second_factor",
            post(prepare_second_factor),
        )
        .route(
            "/v1/client/sessions/{session_id}/verify/attempt_second_factor",
            post(attempt_second_factor),
        )
}

fn check_own(tables: &Tables, visit: &Visit, id: &str) -> Result<(), ApiError> {
    sessions::living_of_client(tables, &visit.client_id, visit.now)
        .any(|session| session.id == id)
        .then_some(())
        .ok_or_else(signed_out)
}

fn shown(app: &App, tables: &Tables, visit: &Visit, id: &str) -> Result<Value, ApiError> {
    let session = sessions::find(tables, id)?;
    let reverification = reverifications::of(session)?;
    let view = View::new(app, tables, visit.now);
    Ok(view.reverification(session, reverification)?)
}

async fn start(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let level = required(&form, "level")?;
    let level = ReverificationLevel::parse(level).ok_or_else(|| {
        ApiError::value(
            "level",
            "must be one of first_factor, second_factor, multi_factor",
        )
    })?;
    perform(&app, &visitor, |tables, visit| {
        check_own(tables, visit, &id)?;
        reverifications::start(tables, &id, level)?;
        Ok(Done::Wrapped(shown(&app, tables, visit, &id)?))
    })
}

async fn prepare_first_factor(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let strategy = required_strategy(&form)?;
    let target = form
        .text("email_address_id")
        .or(form.text("phone_number_id"));
    perform(&app, &visitor, |tables, visit| {
        check_own(tables, visit, &id)?;
        reverifications::prepare_first_factor(tables, &id, &strategy, target, visit)?;
        Ok(Done::Wrapped(shown(&app, tables, visit, &id)?))
    })
}

async fn attempt_first_factor(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let answer = first_factor_answer(&form)?;
    perform(&app, &visitor, |tables, visit| {
        check_own(tables, visit, &id)?;
        let verdict = reverifications::attempt_first_factor(tables, &id, &answer, visit)?;
        judged(verdict, || shown(&app, tables, visit, &id))
    })
}

async fn prepare_second_factor(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let strategy = strategy(&form)?.unwrap_or(Strategy::PhoneCode);
    let phone = form.text("phone_number_id");
    perform(&app, &visitor, |tables, visit| {
        check_own(tables, visit, &id)?;
        let now = visit.now;
        reverifications::prepare_second_factor(tables, &id, &strategy, phone, now)?;
        Ok(Done::Wrapped(shown(&app, tables, visit, &id)?))
    })
}

async fn attempt_second_factor(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let strategy = required_strategy(&form)?;
    let code = required(&form, "code")?;
    perform(&app, &visitor, |tables, visit| {
        check_own(tables, visit, &id)?;
        let now = visit.now;
        let verdict = reverifications::attempt_second_factor(tables, &id, &strategy, code, now)?;
        judged(verdict, || shown(&app, tables, visit, &id))
    })
}
