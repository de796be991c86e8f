//! The extractors for the signed-in user and the active organization.

use std::sync::Arc;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use clerk_core::RefusalKind;
use clerk_core::api::{Organization, User};
use http::request::Parts;

use crate::context::auth_context;
use crate::rejection::ClerkRejection;

/// Extracts the signed-in user, looked up through the Backend API and cached for a short time
/// ([`Clerk::users`](crate::Clerk::users)).
///
/// | form | use | signed out | Clerk cannot be reached |
/// |---|---|---|---|
/// | `CurrentUser` | handlers that need the user | 401, or a redirect | 503 |
/// | `Option<CurrentUser>` | pages that show the user if there is one | `None` | `None` |
/// | `Result<CurrentUser, ClerkRejection>` | pages that also show why there is no user | `Err` | `Err` |
///
/// The optional forms let every request through, and [`ClerkRejection::kind`] says why there is no user. (`Option` still
/// responds with 500 if the [`ClerkLayer`](crate::ClerkLayer) is missing.) Use them only for what a page shows. To decide
/// what a user may see or do, extract [`SignedIn`](crate::SignedIn) or [`Guarded`](crate::Guarded), which need no lookup.
///
/// A [`User`] serializes without its private metadata, which leaves the server only if a handler sends it explicitly.
///
/// ```
/// use axum::Json;
/// use clerk_axum::{ClerkRejection, CurrentUser, RefusalKind, User};
///
/// /// Requires a signed-in user.
/// async fn me(CurrentUser(user): CurrentUser) -> Json<User> {
///     Json(user)
/// }
///
/// /// Accepts every request, even if Clerk cannot be reached.
/// async fn home(user: Option<CurrentUser>) -> String {
///     let name = user.and_then(|CurrentUser(user)| user.first_name);
///     format!("Hello, {}!", name.as_deref().unwrap_or("visitor"))
/// }
///
/// async fn header(user: Result<CurrentUser, ClerkRejection>) -> &'static str {
///     match user {
///         Ok(_) => "Your account",
///         Err(why) if why.kind() == RefusalKind::Undecided => "Your account is unavailable right now",
///         Err(_) => "Sign in",
///     }
/// }
/// # fn assert_handler<H: axum::handler::Handler<T, ()>, T>(_: H) {}
/// # assert_handler(me);
/// # assert_handler(home);
/// # assert_handler(header);
/// ```
#[derive(Clone, Debug)]
pub struct CurrentUser(pub User);

/// Extracts the active organization of the session, looked up through the Backend API and cached for a short time
/// ([`Clerk::organizations`](crate::Clerk::organizations)).
///
/// Refuses like [`SignedIn`](crate::SignedIn), with 403 if no organization is active, and with 503 if Clerk cannot be
/// reached. The optional forms are those of [`CurrentUser`].
///
/// An [`Organization`] serializes without its private metadata.
///
/// ```
/// use clerk_axum::CurrentOrganization;
///
/// async fn team(CurrentOrganization(organization): CurrentOrganization) -> String {
///     organization.name
/// }
/// # fn assert_handler<H: axum::handler::Handler<T, ()>, T>(_: H) {}
/// # assert_handler(team);
/// ```
#[derive(Clone, Debug)]
pub struct CurrentOrganization(pub Organization);

impl<S: Send + Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = ClerkRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClerkRejection> {
        let user = auth_context(&parts.extensions)?.current_user().await?;
        Ok(Self(Arc::unwrap_or_clone(user)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CurrentOrganization {
    type Rejection = ClerkRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClerkRejection> {
        let context = auth_context(&parts.extensions)?;
        let organization = context.current_organization().await?;
        Ok(Self(Arc::unwrap_or_clone(organization)))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = ClerkRejection;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, ClerkRejection> {
        known(<Self as FromRequestParts<S>>::from_request_parts(parts, state).await)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentOrganization {
    type Rejection = ClerkRejection;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, ClerkRejection> {
        known(<Self as FromRequestParts<S>>::from_request_parts(parts, state).await)
    }
}

/// Converts every refusal to `None`, except for a misconfigured application.
fn known<T>(extracted: Result<T, ClerkRejection>) -> Result<Option<T>, ClerkRejection> {
    match extracted {
        Ok(known) => Ok(Some(known)),
        Err(rejection) if rejection.kind() == RefusalKind::Misconfigured => Err(rejection),
        Err(_) => Ok(None),
    }
}
