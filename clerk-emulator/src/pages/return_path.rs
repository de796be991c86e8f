//! The page that a browser came from, and the way back to it.

use axum::response::Response;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, StatusCode};
use url::Url;

use super::layout::{message, page};
use crate::app::App;
use crate::frontend_api::browser::{self, DEV_BROWSER};
use crate::frontend_api::redirect::{redirect, with_query};
use crate::http::query::Params;
use crate::instance::origin_of;
use crate::rules::clients;
use crate::store::tables::Tables;

/// The page of the application that a browser is sent back to, or none if the emulator's page was opened directly.
#[derive(Debug, Clone)]
pub(super) struct ReturnPath(Option<Url>);

impl ReturnPath {
    /// Reads `redirect_url`, and refuses one that browsers may not be sent to.
    pub(super) fn of(app: &App, params: &Params) -> Result<Self, Box<Response>> {
        let Some(url) = params.text("redirect_url") else {
            return Ok(Self(None));
        };
        match app.read(|tables, _| app.allowed_redirect(tables, url)) {
            Some(url) => Ok(Self(Some(url))),
            None => Err(Box::new(message(
                StatusCode::BAD_REQUEST,
                "This address is not allowed",
                "The emulator sends browsers to loopback addresses and to the origins that it was told to allow.",
                "<p>Start it with <code>--allow-origin</code>, or in Rust with <code>allow_origin</code>, if \
                 <code>redirect_url</code> is your application.</p>",
            ))),
        }
    }

    pub(super) fn origin(&self) -> Option<String> {
        origin_of(self.0.as_ref()?)
    }

    /// Describes where the browser goes next.
    pub(super) fn describe(&self) -> String {
        self.origin()
            .map(|origin| format!("to continue to {origin}"))
            .unwrap_or_default()
    }

    /// Returns the path of another page of the emulator that leads back to the same place, without escaping.
    pub(super) fn of_page(&self, path: &str) -> String {
        match &self.0 {
            None => path.to_owned(),
            Some(url) => with_query(path, &[("redirect_url", url.as_str())]),
        }
    }

    /// Redirects to the application, with the browser's token if it is on another origin, or to the sign-in page if the
    /// emulator's page was opened directly.
    pub(super) fn go_back(self, app: &App, tables: &Tables, client_id: &str) -> Response {
        let token = clients::find(tables, client_id)
            .map(|client| client.token.as_str())
            .unwrap_or_default();
        let own_cookie = browser::own_directive(&app.instance, token);
        let Some(mut target) = self.0 else {
            return redirect(StatusCode::SEE_OTHER, "/sign-in", Some(&own_cookie));
        };
        let own = Url::parse(&app.instance.url);
        if own.is_ok_and(|own| own.origin() != target.origin()) {
            browser::set_query(&mut target, DEV_BROWSER, token);
        }
        redirect(StatusCode::SEE_OTHER, target.as_str(), Some(&own_cookie))
    }
}

/// Responds with a page, and sets the cookie by which the emulator recognizes the client.
pub(super) fn page_for(
    app: &App,
    tables: &Tables,
    client_id: &str,
    status: StatusCode,
    title: &str,
    content: &str,
) -> Response {
    let cookie = clients::find(tables, client_id)
        .map(|client| browser::own_directive(&app.instance, &client.token))
        .ok();
    page(status, title, content, cookie)
}

/// Returns the ID of this browser's client, creating one if there is none.
pub(super) fn client_of(
    app: &App,
    tables: &mut Tables,
    params: &Params,
    headers: &HeaderMap,
    now: i64,
) -> String {
    let known = browser::client(app, tables, params, headers, now);
    let known = known.map(|client| client.id.clone());
    known.unwrap_or_else(|| clients::add(tables, now))
}

/// Refuses a form sent by another site. Browsers include the origin with every form that they send.
pub(super) fn check_same_origin(headers: &HeaderMap) -> Result<(), Box<Response>> {
    let Some(origin) = headers.get(ORIGIN).map(|origin| origin.to_str()) else {
        return Ok(());
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let same = origin.is_ok_and(|origin| {
        origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"))
            == host
    });
    if same {
        return Ok(());
    }
    Err(Box::new(message(
        StatusCode::FORBIDDEN,
        "Refused",
        "This form was sent by another site.",
        "",
    )))
}
