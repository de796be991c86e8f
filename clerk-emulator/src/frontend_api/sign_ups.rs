//! Signing up.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::Value;

use super::envelope::{Done, judged, perform, read};
use super::provider::account_of_token;
use super::sign_ins::{provider_wishes, redirect_url, required, required_strategy, strategy};
use super::view::View;
use super::visitor::{Visitor, signed_out};
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::metadata::Metadata;
use crate::model::patch::Patch;
use crate::rules::api_error::ApiError;
use crate::rules::sign_ups::{self, SignUpFields};
use crate::rules::visit::Visit;
use crate::secret::Secret;
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/client/sign_ups", post(create))
        .route("/v1/client/sign_ups/{sign_up_id}", get(one).patch(update))
        .route(
            "/v1/client/sign_ups/{sign_up_id}/prepare_verification",
            post(prepare_verification),
        )
        .route(
            "/v1/client/sign_ups/{sign_up_id}/attempt_verification",
            post(attempt_verification),
        )
}

/// Returns the change that a form makes to a text. An empty value clears it.
pub(super) fn patch(form: &Params, name: &str) -> Patch<String> {
    match form.get(name) {
        None => Patch::Keep,
        Some("") => Patch::Clear,
        Some(value) => Patch::Set(value.to_owned()),
    }
}

/// Returns metadata, which a form contains as JSON.
pub(super) fn metadata(form: &Params, name: &str) -> Result<Option<Metadata>, ApiError> {
    form.text(name)
        .map(|text| {
            serde_json::from_str(text).map_err(|_| ApiError::value(name, "must be a JSON object"))
        })
        .transpose()
}

fn fields(app: &App, form: &Params) -> Result<SignUpFields, ApiError> {
    let mut email_address = patch(form, "email_address");
    let mut phone_number = patch(form, "phone_number");
    match form.text("email_address_or_phone_number") {
        Some(address) if address.contains('@') => email_address = Patch::Set(address.to_owned()),
        Some(number) => phone_number = Patch::Set(number.to_owned()),
        None => {}
    }
    let token = form.text("token");
    Ok(SignUpFields {
        email_address,
        phone_number,
        web3_wallet: patch(form, "web3_wallet"),
        username: patch(form, "username"),
        first_name: patch(form, "first_name"),
        last_name: patch(form, "last_name"),
        password: form
            .text("password")
            .map(|password| Secret(password.to_owned())),
        unsafe_metadata: metadata(form, "unsafe_metadata")?,
        locale: form.text("locale").map(str::to_owned),
        legal_accepted: form.boolean("legal_accepted")?,
        strategy: strategy(form)?,
        redirect_url: redirect_url(app, form)?,
        enterprise_connection_id: form.text("enterprise_connection_id").map(str::to_owned),
        ticket: form.text("ticket").map(str::to_owned),
        one_tap: token
            .map(|token| account_of_token(app, token))
            .transpose()?,
        transfer: form.is_true("transfer"),
    })
}

fn shown(app: &App, tables: &Tables, visit: &Visit, id: &str) -> Result<Value, ApiError> {
    let attempt = sign_ups::find(tables, &visit.client_id, id)?;
    Ok(View::new(app, tables, visit.now).sign_up(attempt))
}

async fn create(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let fields = fields(&app, &form)?;
    let wishes = provider_wishes(&app, &form)?;
    perform(&app, &visitor, |tables, visit| {
        let id = sign_ups::create(tables, fields, visit)?;
        sign_ups::heed(tables, &id, wishes);
        Ok(Done::Wrapped(shown(&app, tables, visit, &id)?))
    })
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Reply {
    read(&app, &visitor, |tables, client, now| {
        let client = client.ok_or_else(signed_out)?;
        let attempt = sign_ups::find(tables, &client.id, &id)?;
        Ok(Done::Wrapped(View::new(&app, tables, now).sign_up(attempt)))
    })
}

async fn update(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let fields = fields(&app, &form)?;
    let wishes = provider_wishes(&app, &form)?;
    perform(&app, &visitor, |tables, visit| {
        sign_ups::update(tables, &id, fields, visit)?;
        sign_ups::heed(tables, &id, wishes);
        Ok(Done::Wrapped(shown(&app, tables, visit, &id)?))
    })
}

async fn prepare_verification(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let strategy = required_strategy(&form)?;
    let redirect_url = redirect_url(&app, &form)?;
    let wishes = provider_wishes(&app, &form)?;
    perform(&app, &visitor, |tables, visit| {
        sign_ups::prepare_verification(tables, &id, &strategy, redirect_url, visit)?;
        sign_ups::heed(tables, &id, wishes);
        Ok(Done::Wrapped(shown(&app, tables, visit, &id)?))
    })
}

async fn attempt_verification(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let strategy = required_strategy(&form)?;
    let code = match form.text("signature") {
        Some(signature) => signature,
        None => required(&form, "code")?,
    };
    perform(&app, &visitor, |tables, visit| {
        let verdict = sign_ups::attempt_verification(tables, &id, &strategy, code, visit)?;
        judged(verdict, || shown(&app, tables, visit, &id))
    })
}
