//! The handshake: the application's server sends the browser here to find out who is signed in.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde_json::{Map, json};
use url::Url;

use super::browser::{self, DEV_BROWSER};
use super::envelope::client_cookie;
use super::redirect::redirect_with;
use super::visitor::Visitor;
use crate::app::App;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::rules::api_error::ApiError;
use crate::rules::{clients, handshakes, sessions};
use crate::session_cookies;
use crate::store::tables::Tables;
use crate::tokens::signing_key::TokenKind;

/// The name of the query parameter or cookie that carries the result to the application.
const HANDSHAKE: &str = "__clerk_handshake";
const HANDSHAKE_NONCE: &str = "__clerk_handshake_nonce";
/// How long the result waits for the application, which the browser requests next.
const COOKIE_SECONDS: u32 = 60;

/// Sends the browser back with a nonce (or a signed token) that represents the cookies to set.
pub(super) async fn handshake(
    State(app): State<Arc<App>>,
    params: Params,
    visitor: Visitor,
) -> Reply {
    let wanted = params.text("redirect_url").ok_or_else(|| {
        ApiError::bad_request("missing_query_parameter", "redirect_url must be included")
    })?;
    let allowed = app.read(|tables, _| app.allowed_redirect(tables, wanted));
    let mut target = allowed.ok_or_else(|| {
        ApiError::bad_request(
            "redirect_url_mismatch",
            "redirect_url must be an absolute http or https URL on loopback, on an origin the emulator was told to allow, \
             or on a domain of the application",
        )
    })?;
    let format = match params.text("format") {
        Some("nonce") => Format::Nonce,
        None | Some("token") => Format::Token,
        Some(_) => {
            return Err(ApiError::bad_request(
                "invalid_query_parameter_value",
                "format must be nonce or token",
            ));
        }
    };
    let organization = params.get("organization_id");
    app.write(|tables, now| {
        let known = visitor
            .client(&app, tables, now)
            .map(|client| client.id.clone());
        let client_id = match known {
            None if app.instance.production => None,
            None => Some(clients::add(tables, now)),
            known => known,
        };
        let client_id = client_id.as_deref();
        bring(
            &app,
            tables,
            client_id,
            &mut target,
            organization,
            format,
            now,
        )
    })
}

/// Sends the browser to an application with the cookies that it should set: in the query in development, and in a
/// cookie of the shared host name in production.
pub(super) fn bring(
    app: &App,
    tables: &mut Tables,
    client_id: Option<&str>,
    target: &mut Url,
    organization: Option<&str>,
    format: Format,
    now: i64,
) -> Reply {
    let suffix = &app.instance.cookie_suffix;
    let production = app.instance.production;
    for stale in [HANDSHAKE, HANDSHAKE_NONCE, DEV_BROWSER] {
        browser::remove_query(target, stale);
    }
    let session_id = client_id
        .and_then(|id| sessions::active(tables, id, now))
        .map(|(session, _)| session.id.clone());
    let mut directives = match session_id {
        Some(id) => {
            let origin = target.origin().ascii_serialization();
            sessions::enter(tables, &id, origin, organization, now);
            let session = sessions::find(tables, &id)?;
            let client = clients::find(tables, &session.client_id).ok();
            session_cookies::signed_in(app, tables, session, client, now)?
        }
        None => session_cookies::signed_out(suffix),
    };
    let client = client_id.and_then(|id| tables.clients.get(id));
    let browser_token = client.map(|client| client.token.clone());
    if production {
        // The result arrived in cookies, which would be redeemed again with every later request.
        directives.extend([HANDSHAKE, HANDSHAKE_NONCE].map(session_cookies::removal));
    } else if let Some(token) = &browser_token {
        directives.extend(session_cookies::dev_browser(token, suffix));
    }
    let (name, value) = match format {
        Format::Nonce => (HANDSHAKE_NONCE, handshakes::issue(tables, directives, now)),
        Format::Token => {
            let mut claims = Map::new();
            claims.insert("handshake".into(), json!(directives));
            (HANDSHAKE, app.sign(TokenKind::Session, &claims)?)
        }
    };
    let mut cookies = Vec::new();
    if production {
        cookies.push(format!(
            "{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={COOKIE_SECONDS}"
        ));
        if let Some(client) = client_id.and_then(|id| tables.clients.get_mut(id)) {
            client.deliver(now);
            cookies.push(client_cookie(app, client)?);
        }
    } else {
        browser::set_query(target, name, &value);
        cookies.extend(browser_token.map(|token| browser::own_directive(&app.instance, &token)));
    }
    Ok(redirect_with(
        StatusCode::TEMPORARY_REDIRECT,
        target.as_str(),
        cookies.iter().map(String::as_str),
    ))
}

/// The form in which the application receives the cookies.
#[derive(Debug, Clone, Copy)]
pub(super) enum Format {
    /// A nonce, which the application exchanges for them.
    Nonce,
    /// A signed token that contains them.
    Token,
}
