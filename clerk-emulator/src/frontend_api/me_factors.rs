//! Second factors and passkeys of users.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::envelope::{Done, deleted, perform_signed_in, perform_verified, read_signed_in};
use super::sign_ins::required;
use super::view::View;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::body::Form;
use crate::http::reply::Reply;
use crate::model::user::User;
use crate::rules::api_error::ApiError;
use crate::rules::{accounts, inbox, passkeys, profile, settings};
use crate::secret::Secret;
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/me/totp", post(start_totp).delete(remove_totp))
        .route("/v1/me/totp/attempt_verification", post(finish_totp))
        .route("/v1/me/backup_codes", post(make_backup_codes))
        .route("/v1/me/passkeys", post(register))
        .route(
            "/v1/me/passkeys/{passkey_id}",
            get(one).patch(rename).delete(remove),
        )
        .route(
            "/v1/me/passkeys/{passkey_id}/attempt_verification",
            post(finish_registration),
        )
}

pub(super) fn texts(codes: &[Secret]) -> Vec<&str> {
    codes.iter().map(|code| code.0.as_str()).collect()
}

/// Renders a user's authenticator application. Its secret is included only until it is verified.
fn totp(tables: &Tables, user: &User, codes: Option<&[Secret]>) -> Value {
    let pending = user
        .pending_totp_secret
        .as_ref()
        .map(|secret| secret.0.as_str());
    let issuer = settings::get(tables)
        .map(|settings| settings.authentication.application_name.clone())
        .unwrap_or_default();
    let uri = pending.and_then(|secret| {
        let mut uri = url::Url::parse("otpauth://totp").ok()?;
        uri.set_path(&format!("{issuer}:{}", user.identifier()));
        uri.query_pairs_mut()
            .append_pair("secret", secret)
            .append_pair("issuer", &issuer)
            .append_pair("algorithm", "SHA1")
            .append_pair("digits", "6")
            .append_pair("period", "30");
        Some(uri.to_string())
    });
    json!({
        "object": "totp",
        "id": user.id.replacen("user_", "totp_", 1),
        "secret": pending,
        "uri": uri,
        "verified": user.totp_secret.is_some(),
        "backup_codes": codes.map(texts),
        "created_at": user.mfa_enabled_at.unwrap_or(user.updated_at),
        "updated_at": user.updated_at,
    })
}

async fn start_totp(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    perform_verified(&app, &visitor, |tables, visit, session| {
        profile::start_totp(tables, &session.user_id, visit.now)?;
        let user = accounts::find(tables, &session.user_id)?;
        Ok(Done::Wrapped(totp(tables, user, None)))
    })
}

async fn finish_totp(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let code = required(&form, "code")?;
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let codes = profile::finish_totp(tables, &session.user_id, code, visit.now)?;
        let user = accounts::find(tables, &session.user_id)?;
        Ok(Done::Wrapped(totp(tables, user, codes.as_deref())))
    })
}

async fn remove_totp(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    perform_verified(&app, &visitor, |tables, visit, session| {
        profile::remove_totp(tables, &session.user_id, visit.now)?;
        Ok(deleted(
            "totp",
            &session.user_id.replacen("user_", "totp_", 1),
        ))
    })
}

async fn make_backup_codes(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    perform_verified(&app, &visitor, |tables, visit, session| {
        let codes = profile::make_backup_codes(tables, &session.user_id, visit.now)?;
        Ok(Done::Wrapped(json!({
            "object": "backup_code",
            "id": session.user_id.replacen("user_", "bkpc_", 1),
            "codes": texts(&codes),
            "created_at": visit.now,
            "updated_at": visit.now,
        })))
    })
}

fn passkey(
    app: &App,
    tables: &Tables,
    user_id: &str,
    id: &str,
    now: i64,
) -> Result<Done, ApiError> {
    let passkey = passkeys::find(tables, user_id, id)?;
    let user = accounts::find(tables, user_id)?;
    Ok(Done::Wrapped(
        View::new(app, tables, now).passkey(user, passkey),
    ))
}

async fn register(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    perform_verified(&app, &visitor, |tables, visit, session| {
        let id = passkeys::register(tables, &session.user_id, visit)?;
        passkey(&app, tables, &session.user_id, &id, visit.now)
    })
}

async fn finish_registration(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let credential = required(&form, "public_key_credential")?;
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let user = &session.user_id;
        passkeys::finish_registration(tables, user, &id, credential, visit)?;
        let told = "A passkey was added to your account.";
        inbox::tell_user(tables, user, "passkey_added", told, visit.now);
        passkey(&app, tables, user, &id, visit.now)
    })
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        passkey(&app, tables, &session.user_id, &id, now)
    })
}

async fn rename(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let name = required(&form, "name")?.to_owned();
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        passkeys::rename(tables, &session.user_id, &id, name, visit.now)?;
        passkey(&app, tables, &session.user_id, &id, visit.now)
    })
}

async fn remove(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Reply {
    perform_verified(&app, &visitor, |tables, visit, session| {
        passkeys::remove(tables, &session.user_id, &id, visit.now)?;
        Ok(deleted("passkey", &id))
    })
}
