use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::http::query::Params;
use crate::http::reply;
use crate::rules::api_error::ApiError;

/// Reads a JSON body.
pub(super) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::bad_request("request_body_invalid", error.to_string()))
}

/// Responds that the operation is done.
pub(super) fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// Responds with a list.
pub(super) fn list(rows: &[Value]) -> Response {
    reply::ok(&json!({ "data": rows }))
}

/// The number of newest rows in the response to a list request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Newest(usize);

impl Newest {
    /// Reads `limit`; without it, the response contains all rows.
    pub(super) fn asked_for(params: &Params) -> Result<Self, ApiError> {
        let wrong = || ApiError::value("limit", "must be a whole number above 0");
        match params.text("limit") {
            None => Ok(Self(usize::MAX)),
            Some(text) => match text.parse() {
                Ok(0) | Err(_) => Err(wrong()),
                Ok(limit) => Ok(Self(limit)),
            },
        }
    }

    /// Returns the last rows of a list that is sorted oldest first.
    pub(super) fn of<T>(self, rows: &[T]) -> &[T] {
        &rows[rows.len().saturating_sub(self.0)..]
    }
}
