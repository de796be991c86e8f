//! Signing in to other applications through this instance: an OAuth 2.0 and OpenID Connect provider.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use url::Url;
use url::form_urlencoded::Serializer;

use super::envelope::{Done, read_signed_in};
use super::redirect::redirect;
use super::visitor::{Visitor, signed_out};
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::{Reply, json_response};
use crate::model::credential::Credential;
use crate::model::oauth_application::OAuthApplication;
use crate::pages::layout::{escape, heading, page, person};
use crate::rules::api_error::ApiError;
use crate::rules::oauth_grants::{self, ACCESS_TOKEN_SECONDS, Authorization, GrantError, Granted};
use crate::rules::{accounts, settings};
use crate::store::tables::Tables;
use crate::tokens::signing_key::TokenKind;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/oauth/authorize", get(authorize).post(authorize_form))
        .route("/oauth/token", post(token))
        .route("/oauth/token/revoke", post(revoke))
        .route("/oauth/token_info", post(token_info))
        .route("/oauth/userinfo", get(user_info).post(user_info))
        .route(
            "/v1/me/oauth/consent/{client_id}",
            get(consent_info).post(decide),
        )
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/.well-known/oauth-authorization-server", get(metadata))
}

/// Returns the routes of the page that asks users for their consent.
pub(super) fn page_routes() -> Router<Arc<App>> {
    Router::new().route("/oauth/consent", get(ask))
}

/// What was decided about a request before the user is asked.
struct Asked {
    application: OAuthApplication,
    redirect_uri: String,
    authorization: Result<Authorization, GrantError>,
}

fn client_id(params: &Params) -> Result<&str, ApiError> {
    params
        .text("client_id")
        .ok_or_else(|| ApiError::missing("client_id"))
}

fn asked(tables: &Tables, client_id: &str, params: &Params) -> Result<Asked, ApiError> {
    let application = oauth_grants::application(tables, client_id)?.clone();
    let wanted = params.text("redirect_uri");
    let redirect_uri = oauth_grants::redirect_uri(&application, wanted)?.to_owned();
    let authorization = authorization(&application, &redirect_uri, params);
    Ok(Asked {
        application,
        redirect_uri,
        authorization,
    })
}

fn authorization(
    application: &OAuthApplication,
    redirect_uri: &str,
    params: &Params,
) -> Result<Authorization, GrantError> {
    let refused = |error, description| Err(GrantError { error, description });
    if params.text("response_type") != Some("code") {
        return refused("unsupported_response_type", "response_type must be code");
    }
    let code_challenge = params.text("code_challenge").map(str::to_owned);
    let method = params.text("code_challenge_method");
    if code_challenge.is_some() && method != Some("S256") {
        return refused("invalid_request", "code_challenge_method must be S256");
    }
    if code_challenge.is_none() && (application.pkce_required || application.public) {
        return refused(
            "invalid_request",
            "The application must send a code_challenge",
        );
    }
    Ok(Authorization {
        client_id: application.client_id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        scopes: oauth_grants::scopes(application, params.text("scope"))?,
        nonce: params.text("nonce").map(str::to_owned),
        code_challenge,
    })
}

/// Sends the browser back to the application with a result.
fn back(redirect_uri: &str, params: &Params, answer: &[(&str, &str)]) -> Reply {
    let mut target = Url::parse(redirect_uri)
        .map_err(|_| ApiError::bad_request("redirect_uri_mismatch", "malformed redirect uri"))?;
    target.query_pairs_mut().extend_pairs(answer);
    if let Some(state) = params.text("state") {
        target.query_pairs_mut().append_pair("state", state);
    }
    Ok(redirect(StatusCode::SEE_OTHER, target.as_str(), None))
}

fn back_with_error(redirect_uri: &str, params: &Params, error: GrantError) -> Reply {
    let answer = [
        ("error", error.error),
        ("error_description", error.description),
    ];
    back(redirect_uri, params, &answer)
}

