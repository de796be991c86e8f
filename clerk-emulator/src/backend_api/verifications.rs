use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::Reply;
use crate::model::verification::CodeStrategy;
use crate::rules::verifications;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/email_addresses/{email_address_id}/prepare_verification",
            post(prepare_email),
        )
        .route(
            "/email_addresses/{email_address_id}/attempt_verification",
            post(attempt_email),
        )
        .route(
            "/phone_numbers/{phone_number_id}/prepare_verification",
            post(prepare_phone),
        )
        .route(
            "/phone_numbers/{phone_number_id}/attempt_verification",
            post(attempt_phone),
        )
}

async fn prepare_email(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    prepare(&app, CodeStrategy::Email, &id)
}

async fn prepare_phone(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    prepare(&app, CodeStrategy::Phone, &id)
}

fn prepare(app: &App, strategy: CodeStrategy, id: &str) -> Reply {
    answer::changed(
        app,
        |tables, now| verifications::prepare(tables, strategy, id, now),
        |show, verification| show.verification(verification),
    )
}

async fn attempt_email(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    attempt(&app, CodeStrategy::Email, &id, body)
}

async fn attempt_phone(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    attempt(&app, CodeStrategy::Phone, &id, body)
}

fn attempt(app: &App, strategy: CodeStrategy, id: &str, body: Body) -> Reply {
    let body = body.only(&["verification_id", "code"])?;
    let verification = body.required("verification_id")?;
    let code = body.required("code")?;
    answer::changed(
        app,
        |tables, now| verifications::attempt(tables, strategy, id, &verification, &code, now),
        |show, verification| show.verification(verification),
    )
}
