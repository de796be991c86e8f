use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::StatusCode;
use serde_json::{Value, json};

use super::answer;
use super::shapes::Shapes;
use crate::app::App;
use crate::http::body::Body;
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::model::credential::Credential;
use crate::rules::api_error::ApiError;
use crate::rules::credentials::{self, Caller, NewM2mToken, TokenFormat};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/m2m_tokens", get(list).post(create))
        .route("/m2m_tokens/verify", post(verify))
        .route("/m2m_tokens/{m2m_token_id}/revoke", post(revoke))
}

async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Reply {
    let body = body.only(&[
        "token_format",
        "seconds_until_expiration",
        "claims",
        "min_remaining_ttl_seconds",
    ])?;
    let format = match body.one_of("token_format", &["opaque", "jwt"])?.as_deref() {
        Some("jwt") => TokenFormat::Jwt,
        _ => TokenFormat::Opaque,
    };
    let new = NewM2mToken {
        format,
        claims: body.value("claims").cloned().unwrap_or_default(),
        seconds_until_expiration: body.integer("seconds_until_expiration")?,
        min_remaining_ttl_seconds: body.integer("min_remaining_ttl_seconds")?,
    };
    app.write(|tables, now| {
        let token = credentials::create_m2m_token(tables, &caller, new, now)?;
        let text = match format {
            TokenFormat::Opaque => token.secret.0.clone(),
            TokenFormat::Jwt => {
                let end = token.expiration.unwrap_or(now);
                app.sign_credential(&token, (end - now) / 1000)?
            }
        };
        let mut answer = Shapes::new(tables, &app.instance, now).credential(&token);
        answer["token"] = Value::String(text);
        Ok(reply::json_response(StatusCode::CREATED, &answer))
    })
}

async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    params: Params,
) -> Reply {
    let page = params.credential_page()?;
    let subject = params
        .text("subject")
        .ok_or_else(|| ApiError::missing("subject"))?;
    credentials::check_subject_form(subject)?;
    let revoked = params.boolean("revoked")?.unwrap_or(false);
    let expired = params.boolean("expired")?.unwrap_or(false);
    app.read(|tables, now| {
        let shapes = Shapes::new(tables, &app.instance, now);
        let rows = credentials::list_m2m_tokens(tables, &caller, subject, revoked, expired, now)?;
        let piece: Vec<Value> = page
            .of(&rows)
            .iter()
            .map(|token| shapes.credential(token))
            .collect();
        Ok(reply::ok(
            &json!({ "m2m_tokens": piece, "total_count": rows.len() }),
        ))
    })
}

async fn revoke(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    let reason = body
        .only(&["revocation_reason"])?
        .text("revocation_reason")?;
    answer::changed(
        &app,
        |tables, now| credentials::revoke_m2m_token(tables, &caller, &id, reason, now),
        |show, token| show.credential(token),
    )
}

/// Responds only with valid tokens; for a machine, only with those that may call it.
async fn verify(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Reply {
    let token = body.only(&["token"])?.required("token")?;
    let accepts = |row: &Credential| {
        row.kind.is_m2m_token()
            && match &caller {
                Caller::Instance => true,
                Caller::Machine(id) => row.scopes.contains(id),
            }
    };
    answer::changed(
        &app,
        |tables, now| credentials::verify(tables, &token, "Machine token", accepts, now),
        |show, token| show.credential(token),
    )
}