/// Returns the parameters as a query, for the next page.
fn query(params: &Params) -> String {
    let mut query = Serializer::new(String::new());
    for name in [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    ] {
        if let Some(value) = params.text(name) {
            query.append_pair(name, value);
        }
    }
    query.finish()
}

async fn authorize(State(app): State<Arc<App>>, visitor: Visitor, params: Params) -> Reply {
    begin(&app, &visitor, &params)
}

async fn authorize_form(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    begin(&app, &visitor, &form)
}

/// Has the user sign in first, asks for consent if necessary, and sends the browser back with a code.
fn begin(app: &App, visitor: &Visitor, params: &Params) -> Reply {
    let url = &app.instance.url;
    app.write(|tables, now| {
        let asked = asked(tables, client_id(params)?, params)?;
        let authorization = match asked.authorization {
            Ok(authorization) => authorization,
            Err(error) => return back_with_error(&asked.redirect_uri, params, error),
        };
        let client = visitor
            .client(app, tables, now)
            .map(|client| client.id.clone());
        let user = client
            .and_then(|client| visitor.session(tables, &client, now).ok())
            .map(|session| session.user_id.clone());
        let silent = params.text("prompt") == Some("none");
        let refused = |error, description| {
            let error = GrantError { error, description };
            back_with_error(&asked.redirect_uri, params, error)
        };
        let Some(user) = user else {
            if silent {
                return refused("login_required", "Nobody is signed in");
            }
            return Ok(to_sign_in(app, params));
        };
        let scopes = &authorization.scopes;
        let must_ask = params.text("prompt") == Some("consent")
            || oauth_grants::needs_consent(tables, &asked.application, &user, scopes);
        if must_ask && silent {
            return refused("consent_required", "The user has not agreed yet");
        }
        if must_ask {
            let target = format!("{url}/oauth/consent?{}", query(params));
            return Ok(redirect(StatusCode::SEE_OTHER, &target, None));
        }
        let code = oauth_grants::issue_code(tables, authorization, user, now);
        back(&asked.redirect_uri, params, &[("code", &code)])
    })
}

/// Asks the user for consent.
async fn ask(State(app): State<Arc<App>>, visitor: Visitor, params: Params) -> Reply {
    app.read(|tables, now| {
        let asked = asked(tables, client_id(&params)?, &params)?;
        let client = visitor.client(&app, tables, now);
        let session = client.and_then(|client| visitor.session(tables, &client.id, now).ok());
        let Some(user) = session.and_then(|session| tables.users.get(&session.user_id)) else {
            return Ok(to_sign_in(&app, &params));
        };
        let scopes = asked
            .authorization
            .map(|one| one.scopes)
            .unwrap_or_default();
        let scopes: String = scopes
            .iter()
            .map(|scope| format!("<li><span>{}</span></li>", escape(&described(scope))))
            .collect();
        let action = format!(
            "/v1/me/oauth/consent/{}?{}",
            escape(&asked.application.client_id),
            escape(&query(&params))
        );
        let name = &asked.application.name;
        let back = Url::parse(&asked.redirect_uri);
        let back = back
            .map(|url| url.origin().ascii_serialization())
            .unwrap_or_default();
        let headline = format!("{name} wants to access your account");
        let html = format!(
            "{}<div class=\"row\">{}</div><p>If you allow it, {} gets:</p><ul class=\"plain\">{scopes}</ul>\
             <form method=\"post\" action=\"{action}\"><div class=\"row\">\
             <button class=\"primary\" name=\"consented\" value=\"true\">Allow</button>\
             <button name=\"consented\" value=\"false\">Deny</button></div></form>\
             <p class=\"quiet small\">Either way you go back to {}.</p>",
            heading("", &headline, ""),
            person(&user.display_name(), user.identifier()),
            escape(name),
            escape(&back),
        );
        Ok(page(StatusCode::OK, &headline, &html, None))
    })
}

