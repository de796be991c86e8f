use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::rules::api_error::ApiError;
use crate::rules::jwt_templates::{self, TemplateFields};
use crate::rules::template_keys::ALGORITHMS;
use crate::secret::Secret;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/jwt_templates", get(list).post(create))
        .route(
            "/jwt_templates/{template_id}",
            get(one).patch(replace).delete(delete),
        )
}

fn fields(body: Body) -> Result<TemplateFields, ApiError> {
    let body = body.only(&[
        "name",
        "claims",
        "lifetime",
        "allowed_clock_skew",
        "custom_signing_key",
        "signing_algorithm",
        "signing_key",
    ])?;
    Ok(TemplateFields {
        name: body.required("name")?,
        claims: body
            .object("claims")?
            .ok_or_else(|| ApiError::missing("claims"))?,
        lifetime: body.integer("lifetime")?,
        allowed_clock_skew: body.integer("allowed_clock_skew")?,
        custom_signing_key: body.is_true("custom_signing_key")?,
        signing_algorithm: body.one_of("signing_algorithm", ALGORITHMS)?,
        signing_key: body.text("signing_key")?.map(Secret),
    })
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::asked_for(params.flag("paginated")?),
        |tables, _| Ok(jwt_templates::list(tables)),
        |show, template| show.jwt_template(template),
    )
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| jwt_templates::find(tables, &id),
        |show, template| show.jwt_template(template),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let fields = fields(body)?;
    answer::changed(
        &app,
        |tables, now| jwt_templates::create(tables, fields, now),
        |show, template| show.jwt_template(template),
    )
}

async fn replace(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let fields = fields(body)?;
    answer::changed(
        &app,
        |tables, now| jwt_templates::replace(tables, &id, fields, now),
        |show, template| show.jwt_template(template),
    )
}

async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "jwt_template", |tables, _| {
        jwt_templates::delete(tables, &id)?;
        Ok(id)
    })
}
