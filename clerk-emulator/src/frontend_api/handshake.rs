//! The handshake: the application's server sends the browser here to learn who it is.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, json};

use super::browser::{self, DEV_BROWSER};
use super::cookies;
use crate::params::Params;
use crate::reply::{ApiError, Reply};
use crate::shared::Shared;
use crate::store::Store;
use crate::tokens;

/// Sends the browser back with a nonce (or a signed token) that stands for the cookies to set.
pub(super) async fn handshake(
    State(shared): State<Arc<Shared>>,
    params: Params,
    headers: HeaderMap,
) -> Reply {
    let wanted = params.text("redirect_url").ok_or_else(|| {
        ApiError::bad_request("missing_query_parameter", "redirect_url must be included")
    })?;
    let mut target = shared.instance.allowed_redirect(wanted).ok_or_else(|| {
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
    let now = shared.now();
    let mut store = shared.store();
    let client_id = browser::client_id(&store, &shared.instance, &params, &headers)
        .unwrap_or_else(|| store.add_client(now));
    let session_id = store
        .active_session(&client_id, now)
        .map(|(session, _)| session.id.clone());
    if let Some(id) = &session_id {
        let origin = target.origin().ascii_serialization();
        enter(&mut store, id, origin, params.get("organization_id"), now);
    }
    let suffix = &shared.instance.cookie_suffix;
    let client = store.clients.get(&client_id);
    let mut directives = match session_id.as_ref().and_then(|id| store.sessions.get(id)) {
        Some(session) => cookies::signed_in(&shared, &store, session, client, now)?,
        None => cookies::signed_out(suffix),
    };
    let token = client
        .map(|client| client.token.clone())
        .unwrap_or_default();
    directives.extend(cookies::dev_browser(&token, suffix));
    for stale in ["__clerk_handshake", "__clerk_handshake_nonce", DEV_BROWSER] {
        browser::remove_query(&mut target, stale);
    }
    match format {
        Format::Nonce => {
            let nonce = store.add_nonce(directives, now);
            browser::set_query(&mut target, "__clerk_handshake_nonce", &nonce);
        }
        Format::Token => {
            let mut claims = Map::new();
            claims.insert("handshake".into(), json!(directives));
            let token = shared.sign(tokens::SESSION_CATEGORY, claims)?;
            browser::set_query(&mut target, "__clerk_handshake", &token);
        }
    }
    Ok(redirect(
        StatusCode::TEMPORARY_REDIRECT,
        target.as_str(),
        &browser::own_directive(&shared.instance, &token),
    ))
}

#[derive(Clone, Copy)]
enum Format {
    Nonce,
    Token,
}

/// Notes the application a session is used from, and the organization it asks for: an id or slug, the empty
/// text for the personal account. What the user is not a member of changes nothing.
fn enter(
    store: &mut Store,
    session_id: &str,
    origin: String,
    organization: Option<&str>,
    now: i64,
) {
    let Some(user_id) = store
        .sessions
        .get(session_id)
        .map(|session| session.user_id.clone())
    else {
        return;
    };
    let organization = organization.and_then(|name| {
        if name.is_empty() {
            return Some(None);
        }
        let id = store.organization(name)?.id.clone();
        store.membership(&id, &user_id)?;
        Some(Some(id))
    });
    if let Some(session) = store.sessions.get_mut(session_id) {
        session.authorized_party = Some(origin);
        session.last_active_at = now;
        if let Some(organization) = organization {
            session.organization_id = organization;
        }
    }
}

/// A redirect that no cache keeps.
pub(super) fn redirect(status: StatusCode, location: &str, cookie: &str) -> Response {
    (
        status,
        [
            (LOCATION, location),
            (SET_COOKIE, cookie),
            (CACHE_CONTROL, "no-store"),
        ],
    )
        .into_response()
}
