//! The owners of the protocol's sessions.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use clerk_axum::Auth;
use rmcp::transport::streamable_http_server::session::SessionManager as _;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use tokio::sync::Mutex;

const SESSION: &str = "mcp-session-id";

/// The user and the client that opened each session.
///
/// The ID of a session proves nothing: a request from anyone else with the same ID finds no session. The token may
/// change, because clients renew it while a session lasts.
#[derive(Clone, Debug)]
pub(crate) struct SessionOwners {
    sessions: Arc<LocalSessionManager>,
    owners: Arc<Mutex<HashMap<Arc<str>, Owner>>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner {
    user_id: String,
    client_id: String,
}

impl SessionOwners {
    pub(crate) fn new(sessions: Arc<LocalSessionManager>) -> Self {
        Self {
            sessions,
            owners: Arc::default(),
        }
    }

    /// Responds with 404 if a session belongs to someone else, as if it did not exist: clients then open a new one.
    pub(crate) async fn check(
        State(this): State<Self>,
        auth: Auth,
        request: Request,
        next: Next,
    ) -> Response {
        let Some(token) = auth.oauth() else {
            // The guard around this one lets no other request through.
            return StatusCode::UNAUTHORIZED.into_response();
        };
        let owner = Owner {
            user_id: token.user_id().to_owned(),
            client_id: token.client_id().to_owned(),
        };
        if let Some(session) = request.headers().get(SESSION) {
            let owners = this.owners.lock().await;
            let known = session.to_str().ok().and_then(|id| owners.get(id));
            if known != Some(&owner) {
                return (StatusCode::NOT_FOUND, "no such session").into_response();
            }
        }
        let response = next.run(request).await;
        let opened = response.headers().get(SESSION);
        if let Some(id) = opened.and_then(|id| id.to_str().ok()) {
            this.remember(id, owner).await;
        }
        response
    }

    /// Records who opened a session, and removes the sessions that have ended.
    async fn remember(&self, id: &str, owner: Owner) {
        let mut owners = self.owners.lock().await;
        if owners.contains_key(id) {
            return;
        }
        let mut ended = Vec::new();
        for id in owners.keys() {
            if !self.sessions.has_session(id).await.unwrap_or(false) {
                ended.push(Arc::clone(id));
            }
        }
        for id in ended {
            owners.remove(&id);
        }
        owners.insert(id.into(), owner);
    }
}
