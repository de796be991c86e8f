//! Trusted devices: keys that native applications enroll in order to sign their user in.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use http::StatusCode;
use serde_json::{Value, json};

use super::envelope::{Done, perform, perform_signed_in, read_signed_in};
use super::sign_ins::required;
use super::view::View;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::rules::api_error::ApiError;
use crate::rules::clients;
use crate::rules::trusted_devices::{self, ALGORITHM, NewDevice};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/me/trusted_devices", get(list))
        .route("/v1/me/trusted_devices/prepare", post(prepare))
        .route("/v1/me/trusted_devices/attempt", post(attempt))
        .route("/v1/me/trusted_devices/{trusted_device_id}", delete(revoke))
        .route("/v1/client/trusted_devices/validate", post(validate))
}

fn described(form: &Params) -> Result<NewDevice<'_>, ApiError> {
    Ok(NewDevice {
        platform: required(form, "platform")?,
        app_identifier: required(form, "app_identifier")?,
        name: form.text("name"),
        algorithm: required(form, "algorithm")?,
        public_key_jwk: required(form, "public_key_jwk")?,
    })
}

async fn list(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        let shared = View::new(&app, tables, now).shared();
        let own = trusted_devices::active(tables, &session.user_id);
        let shown = own.into_iter().map(|one| shared.trusted_device(one));
        Ok(Done::Wrapped(Value::Array(shown.collect())))
    })
}

async fn prepare(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let new = described(&form)?;
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let enrollment = trusted_devices::prepare(tables, &session.user_id, &new, visit.now)?;
        Ok(Done::Wrapped(json!({
            "object": "trusted_device_challenge",
            "challenge": enrollment.challenge.challenge,
            "challenge_id": enrollment.id,
            "client_data": enrollment.challenge.client_data,
            "expires_at": enrollment.challenge.expires_at,
            "algorithm": ALGORITHM,
        })))
    })
}

async fn attempt(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let new = described(&form)?;
    let client_data = required(&form, "client_data")?;
    let signature = required(&form, "signature")?;
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let (user, now) = (&session.user_id, visit.now);
        let device = trusted_devices::attempt(tables, user, &new, client_data, signature, now)?;
        let device = device.clone();
        let shared = View::new(&app, tables, now).shared();
        Ok(Done::Wrapped(shared.trusted_device(&device)))
    })
}

async fn revoke(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Reply {
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let device = trusted_devices::revoke(tables, &session.user_id, &id, visit.now)?.clone();
        let shared = View::new(&app, tables, visit.now).shared();
        Ok(Done::Wrapped(shared.trusted_device(&device)))
    })
}

/// Tells a native application whether the device whose key it keeps can still sign its user in.
async fn validate(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let id = required(&form, "trusted_device_id")?;
    perform(&app, &visitor, |tables, visit| {
        let validation = json!({
            "object": "trusted_device_validation",
            "valid": trusted_devices::usable(tables, id).is_some(),
        });
        let client = clients::find(tables, &visit.client_id)?;
        let client = View::new(&app, tables, visit.now).client(client)?;
        let body = json!({ "response": validation, "client": client });
        Ok(Done::Raw(StatusCode::OK, body))
    })
}
