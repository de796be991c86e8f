//! The emulator's own sign-in and sign-out pages, plain HTML without scripts.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY, SET_COOKIE,
};
use http::{HeaderMap, StatusCode};
use url::Url;

use super::browser::{self, DEV_BROWSER};
use super::handshake::redirect;
use crate::params::{Form, Params};
use crate::shared::Shared;
use crate::store::{SessionStatus, Store, User};

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/sign-in", get(show_sign_in).post(sign_in))
        .route("/sign-out", get(sign_out))
}

/// Why a sign-in failed, for the person who tried.
type Refusal = &'static str;

/// The target of `redirect_url`: none given, or one the emulator may send browsers to.
fn target(shared: &Shared, params: &Params) -> Result<Option<Url>, Box<Response>> {
    match params.text("redirect_url") {
        None => Ok(None),
        Some(url) => shared.instance.allowed_redirect(url).map(Some).ok_or_else(|| {
            Box::new(page(
                StatusCode::BAD_REQUEST,
                "<h1>This address is not allowed</h1><p>The emulator sends browsers to loopback addresses and \
                 to the origins it was told to allow, and <code>redirect_url</code> is neither.</p>",
                None,
            ))
        }),
    }
}

/// The client of this browser, made if need be.
fn client_of(shared: &Shared, store: &mut Store, params: &Params, headers: &HeaderMap) -> String {
    browser::client_id(store, &shared.instance, params, headers)
        .unwrap_or_else(|| store.add_client(shared.now()))
}

async fn show_sign_in(
    State(shared): State<Arc<Shared>>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    let target = match target(&shared, &params) {
        Ok(target) => target,
        Err(refusal) => return *refusal,
    };
    let mut store = shared.store();
    let client_id = client_of(&shared, &mut store, &params, &headers);
    if let Some(ticket) = params.text("__clerk_ticket") {
        return match store.redeem_ticket(ticket, shared.now()) {
            Some(user_id) => finish(&shared, &mut store, &client_id, &user_id, None, target),
            None => form(
                &shared,
                &store,
                &client_id,
                StatusCode::UNPROCESSABLE_ENTITY,
                Some("This sign-in link was used, revoked or is too old."),
            ),
        };
    }
    form(&shared, &store, &client_id, StatusCode::OK, None)
}

async fn sign_in(
    State(shared): State<Arc<Shared>>,
    params: Params,
    headers: HeaderMap,
    form_body: Form,
) -> Response {
    if !same_origin(&headers) {
        return page(
            StatusCode::FORBIDDEN,
            "<h1>Refused</h1><p>This form was sent by another site.</p>",
            None,
        );
    }
    let target = match target(&shared, &params) {
        Ok(target) => target,
        Err(refusal) => return *refusal,
    };
    let mut store = shared.store();
    let client_id = client_of(&shared, &mut store, &params, &headers);
    match chosen(&store, &form_body.0) {
        Ok((user_id, organization_id)) => finish(
            &shared,
            &mut store,
            &client_id,
            &user_id,
            organization_id,
            target,
        ),
        Err(refusal) => form(
            &shared,
            &store,
            &client_id,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(refusal),
        ),
    }
}

/// Browsers name the origin of every form they send; without one it is no browser.
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

/// Who the form names: a button (`as=<user id>` or `as=<user id>/<organization id>`), or an identifier with
/// a password.
fn chosen(store: &Store, form: &Params) -> Result<(String, Option<String>), Refusal> {
    let (user, organization_id) = if let Some(choice) = form.text("as") {
        let (user_id, organization_id) = match choice.split_once('/') {
            Some((user_id, organization_id)) => (user_id, Some(organization_id)),
            None => (choice, None),
        };
        let user = store.users.get(user_id).ok_or("This person is gone.")?;
        if let Some(id) = organization_id {
            store
                .membership(id, user_id)
                .ok_or("This person is no longer a member there.")?;
        }
        (user, organization_id.map(str::to_owned))
    } else {
        let identifier = form.text("identifier").ok_or("Enter an e-mail address.")?;
        let user = store
            .user_by_any(identifier)
            .filter(|user| user.password_is(form.get("password").unwrap_or_default()))
            .ok_or("The address or the password is wrong.")?;
        (user, None)
    };
    if user.banned {
        return Err("This person is banned.");
    }
    if user.locked {
        return Err("This account is locked.");
    }
    Ok((
        user.id.clone(),
        organization_id.or_else(|| only_organization(store, user)),
    ))
}

