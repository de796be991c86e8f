//! Enterprise connections that members manage for their organization, and test runs of connections.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, patch};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::envelope::{Done, deleted, perform_signed_in, read_signed_in};
use super::me_organizations::piece;
use super::redirect::redirect;
use super::sign_ins::required;
use super::view::View;
use super::visitor::Visitor;
use crate::app::App;
use crate::backend_api::connection_fields::{enterprise_fields, enterprise_update};
use crate::backend_api::enterprise_connections::test_run_statuses;
use crate::http::body::{Body, Form};
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::enterprise_connection::{EnterpriseConnection, TestRunStatus};
use crate::model::session::Session;
use crate::pages::layout::{alert, escape, heading, page};
use crate::rules::api_error::ApiError;
use crate::rules::enterprise_connections::{self as connections, Family};
use crate::rules::organization_access::{self, MANAGE_CONNECTIONS};
use crate::rules::{accounts, enterprise_accounts, organizations};
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/v1/me/enterprise_connections",
            get(list_of_user).post(create_by_user),
        )
        .route(
            "/v1/me/enterprise_connections/{enterprise_connection_id}",
            patch(update_by_user).delete(delete_by_user),
        )
        .route(
            "/v1/me/enterprise_connections/{enterprise_connection_id}/test_runs",
            get(list_test_runs_by_user).post(start_test_run_by_user),
        )
        .route(
            "/v1/enterprise_connections/{enterprise_connection_id}/init_test_run",
            get(open_test_run),
        )
        .route(
            "/v1/enterprise_connections/{enterprise_connection_id}/test_runs/{test_run_id}",
            get(show_test_run),
        )
}

/// Returns the routes with paths that begin like those of the Backend API.
pub(super) fn shared_routes() -> Router<Arc<App>> {
    let base = "/v1/organizations/{organization_id}/enterprise_connections";
    let one = format!("{base}/{{enterprise_connection_id}}");
    Router::new()
        .route(base, get(list).post(create))
        .route(&one, patch(update).delete(delete))
        .route(
            &format!("{one}/test_runs"),
            get(list_test_runs).post(start_test_run),
        )
}

/// Who manages a connection: a member for the organization that is named, or, with the older operations, for the active one.
#[derive(Debug, Clone, Copy)]
enum Manager<'a> {
    Organization(&'a str),
    User,
}

impl Manager<'_> {
    /// Returns the organization whose connections the session may manage, and rejects others.
    fn check(self, tables: &Tables, session: &Session) -> Result<String, ApiError> {
        match self {
            Self::Organization(id) => {
                pinned(tables, id, session)?;
                organization_access::require(tables, id, &session.user_id, MANAGE_CONNECTIONS)?;
                Ok(id.to_owned())
            }
            Self::User => {
                let Some((active, _)) = organizations::active(tables, session) else {
                    return Err(ApiError::forbidden(
                        "self_serve_sso_no_active_organization",
                        "Enterprise connections belong to an organization. Activate one first.",
                    ));
                };
                let user_id = &session.user_id;
                organization_access::require(tables, &active.id, user_id, MANAGE_CONNECTIONS)?;
                Ok(active.id.clone())
            }
        }
    }

    /// Finds a connection that the session may manage.
    fn find<'t>(
        self,
        tables: &'t Tables,
        session: &Session,
        id: &str,
    ) -> Result<&'t EnterpriseConnection, ApiError> {
        let organization = self.check(tables, session)?;
        let connection = connections::find(tables, Family::Enterprise, id)?;
        if connection.organization_id == Some(organization) {
            Ok(connection)
        } else {
            Err(ApiError::not_found("enterprise connection", id))
        }
    }
}

/// Rejects sessions in which another organization is active.
fn pinned(tables: &Tables, organization_id: &str, session: &Session) -> Result<(), ApiError> {
    organization_access::membership(tables, organization_id, &session.user_id)?;
    let active = organizations::active(tables, session).map(|(organization, _)| &organization.id);
    if active.is_some_and(|id| id == organization_id) {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "organization_not_active",
        "This organization is not the active one of the session. Activate it first.",
    ))
}

/// Returns the primary email address of a user, if it is verified.
fn primary_address(tables: &Tables, user_id: &str) -> Result<Option<String>, ApiError> {
    let user = accounts::find(tables, user_id)?;
    let primary = user
        .email_addresses
        .iter()
        .find(|one| Some(&one.id) == user.primary_email_address_id.as_ref());
    Ok(primary
        .filter(|one| one.proof.is_given())
        .map(|one| one.email_address.clone()))
}

fn shown(app: &App, tables: &Tables, id: &str, now: i64) -> Result<Value, ApiError> {
    let connection = connections::find(tables, Family::Enterprise, id)?;
    Ok(View::new(app, tables, now).enterprise_connection(connection))
}

async fn list_of_user(State(app): State<Arc<App>>, visitor: Visitor) -> Reply {
    read_signed_in(&app, &visitor, |tables, session, now| {
        let address = primary_address(tables, &session.user_id)?.unwrap_or_default();
        let view = View::new(&app, tables, now);
        let found = enterprise_accounts::connections(tables, &address);
        let shown = found.map(|one| view.enterprise_connection(one)).collect();
        Ok(Done::Wrapped(Value::Array(shown)))
    })
}

