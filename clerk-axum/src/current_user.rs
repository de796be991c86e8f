//! The user behind the session.

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use clerk_core::Refusal;
use clerk_core::adapter::RememberedUser;
use clerk_core::api::User;
use http::request::Parts;

use crate::context::auth_context;
use crate::rejection::ClerkRejection;

/// The signed-in person's user, looked up through the Backend API once per request.
///
/// Refuses like [`SignedIn`](crate::SignedIn); 503 when the Backend API cannot be asked. As `Option<CurrentUser>` only
/// being signed out is `None`.
///
/// What a [`User`] serialises to is its public part: private metadata leaves the server only when a handler says so.
///
/// ```
/// use axum::Json;
/// use clerk_axum::{CurrentUser, User};
///
/// async fn me(CurrentUser(user): CurrentUser) -> Json<User> {
///     Json(user)
/// }
/// # fn assert_handler<H: axum::handler::Handler<T, ()>, T>(_: H) {}
/// # assert_handler(me);
/// ```
#[derive(Clone, Debug)]
pub struct CurrentUser(pub User);

impl<S: Send + Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = ClerkRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClerkRejection> {
        let context = auth_context(&parts.extensions)?.clone();
        let remembered = parts.extensions.get::<RememberedUser>().cloned();
        let user = context.remembered_user(remembered).await?;
        parts.extensions.insert(user.clone());
        Ok(Self(user.into_user()))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = ClerkRejection;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, ClerkRejection> {
        let user = <Self as FromRequestParts<S>>::from_request_parts(parts, state).await;
        Ok(Refusal::optional(user.map_err(Refusal::from))?)
    }
}
