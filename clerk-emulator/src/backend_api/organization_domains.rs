use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch, post};

use super::answer;
use crate::app::App;
use crate::http::body::Body;
use crate::http::page::{ListShape, MOST_ROWS};
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::organization_domain::ENROLLMENT_MODES;
use crate::rules::api_error::ApiError;
use crate::rules::organization_domains::{self, Affiliation, DEFAULT_MODE, DomainFilter};
use crate::rules::organizations;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/organization_domains", get(list_all))
        .route(
            "/organizations/{organization_id}/domains",
            get(list).post(create),
        )
        .route(
            "/organizations/{organization_id}/domains/{domain_id}",
            patch(update).delete(delete),
        )
        .route(
            "/organizations/{organization_id}/domains/{domain_id}/verify_ownership",
            post(verify_ownership),
        )
}

/// Reads the enrollment modes to include, or to exclude after a minus sign.
fn enrollment_modes(params: &Params) -> Result<Vec<&str>, ApiError> {
    let modes = params.all("enrollment_mode");
    let is_known = |mode: &&str| ENROLLMENT_MODES.contains(&mode.trim_start_matches('-'));
    match modes.iter().all(is_known) {
        true => Ok(modes),
        false => Err(ApiError::value(
            "enrollment_mode",
            &format!("must hold only {}", ENROLLMENT_MODES.join(", ")),
        )),
    }
}

async fn list_all(State(app): State<Arc<App>>, params: Params) -> Reply {
    let page = params.page(MOST_ROWS)?;
    let order = params.order_by(&["name", "created_at"], "-created_at")?;
    let filter = DomainFilter {
        organization_id: params.text("organization_id"),
        verified: params.boolean("verified")?,
        enrollment_modes: enrollment_modes(&params)?,
        names: params.all("domains"),
        query: params.lower("query"),
    };
    answer::list(
        &app,
        page,
        ListShape::Page,
        |tables, _| {
            let mut rows = organization_domains::list(tables, &filter);
            match order.field {
                "name" => order.sort(&mut rows, |domain| domain.name.as_str()),
                _ => order.sort(&mut rows, |domain| domain.created_at),
            }
            Ok(rows)
        },
        |show, domain| show.organization_domain(domain),
    )
}

async fn list(State(app): State<Arc<App>>, Path(id): Path<String>, params: Params) -> Reply {
    let verified = params.boolean("verified")?;
    let enrollment_modes = enrollment_modes(&params)?;
    answer::list(
        &app,
        params.page(MOST_ROWS)?,
        ListShape::Page,
        |tables, _| {
            let filter = DomainFilter {
                organization_id: Some(&organizations::find(tables, &id)?.id),
                verified,
                enrollment_modes: enrollment_modes.clone(),
                ..DomainFilter::default()
            };
            Ok(organization_domains::list(tables, &filter))
        },
        |show, domain| show.organization_domain(domain),
    )
}

async fn create(State(app): State<Arc<App>>, Path(id): Path<String>, body: Body) -> Reply {
    let body = body.only(&["name", "enrollment_mode", "verified"])?;
    let name = body.required("name")?;
    let mode = body
        .text("enrollment_mode")?
        .unwrap_or_else(|| DEFAULT_MODE.to_owned());
    let affiliation = match body.boolean("verified")? {
        Some(false) => Affiliation::Unverified,
        _ => Affiliation::Granted,
    };
    answer::changed(
        &app,
        |tables, now| organization_domains::create(tables, &id, &name, mode, affiliation, now),
        |show, domain| show.organization_domain(domain),
    )
}

async fn update(
    State(app): State<Arc<App>>,
    Path((organization, id)): Path<(String, String)>,
    body: Body,
) -> Reply {
    let body = body.only(&["enrollment_mode", "verified"])?;
    let mode = body.text("enrollment_mode")?;
    let verified = body.boolean("verified")?;
    answer::changed(
        &app,
        |tables, now| organization_domains::update(tables, &organization, &id, mode, verified, now),
        |show, domain| show.organization_domain(domain),
    )
}

async fn verify_ownership(
    State(app): State<Arc<App>>,
    Path((organization, id)): Path<(String, String)>,
) -> Reply {
    answer::changed(
        &app,
        |tables, now| organization_domains::verify_ownership(tables, &organization, &id, now),
        |show, domain| show.organization_domain(domain),
    )
}

async fn delete(
    State(app): State<Arc<App>>,
    Path((organization, id)): Path<(String, String)>,
) -> Reply {
    answer::deleted(&app, "organization_domain", |tables, now| {
        organization_domains::delete(tables, &organization, &id, now)?;
        Ok(id)
    })
}
