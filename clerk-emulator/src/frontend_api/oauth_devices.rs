//! Devices that cannot show a sign-in page (RFC 8628): their own requests, and what the SDK's component sends for the user.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::envelope::{Done, perform_signed_in, read_signed_in};
use super::oauth::request_shown;
use super::oauth_tokens::{client, grant_error};
use super::redirect::with_query;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::{Reply, json_response};
use crate::model::device_grant::LIFETIME_SECONDS;
use crate::rules::api_error::ApiError;
use crate::rules::{device_grants, oauth_grants};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/oauth/device_authorization", post(request))
        .route("/v1/me/oauth/device/lookup", post(look_up))
        .route("/v1/me/oauth/device", post(decide))
}

/// Gives a device its codes.
async fn request(State(app): State<Arc<App>>, headers: HeaderMap, Form(form): Form) -> Reply {
    let (client_id, secret) = client(&headers, &form);
    app.write(|tables, now| {
        let grant = oauth_grants::authenticate(tables, &client_id, secret.as_deref())
            .cloned()
            .and_then(|application| {
                let (scope, nonce) = (form.text("scope"), form.text("nonce"));
                device_grants::request(tables, &application, scope, nonce, now)
            });
        let grant = match grant {
            Ok(grant) => grant,
            Err(error) => return Ok(grant_error(error)),
        };
        let page = format!("{}/device", app.instance.url);
        let complete = with_query(&page, &[("user_code", &grant.shown_code())]);
        let body = json!({
            "device_code": grant.device_code,
            "user_code": grant.shown_code(),
            "verification_uri": page,
            "verification_uri_complete": complete,
            "expires_in": LIFETIME_SECONDS,
            "interval": grant.interval_seconds,
        });
        Ok(json_response(StatusCode::OK, &body))
    })
}

fn user_code(form: &Params) -> Result<&str, ApiError> {
    form.text("user_code")
        .ok_or_else(|| ApiError::missing("user_code"))
}

/// Tells the user which application asks for what.
async fn look_up(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    read_signed_in(&app, &visitor, |tables, _, now| {
        let grant = device_grants::find(tables, user_code(&form)?, now)?;
        let application = oauth_grants::application(tables, &grant.client_id)?;
        let mut shown = request_shown(&app, application, &grant.scopes);
        shown["status"] = json!(grant.decision.as_str());
        shown["expires_at"] = json!(grant.expires_at());
        Ok(Done::Raw(StatusCode::OK, shown))
    })
}

/// Takes the user's decision.
async fn decide(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let user_code = user_code(&form)?;
        let approved = form
            .boolean("approved")?
            .ok_or_else(|| ApiError::missing("approved"))?;
        let chosen = form.text("organization_id");
        let now = visit.now;
        let grant = device_grants::decide(tables, user_code, session, approved, chosen, now)?;
        Ok(Done::Raw(
            StatusCode::OK,
            json!({ "object": "oauth_device_verification", "status": grant.decision.as_str() }),
        ))
    })
}