/// Returns a description of what a scope gives the application.
fn described(scope: &str) -> String {
    match scope {
        "openid" => "Your identity".to_owned(),
        "profile" => "Your name, username and picture".to_owned(),
        "email" => "Your email address".to_owned(),
        "phone" => "Your phone number".to_owned(),
        "public_metadata" => "Your public metadata".to_owned(),
        "private_metadata" => "Your private metadata".to_owned(),
        "offline_access" => "Access while you are away".to_owned(),
        other => other.to_owned(),
    }
}

/// Sends the browser to the sign-in page, and from there back to the question.
fn to_sign_in(app: &App, params: &Params) -> Response {
    let here = format!("{}/oauth/authorize?{}", app.instance.url, query(params));
    let target = Serializer::new(format!("{}?", app.instance.sign_in_url()))
        .append_pair("redirect_url", &here)
        .finish();
    redirect(StatusCode::SEE_OTHER, &target, None)
}

async fn consent_info(
    State(app): State<Arc<App>>,
    Path(client_id): Path<String>,
    visitor: Visitor,
    params: Params,
) -> Reply {
    read_signed_in(&app, &visitor, |tables, _, _| {
        let application = oauth_grants::application(tables, &client_id)?;
        let uri = params.text("redirect_uri").filter(|uri| {
            let registered = &application.redirect_uris;
            registered.iter().any(|one| one == uri)
        });
        let scopes = oauth_grants::scopes(application, params.text("scope"))
            .map_err(|error| ApiError::bad_request(error.error, error.description))?;
        let scopes: Vec<Value> = scopes
            .iter()
            .map(|scope| json!({ "scope": scope, "description": null, "requires_consent": true }))
            .collect();
        let host = uri
            .and_then(|uri| Url::parse(uri).ok())
            .and_then(|url| url.host_str().map(str::to_owned));
        let logo = application.logo.as_ref();
        let logo = logo.map(|logo| app.instance.image_url(&application.id, Some(logo)));
        Ok(Done::Raw(
            StatusCode::OK,
            json!({
                "oauth_application_name": application.name,
                "oauth_application_logo_url": logo,
                "oauth_application_url": null,
                "client_id": client_id,
                "redirect_domain": host,
                "scopes": scopes,
            }),
        ))
    })
}

/// Takes the user's decision and sends the browser back to the application. The parameters of the request are in the form, as
/// the SDK's component sends them, or in the query, as the emulator's own page does.
async fn decide(
    State(app): State<Arc<App>>,
    Path(client_id): Path<String>,
    visitor: Visitor,
    params: Params,
    Form(form): Form,
) -> Reply {
    let consented = form
        .text("consented")
        .ok_or_else(|| ApiError::missing("consented"))?
        == "true";
    let params = match form.text("response_type") {
        Some(_) => form,
        None => params,
    };
    app.write(|tables, now| {
        let client = visitor
            .client(&app, tables, now)
            .ok_or_else(signed_out)?
            .id
            .clone();
        let user = visitor.session(tables, &client, now)?.user_id.clone();
        let asked = asked(tables, &client_id, &params)?;
        let authorization = match asked.authorization {
            Ok(authorization) if consented => authorization,
            Ok(_) => {
                let error = GrantError {
                    error: "access_denied",
                    description: "The user did not agree",
                };
                return back_with_error(&asked.redirect_uri, &params, error);
            }
            Err(error) => return back_with_error(&asked.redirect_uri, &params, error),
        };
        oauth_grants::consent(tables, &client_id, &user, &authorization.scopes);
        let code = oauth_grants::issue_code(tables, authorization, user, now);
        back(&asked.redirect_uri, &params, &[("code", &code)])
    })
}

fn grant_error(error: GrantError) -> Response {
    let status = match error.error {
        "invalid_client" | "unsupported_grant_type" => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    let body = json!({ "error": error.error, "error_description": error.description });
    json_response(status, &body)
}

/// Returns the credentials of the caller, from the header or the form.
fn client(headers: &HeaderMap, form: &Params) -> (String, Option<String>) {
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
                _ => Err(GrantError {
                    error: "unsupported_grant_type",
                    description: "grant_type must be authorization_code or refresh_token",
                }),
            });
        match granted {
            Ok(granted) => answer(&app, tables, &client_id, &granted, now),
            Err(error) => Ok(grant_error(error)),
        }
    })
}

