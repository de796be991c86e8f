//! The emulator's own sign-in and sign-out pages, plain HTML without scripts.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, StatusCode};
use url::Url;

use super::browser::{self, DEV_BROWSER};
use super::html::{escape, page};
use super::redirect::redirect;
use crate::app::App;
use crate::http::body::Form;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::model::session::SessionStatus;
use crate::model::user::User;
use crate::rules::sign_in::{self, Attempt, Refusal};
use crate::rules::{accounts, clients, memberships, organizations, sessions};
use crate::store::tables::Tables;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/sign-in", get(show_sign_in).post(sign_in))
        .route("/sign-out", get(sign_out))
}

/// Reads `redirect_url`, which may be absent, or refuses one that browsers may not be sent to.
fn target(app: &App, params: &Params) -> Result<Option<Url>, Box<Response>> {
    match params.text("redirect_url") {
        None => Ok(None),
        Some(url) => app.instance.allowed_redirect(url).map(Some).ok_or_else(|| {
            Box::new(page(
                StatusCode::BAD_REQUEST,
                "<h1>This address is not allowed</h1><p>The emulator sends browsers to loopback addresses and \
                 to the origins it was told to allow, and <code>redirect_url</code> is neither.</p>",
                None,
            ))
        }),
    }
}

/// Returns the id of this browser's client, creating one if there is none.
fn client_of(
    app: &App,
    tables: &mut Tables,
    params: &Params,
    headers: &HeaderMap,
    now: i64,
) -> String {
    browser::client_id(tables, &app.instance, params, headers)
        .unwrap_or_else(|| clients::add(tables, now))
}

async fn show_sign_in(State(app): State<Arc<App>>, params: Params, headers: HeaderMap) -> Reply {
    let target = match target(&app, &params) {
        Ok(target) => target,
        Err(refusal) => return Ok(*refusal),
    };
    app.write(|tables, now| {
        let client_id = client_of(&app, tables, &params, &headers, now);
        Ok(match params.text("__clerk_ticket") {
            Some(ticket) => {
                let attempt = Attempt::Ticket(ticket);
                attempt_sign_in(&app, tables, &client_id, &attempt, target, now)
            }
            None => form(&app, tables, &client_id, StatusCode::OK, None, now),
        })
    })
}

async fn sign_in(
    State(app): State<Arc<App>>,
    params: Params,
    headers: HeaderMap,
    Form(fields): Form,
) -> Reply {
    if !same_origin(&headers) {
        return Ok(page(
            StatusCode::FORBIDDEN,
            "<h1>Refused</h1><p>This form was sent by another site.</p>",
            None,
        ));
    }
    let target = match target(&app, &params) {
        Ok(target) => target,
        Err(refusal) => return Ok(*refusal),
    };
    app.write(|tables, now| {
        let client_id = client_of(&app, tables, &params, &headers, now);
        Ok(match attempt(&fields) {
            Ok(attempt) => attempt_sign_in(&app, tables, &client_id, &attempt, target, now),
            Err(refusal) => refused(&app, tables, &client_id, refusal, now),
        })
    })
}

/// Reads who the form names: a button (`as=<user id>` or `as=<user id>/<organization id>`), or an identifier
/// with a password.
fn attempt(form: &Params) -> Result<Attempt<'_>, Refusal> {
    if let Some(choice) = form.text("as") {
        let (user_id, organization_id) = match choice.split_once('/') {
            Some((user_id, organization_id)) => (user_id, Some(organization_id)),
            None => (choice, None),
        };
        return Ok(Attempt::Chosen {
            user_id,
            organization_id,
        });
    }
    Ok(Attempt::Password {
        identifier: form.text("identifier").ok_or("Enter an email address.")?,
        password: form.get("password").unwrap_or_default(),
    })
}

/// Signs the browser in and sends it where it came from, or shows why not.
fn attempt_sign_in(
    app: &App,
    tables: &mut Tables,
    client_id: &str,
    attempt: &Attempt<'_>,
    target: Option<Url>,
    now: i64,
) -> Response {
    let origin = target
        .as_ref()
        .map(|target| target.origin().ascii_serialization());
    match sign_in::sign_in(tables, client_id, attempt, origin, now) {
        Ok(()) => go_back(app, tables, client_id, target),
        Err(refusal) => refused(app, tables, client_id, refusal, now),
    }
}

