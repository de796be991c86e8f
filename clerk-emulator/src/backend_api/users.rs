use std::sync::Arc;

use axum::Router;
use axum::extract::{Multipart, Path, State};
use axum::routing::{get, patch, post};
use serde_json::{Value, json};

use super::{MOST_ROWS, order_by, sort_rows};
use crate::params::{Body, Params, merge_metadata};
use crate::random;
use crate::reply::{self, ApiError, Reply};
use crate::secret::Secret;
use crate::seed::UserSeed;
use crate::shared::Shared;
use crate::store::{EmailAddress, Image, PhoneNumber, SessionStatus, Store, User};

const SHORTEST_PASSWORD: usize = 8;
const CREATE_FIELDS: &[&str] = &[
    "external_id",
    "first_name",
    "last_name",
    "locale",
    "email_address",
    "email_address_identification_status",
    "phone_number",
    "phone_number_identification_status",
    "web3_wallet",
    "username",
    "password",
    "password_digest",
    "password_hasher",
    "skip_password_checks",
    "skip_password_requirement",
    "totp_secret",
    "backup_codes",
    "public_metadata",
    "private_metadata",
    "unsafe_metadata",
    "delete_self_enabled",
    "legal_accepted_at",
    "skip_legal_checks",
    "skip_user_requirement",
    "create_organization_enabled",
    "create_organizations_limit",
    "created_at",
    "bypass_client_trust",
    "banned",
    "locked",
];
const UPDATE_FIELDS: &[&str] = &[
    "external_id",
    "first_name",
    "last_name",
    "locale",
    "primary_email_address_id",
    "notify_primary_email_address_changed",
    "primary_phone_number_id",
    "primary_web3_wallet_id",
    "username",
    "profile_image_id",
    "password",
    "password_digest",
    "password_hasher",
    "skip_password_checks",
    "sign_out_of_other_sessions",
    "totp_secret",
    "backup_codes",
    "delete_self_enabled",
    "create_organization_enabled",
    "legal_accepted_at",
    "skip_legal_checks",
    "create_organizations_limit",
    "created_at",
    "bypass_client_trust",
];
const METADATA_FIELDS: &[&str] = &["public_metadata", "private_metadata", "unsafe_metadata"];

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/users", get(list).post(create))
        .route("/users/count", get(count))
        .route("/users/{user_id}", get(one).patch(update).delete(delete))
        .route(
            "/users/{user_id}/metadata",
            patch(merge_metadata_of).put(replace_metadata),
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

fn show(store: &Store, id: &str) -> Reply {
    let user = store
        .users
        .get(id)
        .ok_or_else(|| ApiError::not_found("user", id))?;
    Ok(reply::ok(&user.to_json(store)))
}

/// Changes a user and shows it.
fn change(
    shared: &Shared,
    id: &str,
    apply: impl FnOnce(&mut User, i64) -> Result<(), ApiError>,
) -> Reply {
    let now = shared.now();
    let mut store = shared.store();
    let user = store
        .users
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("user", id))?;
    apply(user, now)?;
    user.updated_at = now;
    show(&store, id)
}