fn answer(app: &App, tables: &Tables, client_id: &str, granted: &Granted, now: i64) -> Reply {
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
        "scope": granted.scopes.join(" "),
    });
    if let Some(refresh_token) = &granted.refresh_token {
        body["refresh_token"] = json!(refresh_token);
    }
    if granted.scopes.iter().any(|scope| scope == "openid") {
        let mut claims = Map::new();
        let seconds = now.div_euclid(1000);
        claims.insert("iss".into(), json!(app.instance.oauth_issuer()));
        claims.insert("aud".into(), json!(client_id));
        claims.insert("iat".into(), json!(seconds));
        claims.insert("exp".into(), json!(seconds + ACCESS_TOKEN_SECONDS));
        if let Some(nonce) = &granted.nonce {
            claims.insert("nonce".into(), json!(nonce));
        }
        claims.extend(profile(app, tables, &granted.user_id, &granted.scopes)?);
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
            .map(|one| (&one.subject, &one.scopes, one.created_at));
        let refresh = tables
            .refresh_grants
            .get(token)
            .filter(|one| one.client_id == client_id)
            .map(|one| (&one.user_id, &one.scopes, one.issued_at));
        let body = match access.or(refresh) {
            Some((subject, scopes, issued_at)) => json!({
                "active": true,
                "client_id": client_id,
                "iat": issued_at.div_euclid(1000),
                "scope": scopes.join(" "),
                "sub": subject,
            }),
            None => json!({ "active": false }),
        };
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

const SCOPES: &[&str] = &[
    "openid",
    "profile",
    "email",
    "public_metadata",
    "private_metadata",
    "offline_access",
];
const CLAIMS: &[&str] = &["sub", "iss", "aud", "exp", "iat", "email", "name"];
const CLIENT_AUTHENTICATION: &[&str] = &["client_secret_basic", "client_secret_post", "none"];

/// Describes the provider (RFC 8414).
async fn metadata(State(app): State<Arc<App>>) -> Reply {
    let url = &app.instance.url;
    let registers = app.read(|tables, _| {
        settings::get(tables).map(|set| set.oauth.dynamic_oauth_client_registration)
    })?;
    let mut body = json!({
        "issuer": app.instance.oauth_issuer(),
        "authorization_endpoint": format!("{url}/oauth/authorize"),
        "token_endpoint": format!("{url}/oauth/token"),
        "revocation_endpoint": format!("{url}/oauth/token/revoke"),
        "jwks_uri": format!("{url}/.well-known/jwks.json"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
        "scopes_supported": SCOPES,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": CLAIMS,
        "code_challenge_methods_supported": ["S256"],
    });
    if registers {
        body["registration_endpoint"] = json!(format!("{url}/oauth/register"));
    }
    Ok(json_response(StatusCode::OK, &body))
}

/// Describes the provider (OpenID Connect Discovery).
async fn configuration(State(app): State<Arc<App>>) -> Reply {
    let url = &app.instance.url;
    let body = json!({
        "issuer": app.instance.oauth_issuer(),
        "authorization_endpoint": format!("{url}/oauth/authorize"),
        "token_endpoint": format!("{url}/oauth/token"),
        "revocation_endpoint": format!("{url}/oauth/token/revoke"),
        "introspection_endpoint": format!("{url}/oauth/token_info"),
        "userinfo_endpoint": format!("{url}/oauth/userinfo"),
        "jwks_uri": format!("{url}/.well-known/jwks.json"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
        "claims_supported": CLAIMS,
        "code_challenge_methods_supported": ["S256"],
        "backchannel_logout_supported": false,
        "frontchannel_logout_supported": false,
    });
    Ok(json_response(StatusCode::OK, &body))
}
