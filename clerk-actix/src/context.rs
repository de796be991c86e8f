//! Access to the [`AuthContext`] that the middleware stores in a request's extensions.

use actix_web::{HttpMessage, HttpRequest};
use clerk_core::Refusal;
use clerk_core::adapter::AuthContext;

/// Calls `read` with the stored context.
///
/// The extensions are borrowed only for the duration of the call, so no borrow is held across an await point.
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
