//! What users see of their own accounts and can do with them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch, post};
use http::StatusCode;
use serde_json::{Value, json};

use super::envelope::{Done, deleted, perform_signed_in, perform_verified, read_signed_in};
use super::sign_ins::required;
use super::sign_ups::{metadata, patch as patch_text};
use super::view::View;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::body::Form;
use crate::http::reply::Reply;
use crate::http::upload::ImageForm;
use crate::model::session::{Session, SessionStatus};
use crate::rules::accounts::{self, Profile, UserMetadata, UserUpdate};
use crate::rules::api_error::ApiError;
use crate::rules::metadata::Update;
use crate::rules::sessions::SessionFilter;
use crate::rules::{profile, reverifications, sessions, wallets};
use crate::store::tables::Tables;

/// The first version of the API in which metadata has an endpoint of its own only.
const WITHOUT_METADATA: &str = "2026-05-12";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/me", get(show).patch(update).delete(delete))
        .route("/v1/me/metadata", patch(update_metadata))
        .route("/v1/me/profile_image", post(set_image).delete(delete_image))
        .route("/v1/me/change_password", post(change_password))
        .route("/v1/me/remove_password", post(remove_password))
        .route("/v1/me/sessions", get(list_sessions))
        .route("/v1/me/sessions/active", get(active_sessions))
        .route("/v1/me/sessions/{session_id}/revoke", post(revoke_session))
}

fn shown(app: &App, tables: &Tables, user_id: &str, now: i64) -> Result<Done, ApiError> {
    let user = accounts::find(tables, user_id)?;
    Ok(Done::Wrapped(View::new(app, tables, now).user(user)))
}

async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        shown(&app, tables, &session.user_id, now)
    })
}

async fn update(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    if form.get("password").is_some() {
        return Err(ApiError::forbidden(
            "updating_user_password_deprecated",
            "Password is not a valid parameter and can only be updated via /v1/me/change_password",
        ));
    }
    let version = visitor.api_version();
    if form.get("unsafe_metadata").is_some() && version >= Some(WITHOUT_METADATA) {
        return Err(ApiError::param(
            "form_param_unknown",
            "unsafe_metadata",
            "unsafe_metadata is not a valid parameter for this request. Use PATCH /v1/me/metadata.",
        ));
    }
    let email = form.text("primary_email_address_id").map(str::to_owned);
    let phone = form.text("primary_phone_number_id").map(str::to_owned);
    let wallet = form.text("primary_web3_wallet_id");
    let given = UserMetadata {
        unsafe_: metadata(&form, "unsafe_metadata")?,
        ..UserMetadata::default()
    };
    let update = UserUpdate {
        username: patch_text(&form, "username"),
        primary_email_address_id: email.clone(),
        primary_phone_number_id: phone.clone(),
        profile: Profile {
            first_name: patch_text(&form, "first_name"),
            last_name: patch_text(&form, "last_name"),
            ..Profile::default()
        },
        ..UserUpdate::default()
    };
    let is_sensitive = [
        "username",
        "primary_email_address_id",
        "primary_phone_number_id",
        "primary_web3_wallet_id",
    ]
    .iter()
    .any(|name| form.get(name).is_some());
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let (id, now) = (&session.user_id, visit.now);
        if is_sensitive {
            reverifications::check_recent(tables, session, now)?;
        }
        let names = &update.profile;
        profile::check_names(
            tables,
            &update.username,
            &names.first_name,
            &names.last_name,
        )?;
        profile::check_primary(tables, id, email.as_deref(), phone.as_deref())?;
        accounts::update(tables, id, update, now)?;
        if let Some(wallet) = wallet {
            wallets::make_primary(tables, id, wallet, now)?;
        }
        accounts::update_metadata(tables, id, given, Update::Replace, now)?;
        shown(&app, tables, id, now)
    })
}

async fn update_metadata(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let given = UserMetadata {
        unsafe_: metadata(&form, "unsafe_metadata")?,
        ..UserMetadata::default()
    };
    if given.unsafe_.is_none() {
        return Err(ApiError::missing("unsafe_metadata"));
    }
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        accounts::update_metadata(tables, &session.user_id, given, Update::Merge, visit.now)?;
        shown(&app, tables, &session.user_id, visit.now)
    })
}

async fn delete(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    perform_verified(&app, &visitor, |tables, visit, session| {
        profile::delete(tables, &session.user_id, visit.now)?;
        Ok(deleted("user", &session.user_id))
    })
}

async fn set_image(State(app): State<Arc<App>>, visitor: Visitor, form: ImageForm) -> Reply {
    let image = form.image()?;
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let id = &session.user_id;
        let user = accounts::set_image(tables, id, Some(image), visit.now)?;
        Ok(Done::Wrapped(json!({
            "object": "image",
            "id": format!("img_{id}"),
            "name": "profile image",
            "public_url": app.instance.image_url(id, user.image.as_ref()),
        })))
    })
}

async fn delete_image(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        let id = &session.user_id;
        if accounts::find(tables, id)?.image.is_none() {
            let code = "image_not_found";
            return Err(ApiError::new(
                StatusCode::NOT_FOUND,
                code,
                "Image not found",
            ));
        }
        accounts::set_image(tables, id, None, visit.now)?;
        Ok(deleted("image", &format!("img_{id}")))
    })
}

async fn change_password(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let new = required(&form, "new_password")?;
    let current = form.text("current_password");
    let others = form.is_true("sign_out_of_other_sessions");
    perform_verified(&app, &visitor, |tables, visit, session| {
        profile::change_password(tables, session, current, new, others, visit.now)?;
        shown(&app, tables, &session.user_id, visit.now)
    })
}

async fn remove_password(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    let current = required(&form, "current_password")?;
    perform_verified(&app, &visitor, |tables, visit, session| {
        profile::remove_password(tables, &session.user_id, current, visit.now)?;
        shown(&app, tables, &session.user_id, visit.now)
    })
}

/// Returns the user's sessions that have not ended, newest first.
fn own_sessions<'t>(tables: &'t Tables, session: &Session, now: i64) -> Vec<&'t Session> {
    let filter = SessionFilter {
        user_id: Some(&session.user_id),
        ..SessionFilter::default()
    };
    let mut own = sessions::list(tables, &filter, now);
    own.retain(|session| session.is_alive(now));
    own
}

async fn list_sessions(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        let view = View::new(&app, tables, now);
        let own = own_sessions(tables, session, now).into_iter();
        // A session of another browser is shown, but its token is not.
        let shown: Vec<Value> = own
            .map(|one| view.session(one).map(|shown| view.without_token(shown)))
            .collect::<Result<_, _>>()?;
        Ok(Done::Raw(StatusCode::OK, Value::Array(shown)))
    })
}

async fn active_sessions(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        let view = View::new(&app, tables, now);
        let own = own_sessions(tables, session, now).into_iter();
        let shown: Vec<Value> = own
            .map(|one| view.active_session(one))
            .collect::<Result<_, _>>()?;
        Ok(Done::Raw(StatusCode::OK, Value::Array(shown)))
    })
}

async fn revoke_session(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Reply {
    perform_verified(&app, &visitor, |tables, visit, session| {
        let own = sessions::find(tables, &id)?;
        if own.user_id != session.user_id {
            return Err(ApiError::not_found("session", &id));
        }
        sessions::end(tables, &id, SessionStatus::Revoked, visit.now);
        let view = View::new(&app, tables, visit.now);
        Ok(Done::Wrapped(view.session(sessions::find(tables, &id)?)?))
    })
}
