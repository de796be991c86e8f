//! Signing in to other applications through this instance: an OAuth 2.0 and OpenID Connect provider.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::{Value, json};
use url::Url;

use super::envelope::{Done, read_signed_in};
use super::redirect::{redirect, with_query};
use super::visitor::{Visitor, signed_out};
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::instance::origin_of;
use crate::model::oauth_application::OAuthApplication;
use crate::model::session::SessionStatus;
use crate::pages::consent::Question;
use crate::pages::layout::posting;
use crate::rules::api_error::ApiError;
use crate::rules::oauth_grants::{self, Authorization, GrantError};
use crate::rules::sessions;
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/oauth/authorize", get(authorize).post(authorize_form))
        .route(
            "/v1/me/oauth/consent/{client_id}",
            get(consent_info).post(decide),
        )
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
    let authorization = authorization(tables, &application, &redirect_uri, params);
    Ok(Asked {
        application,
        redirect_uri,
        authorization,
    })
}

/// The fewest characters of a state that cannot be guessed.
const SHORTEST_STATE: usize = 8;

fn authorization(
    tables: &Tables,
    application: &OAuthApplication,
    redirect_uri: &str,
    params: &Params,
) -> Result<Authorization, GrantError> {
    let refused = |error, description| Err(GrantError { error, description });
    if params.text("response_type") != Some("code") {
        return refused("unsupported_response_type", "response_type must be code");
    }
    if !matches!(
        params.text("response_mode"),
        None | Some("query" | FORM_POST)
    ) {
        return refused(
            "invalid_request",
            "response_mode must be query or form_post",
        );
    }
    let has_state = match params.text("state") {
        Some(state) => state.chars().count() >= SHORTEST_STATE,
        None => params.text("code_challenge").is_some(),
    };
    if !has_state {
        tracing::warn!(
            client_id = application.client_id,
            "an OAuth request without a state of at least 8 characters: Clerk refuses it unless it has no state but a \
             code_challenge"
        );
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
        scopes: oauth_grants::scopes(tables, application, params.text("scope"))?,
        nonce: params.text("nonce").map(str::to_owned),
        code_challenge,
    })
}

/// The response mode that answers with a form, which the browser posts to the application.
const FORM_POST: &str = "form_post";

/// Sends the browser back to the application with a result.
fn back(redirect_uri: &str, params: &Params, answer: &[(&str, &str)]) -> Reply {
    let state = params.text("state").map(|state| ("state", state));
    let answer: Vec<(&str, &str)> = answer.iter().copied().chain(state).collect();
    if params.text("response_mode") == Some(FORM_POST) {
        return Ok(posting("Signing in", redirect_uri, &answer));
    }
    let mut target = Url::parse(redirect_uri)
        .map_err(|_| ApiError::bad_request("redirect_uri_mismatch", "malformed redirect uri"))?;
    target.query_pairs_mut().extend_pairs(answer);
    Ok(redirect(StatusCode::SEE_OTHER, target.as_str(), None))
}

fn back_with_error(redirect_uri: &str, params: &Params, error: GrantError) -> Reply {
    let answer = [
        ("error", error.error),
        ("error_description", error.description),
    ];
    back(redirect_uri, params, &answer)
}

/// What the application wants the user to be asked.
#[derive(Clone, Copy, Default)]
struct Prompt {
    /// The user must not see any page.
    none: bool,
    login: bool,
    consent: bool,
}

impl Prompt {
    fn read(params: &Params) -> Result<Self, GrantError> {
        let refused = |description| {
            Err(GrantError {
                error: "invalid_request",
                description,
            })
        };
        let names: Vec<&str> = params
            .text("prompt")
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        if names
            .iter()
            .any(|name| !["none", "login", "consent"].contains(name))
        {
            return refused("prompt must be none, login or consent");
        }
        if names.contains(&"none") && names.len() > 1 {
            return refused("prompt must not have none along with others");
        }
        Ok(Self {
            none: names.contains(&"none"),
            login: names.contains(&"login"),
            consent: names.contains(&"consent"),
        })
    }
}

