//! Functions that recognize browsers and edit the URLs they are sent to.

use http::HeaderMap;
use http::header::COOKIE;
use url::Url;

use crate::app::App;
use crate::client_token;
use crate::http::query::Params;
use crate::instance::Instance;
use crate::model::client::Client;
use crate::rules::clients;
use crate::store::tables::Tables;

/// The name of the query parameter and of the cookie that contain the dev browser token.
pub(crate) const DEV_BROWSER: &str = "__clerk_db_jwt";

/// The cookie by which browsers are recognized in production.
pub(super) const CLIENT_COOKIE: &str = "__client";

/// Returns the client of a browser.
pub(crate) fn client<'t>(
    app: &App,
    tables: &'t Tables,
    params: &Params,
    headers: &HeaderMap,
    now: i64,
) -> Option<&'t Client> {
    if app.instance.production
        && let Some(token) = cookie(headers, CLIENT_COOKIE)
        && let Some(client) = client_token::read(app, tables, token, now)
    {
        return Some(client);
    }
    let id = client_id(tables, &app.instance, params, headers)?;
    tables.clients.get(&id)
}

/// Returns the name of the cookie by which the emulator's own pages recognize a browser. It contains the port,
/// because cookies are shared between ports.
pub(super) fn own_cookie(instance: &Instance) -> String {
    let port = Url::parse(&instance.url)
        .ok()
        .and_then(|url| url.port_or_known_default())
        .unwrap_or_default();
    format!("__clerk_emulator_{port}")
}

/// Returns the directive that sets the emulator's own cookie.
pub(crate) fn own_directive(instance: &Instance, token: &str) -> String {
    format!(
        "{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000",
        own_cookie(instance)
    )
}

/// Returns the ID of the client that a request belongs to. It is found by the query, the emulator's own cookie, or
/// the application's cookie if the application shares the host name.
fn client_id(
    tables: &Tables,
    instance: &Instance,
    params: &Params,
    headers: &HeaderMap,
) -> Option<String> {
    let suffixed = format!("{DEV_BROWSER}_{}", instance.cookie_suffix);
    [
        params.text(DEV_BROWSER),
        cookie(headers, &own_cookie(instance)),
        cookie(headers, &suffixed),
        cookie(headers, DEV_BROWSER),
    ]
    .into_iter()
    .flatten()
    .find_map(|token| clients::by_token(tables, token))
    .map(|client| client.id.clone())
}

/// Returns the first cookie with this name.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Sets a query parameter, and removes any others with the same name.
pub(crate) fn set_query(url: &mut Url, name: &str, value: &str) {
    remove_query(url, name);
    url.query_pairs_mut().append_pair(name, value);
}

/// Removes a query parameter. A query without it keeps its exact spelling.
pub(super) fn remove_query(url: &mut Url, name: &str) {
    if !url.query_pairs().any(|(key, _)| key == name) {
        return;
    }
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| key != name)
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    if others.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(others);
    }
}
