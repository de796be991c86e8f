//! The tools that agents call.

use axum::http::request::Parts;
use clerk_axum::core::adapter::AuthContext;
use clerk_axum::{Clerk, OAuthTokenAuth};
use rmcp::handler::server::common::Extension;
use rmcp::model::{CallToolResult, ContentBlock, ServerCapabilities, ServerConfig};
use rmcp::{ErrorData, ServerHandler, tool, tool_handler, tool_router};

use crate::EMAIL_SCOPE;

#[derive(Clone, Debug)]
pub(crate) struct Tools {
    clerk: Clerk,
}

#[tool_router]
impl Tools {
    pub(crate) fn new(clerk: Clerk) -> Self {
        Self { clerk }
    }

    #[tool(description = "Says on whose behalf the client acts, and with which scopes")]
    async fn who_am_i(
        &self,
        Extension(request): Extension<Parts>,
    ) -> Result<CallToolResult, ErrorData> {
        let token = token(&request)?;
        // A page or tool that merely greets users by name should also work while Clerk cannot be reached.
        let user = self.clerk.users().get(token.user_id()).await;
        let name = user.ok().and_then(|user| user.full_name());
        Ok(says(format!(
            "You act for {} ({}), through the client {}, with the scopes {}.",
            name.as_deref().unwrap_or("a user without a name"),
            token.user_id(),
            token.client_id(),
            token.scopes().join(" "),
        )))
    }

    #[tool(description = "Says the primary email address of the user. Needs the scope `email`")]
    async fn email_address(
        &self,
        Extension(request): Extension<Parts>,
    ) -> Result<CallToolResult, ErrorData> {
        let token = token(&request)?;
        if !token.scopes().iter().any(|scope| scope == EMAIL_SCOPE) {
            let refusal = format!("insufficient_scope: this tool needs the scope `{EMAIL_SCOPE}`");
            return Ok(CallToolResult::error(vec![ContentBlock::text(refusal)]));
        }
        let user = self
            .clerk
            .users()
            .get(token.user_id())
            .await
            .map_err(|error| {
                tracing::warn!(%error, "a user could not be looked up");
                ErrorData::internal_error("the user could not be looked up: try again later", None)
            })?;
        let address = user.primary_email_address();
        Ok(says(match address {
            Some(address) => address.email_address.clone(),
            None => "The user has no email address.".to_owned(),
        }))
    }
}

#[tool_handler]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

/// Returns the token of a call's HTTP request.
fn token(request: &Parts) -> Result<&OAuthTokenAuth, ErrorData> {
    let context = request.extensions.get::<AuthContext>();
    let token = context.and_then(|context| context.auth().oauth());
    token.ok_or_else(|| ErrorData::internal_error("the request was not authenticated", None))
}

fn says(text: String) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}
