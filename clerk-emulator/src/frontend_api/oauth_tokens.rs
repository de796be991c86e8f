//! The tokens that other applications get, and what they learn with them.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::{Reply, json_response};
use crate::model::credential::Credential;
use crate::rules::api_error::ApiError;
use crate::rules::oauth_grants::{self, ACCESS_TOKEN_SECONDS, GrantError, Granted};
use crate::rules::{accounts, device_grants, settings};
use crate::store::tables::Tables;
use crate::tokens::signing_key::TokenKind;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/oauth/token", post(token))
        .route("/oauth/token/revoke", post(revoke))
        .route("/oauth/token_info", post(token_info))
        .route("/oauth/userinfo", get(user_info).post(user_info))
}

/// Responds with an error in the terms of RFC 6749.
pub(super) fn grant_error(error: GrantError) -> Response {
    let status = match error.error {
        "invalid_client" | "unsupported_grant_type" => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    let body = json!({ "error": error.error, "error_description": error.description });
    json_response(status, &body)
}

/// Returns the credentials of the caller, from the header or the form.
pub(super) fn client(headers: &HeaderMap, form: &Params) -> (String, Option<String>) {
    let basic = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .and_then(|decoded| String::from_utf8(decoded).ok());
    let basic = basic.as_deref().and_then(|pair| pair.split_once(':'));
    match basic {
        Some((id, secret)) => (id.to_owned(), Some(secret.to_owned())),
        None => (
            form.text("client_id").unwrap_or_default().to_owned(),
            form.text("client_secret").map(str::to_owned),
        ),
    }
}

async fn token(State(app): State<Arc<App>>, headers: HeaderMap, Form(form): Form) -> Reply {
    let (client_id, secret) = client(&headers, &form);
    app.write(|tables, now| {
        let granted = oauth_grants::authenticate(tables, &client_id, secret.as_deref())
            .map(|_| ())
            .and_then(|()| match form.text("grant_type") {
                Some("authorization_code") => oauth_grants::exchange_code(
                    tables,
                    &client_id,
                    form.text("code").unwrap_or_default(),
                    form.text("redirect_uri"),
                    form.text("code_verifier"),
                    now,
                ),
                Some("refresh_token") => {
                    let token = form.text("refresh_token").unwrap_or_default();
                    oauth_grants::refresh(tables, &client_id, token, form.text("scope"), now)
                }
                Some(device_grants::GRANT_TYPE) => {
                    let code = form.text("device_code").unwrap_or_default();
                    device_grants::exchange(tables, &client_id, code, now)
                }
                _ => Err(GrantError {
                    error: "unsupported_grant_type",
                    description: "grant_type must be authorization_code, refresh_token or \
                         urn:ietf:params:oauth:grant-type:device_code",
                }),
            });
        match granted {
            Ok(granted) => answer(&app, tables, &granted, now),
            Err(error) => Ok(grant_error(error)),
        }
    })
}

fn answer(app: &App, tables: &Tables, granted: &Granted, now: i64) -> Reply {
    let grantee = &granted.grantee;
    let as_jwt = settings::get(tables)?.oauth.oauth_jwt_access_tokens;
    let access_token = if as_jwt {
        app.sign_credential(&granted.token, ACCESS_TOKEN_SECONDS)?
    } else {
        granted.token.secret.0.clone()
    };
    let mut body = json!({
        "access_token": access_token,
        "token_type": "bearer",
        "expires_in": ACCESS_TOKEN_SECONDS,
        "scope": grantee.scopes.join(" "),
    });
    if let Some(refresh_token) = &granted.refresh_token {
        body["refresh_token"] = json!(refresh_token);
    }
    if grantee.scopes.iter().any(|scope| scope == "openid") {
        let mut claims = Map::new();
        let seconds = now.div_euclid(1000);
        claims.insert("iss".into(), json!(app.instance.oauth_issuer()));
        claims.insert("aud".into(), json!(grantee.client_id));
        claims.insert("iat".into(), json!(seconds));
        claims.insert("exp".into(), json!(seconds + ACCESS_TOKEN_SECONDS));
        if let Some(nonce) = &granted.nonce {
            claims.insert("nonce".into(), json!(nonce));
        }
        if let Some(id) = &grantee.organization_id {
            claims.insert("org_id".into(), json!(id));
        }
        claims.extend(profile(app, tables, &grantee.user_id, &grantee.scopes)?);
        body["id_token"] = json!(app.sign(TokenKind::Uncategorized, &claims)?);
    }
    Ok(json_response(StatusCode::OK, &body))
}

/// Returns what the scopes let an application know about a user.
fn profile(
    app: &App,
    tables: &Tables,
    user_id: &str,
    scopes: &[String],
) -> Result<Map<String, Value>, ApiError> {
    let user = accounts::find(tables, user_id)?;
    let has = |scope: &str| scopes.iter().any(|one| one == scope);
    let mut claims = Map::new();
    claims.insert("sub".into(), json!(user.id));
    if has("email") {
        claims.insert("email".into(), json!(user.primary_email()));
        let proven = user.email_addresses.iter().any(|email| {
            email.proof.is_given() && Some(&email.id) == user.primary_email_address_id.as_ref()
        });
        claims.insert("email_verified".into(), json!(proven));
    }
    if has("profile") {
        claims.insert("name".into(), json!(user.display_name()));
        claims.insert("given_name".into(), json!(user.first_name));
        claims.insert("family_name".into(), json!(user.last_name));
        claims.insert("username".into(), json!(user.username));
        claims.insert("preferred_username".into(), json!(user.username));
        let picture = app.instance.image_url(&user.id, user.image.as_ref());
        claims.insert("picture".into(), json!(picture));
    }
    if has("public_metadata") {
        claims.insert("public_metadata".into(), json!(user.public_metadata));
        claims.insert("unsafe_metadata".into(), json!(user.unsafe_metadata));
    }
    if has("private_metadata") {
        claims.insert("private_metadata".into(), json!(user.private_metadata));
    }
    Ok(claims)
}

/// Returns the access token of a request, which is opaque or a JWT.
fn bearer<'t>(app: &App, tables: &'t Tables, token: &str, now: i64) -> Option<&'t Credential> {
    let id = app
        .key()
        .read(token)
        .and_then(|claims| claims.get("jti")?.as_str().map(str::to_owned));
    tables.credentials.find(|one| {
        one.kind.is_oauth_token()
            && one.is_valid(now)
            && (one.secret.0 == token || Some(&one.id) == id.as_ref())
    })
}

