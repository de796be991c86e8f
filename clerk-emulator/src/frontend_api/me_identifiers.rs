//! Users' email addresses, phone numbers and accounts at providers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch, post};
use http::StatusCode;
use serde_json::json;

use super::envelope::{Done, deleted, judged, perform_signed_in, perform_verified, read_signed_in};
use super::me_factors::texts;
use super::sign_ins::{provider_wishes, redirect_url, required, required_strategy};
use super::view::View;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::body::Form;
use crate::http::reply::Reply;
use crate::model::strategy::Strategy;
use crate::rules::api_error::ApiError;
use crate::rules::{accounts, codes, profile, provider_accounts, wallets};
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/me/email_addresses", get(list_emails).post(add_email))
        .route(
            "/v1/me/email_addresses/{email_id}",
            get(one_email).delete(delete_email),
        )
        .route(
            "/v1/me/email_addresses/{email_id}/prepare_verification",
            post(prepare_email),
        )
        .route(
            "/v1/me/email_addresses/{email_id}/attempt_verification",
            post(attempt_email),
        )
        .route("/v1/me/phone_numbers", get(list_phones).post(add_phone))
        .route(
            "/v1/me/phone_numbers/{phone_number_id}",
            get(one_phone).patch(update_phone).delete(delete_phone),
        )
        .route(
            "/v1/me/phone_numbers/{phone_number_id}/prepare_verification",
            post(prepare_phone),
        )
        .route(
            "/v1/me/phone_numbers/{phone_number_id}/attempt_verification",
            post(attempt_phone),
        )
        .route("/v1/me/web3_wallets", get(list_wallets).post(add_wallet))
        .route(
            "/v1/me/web3_wallets/{web3_wallet_id}",
            get(one_wallet).delete(delete_wallet),
        )
        .route(
            "/v1/me/web3_wallets/{web3_wallet_id}/prepare_verification",
            post(prepare_wallet),
        )
        .route(
            "/v1/me/web3_wallets/{web3_wallet_id}/attempt_verification",
            post(attempt_wallet),
        )
        .route("/v1/me/external_accounts", post(connect))
        .route(
            "/v1/me/external_accounts/{external_account_id}",
            axum::routing::delete(disconnect),
        )
        .route(
            "/v1/me/external_accounts/{external_account_id}/reauthorize",
            patch(reauthorize),
        )
        .route(
            "/v1/me/external_accounts/{external_account_id}/tokens",
            axum::routing::delete(revoke_tokens),
        )
}

fn email(app: &App, tables: &Tables, user: &str, id: &str, now: i64) -> Result<Done, ApiError> {
    let email = profile::email(tables, user, id)?;
    let view = View::new(app, tables, now);
    Ok(Done::Wrapped(view.shared().email_address(email)))
}

fn phone(app: &App, tables: &Tables, user: &str, id: &str, now: i64) -> Result<Done, ApiError> {
    let phone = profile::phone(tables, user, id)?;
    let view = View::new(app, tables, now);
    Ok(Done::Wrapped(view.shared().phone_number(phone)))
}

async fn list_emails(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        let user = accounts::find(tables, &session.user_id)?;
        let shapes = View::new(&app, tables, now).shared();
        let emails = user.email_addresses.iter();
        let shown = emails.map(|email| shapes.email_address(email)).collect();
        Ok(Done::Raw(StatusCode::OK, shown))
    })
}

async fn add_email(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let address = required(&form, "email_address")?.to_owned();
    perform_verified(&app, &visitor, |tables, visit, session| {
        let user = &session.user_id;
        let id = profile::add_email(tables, user, address, visit.now)?;
        email(&app, tables, user, &id, visit.now)
    })
}

async fn one_email(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        email(&app, tables, &session.user_id, &id, now)
    })
}

async fn delete_email(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Reply {
    perform_verified(&app, &visitor, |tables, visit, session| {
        profile::remove_email(tables, &session.user_id, &id, visit.now)?;
        Ok(deleted("email_address", &id))
    })
}

async fn prepare_email(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let strategy = required_strategy(&form)?;
    let redirect_url = redirect_url(&app, &form)?;
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let user = &session.user_id;
        profile::prepare_email(tables, user, &id, &strategy, redirect_url, visit)?;
        email(&app, tables, user, &id, visit.now)
    })
}

async fn attempt_email(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let code = required(&form, "code")?;
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let user = &session.user_id;
        let verdict = profile::attempt_email(tables, user, &id, code, visit.now)?;
        let email = profile::email(tables, user, &id)?;
        let shapes = View::new(&app, tables, visit.now).shared();
        judged(verdict, || Ok(shapes.email_address(email)))
    })
}

async fn list_phones(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        let user = accounts::find(tables, &session.user_id)?;
        let shapes = View::new(&app, tables, now).shared();
        let phones = user.phone_numbers.iter();
        let shown = phones.map(|phone| shapes.phone_number(phone)).collect();
        Ok(Done::Raw(StatusCode::OK, shown))
    })
}

async fn add_phone(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let number = required(&form, "phone_number")?.to_owned();
    let reserved = form.is_true("reserved_for_second_factor");
    perform_verified(&app, &visitor, |tables, visit, session| {
        let user = &session.user_id;
        let id = profile::add_phone(tables, user, number, reserved, visit.now)?;
        phone(&app, tables, user, &id, visit.now)
    })
}

