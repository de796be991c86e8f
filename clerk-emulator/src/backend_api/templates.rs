use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::json;

use super::shapes::Shapes;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::model::template::TemplateKind;
use crate::rules::api_error::ApiError;
use crate::rules::templates::{self, TemplateUpdate};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/templates/{template_type}", get(list))
        .route("/templates/{template_type}/{slug}", get(one).put(update))
        .route("/templates/{template_type}/{slug}/revert", post(revert))
        .route("/templates/{template_type}/{slug}/preview", post(preview))
        .route(
            "/templates/{template_type}/{slug}/toggle_delivery",
            post(toggle_delivery),
        )
}

fn kind(template_type: &str) -> Result<TemplateKind, ApiError> {
    match template_type {
        "email" => Ok(TemplateKind::Email),
        "sms" => Ok(TemplateKind::Sms),
        _ => Err(ApiError::bad_request(
            "template_type_unsupported",
            "The template type must be email or sms",
        )),
    }
}

async fn list(
    State(app): State<Arc<App>>,
    Path(template_type): Path<String>,
    params: Params,
) -> Reply {
    let kind = kind(&template_type)?;
    let page = params.page(MOST_ROWS)?;
    let shape = ListShape::asked_for(params.flag("paginated")?);
    app.read(|tables, now| {
        let shapes = Shapes::new(tables, &app.instance, now);
        let rows = templates::list(tables, kind);
        Ok(page.answer(shape, &rows, |row| shapes.template(row)))
    })
}

async fn one(
    State(app): State<Arc<App>>,
    Path((template_type, slug)): Path<(String, String)>,
) -> Reply {
    show(&app, kind(&template_type)?, &slug)
}

fn show(app: &App, kind: TemplateKind, slug: &str) -> Reply {
    app.read(|tables, now| {
        let template = templates::find(tables, kind, slug)?;
        let shapes = Shapes::new(tables, &app.instance, now);
        Ok(reply::ok(&shapes.template(&template)))
    })
}

async fn update(
    State(app): State<Arc<App>>,
    Path((template_type, slug)): Path<(String, String)>,
    body: Body,
) -> Reply {
    let kind = kind(&template_type)?;
    let body = body.only(&[
        "name",
        "subject",
        "markup",
        "body",
        "delivered_by_clerk",
        "from_email_name",
        "reply_to_email_name",
    ])?;
    let update = TemplateUpdate {
        name: body.text("name")?,
        subject: body.patch_text("subject")?,
        markup: body.text("markup")?,
        body: body.text("body")?,
        delivered_by_clerk: body.boolean("delivered_by_clerk")?,
        from_email_name: body.text("from_email_name")?,
        reply_to_email_name: body.text("reply_to_email_name")?,
    };
    app.write(|tables, now| templates::update(tables, kind, &slug, update, now))?;
    show(&app, kind, &slug)
}

async fn revert(
    State(app): State<Arc<App>>,
    Path((template_type, slug)): Path<(String, String)>,
) -> Reply {
    let kind = kind(&template_type)?;
    app.write(|tables, _| templates::revert(tables, kind, &slug))?;
    show(&app, kind, &slug)
}

async fn preview(
    State(app): State<Arc<App>>,
    Path((template_type, slug)): Path<(String, String)>,
    body: Body,
) -> Reply {
    let kind = kind(&template_type)?;
    let body = body.only(&["subject", "body", "from_email_name", "reply_to_email_name"])?;
    let given = [
        body.text("subject")?,
        body.text("body")?,
        body.text("from_email_name")?,
        body.text("reply_to_email_name")?,
    ];
    app.read(|tables, _| {
        let (system, made) = templates::find(tables, kind, &slug)?;
        let unchanged = templates::unchanged(tables, system);
        let made = made.unwrap_or(&unchanged);
        let [subject, body, from, reply_to] = given;
        let host = &app.instance.host;
        let address = |given: Option<String>, known: &str| {
            let name = given.unwrap_or_else(|| known.to_owned());
            (!name.is_empty()).then(|| format!("{name}@{host}"))
        };
        let subject = subject.or_else(|| made.subject.clone());
        Ok(reply::ok(&json!({
            "subject": subject.map(|subject| templates::fill_in(&subject, templates::example)),
            "body": templates::fill_in(body.as_deref().unwrap_or(&made.body), templates::example),
            "from_email_address": address(from, &made.from_email_name),
            "reply_to_email_address": address(reply_to, &made.reply_to_email_name),
        })))
    })
}

async fn toggle_delivery(
    State(app): State<Arc<App>>,
    Path((template_type, slug)): Path<(String, String)>,
    body: Body,
) -> Reply {
    let kind = kind(&template_type)?;
    let body = body.only(&["delivered_by_clerk"])?;
    let delivered = body
        .boolean("delivered_by_clerk")?
        .ok_or_else(|| ApiError::missing("delivered_by_clerk"))?;
    app.write(|tables, now| templates::set_delivered(tables, kind, &slug, delivered, now))?;
    show(&app, kind, &slug)
}