/// The users that a list's filters let through.
fn filtered<'a>(store: &'a Store, params: &Params) -> Result<Vec<&'a User>, ApiError> {
    let among = |name: &str, has: &dyn Fn(&str) -> bool| {
        let wanted = params.all(name);
        wanted.is_empty() || wanted.into_iter().any(has)
    };
    let lower = |name: &str| params.text(name).map(str::to_lowercase);
    let (query, name_query) = (lower("query"), lower("name_query"));
    let email_query = lower("email_address_query");
    let phone_query = lower("phone_number_query");
    let username_query = lower("username_query");
    let banned = params.boolean("banned")?;
    let within = |before: &str, after: &str| -> Result<(Option<i64>, Option<i64>), ApiError> {
        Ok((params.integer(before)?, params.integer(after)?))
    };
    let created = within("created_at_before", "created_at_after")?;
    let signed_in = within("last_sign_in_at_before", "last_sign_in_at_after")?;
    let active = within("last_active_at_before", "last_active_at_after")?;
    let active_since = params.integer("last_active_at_since")?;
    let in_range = |at: Option<i64>, (before, after): (Option<i64>, Option<i64>)| {
        before.is_none_or(|before| at.is_some_and(|at| at < before))
            && after.is_none_or(|after| at.is_some_and(|at| at > after))
    };
    let contains = |text: &str, query: &Option<String>| {
        query
            .as_deref()
            .is_none_or(|query| text.to_lowercase().contains(query))
    };
    Ok(store
        .users
        .values()
        .filter(|user| among("user_id", &|id| user.id == id))
        .filter(|user| among("email_address", &|email| user.has_email(email)))
        .filter(|user| {
            among("phone_number", &|number| {
                user.phone_numbers
                    .iter()
                    .any(|phone| phone.phone_number == number)
            })
        })
        .filter(|user| among("external_id", &|id| user.external_id.as_deref() == Some(id)))
        .filter(|user| among("username", &|name| user.username.as_deref() == Some(name)))
        .filter(|_| params.all("web3_wallet").is_empty())
        .filter(|_| params.text("provider").is_none())
        .filter(|user| {
            // A leading minus sign asks for those who are not members.
            among("organization_id", &|id| match id.strip_prefix('-') {
                Some(id) => store.membership(id, &user.id).is_none(),
                None => store
                    .membership(id.trim_start_matches(['+', ' ']), &user.id)
                    .is_some(),
            })
        })
        .filter(|user| query.as_deref().is_none_or(|query| user.mentions(query)))
        .filter(|user| contains(&user.display_name(), &name_query))
        .filter(|user| {
            contains(
                user.username.as_deref().unwrap_or_default(),
                &username_query,
            )
        })
        .filter(|user| {
            email_query.is_none()
                || user
                    .email_addresses
                    .iter()
                    .any(|email| contains(&email.email_address, &email_query))
        })
        .filter(|user| {
            phone_query.is_none()
                || user
                    .phone_numbers
                    .iter()
                    .any(|phone| contains(&phone.phone_number, &phone_query))
        })
        .filter(|user| banned.is_none_or(|banned| user.banned == banned))
        .filter(|user| in_range(Some(user.created_at), created))
        .filter(|user| in_range(user.last_sign_in_at, signed_in))
        .filter(|user| in_range(user.last_active_at, active))
        .filter(|user| {
            active_since.is_none_or(|since| user.last_active_at.is_some_and(|at| at >= since))
        })
        .collect())
}