/// Returns the parameters that the next page needs.
fn kept(params: &Params) -> Vec<(&'static str, &str)> {
    [
        "response_type",
        "response_mode",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    ]
    .into_iter()
    .filter_map(|name| params.text(name).map(|value| (name, value)))
    .collect()
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
        let refused = |error| back_with_error(&asked.redirect_uri, params, error);
        let prompt = match Prompt::read(params) {
            Ok(prompt) => prompt,
            Err(error) => return refused(error),
        };
        let client = visitor
            .client(app, tables, now)
            .map(|client| client.id.clone());
        let mut session = client
            .and_then(|client| visitor.session(tables, &client, now).ok())
            .filter(|session| sessions::check_complete(session).is_ok())
            .cloned();
        if prompt.login
            && let Some(session) = session.take()
        {
            // Sign-in pages send those back who are signed in already.
            sessions::end(tables, &session.id, SessionStatus::Removed, now);
        }
        let Some(session) = session else {
            if prompt.none {
                return refused(GrantError {
                    error: "login_required",
                    description: "Nobody is signed in",
                });
            }
            return Ok(to_sign_in(app, params, prompt));
        };
        let scopes = &authorization.scopes;
        let must_ask = prompt.consent
            || oauth_grants::needs_consent(tables, &asked.application, &session.user_id, scopes);
        if must_ask && prompt.none {
            return refused(GrantError {
                error: "consent_required",
                description: "The user has not agreed yet",
            });
        }
        if must_ask {
            let target = with_query(&format!("{url}/oauth/consent"), &kept(params));
            return Ok(redirect(StatusCode::SEE_OTHER, &target, None));
        }
        let organization = oauth_grants::organization(tables, &session, scopes, None)?;
        let user = session.user_id;
        let code = oauth_grants::issue_code(tables, authorization, user, organization, now);
        back(&asked.redirect_uri, params, &[("code", &code)])
    })
}

/// Asks the user for consent.
async fn ask(State(app): State<Arc<App>>, visitor: Visitor, params: Params) -> Reply {
    app.read(|tables, now| {
        let asked = asked(tables, client_id(&params)?, &params)?;
        let client = visitor.client(&app, tables, now);
        let session = client
            .and_then(|client| visitor.session(tables, &client.id, now).ok())
            .filter(|session| sessions::check_complete(session).is_ok());
        let Some(session) = session else {
            return Ok(to_sign_in(&app, &params, Prompt::default()));
        };
        let scopes = asked
            .authorization
            .map(|one| one.scopes)
            .unwrap_or_default();
        let back = Url::parse(&asked.redirect_uri);
        let back = back.ok().and_then(|url| origin_of(&url));
        let back = back.unwrap_or_else(|| asked.redirect_uri.clone());
        let action = format!("/v1/me/oauth/consent/{}", asked.application.client_id);
        let question = Question {
            application: &asked.application.name,
            scopes: &scopes,
            action: &with_query(&action, &kept(&params)),
            hidden: &[],
            decision: "consented",
            notice: &format!("Either way you go back to {back}."),
        };
        question.page(tables, session)
    })
}

/// Sends the browser to the sign-in page, and from there back to the question.
fn to_sign_in(app: &App, params: &Params, prompt: Prompt) -> Response {
    let mut kept = kept(params);
    kept.extend(prompt.consent.then_some(("prompt", "consent")));
    let here = with_query(&format!("{}/oauth/authorize", app.instance.url), &kept);
    let target = with_query(&app.instance.sign_in_url(), &[("redirect_url", &here)]);
    redirect(StatusCode::SEE_OTHER, &target, None)
}

/// Returns what the SDK shows of an application that asks for scopes.
pub(super) fn request_shown(app: &App, application: &OAuthApplication, scopes: &[String]) -> Value {
    let logo = application.logo.as_ref();
    let logo = logo.map(|logo| app.instance.image_url(&application.id, Some(logo)));
    let scopes: Vec<Value> = scopes
        .iter()
        .map(|scope| {
            json!({
                "scope": scope,
                "description": oauth_grants::described(scope),
                "requires_consent": true,
            })
        })
        .collect();
    json!({
        "oauth_application_name": application.name,
        "oauth_application_logo_url": logo,
        "client_id": application.client_id,
        "scopes": scopes,
    })
}

async fn consent_info(
    State(app): State<Arc<App>>,
    Path(client_id): Path<String>,
    visitor: Visitor,
    params: Params,
) -> Reply {
    read_signed_in(&app, &visitor, |tables, _, _| {
        let application = oauth_grants::application(tables, &client_id)?;
        let scopes = oauth_grants::scopes(tables, application, params.text("scope"))
            .map_err(|error| ApiError::bad_request(error.error, error.description))?;
        let mut shown = request_shown(&app, application, &scopes);
        shown["oauth_application_url"] = json!(application.client_uri);
        // Browsers derive it: the emulator has no list of public suffixes.
        shown["redirect_domain"] = Value::Null;
        Ok(Done::Raw(StatusCode::OK, shown))
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
    let chosen = form.text("organization_id").map(str::to_owned);
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
        let session = visitor.session(tables, &client, now)?.clone();
        sessions::check_complete(&session)?;
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
        let scopes = &authorization.scopes;
        let organization = oauth_grants::organization(tables, &session, scopes, chosen.as_deref())?;
        let user = session.user_id;
        oauth_grants::consent(tables, &client_id, &user, scopes);
        let code = oauth_grants::issue_code(tables, authorization, user, organization, now);
        back(&asked.redirect_uri, &params, &[("code", &code)])
    })
}
