//! The caller: a browser in development or production, or a native application.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::{AUTHORIZATION, ORIGIN, USER_AGENT};
use http::request::Parts;

use super::browser;
use crate::app::App;
use crate::client_token;
use crate::http::query::Params;
use crate::model::activity::Activity;
use crate::model::client::Client;
use crate::model::session::Session;
use crate::rules::api_error::ApiError;
use crate::rules::clients;
use crate::rules::sessions;
use crate::rules::testing_tokens;
use crate::rules::visit::Visit;
use crate::store::tables::Tables;

/// What a request says about its sender.
#[derive(Debug)]
pub(super) struct Visitor {
    params: Params,
    headers: HeaderMap,
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let params = Params::parse(parts.uri.query().unwrap_or_default().as_bytes());
        if let Some(token) = params.text("__clerk_testing_token") {
            testing_tokens::check(&app.instance.secret_key, token, app.clock.now_ms())?;
        }
        Ok(Self {
            params,
            headers: parts.headers.clone(),
        })
    }
}

impl Visitor {
    /// Returns true for native applications, which send the client's token in a header of its own.
    pub(super) fn is_native(&self) -> bool {
        self.params.is_true("_is_native")
    }

    /// Returns true for callers that keep a token which changes.
    pub(super) fn keeps_tokens(&self, app: &App) -> bool {
        app.instance.production || self.is_native()
    }

    /// Returns true for production browsers that had a client.
    pub(super) fn has_client_cookie(&self, app: &App) -> bool {
        app.instance.production
            && !self.is_native()
            && browser::cookie(&self.headers, browser::CLIENT_COOKIE).is_some()
    }

    /// Returns the version of the API that the sender was written for, which is a date.
    pub(super) fn api_version(&self) -> Option<&str> {
        self.params.text("__clerk_api_version")
    }

    pub(super) fn origin(&self) -> Option<String> {
        let origin = self.headers.get(ORIGIN)?.to_str().ok()?;
        (origin != "null").then(|| origin.to_owned())
    }

    /// Returns the client that the request belongs to.
    pub(super) fn client<'t>(&self, app: &App, tables: &'t Tables, now: i64) -> Option<&'t Client> {
        if self.is_native() {
            let header = self.headers.get(AUTHORIZATION)?.to_str().ok()?;
            let token = header.strip_prefix("Bearer ").unwrap_or(header);
            return client_token::read(app, tables, token, now);
        }
        browser::client(app, tables, &self.params, &self.headers, now)
    }

    /// Finds the client of the request, or creates one if the request has none.
    pub(super) fn visit(
        &self,
        app: &App,
        tables: &mut Tables,
        now: i64,
    ) -> Result<Visit, ApiError> {
        let known = self
            .client(app, tables, now)
            .map(|client| client.id.clone());
        let client_id = match known {
            Some(id) => id,
            None if app.instance.production || self.is_native() => clients::add(tables, now),
            None => return Err(unknown_browser()),
        };
        Ok(Visit {
            client_id,
            origin: self.origin(),
            activity: Activity::of_user_agent(self.user_agent()),
            emulator_url: app.instance.url.clone(),
            now,
        })
    }

    pub(super) fn user_agent(&self) -> &str {
        self.headers
            .get(USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Finds the session of the request: the one that it names, or the client's active one.
    pub(super) fn session<'t>(
        &self,
        tables: &'t Tables,
        client_id: &str,
        now: i64,
    ) -> Result<&'t Session, ApiError> {
        let named = self.params.text("_clerk_session_id");
        let session = match named {
            Some(id) => sessions::living_of_client(tables, client_id, now).find(|one| one.id == id),
            None => sessions::active(tables, client_id, now).map(|(session, _)| session),
        };
        session.ok_or_else(signed_out)
    }
}

/// Returns the error for an unknown development browser.
pub(super) fn unknown_browser() -> ApiError {
    ApiError::unauthorized(
        "dev_browser_unauthenticated",
        "Unable to authenticate this browser for your development instance. Check your Clerk cookies and try \
         again.",
    )
}

/// Returns the error for requests outside of a session.
pub(super) fn signed_out() -> ApiError {
    ApiError::unauthorized(
        "authentication_invalid",
        "Unable to authenticate the request, you need to supply an active session",
    )
}
