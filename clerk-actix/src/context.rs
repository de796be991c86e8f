//! What the middleware left with a request.

use actix_web::{HttpMessage, HttpRequest};
use clerk_core::Refusal;
use clerk_core::adapter::AuthContext;

/// Reads what the middleware left. The borrow of the extensions ends here: none lives across an await.
pub(crate) fn with_auth_context<T, E: From<Refusal>>(
    request: &HttpRequest,
    read: impl FnOnce(&AuthContext) -> Result<T, Refusal>,
) -> Result<T, E> {
    let extensions = request.extensions();
    let context = extensions
        .get::<AuthContext>()
        .ok_or_else(|| Refusal::missing_middleware("ClerkMiddleware"))?;
    Ok(read(context)?)
}
