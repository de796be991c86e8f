//! What a refused request is told.

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use clerk_core::{Refusal, RefusalKind, ReturnBack};
use http::StatusCode;
use http::request::Parts;

use crate::context::auth_context;
use crate::original_request::OriginalRequest;

/// Why an extractor of this crate refused a request; also what a handler returns when `auth.protect(..)?` fails.
///
/// The response is the [`Refusal`]'s, the same as under actix-web.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct ClerkRejection(#[from] Refusal);

impl ClerkRejection {
    /// Why.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        self.0.kind()
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// A redirect to the sign-in page, with the way back; to the page of the session's tasks for somebody who has
    /// some to do. For handlers that decide by themselves, as `redirectToSignIn` in the official SDKs.
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

    /// A redirect to the sign-up page, with the way back: `redirectToSignUp` in the official SDKs.
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