/// The organization of somebody who belongs to exactly one: it is active after signing in, as on instances without
/// personal accounts.
fn only_organization(store: &Store, user: &User) -> Option<String> {
    let mut memberships = store.memberships_of(user);
    let only = memberships.next()?;
    memberships
        .next()
        .is_none()
        .then(|| only.organization_id.clone())
}

/// Signs the browser in and sends it where it came from.
fn finish(
    shared: &Shared,
    store: &mut Store,
    client_id: &str,
    user_id: &str,
    organization_id: Option<String>,
    target: Option<Url>,
) -> Response {
    let party = target
        .as_ref()
        .map(|target| target.origin().ascii_serialization());
    let session_id = store.start_session(client_id, user_id, party, shared.now());
    if let Some(session) = store.sessions.get_mut(&session_id) {
        session.organization_id = organization_id;
    }
    go_back(shared, store, client_id, target)
}

async fn sign_out(
    State(shared): State<Arc<Shared>>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    let target = match target(&shared, &params) {
        Ok(target) => target,
        Err(refusal) => return *refusal,
    };
    let now = shared.now();
    let mut store = shared.store();
    let client_id = client_of(&shared, &mut store, &params, &headers);
    store.sign_out(&client_id, SessionStatus::Removed, now);
    go_back(&shared, &store, &client_id, target)
}

/// Back to the application, with the browser's token when it is another origin; to the sign-in page when
/// the browser came from nowhere.
fn go_back(shared: &Shared, store: &Store, client_id: &str, target: Option<Url>) -> Response {
    let token = store
        .clients
        .get(client_id)
        .map(|client| client.token.as_str())
        .unwrap_or_default();
    let own_cookie = browser::own_directive(&shared.instance, token);
    let Some(mut target) = target else {
        return redirect(StatusCode::SEE_OTHER, "/sign-in", &own_cookie);
    };
    let elsewhere =
        Url::parse(&shared.instance.url).is_ok_and(|own| own.origin() != target.origin());
    if elsewhere {
        browser::set_query(&mut target, DEV_BROWSER, token);
    }
    redirect(StatusCode::SEE_OTHER, target.as_str(), &own_cookie)
}

fn form(
    shared: &Shared,
    store: &Store,
    client_id: &str,
    status: StatusCode,
    refusal: Option<Refusal>,
) -> Response {
    let mut html = String::from(
        "<h1>Sign in</h1><p class=\"note\">Clerk emulator, for development and tests only.</p>",
    );
    if let Some(refusal) = refusal {
        html.push_str(&format!("<p role=\"alert\">{}</p>", escape(refusal)));
    }
    if let Some((_, user)) = store.active_session(client_id, shared.now()) {
        html.push_str(&format!(
            "<p>Signed in as {}.</p>",
            escape(&user.display_name())
        ));
    }
    // Without an action the form goes to this very address, query included.
    html.push_str("<form method=\"post\"><ul>");
    for user in store.users.values().take(PEOPLE_SHOWN) {
        html.push_str(&person(store, user));
    }
    html.push_str(
        "</ul></form><form method=\"post\"><h2>With a password</h2>\
         <label>E-mail address <input name=\"identifier\" autocomplete=\"username\" required></label>\
         <label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label>\
         <button>Sign in</button></form>",
    );
    let token = store
        .clients
        .get(client_id)
        .map(|client| browser::own_directive(&shared.instance, &client.token));
    page(status, &html, token)
}

/// More would make a page nobody reads; the form with the address serves the others.
const PEOPLE_SHOWN: usize = 50;

fn person(store: &Store, user: &User) -> String {
    let mut html = format!(
        "<li><button name=\"as\" value=\"{}\"><strong>{}</strong> {}</button>",
        escape(&user.id),
        escape(&user.display_name()),
        escape(user.identifier())
    );
    for membership in store.memberships_of(user) {
        if let Some(organization) = store.organizations.get(&membership.organization_id) {
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

fn page(status: StatusCode, body: &str, cookie: Option<String>) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Clerk emulator</title>\
         <style>body{{font:16px system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem}}\
         ul{{list-style:none;padding:0}}li{{margin:.5rem 0}}button{{font:inherit;padding:.4rem .8rem}}\
         label{{display:block;margin:.5rem 0}}input{{font:inherit;padding:.3rem}}.note{{color:#64748b}}\
         [role=alert]{{color:#b91c1c}}</style><body>{body}</body></html>"
    );
    let mut response = (
        status,
        [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
            (REFERRER_POLICY, "same-origin"),
            (
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            ),
        ],
        html,
    )
        .into_response();
    if let Some(cookie) = cookie.and_then(|cookie| cookie.try_into().ok()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// Text for HTML and XML, attribute values included.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
