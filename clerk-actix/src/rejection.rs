//! The rejection of extractors and handlers.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use clerk_core::{Refusal, RefusalKind, ReturnBack};

use crate::context::with_auth_context;
use crate::convert::{self, View};

/// The rejection of this crate's extractors and guards, and the error of handlers that use `auth.protect(..)?`.
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
        convert::status(self.0.status())
    }

    /// Converts a signed-out refusal to `None` and returns every other refusal as an error.
    ///
    /// Use it with extractors such as `Result<SignedIn, ClerkRejection>`. actix-web's own `Option<SignedIn>` is also `None`
    /// if Clerk cannot be reached or the [`ClerkMiddleware`](crate::ClerkMiddleware) is missing.
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
    /// Returns every refusal that is not a signed-out one.
    pub fn optional<T>(extracted: Result<T, Self>) -> Result<Option<T>, Self> {
        Ok(Refusal::optional(
            extracted.map_err(|rejection| rejection.0),
        )?)
    }

    /// Creates a redirect to the sign-in page, which sends the browser back afterward.
    ///
    /// A user whose session has pending tasks is sent to the tasks page instead. This is `redirectToSignIn` of the official
    /// SDKs, for handlers that decide by themselves.
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

    /// Creates a redirect to the sign-up page, which sends the browser back afterward; `redirectToSignUp` of the official
    /// SDKs.
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
