use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::http::reply;
use crate::rules::api_error::ApiError;

/// Reads a JSON body.
pub(super) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::bad_request("request_body_invalid", error.to_string()))
}

/// Answers that it is done.
pub(super) fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// Answers a list.
pub(super) fn list(rows: &[Value]) -> Response {
    reply::ok(&json!({ "data": rows }))
}
