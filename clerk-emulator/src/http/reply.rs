//! Responses: JSON with exactly the content type that clients compare with, and Clerk's error shape.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::random;
use crate::rules::api_error::ApiError;

/// The return type of handlers.
pub(crate) type Reply = Result<Response, ApiError>;

/// Responds with 200 and a JSON body.
pub(crate) fn ok(body: &Value) -> Response {
    json_response(StatusCode::OK, body)
}

/// Responds with a JSON body. One client treats anything but exactly `application/json` as text.
pub(crate) fn json_response(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Responds with 200 and an HTML page.
pub(crate) fn html(page: String) -> Response {
    let mut response = Response::new(Body::from(page));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Responds to a deletion.
pub(crate) fn deleted(object: &str, id: &str) -> Response {
    ok(&json!({ "object": object, "id": id, "deleted": true }))
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = json_response(self.status, &error_body(&self));
        // Kept for layers that show the error as a page.
        response.extensions_mut().insert(self);
        response
    }
}

/// Returns the body of an error response.
pub(crate) fn error_body(error: &ApiError) -> Value {
    let mut meta = error.details.clone();
    if let Some(name) = &error.param_name {
        meta.insert("param_name".to_owned(), json!(name));
    }
    json!({
        "errors": [{
            "code": error.code,
            "message": error.message,
            "long_message": error.message,
            "meta": meta,
        }],
        "clerk_trace_id": random::hex(16),
    })
}