/// Lists the active connections of the active organization: those for the user's own address, or all of them if they
/// can be linked through the membership.
async fn list(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    params: Params,
) -> Reply {
    let all = params.is_true("with_organization_account_linking");
    read_signed_in(&app, &visitor, |tables, session, now| {
        pinned(tables, &id, session)?;
        let address = primary_address(tables, &session.user_id)?.unwrap_or_default();
        let view = View::new(&app, tables, now);
        let shown = tables
            .enterprise_connections
            .iter()
            .filter(|one| one.active && one.organization_id.as_ref() == Some(&id))
            .filter(|one| all || enterprise_accounts::covers(one, &address))
            .map(|one| view.enterprise_connection(one))
            .collect();
        Ok(Done::Wrapped(Value::Array(shown)))
    })
}

/// The fields of a form whose values are JSON.
const JSON_FIELDS: &[&str] = &["custom_attributes", "saml_attribute_mapping"];
/// The fields of a form whose values are true or false.
const SWITCHES: &[&str] = &[
    "active",
    "sync_user_attributes",
    "disable_additional_identifications",
    "saml_allow_subdomains",
    "saml_allow_idp_initiated",
    "saml_force_authn",
    "oidc_requires_pkce",
];

/// Converts a form to the body that the Backend API has for the same operation: `saml_` and `oidc_` become objects.
fn body(form: &Params) -> Result<Body, ApiError> {
    let mut fields = Map::new();
    for name in form.names() {
        let value = match form.text(name) {
            _ if name == "domains" => json!(form.all(name)),
            None => Value::Null,
            Some(text) if JSON_FIELDS.contains(&name) => {
                serde_json::from_str(text).map_err(|_| ApiError::format(name, "must be JSON"))?
            }
            Some(_) if SWITCHES.contains(&name) => json!(form.boolean(name)?),
            Some(text) => json!(text),
        };
        let nested = ["saml", "oidc"]
            .into_iter()
            .find_map(|part| Some((part, name.strip_prefix(part)?.strip_prefix('_')?)));
        match nested {
            None => {
                fields.insert(name.to_owned(), value);
            }
            Some((part, name)) => {
                fields.entry(part).or_insert_with(|| json!({}))[name] = value;
            }
        }
    }
    Ok(Body::from(fields))
}

fn create_for(app: &App, visitor: &Visitor, form: &Params, manager: Manager<'_>) -> Reply {
    perform_signed_in(app, visitor, |tables, visit, session| {
        let organization = match (manager, form.text("organization_id")) {
            (Manager::User, Some(id)) => Manager::Organization(id).check(tables, session)?,
            _ => manager.check(tables, session)?,
        };
        let name = match form.text("name") {
            Some(name) => name.to_owned(),
            None => default_name(tables, session)?,
        };
        let mut body = body(form)?;
        body.set("name", json!(name));
        check_domains(tables, &organization, form)?;
        body.set("organization_id", json!(organization));
        let (provider, fields) = enterprise_fields(body)?;
        let id = connections::create(tables, Family::Enterprise, provider, fields, visit.now)?;
        let view = View::new(app, tables, visit.now);
        Ok(Done::Raw(
            StatusCode::CREATED,
            json!({
                "response": shown(app, tables, &id, visit.now)?,
                "client": view.client_by_id(Some(&visit.client_id))?,
            }),
        ))
    })
}

/// Returns the domain of the user's address, or the name of the active organization.
fn default_name(tables: &Tables, session: &Session) -> Result<String, ApiError> {
    let user = accounts::find(tables, &session.user_id)?;
    let domain = user
        .primary_email()
        .and_then(|address| address.rsplit_once('@'))
        .map(|(_, domain)| domain.to_owned());
    let organization =
        || organizations::active(tables, session).map(|(active, _)| active.name.clone());
    domain
        .or_else(organization)
        .ok_or_else(|| ApiError::missing("name"))
}

fn check_domains(tables: &Tables, organization_id: &str, form: &Params) -> Result<(), ApiError> {
    let domains: Vec<String> = form.all("domains").into_iter().map(str::to_owned).collect();
    connections::check_owned_domains(tables, organization_id, &domains)
}

async fn create(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    create_for(&app, &visitor, &form, Manager::Organization(&id))
}

