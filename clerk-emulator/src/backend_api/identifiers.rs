use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post, put};

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::Reply;
use crate::model::identifier::EmailAddress;
use crate::rules::api_error::ApiError;
use crate::rules::user_identifiers::{self, IdentifierTraits, Others};
use crate::store::tables::Tables;

/// Determines whether the previous primary email address is told of the change.
pub(super) const NOTIFY: &str = "notify_primary_email_address_changed";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/email_addresses", post(create_email))
        .route(
            "/email_addresses/{email_address_id}",
            get(one_email).patch(update_email).delete(delete_email),
        )
        .route("/users/{user_id}/email_address", put(replace_email))
        .route("/phone_numbers", post(create_phone))
        .route(
            "/phone_numbers/{phone_number_id}",
            get(one_phone).patch(update_phone).delete(delete_phone),
        )
        .route("/users/{user_id}/phone_number", put(replace_phone))
}

fn traits(body: &Body) -> Result<IdentifierTraits, ApiError> {
    Ok(IdentifierTraits {
        verified: body.boolean("verified")?,
        primary: body.boolean("primary")?,
        reserved_for_second_factor: body.boolean("reserved_for_second_factor")?,
        ..IdentifierTraits::default()
    })
}

/// Returns the traits of an identifier that replaces all others.
fn only_traits(body: &Body) -> Result<IdentifierTraits, ApiError> {
    let status = body.one_of(
        "identification_status",
        &["verified", "reserved", "unverified"],
    )?;
    Ok(IdentifierTraits {
        verified: Some(status.as_deref().is_none_or(|status| status == "verified")),
        primary: Some(true),
        reserved: status.as_deref() == Some("reserved"),
        reserved_for_second_factor: None,
    })
}

/// Adds an email address to a user and, if that is wanted, tells the previous primary one.
fn add_email<'a>(
    tables: &'a mut Tables,
    user_id: &str,
    address: String,
    (traits, others): (IdentifierTraits, Others),
    notify: bool,
    now: i64,
) -> Result<&'a EmailAddress, ApiError> {
    let previous = user_identifiers::primary_email(tables, user_id).filter(|_| notify);
    let added = user_identifiers::add_email(tables, user_id, address, traits, others, now)?;
    let id = added.id.clone();
    user_identifiers::tell_previous_primary(tables, user_id, previous.as_deref(), now);
    user_identifiers::find_email(tables, &id)
}

async fn create_email(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&["user_id", "email_address", "verified", "primary", NOTIFY])?;
    let user_id = body.required("user_id")?;
    let address = body.required("email_address")?;
    let how = (traits(&body)?, Others::Kept);
    let notify = body.is_true(NOTIFY)?;
    answer::changed(
        &app,
        |tables, now| add_email(tables, &user_id, address, how, notify, now),
        |show, email| show.email_address(email),
    )
}

async fn one_email(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| user_identifiers::find_email(tables, &id),
        |show, email| show.email_address(email),
    )
}

async fn update_email(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["verified", "primary", NOTIFY])?;
    let traits = traits(&body)?;
    let notify = body.is_true(NOTIFY)?;
    answer::changed(
        &app,
        |tables, now| {
            let user = user_identifiers::email_owner(tables, &id)?;
            let previous = user_identifiers::primary_email(tables, &user).filter(|_| notify);
            user_identifiers::update_email(tables, &id, traits, now)?;
            user_identifiers::tell_previous_primary(tables, &user, previous.as_deref(), now);
            user_identifiers::find_email(tables, &id)
        },
        |show, email| show.email_address(email),
    )
}

async fn delete_email(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "email_address", |tables, now| {
        user_identifiers::remove_email(tables, &id, now)?;
        Ok(id)
    })
}

async fn replace_email(
    State(app): State<Arc<App>>,
    Path(user_id): Path<String>,
    body: Body,
) -> Reply {
    let body = body.only(&["email_address", "identification_status", NOTIFY])?;
    let address = body.required("email_address")?;
    let how = (only_traits(&body)?, Others::Removed);
    let notify = body.is_true(NOTIFY)?;
    answer::changed(
        &app,
        |tables, now| add_email(tables, &user_id, address, how, notify, now),
        |show, email| show.email_address(email),
    )
}

async fn create_phone(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&[
        "user_id",
        "phone_number",
        "verified",
        "primary",
        "reserved_for_second_factor",
    ])?;
    let user_id = body.required("user_id")?;
    let number = body.required("phone_number")?;
    let traits = traits(&body)?;
    if traits.reserved_for_second_factor == Some(true) && traits.verified != Some(true) {
        return Err(ApiError::bad_request(
            "identification_create_second_factor_unverified",
            "Unverified identifications cannot be a second factor",
        ));
    }
    answer::changed(
        &app,
        |tables, now| {
            let others = Others::Kept;
            user_identifiers::add_phone(tables, &user_id, number, traits, others, now)
        },
        |show, phone| show.phone_number(phone),
    )
}

async fn one_phone(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| user_identifiers::find_phone(tables, &id),
        |show, phone| show.phone_number(phone),
    )
}

async fn update_phone(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let traits = traits(&body.only(&["verified", "primary", "reserved_for_second_factor"])?)?;
    answer::changed(
        &app,
        |tables, now| user_identifiers::update_phone(tables, &id, traits, now),
        |show, phone| show.phone_number(phone),
    )
}

async fn delete_phone(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "phone_number", |tables, now| {
        user_identifiers::remove_phone(tables, &id, now)?;
        Ok(id)
    })
}

async fn replace_phone(
    State(app): State<Arc<App>>,
    Path(user_id): Path<String>,
    body: Body,
) -> Reply {
    let body = body.only(&["phone_number", "identification_status"])?;
    let number = body.required("phone_number")?;
    let traits = only_traits(&body)?;
    answer::changed(
        &app,
        |tables, now| {
            let others = Others::Removed;
            user_identifiers::add_phone(tables, &user_id, number, traits, others, now)
        },
        |show, phone| show.phone_number(phone),
    )
}
