//! Signing out.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;

use crate::context::with_auth_context;
use crate::convert;
use crate::rejection::ClerkRejection;

/// Signs the person out who sent the request: revokes the session, and returns the headers that clear its cookies. Do it on
/// POST only, so that no link signs anybody out.
///
/// A session token that somebody copied stays valid until it expires, usually within a minute.
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
/// 503 when the Backend API cannot be asked: the session goes on. 500 where no [`ClerkMiddleware`](crate::ClerkMiddleware)
/// is.
pub async fn sign_out(request: &HttpRequest) -> Result<HeaderMap, ClerkRejection> {
    let context = with_auth_context::<_, ClerkRejection>(request, |context| Ok(context.clone()))?;
    let mut headers = HeaderMap::new();
    convert::append(&mut headers, context.sign_out().await?);
    Ok(headers)
}
