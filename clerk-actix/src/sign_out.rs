//! Signing out.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;

use crate::context::with_auth_context;
use crate::convert;
use crate::rejection::ClerkRejection;

/// Signs the user out: revokes the session of the request, and returns the headers that clear its cookies.
///
/// Call it for POST requests only, so that a link cannot sign users out.
///
/// # Security
/// A copied session token remains valid until it expires, usually within a minute.
///
/// ```
/// use actix_web::{HttpRequest, HttpResponse};
/// use clerk_actix::{ClerkRejection, sign_out};
///
/// async fn leave(request: HttpRequest) -> Result<HttpResponse, ClerkRejection> {
///     let mut response = HttpResponse::SeeOther();
///     response.append_header(("location", "/"));
///     for header in sign_out(&request).await? {
///         response.append_header(header);
///     }
///     Ok(response.finish())
/// }
/// # let _ = actix_web::web::post().to(leave);
/// ```
///
/// # Errors
/// Refuses with 503 if the session could not be revoked, in which case it continues, and with 500 if no
/// [`ClerkMiddleware`](crate::ClerkMiddleware) wraps the route.
pub async fn sign_out(request: &HttpRequest) -> Result<HeaderMap, ClerkRejection> {
    let context = with_auth_context::<_, ClerkRejection>(request, |context| Ok(context.clone()))?;
    let mut headers = HeaderMap::new();
    convert::append(&mut headers, context.sign_out().await?);
    Ok(headers)
}
