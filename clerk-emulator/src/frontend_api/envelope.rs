//! Responses of the Frontend API: the result of the request, and the current state of the client.

use axum::response::Response;
use http::header::{AUTHORIZATION, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::browser::CLIENT_COOKIE;
use super::view::View;
use super::visitor::Visitor;
use crate::app::App;
use crate::client_token;
use crate::error::Error;
use crate::http::reply::{self, Reply, error_body, json_response};
use crate::model::client::Client;
use crate::model::session::Session;
use crate::rules::api_error::ApiError;
use crate::rules::clients;
use crate::rules::reverifications;
use crate::rules::verdict::Verdict;
use crate::rules::visit::Visit;
use crate::session_cookies;
use crate::store::tables::Tables;

/// The result of an operation.
pub(super) enum Done {
    /// `{response, client}`.
    Wrapped(Value),
    /// The client was ended: `{response, client: null}`.
    Ended(Value),
    /// Only this value.
    Raw(StatusCode, Value),
    /// A refusal that changes the state, for example by counting a wrong code.
    Refused(ApiError),
}

/// Performs an operation atomically for the client of a request. A request without a client gets one.
pub(super) fn perform(
    app: &App,
    visitor: &Visitor,
    work: impl FnOnce(&mut Tables, &Visit) -> Result<Done, ApiError>,
) -> Reply {
    let outcome = app.write(|tables, now| {
        let visit = visitor.visit(app, tables, now)?;
        let done = work(tables, &visit)?;
        // The operation may have replaced the client.
        let client = visitor
            .client(app, tables, now)
            .map(|client| client.id.clone());
        let client = client.unwrap_or(visit.client_id);
        let reply = answer(app, tables, visitor, Some(&client), done, now);
        clients::change(tables, &client, |client| client.deliver(now));
        reply
    });
    outcome.or_else(|refusal| refused(app, visitor, &refusal))
}

/// Performs an operation within a session of the client.
pub(super) fn perform_signed_in(
    app: &App,
    visitor: &Visitor,
    work: impl FnOnce(&mut Tables, &Visit, &Session) -> Result<Done, ApiError>,
) -> Reply {
    perform(app, visitor, |tables, visit| {
        let session = visitor
            .session(tables, &visit.client_id, visit.now)?
            .clone();
        work(tables, visit, &session)
    })
}

/// Performs a sensitive operation within a session of the client, which must have been verified recently if the settings
/// require that.
pub(super) fn perform_verified(
    app: &App,
    visitor: &Visitor,
    work: impl FnOnce(&mut Tables, &Visit, &Session) -> Result<Done, ApiError>,
) -> Reply {
    perform_signed_in(app, visitor, |tables, visit, session| {
        reverifications::check_recent(tables, session, visit.now)?;
        work(tables, visit, session)
    })
}

/// Reads data for the client of a request, which may have none.
pub(super) fn read(
    app: &App,
    visitor: &Visitor,
    work: impl FnOnce(&Tables, Option<&Client>, i64) -> Result<Done, ApiError>,
) -> Reply {
    let reply = |tables: &Tables, now| {
        let client = visitor.client(app, tables, now);
        let done = work(tables, client, now)?;
        let id = client.map(|client| client.id.clone());
        answer(app, tables, visitor, id.as_deref(), done, now).map(|reply| (reply, id))
    };
    let is_news = |tables: &Tables, now| {
        let client = visitor.client(app, tables, now);
        client.is_some_and(Client::is_rotation_under_way)
    };
    let outcome = if visitor.keeps_tokens(app) && app.read(is_news) {
        app.write(|tables, now| {
            let (reply, client) = reply(tables, now)?;
            if let Some(client) = client {
                clients::change(tables, &client, |client| client.deliver(now));
            }
            Ok(reply)
        })
    } else {
        app.read(reply).map(|(reply, _)| reply)
    };
    outcome.or_else(|refusal| refused(app, visitor, &refusal))
}

/// Reads data within a session of the client.
pub(super) fn read_signed_in(
    app: &App,
    visitor: &Visitor,
    work: impl FnOnce(&Tables, &Session, i64) -> Result<Done, ApiError>,
) -> Reply {
    read(app, visitor, |tables, client, now| {
        let client = client.ok_or_else(|| {
            if app.instance.production || visitor.is_native() {
                super::visitor::signed_out()
            } else {
                super::visitor::unknown_browser()
            }
        })?;
        let session = visitor.session(tables, &client.id, now)?;
        work(tables, session, now)
    })
}

/// Wraps the object that a verdict was reached about.
pub(super) fn judged(
    verdict: Verdict,
    show: impl FnOnce() -> Result<Value, ApiError>,
) -> Result<Done, ApiError> {
    match verdict {
        Verdict::Done => show().map(Done::Wrapped),
        Verdict::Refused(refusal) => Ok(Done::Refused(refusal)),
    }
}

/// Wraps a page of a list.
pub(super) fn page(data: &[Value], total_count: usize) -> Done {
    Done::Wrapped(json!({ "data": data, "total_count": total_count }))
}

/// Wraps a deletion.
pub(super) fn deleted(object: &str, id: &str) -> Done {
    Done::Wrapped(json!({ "object": object, "id": id, "deleted": true }))
}

fn answer(
    app: &App,
    tables: &Tables,
    visitor: &Visitor,
    client_id: Option<&str>,
    done: Done,
    now: i64,
) -> Reply {
    let view = View::new(app, tables, now);
    let mut response = match done {
        Done::Wrapped(response) => {
            let client = view.client_by_id(client_id)?;
            reply::ok(&json!({ "response": response, "client": client }))
        }
        Done::Ended(response) => reply::ok(&json!({ "response": response, "client": null })),
        Done::Raw(status, body) => json_response(status, &body),
        Done::Refused(refusal) => refusal_with_client(&refusal, &view.client_by_id(client_id)?),
    };
    match client_id.and_then(|id| tables.clients.get(id)) {
        Some(client) => remember(app, tables, visitor, client, &mut response, now)?,
        None if visitor.has_client_cookie(app) => forget(app, &mut response),
        None => {}
    }
    Ok(response)
}

/// Has a browser forget a client that does not exist any more.
fn forget(app: &App, response: &mut Response) {
    let mut cookies = session_cookies::signed_out(&app.instance.cookie_suffix);
    cookies.push(session_cookies::removal(CLIENT_COOKIE));
    append_cookies(response, cookies);
}

fn append_cookies(response: &mut Response, cookies: Vec<String>) {
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}

/// Returns the cookie by which the emulator recognizes a production browser.
pub(super) fn client_cookie(app: &App, client: &Client) -> Result<String, Error> {
    let token = client_token::sign(app, client)?;
    Ok(format!(
        "{CLIENT_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000"
    ))
}

/// Responds with a refusal, together with the current client.
fn refused(app: &App, visitor: &Visitor, refusal: &ApiError) -> Reply {
    app.read(|tables, now| {
        let client = visitor
            .client(app, tables, now)
            .map(|client| client.id.as_str());
        let client = View::new(app, tables, now).client_by_id(client)?;
        Ok(refusal_with_client(refusal, &client))
    })
}

fn refusal_with_client(refusal: &ApiError, client: &Value) -> Response {
    let mut body = error_body(refusal);
    if !client.is_null() {
        body["meta"] = json!({ "client": client });
    }
    json_response(refusal.status, &body)
}

/// Passes the client's token to production browsers and native applications.
fn remember(
    app: &App,
    tables: &Tables,
    visitor: &Visitor,
    client: &Client,
    response: &mut Response,
    now: i64,
) -> Result<(), Error> {
    if visitor.is_native() {
        if let Ok(token) = HeaderValue::try_from(client_token::sign(app, client)?) {
            response.headers_mut().insert(AUTHORIZATION, token);
        }
    } else if app.instance.production && !client.is_blank() {
        let mut cookies = vec![client_cookie(app, client)?];
        cookies.extend(session_cookies::client_uat(app, tables, client, now));
        append_cookies(response, cookies);
    }
    Ok(())
}
