use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;

use super::answer;
use super::connection_fields::{enterprise_fields, enterprise_update, saml_fields, saml_update};
use super::shapes::Shapes;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::model::enterprise_connection::{EnterpriseConnection, TestRunStatus};
use crate::rules::api_error::ApiError;
use crate::rules::enterprise_connections::{self as connections, ConnectionFilter, Family};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/enterprise_connections", get(list).post(create))
        .route(
            "/enterprise_connections/{enterprise_connection_id}",
            get(one).patch(update).delete(delete),
        )
        .route(
            "/enterprise_connections/{enterprise_connection_id}/test_runs",
            get(list_test_runs).post(start_test_run),
        )
        .route("/saml_connections", get(list_saml).post(create_saml))
        .route(
            "/saml_connections/{saml_connection_id}",
            get(one_saml).patch(update_saml).delete(delete_saml),
        )
}

async fn list(State(app): State<Arc<App>>, params: Params) -> Reply {
    let filter = ConnectionFilter {
        organization_ids: params.text("organization_id").into_iter().collect(),
        active: params.boolean("active")?,
        query: None,
    };
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::Page,
        |tables, _| {
            let mut rows = connections::list(tables, Family::Enterprise, &filter);
            rows.reverse();
            Ok(rows)
        },
        |show, connection| show.enterprise_connection(connection),
    )
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::one(
        &app,
        |tables| connections::find(tables, Family::Enterprise, &id),
        |show, connection| show.enterprise_connection(connection),
    )
}

async fn create(State(app): State<Arc<App>>, body: Body) -> Reply {
    let (provider, fields) = enterprise_fields(body)?;
    app.write(|tables, now| {
        let id = connections::create(tables, Family::Enterprise, provider, fields, now)?;
        let connection = connections::find(tables, Family::Enterprise, &id)?;
        let shapes = Shapes::new(tables, &app.instance, now);
        Ok(reply::json_response(
            StatusCode::CREATED,
            &shapes.enterprise_connection(connection),
        ))
    })
}

async fn update(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let fields = enterprise_update(body)?;
    answer::changed(
        &app,
        |tables, now| {
            connections::update(tables, Family::Enterprise, &id, fields, now)?;
            connections::find(tables, Family::Enterprise, &id)
        },
        |show, connection| show.enterprise_connection(connection),
    )
}

async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "enterprise_connection", |tables, _| {
        connections::delete(tables, Family::Enterprise, &id)?;
        Ok(id)
    })
}

/// Returns the statuses that a list of test runs is filtered by.
pub(crate) fn test_run_statuses(params: &Params) -> Result<Vec<TestRunStatus>, ApiError> {
    let all = [
        ("pending", TestRunStatus::Pending),
        ("success", TestRunStatus::Success),
        ("failed", TestRunStatus::Failed),
    ];
    let wanted = params.all("status");
    if wanted.is_empty() {
        return Ok(all.map(|(_, status)| status).to_vec());
    }
    wanted
        .into_iter()
        .map(|wanted| {
            let known = all.iter().find(|(name, _)| *name == wanted);
            known
                .map(|(_, status)| *status)
                .ok_or_else(|| ApiError::value("status", "must be one of pending, success, failed"))
        })
        .collect()
}

async fn list_test_runs(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
) -> Reply {
    let statuses = test_run_statuses(&params)?;
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::Page,
        |tables, _| connections::test_runs(tables, &id, &statuses),
        |show, run| show.test_run(run),
    )
}

async fn start_test_run(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::changed(
        &app,
        |tables, now| connections::start_test_run(tables, &id, now),
        |show, run| show.test_run_link(run),
    )
}

fn saml_answer(
    app: &App,
    change: impl FnOnce(&mut crate::store::tables::Tables, i64) -> Result<String, ApiError>,
) -> Reply {
    app.write(|tables, now| {
        let id = change(tables, now)?;
        let connection = connections::find(tables, Family::Enterprise, &id)?;
        show_saml(Shapes::new(tables, &app.instance, now), connection)
    })
}

fn show_saml(shapes: Shapes<'_>, connection: &EnterpriseConnection) -> Result<Response, ApiError> {
    let shown = shapes
        .saml_connection(connection)
        .ok_or_else(|| ApiError::not_found("SAML connection", &connection.id))?;
    Ok(reply::ok(&shown))
}

async fn list_saml(State(app): State<Arc<App>>, params: Params) -> Reply {
    let order = params.order_by(
        &["name", "created_at", "updated_at", "provider", "active"],
        "-created_at",
    )?;
    let filter = ConnectionFilter {
        organization_ids: params.all("organization_id"),
        active: None,
        query: params.lower("query"),
    };
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::Page,
        |tables, _| {
            let mut rows = connections::list(tables, Family::Saml, &filter);
            match order.field {
                "name" => order.sort(&mut rows, |one| one.name.as_str()),
                "provider" => order.sort(&mut rows, |one| one.provider.as_str()),
                "active" => order.sort(&mut rows, |one| one.active),
                "updated_at" => order.sort(&mut rows, |one| one.updated_at),
                _ => order.sort(&mut rows, |one| one.created_at),
            }
            Ok(rows)
        },
        // The list contains only SAML connections.
        |show, connection| show.saml_connection(connection).unwrap_or_default(),
    )
}

async fn one_saml(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    app.read(|tables, now| {
        let connection = connections::find(tables, Family::Saml, &id)?;
        show_saml(Shapes::new(tables, &app.instance, now), connection)
    })
}

async fn create_saml(State(app): State<Arc<App>>, body: Body) -> Reply {
    let (provider, fields) = saml_fields(body)?;
    saml_answer(&app, |tables, now| {
        connections::create(tables, Family::Saml, provider, fields, now)
    })
}

async fn update_saml(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let fields = saml_update(body)?;
    saml_answer(&app, |tables, now| {
        connections::update(tables, Family::Saml, &id, fields, now)
    })
}

async fn delete_saml(State(app): State<Arc<App>>, Path(id): Path<String>) -> Reply {
    answer::deleted(&app, "saml_connection", |tables, _| {
        connections::delete(tables, Family::Saml, &id)?;
        Ok(id)
    })
}