async fn user_info(State(app): State<Arc<App>>, headers: HeaderMap) -> Reply {
    app.read(|tables, now| {
        let token = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .and_then(|token| bearer(&app, tables, token, now))
            .ok_or_else(|| {
                ApiError::unauthorized(
                    "oauth_fetch_user_error",
                    "Unable to fetch user info. Check if access token is present and valid.",
                )
            })?;
        let mut info = profile(&app, tables, &token.subject, &token.scopes)?;
        info.insert("object".into(), json!("oauth_user_info"));
        info.insert("instance_id".into(), json!(crate::instance::INSTANCE_ID));
        info.insert("user_id".into(), json!(token.subject));
        let organization = token.kind.organization_id();
        if let Some(one) = oauth_grants::organization_of(tables, &token.subject, organization) {
            info.insert("org_id".into(), json!(one.id));
            info.insert("org_name".into(), json!(one.name));
            info.insert("org_slug".into(), json!(one.slug));
        }
        Ok(json_response(StatusCode::OK, &Value::Object(info)))
    })
}

/// Tells an application whether its token is valid (RFC 7662).
async fn token_info(State(app): State<Arc<App>>, headers: HeaderMap, Form(form): Form) -> Reply {
    let (client_id, secret) = client(&headers, &form);
    app.read(|tables, now| {
        if let Err(error) = oauth_grants::authenticate(tables, &client_id, secret.as_deref()) {
            return Ok(grant_error(error));
        }
        let token = form.text("token").unwrap_or_default();
        let access = bearer(&app, tables, token, now)
            .filter(|one| one.kind.is_oauth_token_of(&client_id))
            .map(|one| {
                let organization = one.kind.organization_id();
                (&one.subject, &one.scopes, organization, one.created_at)
            });
        let refresh = tables
            .refresh_grants
            .get(token)
            .filter(|one| one.client_id == client_id)
            .map(|one| {
                let organization = one.organization_id.as_deref();
                (&one.user_id, &one.scopes, organization, one.issued_at)
            });
        let wanted = form.text("scope").unwrap_or_default();
        let has = |scopes: &[String]| {
            let mut wanted = wanted.split_whitespace();
            wanted.all(|scope| scopes.iter().any(|one| one == scope))
        };
        let found = access.or(refresh).filter(|(_, scopes, ..)| has(scopes));
        let Some((subject, scopes, organization, issued_at)) = found else {
            return Ok(json_response(StatusCode::OK, &json!({ "active": false })));
        };
        let mut body = json!({
            "active": true,
            "client_id": client_id,
            "iat": issued_at.div_euclid(1000),
            "scope": scopes.join(" "),
            "sub": subject,
        });
        if let Some(one) = oauth_grants::organization_of(tables, subject, organization) {
            body["org_id"] = json!(one.id);
        }
        Ok(json_response(StatusCode::OK, &body))
    })
}

async fn revoke(State(app): State<Arc<App>>, headers: HeaderMap, Form(form): Form) -> Reply {
    let (client_id, secret) = client(&headers, &form);
    app.write(|tables, now| {
        if let Err(error) = oauth_grants::authenticate(tables, &client_id, secret.as_deref()) {
            return Ok(grant_error(error));
        }
        let token = form.text("token").unwrap_or_default();
        let access = bearer(&app, tables, token, now).map(|one| one.id.clone());
        oauth_grants::revoke(tables, &client_id, token, access.as_deref(), now);
        Ok(StatusCode::OK.into_response())
    })
}
