//! The status of refused input. Most operations answer 422, and 400 to a body that is not JSON. Where the OpenAPI
//! document declares only one of the two, the other becomes it: clients that are generated from the document cannot
//! read a status that is not declared.

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

/// The operations with a body for which the document declares 422 and not 400.
const ANSWER_422: &[(Method, &str)] = &[
    (Method::PATCH, "/beta_features/instance_settings"),
    (Method::PATCH, "/instance"),
    (Method::PATCH, "/instance/communication"),
    (Method::PATCH, "/instance/oauth_application_settings"),
    (Method::PATCH, "/instance/protect"),
    (Method::PATCH, "/instance/restrictions"),
    (
        Method::PATCH,
        "/organizations/{organization_id}/memberships/{user_id}",
    ),
    (Method::POST, "/sign_in_tokens"),
    (Method::POST, "/enterprise_connections"),
    (Method::POST, "/saml_connections"),
    (Method::PATCH, "/saml_connections/{saml_connection_id}"),
];

/// Answers to input that is refused with the status that the document declares.
pub(super) async fn with_declared_status(
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    // The routes are nested below `/v1`, for the admin interface below `/_emulator/v1`.
    let path = path.as_str();
    let path = path.split_once("/v1").map_or(path, |(_, rest)| rest);
    let statuses = if is_listed(ANSWER_400, request.method(), path) {
        Some((StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_REQUEST))
    } else if is_listed(ANSWER_422, request.method(), path) {
        Some((StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY))
    } else {
        None
    };
    let response = next.run(request).await;
    let Some((undeclared, declared)) = statuses else {
        return response;
    };
    match refused_with(&response, undeclared) {
        Some(error) => ApiError {
            status: declared,
            ..error.clone()
        }
        .into_response(),
        None => response,
    }
}

fn is_listed(operations: &[(Method, &str)], method: &Method, path: &str) -> bool {
    operations
        .iter()
        .any(|(listed, template)| listed == method && *template == path)
}

/// Answers 400 with the code `bad_request` to input that is refused, as all operations on credentials of machines do.
pub(super) async fn as_bad_request(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    match refused_with(&response, StatusCode::UNPROCESSABLE_ENTITY) {
        Some(error) => ApiError {
            status: StatusCode::BAD_REQUEST,
            code: "bad_request",
            ..error.clone()
        }
        .into_response(),
        None => response,
    }
}

fn refused_with(response: &Response, status: StatusCode) -> Option<&ApiError> {
    let error = response.extensions().get::<ApiError>()?;
    (error.status == status).then_some(error)
}
