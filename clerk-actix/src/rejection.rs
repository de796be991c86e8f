//! What a refused request is told.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use clerk_core::{Refusal, RefusalKind, ReturnBack};

use crate::context::with_auth_context;
use crate::convert::{self, View};

/// Why an extractor or a guard of this crate refused a request; also what a handler returns when `auth.protect(..)?`
/// fails.
///
/// The response is the [`Refusal`]'s, the same as under axum.
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
        convert::status(self.0.status())
    }

    /// Converts a signed-out refusal to `None` and returns every other refusal as an error.
    ///
    /// For extractors as `Result<SignedIn, ClerkRejection>`: actix-web's own `Option<SignedIn>` is `None` also when
    /// Clerk is out of reach or no [`ClerkMiddleware`](crate::ClerkMiddleware) is there.
    ///
    /// ```
    /// use clerk_actix::{ClerkRejection, SignedIn};
    ///
    /// async fn greeting(session: Result<SignedIn, ClerkRejection>) -> Result<&'static str, ClerkRejection> {
    ///     let session = ClerkRejection::optional(session)?;
    ///     Ok(if session.is_some() { "welcome back" } else { "welcome" })
    /// }
    /// # let _ = actix_web::web::get().to(greeting);
    /// ```
    ///
    /// # Errors
    /// Every other refusal.
    pub fn optional<T>(extracted: Result<T, Self>) -> Result<Option<T>, Self> {
        Ok(Refusal::optional(
            extracted.map_err(|rejection| rejection.0),
        )?)
    }

    /// A redirect to the sign-in page, with the way back; to the page of the session's tasks for somebody who has
    /// some to do. For handlers that decide by themselves, as `redirectToSignIn` in the official SDKs.
    ///
    /// ```
    /// use clerk_actix::{Auth, ClerkRejection, ReturnBack};
    /// use actix_web::HttpRequest;
    ///
    /// async fn checkout(auth: Auth, request: HttpRequest) -> Result<&'static str, ClerkRejection> {
    ///     if auth.session().is_none() {
    ///         return Err(ClerkRejection::redirect_to_sign_in(&request, ReturnBack::To("/cart")));
    ///     }
    ///     Ok("thank you")
    /// }
    /// # let _ = actix_web::web::get().to(checkout);
    /// ```
    #[must_use]
    pub fn redirect_to_sign_in(request: &HttpRequest, back: ReturnBack<'_>) -> Self {
        let redirect = with_auth_context(request, |context| {
            Ok(context.redirect_to_sign_in(&View::of_request(request), back))
        });
        Self(redirect.unwrap_or_else(|refusal| refusal))
    }

    /// A redirect to the sign-up page, with the way back: `redirectToSignUp` in the official SDKs.
    #[must_use]
    pub fn redirect_to_sign_up(request: &HttpRequest, back: ReturnBack<'_>) -> Self {
        let redirect = with_auth_context(request, |context| {
            Ok(context.redirect_to_sign_up(&View::of_request(request), back))
        });
        Self(redirect.unwrap_or_else(|refusal| refusal))
    }
}

impl ResponseError for ClerkRejection {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        convert::response(self.0.clone().into_response())
    }
}
