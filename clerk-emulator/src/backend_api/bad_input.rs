//! The status of refused input. Most operations answer 422; for these, the OpenAPI document declares 400 instead, and
//! clients that are generated from it cannot read any other.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode};

use crate::rules::api_error::ApiError;

/// The operations with a body or a query for which the document declares 400 and not 422.
const ANSWER_400: &[(Method, &str)] = &[
    (Method::POST, "/clients/verify"),
    (Method::PATCH, "/email_addresses/{email_address_id}"),
    (
        Method::POST,
        "/email_addresses/{email_address_id}/attempt_verification",
    ),
    (Method::PATCH, "/phone_numbers/{phone_number_id}"),
    (
        Method::POST,
        "/phone_numbers/{phone_number_id}/attempt_verification",
    ),
    (Method::POST, "/sessions/{session_id}/refresh"),
    (
        Method::POST,
        "/templates/{template_type}/{slug}/toggle_delivery",
    ),
    (Method::POST, "/users/ban"),
    (Method::POST, "/users/unban"),
    (Method::POST, "/users/{user_id}/profile_image"),
    (Method::GET, "/users/{user_id}/organization_invitations"),
    (Method::POST, "/users/{user_id}/remove_password"),
    (Method::PUT, "/organizations/{organization_id}/logo"),
    (
        Method::GET,
        "/organizations/{organization_id}/invitations/pending",
    ),
    (
        Method::POST,
        "/organizations/{organization_id}/invitations/{invitation_id}/revoke",
    ),
    (
        Method::PUT,
        "/oauth_applications/{oauth_application_id}/logo",
    ),
    (Method::POST, "/admin_portal_link_tokens"),
    (Method::POST, "/admin_portal_link_tokens/{id}/revoke"),
];

/// Answers 400 to input that is refused, where the document says so.
pub(super) async fn with_declared_status(
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    // The routes are nested below `/v1`, for the admin interface below `/_emulator/v1`.
    let path = path.as_str();
    let path = path.split_once("/v1").map_or(path, |(_, rest)| rest);
    let answers_400 = ANSWER_400
        .iter()
        .any(|(method, template)| request.method() == method && path == *template);
    let response = next.run(request).await;
    match refused_input(&response) {
        Some(error) if answers_400 => ApiError {
            status: StatusCode::BAD_REQUEST,
            ..error.clone()
        }
        .into_response(),
        _ => response,
    }
}

/// Answers 400 with the code `bad_request` to input that is refused, as all operations on credentials of machines do.
pub(super) async fn as_bad_request(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    match refused_input(&response) {
        Some(error) => ApiError {
            status: StatusCode::BAD_REQUEST,
            code: "bad_request",
            ..error.clone()
        }
        .into_response(),
        None => response,
    }
}

fn refused_input(response: &Response) -> Option<&ApiError> {
    let error = response.extensions().get::<ApiError>()?;
    (error.status == StatusCode::UNPROCESSABLE_ENTITY).then_some(error)
}
