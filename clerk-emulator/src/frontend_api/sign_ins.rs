//! Signing in.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::Value;

use super::envelope::{Done, judged, perform, read};
use super::provider::account_of_token;
use super::view::View;
use super::visitor::{Visitor, signed_out};
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::challenge::ProviderWishes;
use crate::model::strategy::Strategy;
use crate::rules::api_error::ApiError;
use crate::rules::sign_ins::{self, FirstFactorAnswer, NewSignIn};
use crate::rules::trusted_devices::DeviceAnswer;
use crate::rules::visit::Visit;
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/client/sign_ins", post(create))
        .route("/v1/client/sign_ins/{sign_in_id}", get(one))
        .route(
            "/v1/client/sign_ins/{sign_in_id}/prepare_first_factor",
            post(prepare_first_factor),
        )
        .route(
            "/v1/client/sign_ins/{sign_in_id}/attempt_first_factor",
            post(attempt_first_factor),
        )
        .route(
            "/v1/client/sign_ins/{sign_in_id}/prepare_second_factor",
            post(prepare_second_factor),
        )
        .route(
            "/v1/client/sign_ins/{sign_in_id}/attempt_second_factor",
            post(attempt_second_factor),
        )
        .route(
            "/v1/client/sign_ins/{sign_in_id}/reset_password",
            post(reset_password),
        )
}

/// Returns the strategy in a form, if there is one.
pub(super) fn strategy(form: &Params) -> Result<Option<Strategy>, ApiError> {
    match form.text("strategy") {
        None => Ok(None),
        Some(name) => Strategy::parse(name).map(Some).ok_or_else(|| {
            ApiError::param(
                "form_param_value_invalid",
                "strategy",
                format!("{name} does not match one of the allowed values for parameter strategy"),
            )
        }),
    }
}

/// Returns the strategy in a form, which is required.
pub(super) fn required_strategy(form: &Params) -> Result<Strategy, ApiError> {
    strategy(form)?.ok_or_else(|| ApiError::missing("strategy"))
}

/// Returns a field that must be present and not empty.
pub(super) fn required<'a>(form: &'a Params, name: &str) -> Result<&'a str, ApiError> {
    form.text(name).ok_or_else(|| ApiError::missing(name))
}

/// Returns the URL that the browser is sent to afterward, which must be one that redirects are allowed to.
pub(super) fn redirect_url(app: &App, form: &Params) -> Result<Option<String>, ApiError> {
    allowed_url(app, form, "redirect_url")
}

/// Returns what the browser wants of the page of a provider.
pub(super) fn provider_wishes(app: &App, form: &Params) -> Result<ProviderWishes, ApiError> {
    let text = |name: &str| form.text(name).map(str::to_owned);
    Ok(ProviderWishes {
        complete_url: allowed_url(app, form, "action_complete_redirect_url")?,
        login_hint: text("oidc_login_hint"),
        prompt: text("oidc_prompt"),
    })
}

/// Returns the error for a URL to which nobody is sent.
pub(super) fn foreign_target(param_name: &str) -> ApiError {
    ApiError::param(
        "redirect_url_domain_mismatch",
        param_name,
        "The provided redirect URL must be on loopback, on an origin that the emulator was told to allow, or one that the \
         Backend API lists (POST /v1/redirect_urls)",
    )
}

fn allowed_url(app: &App, form: &Params, name: &str) -> Result<Option<String>, ApiError> {
    match form.text(name) {
        None => Ok(None),
        Some(url) => app.read(|tables, _| match app.allowed_redirect(tables, url) {
            Some(_) => Ok(Some(url.to_owned())),
            None => Err(foreign_target(name)),
        }),
    }
}

fn shown(app: &App, tables: &Tables, visit: &Visit, id: &str) -> Result<Value, ApiError> {
    let attempt = sign_ins::find(tables, &visit.client_id, id)?;
    Ok(View::new(app, tables, visit.now).sign_in(attempt))
}