fn refused(app: &App, tables: &Tables, client_id: &str, refusal: Refusal, now: i64) -> Response {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    form(app, tables, client_id, status, Some(refusal), now)
}

/// Returns true unless another site sent the form. Browsers name the origin of every form that they send.
fn same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN).map(|origin| origin.to_str()) else {
        return true;
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    origin.is_ok_and(|origin| {
        origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"))
            == host
    })
}

async fn sign_out(State(app): State<Arc<App>>, params: Params, headers: HeaderMap) -> Reply {
    let target = match target(&app, &params) {
        Ok(target) => target,
        Err(refusal) => return Ok(*refusal),
    };
    app.write(|tables, now| {
        let client_id = client_of(&app, tables, &params, &headers, now);
        sessions::sign_out(tables, &client_id, SessionStatus::Removed, now);
        Ok(go_back(&app, tables, &client_id, target))
    })
}

/// Redirects to the application, with the browser's token if that is another origin, or to the sign-in page if
/// the browser came from nowhere.
fn go_back(app: &App, tables: &Tables, client_id: &str, target: Option<Url>) -> Response {
    let token = clients::find(tables, client_id)
        .map(|client| client.token.as_str())
        .unwrap_or_default();
    let own_cookie = browser::own_directive(&app.instance, token);
    let Some(mut target) = target else {
        return redirect(StatusCode::SEE_OTHER, "/sign-in", Some(&own_cookie));
    };
    let elsewhere = Url::parse(&app.instance.url).is_ok_and(|own| own.origin() != target.origin());
    if elsewhere {
        browser::set_query(&mut target, DEV_BROWSER, token);
    }
    redirect(StatusCode::SEE_OTHER, target.as_str(), Some(&own_cookie))
}

fn form(
    app: &App,
    tables: &Tables,
    client_id: &str,
    status: StatusCode,
    refusal: Option<Refusal>,
    now: i64,
) -> Response {
    let mut html = String::from(
        "<h1>Sign in</h1><p class=\"note\">Clerk emulator, for development and tests only.</p>",
    );
    if let Some(refusal) = refusal {
        html.push_str(&format!("<p role=\"alert\">{}</p>", escape(refusal)));
    }
    if let Some((_, user)) = sessions::active(tables, client_id, now) {
        html.push_str(&format!(
            "<p>Signed in as {}.</p>",
            escape(&user.display_name())
        ));
    }
    // Without an action the form goes to this very address, query included.
    html.push_str("<form method=\"post\"><ul>");
    for user in accounts::first(tables, PEOPLE_SHOWN) {
        html.push_str(&person(tables, user));
    }
    html.push_str(
        "</ul></form><form method=\"post\"><h2>With a password</h2>\
         <label>Email address <input name=\"identifier\" autocomplete=\"username\" required></label>\
         <label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label>\
         <button>Sign in</button></form>",
    );
    let token = clients::find(tables, client_id)
        .map(|client| browser::own_directive(&app.instance, &client.token))
        .ok();
    page(status, &html, token)
}

/// The most users that the page lists. Others sign in with the form below the list.
const PEOPLE_SHOWN: usize = 50;

fn person(tables: &Tables, user: &User) -> String {
    let mut html = format!(
        "<li><button name=\"as\" value=\"{}\"><strong>{}</strong> {}</button>",
        escape(&user.id),
        escape(&user.display_name()),
        escape(user.identifier())
    );
    for membership in memberships::of_user(tables, &user.id) {
        if let Ok(organization) = organizations::find(tables, &membership.organization_id) {
            html.push_str(&format!(
                " <button name=\"as\" value=\"{}/{}\">in {} ({})</button>",
                escape(&user.id),
                escape(&organization.id),
                escape(&organization.name),
                escape(&membership.role)
            ));
        }
    }
    html.push_str("</li>");
    html
}