async fn create_by_user(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Reply {
    create_for(&app, &visitor, &form, Manager::User)
}

fn update_for(
    app: &App,
    visitor: &Visitor,
    form: &Params,
    manager: Manager<'_>,
    id: &str,
) -> Reply {
    let fields = enterprise_update(body(form)?)?;
    perform_signed_in(app, visitor, |tables, visit, session| {
        let connection = manager.find(tables, session, id)?;
        if let Some(organization) = &connection.organization_id {
            check_domains(tables, organization, form)?;
        }
        if let Some(organization) = form.get("organization_id") {
            if matches!(manager, Manager::Organization(_)) {
                return Err(ApiError::unknown("organization_id"));
            }
            let user = &session.user_id;
            organization_access::require(tables, organization, user, MANAGE_CONNECTIONS)?;
            connections::check_owned_domains(tables, organization, &connection.domains)?;
            check_domains(tables, organization, form)?;
        }
        connections::update(tables, Family::Enterprise, id, fields, visit.now)?;
        shown(app, tables, id, visit.now).map(Done::Wrapped)
    })
}

async fn update(
    State(app): State<Arc<App>>,
    Path((organization, id)): Path<(String, String)>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    let manager = Manager::Organization(&organization);
    update_for(&app, &visitor, &form, manager, &id)
}

async fn update_by_user(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    Form(form): Form,
) -> Reply {
    update_for(&app, &visitor, &form, Manager::User, &id)
}

fn delete_for(app: &App, visitor: &Visitor, manager: Manager<'_>, id: &str) -> Reply {
    perform_signed_in(app, visitor, |tables, _, session| {
        manager.find(tables, session, id)?;
        connections::delete(tables, Family::Enterprise, id)?;
        Ok(deleted("enterprise_connection", id))
    })
}

async fn delete(
    State(app): State<Arc<App>>,
    Path((organization, id)): Path<(String, String)>,
    visitor: Visitor,
) -> Reply {
    delete_for(&app, &visitor, Manager::Organization(&organization), &id)
}

async fn delete_by_user(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Reply {
    delete_for(&app, &visitor, Manager::User, &id)
}

fn test_runs_for(
    app: &App,
    visitor: &Visitor,
    params: &Params,
    manager: Manager<'_>,
    id: &str,
) -> Reply {
    let statuses = test_run_statuses(params)?;
    read_signed_in(app, visitor, |tables, session, now| {
        manager.find(tables, session, id)?;
        let runs = connections::test_runs(tables, id, &statuses)?;
        let view = View::new(app, tables, now);
        piece(params, &runs, |run| view.shared().test_run(run))
    })
}

async fn list_test_runs(
    State(app): State<Arc<App>>,
    Path((organization, id)): Path<(String, String)>,
    visitor: Visitor,
    params: Params,
) -> Reply {
    let manager = Manager::Organization(&organization);
    test_runs_for(&app, &visitor, &params, manager, &id)
}

async fn list_test_runs_by_user(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
    params: Params,
) -> Reply {
    test_runs_for(&app, &visitor, &params, Manager::User, &id)
}

fn start_test_run_for(app: &App, visitor: &Visitor, manager: Manager<'_>, id: &str) -> Reply {
    perform_signed_in(app, visitor, |tables, visit, session| {
        manager.find(tables, session, id)?;
        let run = connections::start_test_run(tables, id, visit.now)?.clone();
        let view = View::new(app, tables, visit.now);
        Ok(Done::Wrapped(view.shared().test_run_link(&run)))
    })
}

async fn start_test_run(
    State(app): State<Arc<App>>,
    Path((organization, id)): Path<(String, String)>,
    visitor: Visitor,
) -> Reply {
    start_test_run_for(&app, &visitor, Manager::Organization(&organization), &id)
}

async fn start_test_run_by_user(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Reply {
    start_test_run_for(&app, &visitor, Manager::User, &id)
}

/// Follows the link of a test run to the identity provider.
async fn open_test_run(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
) -> Reply {
    let ticket = required(&params, "ticket")?;
    let url = app.read(|tables, now| {
        connections::find(tables, Family::Enterprise, &id)?;
        let run = connections::started_test_run(tables, &id, ticket, now)?;
        let state = &run.token.0;
        Ok::<_, ApiError>(enterprise_accounts::sign_in_url(
            &app.instance.url,
            &id,
            state,
        ))
    })?;
    Ok(redirect(StatusCode::MOVED_PERMANENTLY, &url, None))
}

/// Shows the outcome of a test run to the person who performed it.
async fn show_test_run(
    State(app): State<Arc<App>>,
    Path((id, run)): Path<(String, String)>,
    params: Params,
) -> Reply {
    let token = required(&params, "token")?;
    app.read(|tables, _| {
        let run = connections::test_run(tables, &id, &run, token)?;
        let headline = match run.status {
            TestRunStatus::Pending => "The test run is not finished",
            TestRunStatus::Success => "The connection works",
            TestRunStatus::Failed => "The test run failed",
        };
        let mut html = heading("", headline, "");
        if let Some(account) = &run.account {
            let rows = [
                ("Email address", &account.email_address),
                ("First name", &account.first_name),
                ("Last name", &account.last_name),
                ("ID", &account.provider_user_id),
            ];
            let rows: String = rows
                .iter()
                .map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value)))
                .collect();
            html.push_str(&format!("<dl>{rows}</dl>"));
        }
        if let Some(problem) = &run.problem {
            html.push_str(&alert(&format!("{} ({})", problem.message, problem.code)));
        }
        html.push_str("<p class=\"quiet small\">You can close this tab.</p>");
        Ok(page(StatusCode::OK, headline, &html, None))
    })
}
