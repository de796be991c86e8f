use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::json;

use super::answer;
use super::shapes::Shapes;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::rules::accounts;
use crate::rules::api_error::ApiError;
use crate::rules::jwt_templates;
use crate::rules::sessions::{self, SessionFilter};
use crate::session_cookies;
use crate::session_token;
use crate::tokens::session_claims::SESSION_TOKEN_SECONDS;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/sessions", get(list).post(create))
        .route("/sessions/{session_id}", get(one))
        .route("/sessions/{session_id}/revoke", post(revoke))
        .route("/sessions/{session_id}/refresh", post(refresh))
        .route("/sessions/{session_id}/verify", post(verify))
        .route("/sessions/{session_id}/tokens", post(token))
        .route(
            "/sessions/{session_id}/tokens/{template_name}",
            post(template_token),
        )
}

/// The statuses that a list can be filtered by.
const STATUSES: &[&str] = &[
    "abandoned",
    "active",
    "ended",
    "expired",
    "pending",
    "removed",
    "replaced",
    "revoked",
];

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    let filter = SessionFilter {
        client_id: params.text("client_id"),
        user_id: params.text("user_id"),
        status: params.one_of("status", STATUSES)?,
    };
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::asked_for(params.flag("paginated")?),
        |tables, now| Ok(sessions::list(tables, &filter, now)),
        |show, session| show.session(session),
    )
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| sessions::find(tables, &id),
        |show, session| show.session(session),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&["user_id", "active_organization_id"])?;
    let user_id = body.required("user_id")?;
    let organization = body.text("active_organization_id")?;
    answer::changed(
        &app,
        |tables, now| {
            accounts::check_not_banned(accounts::find(tables, &user_id)?)?;
            let id = sessions::create(tables, &user_id, organization.as_deref(), now)?;
            sessions::find(tables, &id)
        },
        |show, session| show.session(session),
    )
}

async fn revoke(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| sessions::revoke(tables, &id, now),
        |show, session| show.session(session),
    )
}

fn lifetime(body: &Body) -> Result<Option<i64>, ApiError> {
    match body.integer("expires_in_seconds")? {
        Some(seconds) if !(30..=315_360_000).contains(&seconds) => Err(ApiError::value(
            "expires_in_seconds",
            "must be between 30 and 315360000",
        )),
        seconds => Ok(seconds),
    }
}

async fn token(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let lifetime = lifetime(&body.only(&["expires_in_seconds"])?)?.unwrap_or(SESSION_TOKEN_SECONDS);
    app.read(|tables, now| {
        let session = sessions::find_alive(tables, &id, now)?;
        let jwt = app.sign_session_token(tables, session, now, lifetime)?;
        Ok(reply::ok(
            &Shapes::new(tables, &app.instance, now).token(&jwt),
        ))
    })
}

async fn template_token(
    State(app): State<Arc<App>>,
    Path((id, template)): Path<(String, String)>,
    body: Body,
) -> Reply {
    let lifetime = lifetime(&body.only(&["expires_in_seconds"])?)?;
    app.read(|tables, now| {
        let session = sessions::find_alive(tables, &id, now)?;
        let template = jwt_templates::by_name(tables, &template)?;
        let jwt = app.sign_template_token(tables, session, template, now, lifetime)?;
        Ok(reply::ok(
            &Shapes::new(tables, &app.instance, now).token(&jwt),
        ))
    })
}

/// Responds with a session if its token is valid. The document lacks this operation, but one of the official clients
/// has it.
async fn verify(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let token = body.only(&["token"])?.required("token")?;
    app.read(|tables, now| {
        sessions::find(tables, &id)?;
        let session = session_token::read(&app, tables, &token, now)
            .filter(|session| session.id == id)
            .ok_or_else(|| {
                ApiError::unauthorized(
                    "authentication_invalid",
                    "The token is not a valid token of this session",
                )
            })?;
        Ok(reply::ok(
            &Shapes::new(tables, &app.instance, now).session(session),
        ))
    })
}

/// Responds with a new session token in exchange for an expired one and the refresh cookie.
async fn refresh(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&[
        "expired_token",
        "refresh_token",
        "request_origin",
        "request_headers",
        "format",
        "request_originating_ip",
    ])?;
    let expired = body.required("expired_token")?;
    let claims = app.key().read(&expired).ok_or_else(|| {
        ApiError::unauthorized(
            "expired_session_token_invalid",
            "The session token provided could not be successfully verified",
        )
    })?;
    if claims.get("sid") != Some(&json!(id)) {
        return Err(ApiError::unauthorized(
            "refresh_sid_mismatch",
            "The expired token is not a token of this session",
        ));
    }
    let origin = body.required("request_origin")?;
    let refresh_token = body.required("refresh_token")?;
    let format = body.one_of("format", &["token", "cookie"])?;
    app.write(|tables, now| {
        sessions::refresh(tables, &id, &refresh_token, origin, now)?;
        let session = sessions::find(tables, &id)?;
        if format.as_deref() == Some("cookie") {
            let client = tables.clients.get(&session.client_id);
            let directives = session_cookies::signed_in(&app, tables, session, client, now)?;
            return Ok(reply::ok(
                &json!({ "object": "cookies", "cookies": directives }),
            ));
        }
        let jwt = app.sign_session_token(tables, session, now, SESSION_TOKEN_SECONDS)?;
        Ok(reply::ok(
            &Shapes::new(tables, &app.instance, now).token(&jwt),
        ))
    })
}
