//! The rejection of extractors and handlers.

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use clerk_core::{Refusal, RefusalKind, ReturnBack};
use http::StatusCode;
use http::request::Parts;

use crate::context::auth_context;
use crate::original_request::OriginalRequest;

/// The rejection of this crate's extractors, and the error of handlers that use `auth.protect(..)?`.
///
/// Converts into the response of its [`Refusal`].
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct ClerkRejection(#[from] Refusal);

impl ClerkRejection {
    /// Returns why the request was refused.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        self.0.kind()
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// Creates a redirect to the sign-in page, which sends the browser back afterward.
    ///
    /// A user whose session has pending tasks is sent to the tasks page instead. This is `redirectToSignIn` of the official
    /// SDKs, for handlers that decide by themselves.
    ///
    /// ```
    /// use clerk_axum::{Auth, ClerkRejection, ReturnBack};
    /// use http::request::Parts;
    ///
    /// async fn checkout(auth: Auth, request: Parts) -> Result<&'static str, ClerkRejection> {
    ///     if auth.session().is_none() {
    ///         return Err(ClerkRejection::redirect_to_sign_in(&request, ReturnBack::To("/cart")));
    ///     }
    ///     Ok("thank you")
    /// }
    /// # fn assert_handler<H: axum::handler::Handler<T, ()>, T>(_: H) {}
    /// # assert_handler(checkout);
    /// ```
    #[must_use]
    pub fn redirect_to_sign_in(request: &Parts, back: ReturnBack<'_>) -> Self {
        let redirect = auth_context(&request.extensions)
            .map(|context| context.redirect_to_sign_in(&OriginalRequest::of_parts(request), back));
        Self(redirect.unwrap_or_else(|refusal| refusal))
    }

    /// Creates a redirect to the sign-up page, which sends the browser back afterward; `redirectToSignUp` of the official
    /// SDKs.
    #[must_use]
    pub fn redirect_to_sign_up(request: &Parts, back: ReturnBack<'_>) -> Self {
        let redirect = auth_context(&request.extensions)
            .map(|context| context.redirect_to_sign_up(&OriginalRequest::of_parts(request), back));
        Self(redirect.unwrap_or_else(|refusal| refusal))
    }
}

impl From<ClerkRejection> for Refusal {
    fn from(rejection: ClerkRejection) -> Self {
        rejection.0
    }
}

impl IntoResponse for ClerkRejection {
    fn into_response(self) -> Response {
        tracing::trace!(target: "axum::rejection", status = self.status().as_u16(), rejection = %self, "rejecting request");
        self.0.into_response().map(Body::from)
    }
}
