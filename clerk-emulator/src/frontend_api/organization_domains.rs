//! Domains of organizations, added and verified by their members.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::envelope::{Done, deleted, judged, perform_signed_in, read_signed_in};
use super::me_organizations::piece;
use super::sign_ins::required;
use super::view::View;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::organization_domain::OrganizationDomain;
use crate::rules::api_error::ApiError;
use crate::rules::organization_access::{self, MANAGE_DOMAINS, READ_DOMAINS};
use crate::rules::organization_domains::{self, Affiliation, DEFAULT_MODE, DomainFilter};
use crate::rules::organization_suggestions;
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    let domain = |action: &str| {
        format!("/v1/organizations/{{organization_id}}/domains/{{domain_id}}/{action}")
    };
    Router::new()
        .route(
            "/v1/organizations/{organization_id}/domains",
            get(list).post(create),
        )
        .route(
            "/v1/organizations/{organization_id}/domains/bulk",
            post(create_all),
        )
        .route(
            "/v1/organizations/{organization_id}/domains/prepare_ownership_verification/bulk",
            post(prepare_ownership_of_all),
        )
        .route(
            "/v1/organizations/{organization_id}/domains/attempt_ownership_verification/bulk",
            post(attempt_ownership_of_all),
        )
        .route(
            "/v1/organizations/{organization_id}/domains/{domain_id}",
            get(one).delete(delete),
        )
        .route(&domain("update_enrollment_mode"), post(set_mode))
        .route(
            &domain("prepare_affiliation_verification"),
            post(prepare_affiliation),
        )
        .route(
            &domain("attempt_affiliation_verification"),
            post(attempt_affiliation),
        )
        .route(
            &domain("prepare_ownership_verification"),
            post(prepare_ownership),
        )
        .route(
            &domain("attempt_ownership_verification"),
            post(attempt_ownership),
        )
}

/// Renders a domain for a member. Only managers see the value of its DNS record.
fn shown_to(view: View<'_>, domain: &OrganizationDomain, is_manager: bool) -> Value {
    let mut json = view.organization_domain(domain);
    if !is_manager
        && let Some(record) = json.pointer_mut("/ownership_verification/txt_record_value")
    {
        *record = Value::Null;
    }
    json
}

fn is_manager(tables: &Tables, organization: &str, user_id: &str) -> bool {
    organization_access::require(tables, organization, user_id, MANAGE_DOMAINS).is_ok()
}

/// Renders a domain for its managers.
fn shown(
    app: &App,
    tables: &Tables,
    organization: &str,
    id: &str,
    now: i64,
) -> Result<Value, ApiError> {
    let domain = organization_domains::find(tables, organization, id)?;
    Ok(View::new(app, tables, now).organization_domain(domain))
}

async fn list(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    params: Params,
) -> Reply {
    let verified = params.boolean("verified")?;
    read_signed_in(&app, &visitor, |tables, session, now| {
        organization_access::require(tables, &id, &session.user_id, READ_DOMAINS)?;
        let filter = DomainFilter {
            organization_id: Some(&id),
            verified,
            enrollment_modes: params.all("enrollment_mode"),
            ..DomainFilter::default()
        };
        let rows = organization_domains::list(tables, &filter);
        let view = View::new(&app, tables, now);
        let is_manager = is_manager(tables, &id, &session.user_id);
        piece(&params, &rows, |one| shown_to(view, one, is_manager))
    })
}

async fn create(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let name = required(&form, "name")?;
    let mode = form.text("enrollment_mode").unwrap_or(DEFAULT_MODE);
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_DOMAINS)?;
        let (mode, now) = (mode.to_owned(), visit.now);
        let by = Affiliation::AddressOf(&session.user_id);
        let domain = organization_domains::create(tables, &id, name, mode, by, now)?;
        let domain_id = domain.id.clone();
        shown(&app, tables, &id, &domain_id, now).map(Done::Wrapped)
    })
}

/// Adds several domains. Those that cannot be added are reported and do not affect the others.
async fn create_all(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let mut names: Vec<String> = Vec::new();
    for name in form.all("names") {
        let name = name.to_lowercase();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err(ApiError::missing("names"));
    }
    let mode = form.text("enrollment_mode").unwrap_or(DEFAULT_MODE);
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_DOMAINS)?;
        let (mut data, mut errors) = (Vec::new(), Vec::new());
        for name in &names {
            let mode = mode.to_owned();
            let by = Affiliation::AddressOf(&session.user_id);
            let made = organization_domains::create(tables, &id, name, mode, by, visit.now)
                .map(|domain| domain.id.clone());
            match made {
                Ok(made) => data.push(shown(&app, tables, &id, &made, visit.now)?),
                Err(refusal) => errors.push(json!({ "name": name, "code": refusal.code })),
            }
        }
        Ok(Done::Wrapped(json!({ "data": data, "errors": errors })))
    })
}

