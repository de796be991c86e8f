//! Access to the [`AuthContext`] that the layer stores in a request's extensions.

use clerk_core::Refusal;
use clerk_core::adapter::AuthContext;
use http::Extensions;

pub(crate) fn auth_context(extensions: &Extensions) -> Result<&AuthContext, Refusal> {
    extensions
        .get::<AuthContext>()
        .ok_or_else(|| Refusal::missing_middleware("ClerkLayer"))
}