async fn one_phone(State(app): State<Arc<App>>, Path(id): Path<String>, visitor: Visitor) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        phone(&app, tables, &session.user_id, &id, now)
    })
}

async fn update_phone(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let reserved = form.boolean("reserved_for_second_factor")?;
    let is_default = form.boolean("default_second_factor")?;
    perform_verified(&app, &visitor, |tables, visit, session| {
        let (user, now) = (&session.user_id, visit.now);
        let codes = profile::update_phone(tables, user, &id, reserved, is_default, now)?;
        let view = View::new(&app, tables, now);
        let mut shown = view
            .shared()
            .phone_number(profile::phone(tables, user, &id)?);
        shown["backup_codes"] = json!(codes.as_deref().map(texts));
        Ok(Done::Wrapped(shown))
    })
}

async fn delete_phone(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Reply {
    perform_verified(&app, &visitor, |tables, visit, session| {
        profile::remove_phone(tables, &session.user_id, &id, visit.now)?;
        Ok(deleted("phone_number", &id))
    })
}

async fn prepare_phone(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    if required_strategy(&form)? != Strategy::PhoneCode {
        return Err(codes::other_strategy());
    }
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        profile::prepare_phone(tables, &session.user_id, &id, visit.now)?;
        phone(&app, tables, &session.user_id, &id, visit.now)
    })
}

async fn attempt_phone(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let code = required(&form, "code")?;
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let user = &session.user_id;
        let verdict = profile::attempt_phone(tables, user, &id, code, visit.now)?;
        let phone = profile::phone(tables, user, &id)?;
        let shapes = View::new(&app, tables, visit.now).shared();
        judged(verdict, || Ok(shapes.phone_number(phone)))
    })
}

fn wallet(app: &App, tables: &Tables, user: &str, id: &str, now: i64) -> Result<Done, ApiError> {
    let wallet = wallets::find(tables, user, id)?;
    let view = View::new(app, tables, now);
    Ok(Done::Wrapped(view.shared().web3_wallet(wallet)))
}

async fn list_wallets(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        let user = accounts::find(tables, &session.user_id)?;
        let shapes = View::new(&app, tables, now).shared();
        let wallets = user.web3_wallets.iter();
        let shown = wallets.map(|wallet| shapes.web3_wallet(wallet)).collect();
        Ok(Done::Raw(StatusCode::OK, shown))
    })
}

async fn add_wallet(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let address = required(&form, "web3_wallet")?.to_owned();
    perform_verified(&app, &visitor, |tables, visit, session| {
        let id = wallets::add(tables, &session.user_id, address, visit.now)?;
        wallet(&app, tables, &session.user_id, &id, visit.now)
    })
}

async fn one_wallet(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        wallet(&app, tables, &session.user_id, &id, now)
    })
}

async fn delete_wallet(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Reply {
    perform_verified(&app, &visitor, |tables, visit, session| {
        wallets::remove(tables, &session.user_id, &id, visit.now)?;
        Ok(deleted("web3_wallet", &id))
    })
}

async fn prepare_wallet(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let strategy = required_strategy(&form)?;
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        wallets::prepare(tables, &session.user_id, &id, &strategy, visit)?;
        wallet(&app, tables, &session.user_id, &id, visit.now)
    })
}

async fn attempt_wallet(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let signature = required(&form, "signature")?;
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let user = &session.user_id;
        let verdict = wallets::attempt(tables, user, &id, signature, visit.now)?;
        let wallet = wallets::find(tables, user, &id)?;
        let shapes = View::new(&app, tables, visit.now).shared();
        judged(verdict, || Ok(shapes.web3_wallet(wallet)))
    })
}

fn connection(
    app: &App,
    tables: &Tables,
    user: &str,
    id: &str,
    now: i64,
) -> Result<Done, ApiError> {
    let one = provider_accounts::find(tables, user, id)?;
    let view = View::new(app, tables, now);
    Ok(Done::Wrapped(view.shared().external_account(one)))
}

async fn connect(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let Strategy::OAuth(provider) = required_strategy(&form)? else {
        return Err(codes::other_strategy());
    };
    let redirect_url = redirect_url(&app, &form)?;
    let wishes = provider_wishes(&app, &form)?;
    perform_verified(&app, &visitor, |tables, visit, session| {
        let user = &session.user_id;
        let id = provider_accounts::start_connecting(
            tables,
            user,
            &provider,
            redirect_url,
            wishes,
            visit,
        )?;
        connection(&app, tables, user, &id, visit.now)
    })
}

async fn reauthorize(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let redirect_url = redirect_url(&app, &form)?;
    let wishes = provider_wishes(&app, &form)?;
    let scopes = form.all("additional_scope");
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let user = &session.user_id;
        provider_accounts::reauthorize(tables, user, &id, redirect_url, wishes, &scopes, visit)?;
        connection(&app, tables, user, &id, visit.now)
    })
}

async fn disconnect(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Reply {
    perform_verified(&app, &visitor, |tables, visit, session| {
        provider_accounts::disconnect(tables, &session.user_id, &id, visit.now)?;
        Ok(deleted("external_account", &id))
    })
}

/// Revokes the tokens of a provider. The emulator keeps none.
async fn revoke_tokens(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        provider_accounts::find(tables, &session.user_id, &id)?;
        let user = accounts::find(tables, &session.user_id)?;
        Ok(Done::Wrapped(View::new(&app, tables, now).user(user)))
    })
}