async fn one(
    State(app): State<Arc<App>>,
    Path((id, domain_id)): Path<(String, String)>,
    visitor: Visitor,
) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        organization_access::require(tables, &id, &session.user_id, READ_DOMAINS)?;
        let domain = organization_domains::find(tables, &id, &domain_id)?;
        let is_manager = is_manager(tables, &id, &session.user_id);
        let view = View::new(&app, tables, now);
        Ok(Done::Wrapped(shown_to(view, domain, is_manager)))
    })
}

async fn delete(
    State(app): State<Arc<App>>,
    Path((id, domain_id)): Path<(String, String)>,
    visitor: Visitor,
) -> Reply {
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_DOMAINS)?;
        organization_domains::delete(tables, &id, &domain_id, visit.now)?;
        Ok(deleted("organization_domain", &domain_id))
    })
}

/// Changes a domain and renders it.
fn change(
    app: &App,
    (id, domain_id): (&str, &str),
    visitor: &Visitor,
    change: impl FnOnce(&mut Tables, i64) -> Result<(), ApiError>,
) -> Reply {
    perform_signed_in(app, visitor, |tables, visit, session| {
        organization_access::require(tables, id, &session.user_id, MANAGE_DOMAINS)?;
        change(tables, visit.now)?;
        shown(app, tables, id, domain_id, visit.now).map(Done::Wrapped)
    })
}

async fn set_mode(
    State(app): State<Arc<App>>,
    Path((id, domain_id)): Path<(String, String)>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let mode = required(&form, "enrollment_mode")?.to_owned();
    let withdraws = form.is_true("delete_pending");
    change(&app, (&id, &domain_id), &visitor, |tables, now| {
        organization_domains::update(tables, &id, &domain_id, Some(mode), None, now)?;
        if withdraws {
            organization_suggestions::withdraw(tables, &domain_id, now);
        }
        Ok(())
    })
}

async fn prepare_affiliation(
    State(app): State<Arc<App>>,
    Path((id, domain_id)): Path<(String, String)>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let address = required(&form, "affiliation_email_address")?.to_owned();
    change(&app, (&id, &domain_id), &visitor, |tables, now| {
        organization_domains::prepare_affiliation(tables, &id, &domain_id, address, now)
    })
}

async fn attempt_affiliation(
    State(app): State<Arc<App>>,
    Path((id, domain_id)): Path<(String, String)>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let code = required(&form, "code")?;
    perform_signed_in(&app, &visitor, |tables, visit, session| {
        organization_access::require(tables, &id, &session.user_id, MANAGE_DOMAINS)?;
        let now = visit.now;
        let verdict =
            organization_domains::attempt_affiliation(tables, &id, &domain_id, code, now)?;
        judged(verdict, || shown(&app, tables, &id, &domain_id, now))
    })
}

async fn prepare_ownership(
    State(app): State<Arc<App>>,
    Path((id, domain_id)): Path<(String, String)>,
    visitor: Visitor,
) -> Reply {
    change(&app, (&id, &domain_id), &visitor, |tables, now| {
        organization_domains::prepare_ownership(tables, &id, &domain_id, now)
    })
}

async fn attempt_ownership(
    State(app): State<Arc<App>>,
    Path((id, domain_id)): Path<(String, String)>,
    visitor: Visitor,
) -> Reply {
    change(&app, (&id, &domain_id), &visitor, |tables, now| {
        organization_domains::attempt_ownership(tables, &id, &domain_id, now)
    })
}

/// Changes several domains. Failures are reported and do not affect the others.
fn change_all(
    app: &App,
    id: &str,
    visitor: &Visitor,
    form: &Params,
    change: impl Fn(&mut Tables, &str, i64) -> Result<(), ApiError>,
) -> Reply {
    let mut ids: Vec<&str> = Vec::new();
    for id in form.all("organization_domain_ids") {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.is_empty() {
        return Err(ApiError::missing("organization_domain_ids"));
    }
    perform_signed_in(app, visitor, |tables, visit, session| {
        organization_access::require(tables, id, &session.user_id, MANAGE_DOMAINS)?;
        let (mut data, mut errors) = (Vec::new(), Vec::new());
        for domain_id in &ids {
            match change(tables, domain_id, visit.now) {
                Ok(()) => data.push(shown(app, tables, id, domain_id, visit.now)?),
                Err(refusal) => errors.push(json!({ "id": domain_id, "code": refusal.code })),
            }
        }
        Ok(Done::Wrapped(json!({ "data": data, "errors": errors })))
    })
}

async fn prepare_ownership_of_all(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    change_all(&app, &id, &visitor, &form, |tables, domain_id, now| {
        organization_domains::prepare_ownership(tables, &id, domain_id, now)
    })
}

async fn attempt_ownership_of_all(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    change_all(&app, &id, &visitor, &form, |tables, domain_id, now| {
        organization_domains::attempt_ownership(tables, &id, domain_id, now)
    })
}
