//! The handshake: the application's server sends the browser here to find out who is signed in.

use std::sync::Arc;

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, json};

use super::browser::{self, DEV_BROWSER};
use super::redirect::redirect;
use crate::app::App;
use crate::http::query::Params;
use crate::http::reply::Reply;
use crate::rules::api_error::ApiError;
use crate::rules::{handshakes, sessions};
use crate::session_cookies;
use crate::tokens::signing_key::TokenKind;

/// Sends the browser back with a nonce (or a signed token) that stands for the cookies to set.
pub(super) async fn handshake(
    State(app): State<Arc<App>>,
    params: Params,
    headers: HeaderMap,
) -> Reply {
    let wanted = params.text("redirect_url").ok_or_else(|| {
        ApiError::bad_request("missing_query_parameter", "redirect_url must be included")
    })?;
    let mut target = app.instance.allowed_redirect(wanted).ok_or_else(|| {
        ApiError::bad_request(
            "redirect_url_mismatch",
            "redirect_url must be an absolute http or https URL on loopback, or on an origin the emulator was \
             told to allow",
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
    let suffix = &app.instance.cookie_suffix;
    for stale in ["__clerk_handshake", "__clerk_handshake_nonce", DEV_BROWSER] {
        browser::remove_query(&mut target, stale);
    }
    let browser_token = app.write(|tables, now| {
        let client_id = browser::client_id(tables, &app.instance, &params, &headers)
            .unwrap_or_else(|| sessions::add_client(tables, now));
        let session_id =
            sessions::active(tables, &client_id, now).map(|(session, _)| session.id.clone());
        let mut directives = match session_id {
            Some(id) => {
                let origin = target.origin().ascii_serialization();
                sessions::enter(tables, &id, origin, params.get("organization_id"), now);
                let client = sessions::find_client(tables, &client_id).ok();
                let session = sessions::find(tables, &id)?;
                session_cookies::signed_in(&app, tables, session, client, now)?
            }
            None => session_cookies::signed_out(suffix),
        };
        let token = sessions::find_client(tables, &client_id)?.token.clone();
        directives.extend(session_cookies::dev_browser(&token, suffix));
        match format {
            Format::Nonce => {
                let nonce = handshakes::issue(tables, directives, now);
                browser::set_query(&mut target, "__clerk_handshake_nonce", &nonce);
            }
            Format::Token => {
                let mut claims = Map::new();
                claims.insert("handshake".into(), json!(directives));
                let token = app.sign(TokenKind::Session, &claims)?;
                browser::set_query(&mut target, "__clerk_handshake", &token);
            }
        }
        Ok(token)
    })?;
    Ok(redirect(
        StatusCode::TEMPORARY_REDIRECT,
        target.as_str(),
        &browser::own_directive(&app.instance, &browser_token),
    ))
}

#[derive(Clone, Copy)]
enum Format {
    Nonce,
    Token,
}
