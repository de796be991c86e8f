//! The page on which users connect a device that cannot show a sign-in page (RFC 8628).

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, StatusCode};

use super::consent::Question;
use super::layout::{alert, heading, message, page};
use super::return_path::check_same_origin;
use crate::app::App;
use crate::frontend_api::browser;
use crate::frontend_api::redirect::{redirect, with_query};
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::device_grant::{Decision, DeviceGrant};
use crate::model::session::Session;
use crate::rules::api_error::ApiError;
use crate::rules::{device_grants, oauth_grants, sessions};
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/device", get(show).post(decide))
}

/// Asks for the code of the device, then for the decision.
async fn show(State(app): State<Arc<App>>, params: Params, headers: HeaderMap) -> Reply {
    app.read(|tables, now| {
        let code = params.text("user_code");
        let Some(session) = session(&app, tables, &params, &headers, now) else {
            return Ok(to_sign_in(&app, code));
        };
        let Some(code) = code else {
            return Ok(page(StatusCode::OK, TITLE, &form(None), None));
        };
        match device_grants::find(tables, code, now) {
            Ok(grant) => ask(tables, session, grant),
            Err(refusal) => Ok(refused(&refusal)),
        }
    })
}

/// Takes the decision.
async fn decide(
    State(app): State<Arc<App>>,
    params: Params,
    headers: HeaderMap,
    Form(fields): Form,
) -> Reply {
    if let Err(refusal) = check_same_origin(&headers) {
        return Ok(*refusal);
    }
    app.write(|tables, now| {
        let code = fields.text("user_code").unwrap_or_default();
        let Some(session) = session(&app, tables, &params, &headers, now).cloned() else {
            return Ok(to_sign_in(&app, Some(code)));
        };
        let organization = fields.text("organization_id");
        let approved = fields.is_true("approved");
        let taken = device_grants::decide(tables, code, &session, approved, organization, now);
        Ok(match taken {
            Ok(grant) => decided(&grant.decision),
            Err(refusal) => refused(&refusal),
        })
    })
}

/// Returns the session of the browser.
fn session<'t>(
    app: &App,
    tables: &'t Tables,
    params: &Params,
    headers: &HeaderMap,
    now: i64,
) -> Option<&'t Session> {
    let client = browser::client(app, tables, params, headers, now)?;
    let (session, _) = sessions::active(tables, &client.id, now)?;
    sessions::check_complete(session).ok().map(|()| session)
}

const TITLE: &str = "Connect a device";

fn form(problem: Option<&str>) -> String {
    format!(
        "{}{}<form method=\"get\" action=\"/device\"><label>Code\
         <input name=\"user_code\" class=\"code\" autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" \
         placeholder=\"BCDF-GHJK\" required></label><button class=\"primary\">Continue</button></form>",
        heading("", TITLE, "Type the code that the device shows."),
        problem.map(alert).unwrap_or_default(),
    )
}

/// Asks for another code, because this one leads nowhere.
fn refused(refusal: &ApiError) -> Response {
    page(refusal.status, TITLE, &form(Some(&refusal.message)), None)
}

fn ask(tables: &Tables, session: &Session, grant: &DeviceGrant) -> Reply {
    if grant.decision != Decision::Pending {
        return Ok(decided(&grant.decision));
    }
    let application = oauth_grants::application(tables, &grant.client_id)?;
    let code = grant.shown_code();
    let question = Question {
        application: &application.name,
        scopes: &grant.scopes,
        action: "/device",
        hidden: &[("user_code", &code)],
        decision: "approved",
        notice: &format!(
            "Allow it only if you started this yourself and your device shows {code}."
        ),
    };
    question.page(tables, session)
}

fn decided(decision: &Decision) -> Response {
    let (title, text) = match decision {
        Decision::Denied => ("Device denied", "It gets no access to your account."),
        Decision::Pending | Decision::Approved { .. } | Decision::Consumed => {
            ("Device connected", "You can go back to your device.")
        }
    };
    message(StatusCode::OK, title, text, "")
}

/// Sends the browser to the sign-in page, and from there back to this one.
fn to_sign_in(app: &App, user_code: Option<&str>) -> Response {
    let mut here = format!("{}/device", app.instance.url);
    if let Some(code) = user_code {
        here = with_query(&here, &[("user_code", code)]);
    }
    let target = with_query(&app.instance.sign_in_url(), &[("redirect_url", &here)]);
    redirect(StatusCode::SEE_OTHER, &target, None)
}
