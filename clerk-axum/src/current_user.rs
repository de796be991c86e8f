//! The user and the organization behind the session.

use std::sync::Arc;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use clerk_core::RefusalKind;
use clerk_core::api::{Organization, User};
use http::request::Parts;

use crate::context::auth_context;
use crate::rejection::ClerkRejection;

/// The signed-in person's user, looked up through the Backend API and remembered for a short time
/// ([`Clerk::users`](crate::Clerk::users)).
///
/// | form | for | nobody is signed in | Clerk is out of reach |
/// |---|---|---|---|
/// | `CurrentUser` | what cannot be done without the user | 401, or a redirect | 503 |
/// | `Option<CurrentUser>` | pages that greet | `None` | `None` |
/// | `Result<CurrentUser, ClerkRejection>` | pages that greet, and say why not | `Err` | `Err` |
///
/// The optional forms never refuse: nobody is known then, and [`ClerkRejection::kind`] says why. They are for what a page
/// shows. To decide what somebody may see or do, take [`SignedIn`](crate::SignedIn) or [`Guarded`](crate::Guarded), which
/// need no look-up.
///
/// What a [`User`] serializes to is its public part: private metadata leaves the server only when a handler says so.
///
/// ```
/// use axum::Json;
/// use clerk_axum::{ClerkRejection, CurrentUser, RefusalKind, User};
///
/// /// For signed-in people only.
/// async fn me(CurrentUser(user): CurrentUser) -> Json<User> {
///     Json(user)
/// }
///
/// /// For everybody, whatever happens to Clerk.
/// async fn home(user: Option<CurrentUser>) -> String {
///     let name = user.and_then(|CurrentUser(user)| user.first_name);
///     format!("Hello, {}", name.as_deref().unwrap_or("visitor"))
/// }
///
/// async fn header(user: Result<CurrentUser, ClerkRejection>) -> &'static str {
///     match user {
///         Ok(_) => "your account",
///         Err(why) if why.kind() == RefusalKind::Undecided => "your account is not at hand right now",
///         Err(_) => "sign in",
///     }
/// }
/// # fn assert_handler<H: axum::handler::Handler<T, ()>, T>(_: H) {}
/// # assert_handler(me);
/// # assert_handler(home);
/// # assert_handler(header);
/// ```
#[derive(Clone, Debug)]
pub struct CurrentUser(pub User);

/// The organization that is active in the session, looked up through the Backend API and remembered for a short time
/// ([`Clerk::organizations`](crate::Clerk::organizations)).
///
/// Refuses like [`SignedIn`](crate::SignedIn), with 403 when no organization is active, and with 503 when Clerk is out of
/// reach. The optional forms never refuse, as those of [`CurrentUser`].
///
/// What an [`Organization`] serializes to is its public part.
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

/// Nobody is known, unless the application is set up wrongly.
fn known<T>(extracted: Result<T, ClerkRejection>) -> Result<Option<T>, ClerkRejection> {
    match extracted {
        Ok(known) => Ok(Some(known)),
        Err(rejection) if rejection.kind() == RefusalKind::Misconfigured => Err(rejection),
        Err(_) => Ok(None),
    }
}
