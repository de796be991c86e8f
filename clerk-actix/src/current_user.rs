//! The user behind the session.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use clerk_core::Refusal;
use clerk_core::adapter::RememberedUser;
use clerk_core::api::User;

use crate::context::with_auth_context;
use crate::rejection::ClerkRejection;

/// The signed-in person's user, looked up through the Backend API once per request.
///
/// Refuses like [`SignedIn`](crate::SignedIn); 503 when the Backend API cannot be asked. Where the sign-in is optional,
/// take a `Result<CurrentUser, ClerkRejection>` and [`ClerkRejection::optional`].
///
/// What a [`User`] serialises to is its public part: private metadata leaves the server only when a handler says so.
///
/// ```
/// use actix_web::web::Json;
/// use clerk_actix::{CurrentUser, User};
///
/// async fn me(CurrentUser(user): CurrentUser) -> Json<User> {
///     Json(user)
/// }
/// # let _ = actix_web::web::get().to(me);
/// ```
#[derive(Clone, Debug)]
pub struct CurrentUser(pub User);

impl FromRequest for CurrentUser {
    type Error = ClerkRejection;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ClerkRejection>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let context: Result<_, Refusal> =
                with_auth_context(&request, |context| Ok(context.clone()));
            let remembered = request.extensions().get::<RememberedUser>().cloned();
            let user = context?.remembered_user(remembered).await?;
            request.extensions_mut().insert(user.clone());
            Ok(Self(user.into_user()))
        })
    }
}
