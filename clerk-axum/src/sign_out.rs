//! Signing out.

use http::HeaderMap;
use http::request::Parts;

use crate::context::auth_context;
use crate::rejection::ClerkRejection;

/// Signs the user out: revokes the session of the request, and returns the headers that clear its cookies.
///
/// Call it for POST requests only, so that a link cannot sign users out.
///
/// # Security
/// A copied session token remains valid until it expires, usually within a minute.
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
/// Refuses with 503 if the session could not be revoked, in which case it continues, and with 500 if no
/// [`ClerkLayer`](crate::ClerkLayer) wraps the route.
pub async fn sign_out(request: &Parts) -> Result<HeaderMap, ClerkRejection> {
    Ok(auth_context(&request.extensions)?.sign_out().await?)
}
