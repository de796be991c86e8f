use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use axum::routing::{get, post, put};
use http::StatusCode;

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::http::upload::ImageForm;
use crate::rules::api_error::ApiError;
use crate::rules::oauth_applications::{self, ApplicationFields};

const FIELDS: &[&str] = &[
    "name",
    "redirect_uris",
    "callback_url",
    "scopes",
    "consent_screen_enabled",
    "pkce_required",
    "public",
    "device_authorization_grant_enabled",
];

const LONGEST_NAME: usize = 256;
const LONGEST_TEXT: usize = 1024;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/oauth_applications", get(list).post(create))
        .route(
            "/oauth_applications/{oauth_application_id}",
            get(one).patch(update).delete(delete),
        )
        .route(
            "/oauth_applications/{oauth_application_id}/logo",
            put(set_logo),
        )
        .route(
            "/oauth_applications/{oauth_application_id}/rotate_secret",
            post(rotate_secret),
        )
        .route(
            "/oauth_applications/{oauth_application_id}/revoke_token",
            post(revoke_token),
        )
}

fn fields(body: Body) -> Result<ApplicationFields, ApiError> {
    let body = body.only(FIELDS)?;
    let callback = body
        .text_up_to("callback_url", LONGEST_TEXT)?
        .map(|url| vec![url]);
    Ok(ApplicationFields {
        name: body.name_up_to("name", LONGEST_NAME)?,
        redirect_uris: body.texts("redirect_uris")?.or(callback),
        scopes: body.text_up_to("scopes", LONGEST_TEXT)?,
        consent_screen_enabled: body.boolean("consent_screen_enabled")?,
        pkce_required: body.boolean("pkce_required")?,
        public: body.boolean("public")?,
        device_authorization_grant_enabled: body.boolean("device_authorization_grant_enabled")?,
        ..ApplicationFields::default()
    })
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = params.order_by(&["name", "created_at"], "+created_at")?;
    let query = params.text("name_query");
    answer::list(
        &app,
        page,
        ListShape::Page,
        |tables, _| {
            let mut rows = oauth_applications::list(tables, query);
            match order.field {
                "name" => order.sort(&mut rows, |one| one.name.as_str()),
                _ => order.sort(&mut rows, |one| one.created_at),
            }
            Ok(rows)
        },
        |show, one| show.oauth_application(one),
    )
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| oauth_applications::find(tables, &id),
        |show, one| show.oauth_application(one),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let fields = fields(body)?;
    if fields.name.is_none() {
        return Err(ApiError::missing("name"));
    }
    answer::changed(
        &app,
        |tables, now| oauth_applications::create(tables, fields, now),
        |show, one| show.oauth_application_with_secret(one),
    )
}

async fn update(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let fields = fields(body)?;
    answer::changed(
        &app,
        |tables, now| oauth_applications::update(tables, &id, fields, now),
        |show, one| show.oauth_application(one),
    )
}

async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "oauth_application", |tables, _| {
        oauth_applications::delete(tables, &id)?;
        Ok(id)
    })
}

async fn set_logo(State(app): State<Arc<App>>, Path(id): Path<String>, form: ImageForm) -> Reply {
    let logo = form.image()?;
    answer::changed(
        &app,
        |tables, now| oauth_applications::set_logo(tables, &id, logo, now),
        |show, one| show.oauth_application(one),
    )
}

async fn rotate_secret(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| oauth_applications::rotate_secret(tables, &id, now),
        |show, one| show.oauth_application_with_secret(one),
    )
}

async fn revoke_token(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let token = body.only(&["token"])?.required("token")?;
    app.write(|tables, now| oauth_applications::revoke_token(tables, &id, &token, now))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
