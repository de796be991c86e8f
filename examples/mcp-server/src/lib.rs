//! An MCP server that agents reach with OAuth access tokens that Clerk issued.
//!
//! The middleware serves the metadata that tells clients where to get a token, the guard refuses requests without one,
//! and the tools know on whose behalf they are called. A session of the protocol belongs to the user and client that
//! opened it.

mod session_owners;
mod tools;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use clerk_axum::core::TokenType;
use clerk_axum::{Clerk, ClerkLayer, OAuthResource, OAuthResourceError, protect};
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

use crate::session_owners::SessionOwners;
use crate::tools::Tools;

/// The scope that every tool needs.
pub const SCOPE: &str = "profile";
/// The scope that the tool `email_address` needs as well.
pub const EMAIL_SCOPE: &str = "email";

/// Describes the server to OAuth clients. `url` is its public URL, such as `https://app.example.com/mcp`, as clients
/// type it.
///
/// # Errors
/// Returns an error if the URL cannot identify a resource, for example because it is not an https URL.
pub fn resource(url: &str) -> Result<OAuthResource, OAuthResourceError> {
    Ok(OAuthResource::new(url)?
        .scopes([SCOPE, EMAIL_SCOPE])
        .name("Who am I?"))
}

/// Builds the application, which clients call under this host name. `clerk` has the [`resource`].
pub fn app(clerk: &Clerk, host: &str) -> Router {
    let sessions = Arc::new(LocalSessionManager::default());
    let tools = Tools::new(clerk.clone());
    // Other host names are refused, so that a page on the web cannot reach a server on loopback (DNS rebinding).
    let config = StreamableHttpServerConfig::default().with_allowed_hosts([host]);
    let owners = SessionOwners::new(Arc::clone(&sessions));
    let service = StreamableHttpService::new(move || Ok(tools.clone()), sessions, config);
    Router::new()
        .route_service("/mcp", service)
        // The layer that was added last is the first to see a request.
        .route_layer(from_fn_with_state(owners, SessionOwners::check))
        .route_layer(protect().token(TokenType::OAuthToken).scope(SCOPE))
        // Around the whole application, because it serves the metadata.
        .layer(ClerkLayer::new(clerk.clone()))
}
