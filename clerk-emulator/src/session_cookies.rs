//! The cookies of the application, as directives that its server SDK sends in place of the emulator.

use crate::app::App;
use crate::error::Error;
use crate::model::client::Client;
use crate::model::session::Session;
use crate::rules::sessions;
use crate::store::tables::Tables;
use crate::tokens::session_claims::SESSION_TOKEN_SECONDS;

const YEAR_SECONDS: u32 = 31_536_000;

/// Sets the session token, the time of the last change and the refresh token of a signed-in user.
pub(crate) fn signed_in(
    app: &App,
    tables: &Tables,
    session: &Session,
    client: Option<&Client>,
    now: i64,
) -> Result<Vec<String>, Error> {
    let token = app.sign_session_token(tables, session, now, SESSION_TOKEN_SECONDS)?;
    // Server SDKs refuse a token that is older than this timestamp: it must never be ahead of the clock that
    // stamps the token, not even if that clock was set back.
    let changed_at = client.map_or(session.created_at, |client| client.updated_at);
    let client_uat = changed_at.min(now).div_euclid(1000);
    let suffix = &app.instance.cookie_suffix;
    let mut directives = Vec::new();
    for name in names("__session", suffix) {
        directives.push(format!(
            "{name}={token}; Path=/; SameSite=Lax; Max-Age={YEAR_SECONDS}"
        ));
    }
    // Lax: after a sign-in elsewhere, the browser comes back through redirects from another site, and a strict cookie
    // would not be sent.
    for name in names("__client_uat", suffix) {
        directives.push(format!(
            "{name}={client_uat}; Path=/; SameSite=Lax; Max-Age={YEAR_SECONDS}"
        ));
    }
    if app.instance.refresh_cookies {
        directives.push(format!(
            "__refresh_{suffix}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={YEAR_SECONDS}",
            session.refresh_token
        ));
    }
    Ok(directives)
}

/// Sets the time of the last change, or 0 while no user is signed in.
pub(crate) fn client_uat(app: &App, tables: &Tables, client: &Client, now: i64) -> Vec<String> {
    let is_signed_in = sessions::active(tables, &client.id, now).is_some();
    let stamp = match is_signed_in {
        true => client.updated_at.min(now).div_euclid(1000),
        false => 0,
    };
    names("__client_uat", &app.instance.cookie_suffix)
        .map(|name| format!("{name}={stamp}; Path=/; SameSite=Lax; Max-Age={YEAR_SECONDS}"))
        .to_vec()
}

/// Removes the session token and the refresh token.
pub(crate) fn signed_out(suffix: &str) -> Vec<String> {
    const PAST: &str = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    let mut directives: Vec<String> = names("__session", suffix)
        .map(|name| format!("{name}=; Path=/; {PAST}"))
        .to_vec();
    for name in names("__client_uat", suffix) {
        directives.push(format!(
            "{name}=0; Path=/; SameSite=Lax; Max-Age={YEAR_SECONDS}"
        ));
    }
    directives.push(format!("__refresh_{suffix}=; Path=/; HttpOnly; {PAST}"));
    directives
}

/// Removes a cookie that no page can read.
pub(crate) fn removal(name: &str) -> String {
    format!("{name}=; Path=/; HttpOnly; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
}

/// Sets the dev browser token, which development instances keep on the application's side.
pub(crate) fn dev_browser(token: &str, suffix: &str) -> Vec<String> {
    names("__clerk_db_jwt", suffix)
        .map(|name| format!("{name}={token}; Path=/; SameSite=Lax; Max-Age={YEAR_SECONDS}"))
        .to_vec()
}

/// Returns the plain and the suffixed name of a cookie.
fn names(name: &str, suffix: &str) -> [String; 2] {
    [name.to_owned(), format!("{name}_{suffix}")]
}
