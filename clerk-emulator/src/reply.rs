//! Answers: JSON with exactly the content type that the clients compare with, and Clerk's error shape.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::error::Error;
use crate::random;

/// What handlers return.
pub(crate) type Reply = Result<Response, ApiError>;

/// 200 with a JSON body.
pub(crate) fn ok(body: &Value) -> Response {
    json_response(StatusCode::OK, body)
}

/// A JSON body. One client takes anything but exactly `application/json` for text.
pub(crate) fn json_response(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer to a deletion.
pub(crate) fn deleted(object: &str, id: &str) -> Response {
    ok(&json!({ "object": object, "id": id, "deleted": true }))
}

/// An error in the shape of the API.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    code: &'static str,
    message: String,
    param_name: Option<String>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            param_name: None,
        }
    }

    /// 404: there is no such thing.
    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "resource_not_found",
            format!("No {what} was found with id {id}"),
        )
    }

    /// 422 about one parameter.
    pub(crate) fn param(
        code: &'static str,
        param_name: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            param_name: Some(param_name.into()),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
        }
    }

    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn unauthorized(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    pub(crate) fn body(&self) -> Value {
        let meta = match &self.param_name {
            Some(name) => json!({ "param_name": name }),
            None => json!({}),
        };
        json!({
            "errors": [{
                "code": self.code,
                "message": self.message,
                "long_message": self.message,
                "meta": meta,
            }],
            "clerk_trace_id": random::hex(16),
        })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        json_response(self.status, &self.body())
    }
}

/// What fails inside (signing) is the emulator's fault.
impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_clerk_error",
            error.to_string(),
        )
    }
}