async fn create(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let token = form.text("token");
    let new = NewSignIn {
        strategy: strategy(&form)?,
        identifier: form.text("identifier"),
        password: form.text("password"),
        ticket: form.text("ticket"),
        trusted_device_id: form.text("trusted_device_id"),
        redirect_url: redirect_url(&app, &form)?,
        one_tap: token
            .map(|token| account_of_token(&app, token))
            .transpose()?,
        transfer: form.is_true("transfer"),
    };
    let wishes = provider_wishes(&app, &form)?;
    perform(&app, &visitor, |tables, visit| {
        let (id, verdict) = sign_ins::create(tables, &new, visit)?;
        sign_ins::heed(tables, &id, wishes);
        judged(verdict, || shown(&app, tables, visit, &id))
    })
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Reply {
    read(&app, &visitor, |tables, client, now| {
        let client = client.ok_or_else(signed_out)?;
        let attempt = sign_ins::find_shown(tables, &client.id, &id, now)?;
        Ok(Done::Wrapped(View::new(&app, tables, now).sign_in(attempt)))
    })
}

async fn prepare_first_factor(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let strategy = required_strategy(&form)?;
    let target = form
        .text("email_address_id")
        .or(form.text("phone_number_id"))
        .or(form.text("web3_wallet_id"))
        .or(form.text("enterprise_connection_id"))
        .or(form.text("trusted_device_id"));
    let redirect_url = redirect_url(&app, &form)?;
    let wishes = provider_wishes(&app, &form)?;
    perform(&app, &visitor, |tables, visit| {
        sign_ins::prepare_first_factor(tables, &id, &strategy, target, redirect_url, visit)?;
        sign_ins::heed(tables, &id, wishes);
        Ok(Done::Wrapped(shown(&app, tables, visit, &id)?))
    })
}

/// Returns the answer to a first factor.
pub(super) fn first_factor_answer(form: &Params) -> Result<FirstFactorAnswer<'_>, ApiError> {
    let strategy = required_strategy(form)?;
    let device = match strategy {
        Strategy::TrustedDevice => Some(DeviceAnswer {
            trusted_device_id: required(form, "trusted_device_id")?,
            client_data: required(form, "client_data")?,
            signature: required(form, "signature")?,
            algorithm: required(form, "algorithm")?,
        }),
        _ => None,
    };
    Ok(FirstFactorAnswer {
        strategy,
        device,
        password: form.text("password"),
        code: form.text("code"),
        signature: form.text("signature"),
        public_key_credential: form.text("public_key_credential"),
    })
}

async fn attempt_first_factor(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let answer = first_factor_answer(&form)?;
    perform(&app, &visitor, |tables, visit| {
        let verdict = sign_ins::attempt_first_factor(tables, &id, &answer, visit)?;
        judged(verdict, || shown(&app, tables, visit, &id))
    })
}

async fn prepare_second_factor(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let strategy = strategy(&form)?.unwrap_or(Strategy::PhoneCode);
    let phone = form.text("phone_number_id");
    perform(&app, &visitor, |tables, visit| {
        sign_ins::prepare_second_factor(tables, &id, &strategy, phone, visit)?;
        Ok(Done::Wrapped(shown(&app, tables, visit, &id)?))
    })
}

async fn attempt_second_factor(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let strategy = required_strategy(&form)?;
    let code = required(&form, "code")?;
    perform(&app, &visitor, |tables, visit| {
        let verdict = sign_ins::attempt_second_factor(tables, &id, &strategy, code, visit)?;
        judged(verdict, || shown(&app, tables, visit, &id))
    })
}

async fn reset_password(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let password = required(&form, "password")?;
    let others = form.is_true("sign_out_of_other_sessions");
    perform(&app, &visitor, |tables, visit| {
        sign_ins::reset_password(tables, &id, password, others, visit)?;
        Ok(Done::Wrapped(shown(&app, tables, visit, &id)?))
    })
}