async fn list(State(shared): State<Arc<Shared>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = order_by(
        &params,
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
    let store = shared.store();
    let mut rows = filtered(&store, &params)?;
    let ascending = order.ascending;
    match order.field {
        "updated_at" => sort_rows(&mut rows, ascending, |user| user.updated_at),
        "email_address" => sort_rows(&mut rows, ascending, |user| user.primary_email()),
        "first_name" => sort_rows(&mut rows, ascending, |user| user.first_name.as_deref()),
        "last_name" => sort_rows(&mut rows, ascending, |user| user.last_name.as_deref()),
        "phone_number" => sort_rows(&mut rows, ascending, |user| {
            user.phone_numbers
                .first()
                .map(|phone| phone.phone_number.as_str())
        }),
        "username" => sort_rows(&mut rows, ascending, |user| user.username.as_deref()),
        "last_active_at" => sort_rows(&mut rows, ascending, |user| user.last_active_at),
        "last_sign_in_at" => sort_rows(&mut rows, ascending, |user| user.last_sign_in_at),
        "web3wallet" => {}
        _ => sort_rows(&mut rows, ascending, |user| user.created_at),
    }
    if let Some(id) = params.text("starting_after")
        && let Some(position) = rows.iter().position(|user| user.id == id)
    {
        rows.drain(..=position);
    }
    let rows: Vec<Value> = page
        .of(&rows)
        .iter()
        .map(|user| user.to_json(&store))
        .collect();
    Ok(reply::ok(&json!(rows)))
}

async fn count(State(shared): State<Arc<Shared>>, params: Params) -> Reply {
    let store = shared.store();
    let total = filtered(&store, &params)?.len();
    Ok(reply::ok(
        &json!({ "object": "total_count", "total_count": total }),
    ))
}

async fn one(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    show(&shared.store(), &id)
}

async fn create(State(shared): State<Arc<Shared>>, body: Body) -> Reply {
    let body = body.only(CREATE_FIELDS)?;
    let emails = body.texts("email_address")?.unwrap_or_default();
    let phones = body.texts("phone_number")?.unwrap_or_default();
    let username = body.text("username")?;
    let now = shared.now();
    let mut store = shared.store();
    for email in &emails {
        free_email(&store, email)?;
    }
    for phone in &phones {
        if store.user_by_any(phone).is_some() {
            return Err(taken("phone_number"));
        }
    }
    if let Some(username) = &username {
        free_username(&store, username, None)?;
    }
    let external_id = body.text("external_id")?;
    if let Some(external_id) = &external_id {
        free_external_id(&store, external_id, None)?;
    }
    if emails.is_empty() && phones.is_empty() && username.is_none() {
        return Err(ApiError::param(
            "form_data_missing",
            "email_address",
            "A user needs an e-mail address, a phone number or a username",
        ));
    }
    let mut user = User::from_seed(UserSeed::default(), now);
    user.email_addresses = emails
        .into_iter()
        .map(|email| EmailAddress::new(email, now))
        .collect();
    user.phone_numbers = phones
        .into_iter()
        .map(|phone| PhoneNumber::new(phone, now))
        .collect();
    user.primary_email_address_id = user.email_addresses.first().map(|email| email.id.clone());
    user.primary_phone_number_id = user.phone_numbers.first().map(|phone| phone.id.clone());
    user.username = username;
    user.external_id = external_id;
    user.public_metadata = body.object("public_metadata")?.unwrap_or_default();
    user.private_metadata = body.object("private_metadata")?.unwrap_or_default();
    user.unsafe_metadata = body.object("unsafe_metadata")?.unwrap_or_default();
    user.banned = body.boolean("banned")?.unwrap_or(false);
    user.locked = body.boolean("locked")?.unwrap_or(false);
    apply_profile(&mut user, &body, now)?;
    let id = user.id.clone();
    store.users.insert(id.clone(), user);
    show(&store, &id)
}

/// The fields that creation and update share.
fn apply_profile(user: &mut User, body: &Body, now: i64) -> Result<(), ApiError> {
    body.patch_text("first_name", &mut user.first_name)?;
    body.patch_text("last_name", &mut user.last_name)?;
    body.patch_text("locale", &mut user.locale)?;
    if let Some(enabled) = body.boolean("delete_self_enabled")? {
        user.delete_self_enabled = enabled;
    }
    if let Some(enabled) = body.boolean("create_organization_enabled")? {
        user.create_organization_enabled = enabled;
    }
    if let Some(limit) = body.integer("create_organizations_limit")? {
        user.create_organizations_limit = Some(limit);
    }
    if let Some(bypass) = body.boolean("bypass_client_trust")? {
        user.bypass_client_trust = bypass;
    }
    if body.text("legal_accepted_at")?.is_some() {
        user.legal_accepted_at = Some(now);
    }
    if let Some(password) = body.text("password")? {
        let checked = body.boolean("skip_password_checks")? != Some(true);
        if checked && password.chars().count() < SHORTEST_PASSWORD {
            return Err(ApiError::param(
                "form_password_length_too_short",
                "password",
                format!("Passwords must be {SHORTEST_PASSWORD} characters or more"),
            ));
        }
        user.password = Some(Secret(password));
        user.has_password_digest = false;
        user.password_last_updated_at = Some(now);
    } else if body.text("password_digest")?.is_some() {
        body.required("password_hasher")?;
        user.password = None;
        user.has_password_digest = true;
        user.password_last_updated_at = Some(now);
    }
    Ok(())
}

fn taken(param: &str) -> ApiError {
    ApiError::param(
        "form_identifier_exists",
        param,
        format!("That {} is taken", param.replace('_', " ")),
    )
}

fn free_email(store: &Store, email: &str) -> Result<(), ApiError> {
    let well_formed = email
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if !well_formed {
        return Err(ApiError::param(
            "form_param_format_invalid",
            "email_address",
            "email_address must be a valid email address",
        ));
    }
    match store.user_by_email(email) {
        Some(_) => Err(taken("email_address")),
        None => Ok(()),
    }
}

fn free_username(store: &Store, username: &str, own_id: Option<&str>) -> Result<(), ApiError> {
    match store.user_by_username(username) {
        Some(other) if own_id != Some(other.id.as_str()) => Err(taken("username")),
        _ => Ok(()),
    }
}

fn free_external_id(
    store: &Store,
    external_id: &str,
    own_id: Option<&str>,
) -> Result<(), ApiError> {
    let other = store
        .users
        .values()
        .any(|user| user.external_id.as_deref() == Some(external_id) && own_id != Some(&user.id));
    if other {
        Err(taken("external_id"))
    } else {
        Ok(())
    }
}

async fn update(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(UPDATE_FIELDS)?;
    {
        let store = shared.store();
        if let Some(username) = body.text("username")? {
            free_username(&store, &username, Some(&id))?;
        }
        if let Some(external_id) = body.text("external_id")? {
            free_external_id(&store, &external_id, Some(&id))?;
        }
    }
    let sign_out = body.boolean("sign_out_of_other_sessions")? == Some(true);
    let answer = change(&shared, &id, |user, now| {
        body.patch_text("username", &mut user.username)?;
        body.patch_text("external_id", &mut user.external_id)?;
        if let Some(email) = body.text("primary_email_address_id")? {
            if !user.email_addresses.iter().any(|known| known.id == email) {
                return Err(ApiError::not_found("email address of this user", &email));
            }
            user.primary_email_address_id = Some(email);
        }
        if let Some(phone) = body.text("primary_phone_number_id")? {
            if !user.phone_numbers.iter().any(|known| known.id == phone) {
                return Err(ApiError::not_found("phone number of this user", &phone));
            }
            user.primary_phone_number_id = Some(phone);
        }
        apply_profile(user, &body, now)
    })?;
    if sign_out {
        end_sessions_of(&shared, &id);
    }
    Ok(answer)
}

async fn delete(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    let now = shared.now();
    shared
        .store()
        .remove_user(&id, now)
        .ok_or_else(|| ApiError::not_found("user", &id))?;
    Ok(reply::deleted("user", &id))
}

async fn merge_metadata_of(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    let body = body.only(METADATA_FIELDS)?;
    change(&shared, &id, |user, _| {
        for (name, field) in metadata_fields(user) {
            merge_metadata(field, body.object(name)?.unwrap_or_default());
        }
        Ok(())
    })
}

async fn replace_metadata(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    let body = body.only(METADATA_FIELDS)?;
    change(&shared, &id, |user, _| {
        for (name, field) in metadata_fields(user) {
            if let Some(metadata) = body.object(name)? {
                *field = metadata;
            }
        }
        Ok(())
    })
}

fn metadata_fields(user: &mut User) -> [(&'static str, &mut serde_json::Map<String, Value>); 3] {
    [
        ("public_metadata", &mut user.public_metadata),
        ("private_metadata", &mut user.private_metadata),
        ("unsafe_metadata", &mut user.unsafe_metadata),
    ]
}

fn end_sessions_of(shared: &Shared, user_id: &str) {
    let now = shared.now();
    let mut store = shared.store();
    let sessions: Vec<String> = store
        .sessions
        .values()
        .filter(|session| session.user_id == user_id)
        .map(|session| session.id.clone())
        .collect();
    for session in sessions {
        store.end_session(&session, SessionStatus::Revoked, now);
    }
}

async fn ban(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    let answer = change(&shared, &id, |user, _| {
        user.banned = true;
        Ok(())
    })?;
    end_sessions_of(&shared, &id);
    Ok(answer)
}

async fn unban(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    change(&shared, &id, |user, _| {
        user.banned = false;
        Ok(())
    })
}

async fn lock(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    change(&shared, &id, |user, _| {
        user.locked = true;
        Ok(())
    })
}

async fn unlock(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    change(&shared, &id, |user, _| {
        user.locked = false;
        Ok(())
    })
}

async fn verify_password(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Body,
) -> Reply {
    let password = body.only(&["password"])?.required("password")?;
    let store = shared.store();
    let user = store
        .users
        .get(&id)
        .ok_or_else(|| ApiError::not_found("user", &id))?;
    if !user.has_password() {
        return Err(ApiError::bad_request(
            "no_password_set",
            "This user has no password",
        ));
    }
    if !user.password_is(&password) {
        return Err(ApiError::param(
            "incorrect_password",
            "password",
            "The password is not the user's",
        ));
    }
    Ok(reply::ok(&json!({ "verified": true })))
}

async fn set_image(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    mut form: Multipart,
) -> Reply {
    let unreadable = |error: axum::extract::multipart::MultipartError| {
        ApiError::bad_request("request_body_invalid", error.body_text())
    };
    let mut image = None;
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if field.name() != Some("file") {
            continue;
        }
        let bytes = field.bytes().await.map_err(unreadable)?;
        let content_type = image_type(&bytes).ok_or_else(|| {
            ApiError::param(
                "image_type_not_supported",
                "file",
                "The file must be a PNG, JPEG, GIF or WebP image",
            )
        })?;
        image = Some(Image {
            content_type,
            bytes,
            version: random::hex(8),
        });
    }
    let image = image
        .ok_or_else(|| ApiError::param("form_param_missing", "file", "file must be included"))?;
    change(&shared, &id, |user, _| {
        user.image = Some(image);
        Ok(())
    })
}

/// The type of a picture by its first bytes; what the client claims is not trusted.
fn image_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if bytes.starts_with(b"GIF8") {
        Some("image/gif")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        None
    }
}

async fn delete_image(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Reply {
    change(&shared, &id, |user, _| {
        user.image = None;
        Ok(())
    })
}
