//! Signing out.

use http::HeaderMap;
use http::request::Parts;

use crate::context::auth_context;
use crate::rejection::ClerkRejection;

/// Signs the person out who sent the request: revokes the session, and returns the headers that clear its cookies. Do it on
/// POST only, so that no link signs anybody out.
///
/// A session token that somebody copied stays valid until it expires, usually within a minute.
///
/// ```
/// use axum::response::Redirect;
/// use clerk_axum::{ClerkRejection, sign_out};
/// use http::HeaderMap;
/// use http::request::Parts;
///
/// async fn leave(request: Parts) -> Result<(HeaderMap, Redirect), ClerkRejection> {
///     Ok((sign_out(&request).await?, Redirect::to("/")))
/// }
/// # let _: axum::Router = axum::Router::new().route("/leave", axum::routing::post(leave));
/// ```
///
/// # Errors
/// 503 when the Backend API cannot be asked: the session goes on. 500 where no [`ClerkLayer`](crate::ClerkLayer) is.
pub async fn sign_out(request: &Parts) -> Result<HeaderMap, ClerkRejection> {
    Ok(auth_context(&request.extensions)?.sign_out().await?)
}
