//! Authentication of callers: the application with the secret key, and for some operations a machine with its own.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::AUTHORIZATION;

use crate::app::App;
use crate::rules::api_error::ApiError;
use crate::rules::credentials::Caller;
use crate::rules::machines;

/// The prefix of machines' secret keys.
const MACHINE_KEY_PREFIX: &str = "ak_";

/// Accepts the instance's secret key and machine secret keys, and records whose key it was.
pub(super) async fn identify_caller(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let key = bearer(&request).ok_or_else(missing_key)?;
    let caller = if key == app.instance.secret_key {
        Caller::Instance
    } else {
        app.read(|tables, now| {
            machines::by_secret_key(tables, key, now)
                .map(|machine| Caller::Machine(machine.id.clone()))
        })
        .ok_or_else(|| match key.starts_with(MACHINE_KEY_PREFIX) {
            true => wrong_machine_key(),
            false => wrong_key(),
        })?
    };
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// Accepts only the instance's secret key.
pub(super) async fn require_secret_key(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    match bearer(&request) {
        None => Err(missing_key()),
        Some(key) if key == app.instance.secret_key => Ok(next.run(request).await),
        Some(_) => Err(wrong_key()),
    }
}

fn missing_key() -> ApiError {
    ApiError::unauthorized(
        "authentication_invalid",
        "The request has no Authorization header of the form 'Bearer <secret key>'",
    )
}

fn wrong_key() -> ApiError {
    ApiError::unauthorized(
        "clerk_key_invalid",
        "The Clerk Secret Key provided is not the one of this instance",
    )
}

fn wrong_machine_key() -> ApiError {
    ApiError::unauthorized(
        "machine_secret_key_invalid",
        "The Machine Secret Key provided is not one of this instance",
    )
}

fn bearer(request: &Request) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| key.trim())
        .filter(|key| !key.is_empty())
}
