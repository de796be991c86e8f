use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch, post};
use serde_json::json;

use super::answer;
use super::identifiers::NOTIFY;
use super::user_fields::{
    CREATE_FIELDS, METADATA_FIELDS, UPDATE_FIELDS, new_user, user_metadata, user_update,
};
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::http::upload::ImageForm;
use crate::rules::accounts;
use crate::rules::api_error::ApiError;
use crate::rules::metadata::Update;
use crate::rules::restrictions;
use crate::rules::user_identifiers;
use crate::rules::user_list::{self, AtProvider, Between, UserFilter};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/users", get(list).post(create))
        .route("/users/count", get(count))
        .route("/users/{user_id}", get(one).patch(update).delete(delete))
        .route(
            "/users/{user_id}/metadata",
            patch(merge_metadata).put(replace_metadata),
        )
        .route("/users/{user_id}/ban", post(ban))
        .route("/users/{user_id}/unban", post(unban))
        .route("/users/{user_id}/lock", post(lock))
        .route("/users/{user_id}/unlock", post(unlock))
        .route("/users/{user_id}/verify_password", post(verify_password))
        .route(
            "/users/{user_id}/profile_image",
            post(set_image).delete(delete_image),
        )
}

/// Returns the filter of a list of users or of their memberships.
pub(super) fn filter(params: &Params) -> Result<UserFilter<'_>, ApiError> {
    let between = |after: &str, before: &str| -> Result<Between, ApiError> {
        Ok(Between {
            after: params.integer(after)?,
            before: params.integer(before)?,
        })
    };
    Ok(UserFilter {
        ids: params.all("user_id"),
        email_addresses: params.all("email_address"),
        phone_numbers: params.all("phone_number"),
        external_ids: params.all("external_id"),
        usernames: params.all("username"),
        web3_wallets: params.all("web3_wallet"),
        organization_ids: params.all("organization_id"),
        provider: at_provider(params)?,
        query: params.lower("query"),
        name_query: params.lower("name_query"),
        email_address_query: params.lower("email_address_query"),
        phone_number_query: params.lower("phone_number_query"),
        username_query: params.lower("username_query"),
        banned: params.boolean("banned")?,
        created_at: between("created_at_after", "created_at_before")?,
        last_sign_in_at: between("last_sign_in_at_after", "last_sign_in_at_before")?,
        last_active_at: between("last_active_at_after", "last_active_at_before")?,
        last_active_at_since: params.integer("last_active_at_since")?,
    })
}

/// Returns the provider and the IDs at that provider. Each requires the other.
fn at_provider(params: &Params) -> Result<Option<AtProvider<'_>>, ApiError> {
    let user_ids = params.all("provider_user_id");
    match params.text("provider") {
        None if user_ids.is_empty() => Ok(None),
        Some(provider) if !user_ids.is_empty() => Ok(Some(AtProvider { provider, user_ids })),
        None => Err(ApiError::missing("provider")),
        Some(_) => Err(ApiError::missing("provider_user_id")),
    }
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = params.order_by(
        &[
            "created_at",
            "updated_at",
            "email_address",
            "web3wallet",
            "first_name",
            "last_name",
            "phone_number",
            "username",
            "last_active_at",
            "last_sign_in_at",
        ],
        "-created_at",
    )?;
    let filter = filter(&params)?;
    let starting_after = params.text("starting_after");
    if starting_after.is_some() && page.offset > 0 {
        return Err(ApiError::value(
            "starting_after",
            "cannot be combined with offset",
        ));
    }
    if starting_after.is_some() && order.field != "created_at" {
        return Err(ApiError::value(
            "starting_after",
            "needs the lists to be ordered by created_at",
        ));
    }
    answer::list(
        &app,
        page,
        ListShape::Array,
        |tables, _| {
            user_list::list(
                tables,
                &filter,
                |rows| match order.field {
                    "updated_at" => order.sort(rows, |user| user.updated_at),
                    "email_address" => order.sort(rows, |user| user.primary_email()),
                    "first_name" => order.sort(rows, |user| user.first_name.as_deref()),
                    "last_name" => order.sort(rows, |user| user.last_name.as_deref()),
                    "phone_number" => order.sort(rows, |user| user.primary_phone()),
                    "username" => order.sort(rows, |user| user.username.as_deref()),
                    "web3wallet" => order.sort(rows, |user| user.primary_wallet()),
                    "last_active_at" => order.sort(rows, |user| user.last_active_at),
                    "last_sign_in_at" => order.sort(rows, |user| user.last_sign_in_at),
                    _ => order.sort(rows, |user| user.created_at),
                },
                starting_after,
            )
        },
        |show, user| show.user(user),
    )
}

async fn count(State(app): State<Arc<App>>, params: Params) -> Reply {
    let filter = filter(&params)?;
    let total = app.read(|tables, _| user_list::count(tables, &filter));
    Ok(reply::ok(
        &json!({ "object": "total_count", "total_count": total }),
    ))
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| accounts::find(tables, &id),
        |show, user| show.user(user),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let new = new_user(&body.only(CREATE_FIELDS)?)?;
    answer::changed(
        &app,
        |tables, now| {
            restrictions::check_access(tables, new.identifiers())?;
            accounts::create(tables, new, now)
        },
        |show, user| show.user(user),
    )
}

async fn update(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(UPDATE_FIELDS)?;
    let update = user_update(&body)?;
    let notify = body.is_true(NOTIFY)?;
    answer::changed(
        &app,
        |tables, now| {
            let previous = user_identifiers::primary_email(tables, &id).filter(|_| notify);
            accounts::update(tables, &id, update, now)?;
            user_identifiers::tell_previous_primary(tables, &id, previous.as_deref(), now);
            accounts::find(tables, &id)
        },
        |show, user| show.user(user),
    )
}

async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "user", |tables, now| {
        accounts::delete(tables, &id, now)?;
        Ok(id)
    })
}

async fn merge_metadata(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    update_metadata(&app, &id, body, Update::Merge)
}

async fn replace_metadata(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    update_metadata(&app, &id, body, Update::Replace)
}

fn update_metadata(app: &App, id: &str, body: Body, how: Update) -> Reply {
    let given = user_metadata(&body.only(METADATA_FIELDS)?)?;
    answer::changed(
        app,
        |tables, now| accounts::update_metadata(tables, id, given, how, now),
        |show, user| show.user(user),
    )
}

async fn ban(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| accounts::set_banned(tables, &id, true, now),
        |show, user| show.user(user),
    )
}

async fn unban(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| accounts::set_banned(tables, &id, false, now),
        |show, user| show.user(user),
    )
}

async fn lock(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| accounts::set_locked(tables, &id, true, now),
        |show, user| show.user(user),
    )
}

async fn unlock(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| accounts::set_locked(tables, &id, false, now),
        |show, user| show.user(user),
    )
}

async fn verify_password(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let password = body.only(&["password"])?.required("password")?;
    app.read(|tables, _| accounts::verify_password(tables, &id, &password))?;
    Ok(reply::ok(&json!({ "verified": true })))
}

async fn set_image(State(app): State<Arc<App>>, Path(id): Path<String>, form: ImageForm) -> Reply {
    let image = form.image()?;
    answer::changed(
        &app,
        |tables, now| accounts::set_image(tables, &id, Some(image), now),
        |show, user| show.user(user),
    )
}

async fn delete_image(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| accounts::set_image(tables, &id, None, now),
        |show, user| show.user(user),
    )
}
