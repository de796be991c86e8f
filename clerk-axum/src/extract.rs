//! The extractors that read what [`ClerkLayer`](crate::ClerkLayer) found out.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use clerk_core::{Policy, Refusal, SessionAuth};
use http::request::Parts;

use crate::context::auth_context;
use crate::rejection::ClerkRejection;

/// Extracts who sent the request, signed in or not.
///
/// Never refuses a signed-out request. Responds with 500 if no [`ClerkLayer`](crate::ClerkLayer) wraps the route.
///
/// ```
/// use clerk_axum::{Auth, ClerkRejection, Require};
///
/// async fn report(auth: Auth) -> Result<String, ClerkRejection> {
///     let session = auth.protect(&Require::permission("org:reports:read"))?;
///     Ok(format!("the report for {}", session.user_id()))
/// }
/// # fn assert_handler<H: axum::handler::Handler<T, ()>, T>(_: H) {}
/// # assert_handler(report);
/// ```
#[derive(Clone, Debug)]
pub struct Auth(clerk_core::Auth);

impl Auth {
    /// Returns the underlying [`Auth`](clerk_core::Auth), to match on its variants.
    #[must_use]
    pub fn into_inner(self) -> clerk_core::Auth {
        self.0
    }
}

impl Deref for Auth {
    type Target = clerk_core::Auth;

    fn deref(&self) -> &clerk_core::Auth {
        &self.0
    }
}

/// For tests of handlers, which take what the middleware would have found out.
impl From<clerk_core::Auth> for Auth {
    fn from(auth: clerk_core::Auth) -> Self {
        Self(auth)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Auth {
    type Rejection = ClerkRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClerkRejection> {
        Ok(Self(auth_context(&parts.extensions)?.auth().clone()))
    }
}

/// Extracts the session of a signed-in user, and refuses every other request.
///
/// Page requests are redirected to the sign-in page, and other requests get 401. A request that could not be
/// authenticated gets 503. `Option<SignedIn>` is `None` only for signed-out requests: a request that could not be
/// authenticated is still refused.
///
/// ```
/// use clerk_axum::{ClerkRejection, Require, SignedIn};
///
/// async fn me(session: SignedIn) -> String {
///     session.user_id().to_owned()
/// }
///
/// async fn greeting(session: Option<SignedIn>) -> &'static str {
///     if session.is_some() { "welcome back" } else { "welcome" }
/// }
///
/// async fn invite(session: SignedIn) -> Result<&'static str, ClerkRejection> {
///     session.protect(&Require::permission("org:members:invite"))?;
///     Ok("invited")
/// }
/// # fn assert_handler<H: axum::handler::Handler<T, ()>, T>(_: H) {}
/// # assert_handler(me);
/// # assert_handler(greeting);
/// # assert_handler(invite);
/// ```
#[derive(Clone, Debug)]
pub struct SignedIn(SessionAuth);

impl SignedIn {
    /// Returns the session.
    #[must_use]
    pub fn into_inner(self) -> SessionAuth {
        self.0
    }
}

impl Deref for SignedIn {
    type Target = SessionAuth;

    fn deref(&self) -> &SessionAuth {
        &self.0
    }
}

/// For tests of handlers, with the feature `testing`:
///
#[cfg_attr(feature = "testing", doc = "```")]
#[cfg_attr(not(feature = "testing"), doc = "```text")]
/// use clerk_axum::SignedIn;
/// use clerk_axum::testing::session;
///
/// async fn me(session: SignedIn) -> String {
///     session.user_id().to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let ada = session("user_ada").auth();
/// assert_eq!(me(ada.try_into()?).await, "user_ada");
/// # Ok(()) }
/// ```
impl TryFrom<clerk_core::Auth> for SignedIn {
    type Error = ClerkRejection;

    fn try_from(auth: clerk_core::Auth) -> Result<Self, ClerkRejection> {
        Ok(Self(auth.signed_in()?.clone()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = ClerkRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClerkRejection> {
        Ok(Self(auth_context(&parts.extensions)?.signed_in()?.clone()))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for SignedIn {
    type Rejection = ClerkRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ClerkRejection> {
        let session = Refusal::optional(auth_context(&parts.extensions)?.signed_in())?;
        Ok(session.cloned().map(Self))
    }
}

/// Extracts the session of a signed-in user who satisfies a [`Policy`].
///
/// Every other request is refused before the handler runs: like [`SignedIn`] if it is not signed in, and with 403 if the
/// session does not satisfy the policy.
///
/// ```
/// use clerk_axum::{Guarded, Policy, Require};
///
/// struct ManageBilling;
///
/// impl Policy for ManageBilling {
///     fn require() -> Require {
///         Require::permission("org:billing:manage")
///     }
/// }
///
/// async fn invoices(session: Guarded<ManageBilling>) -> String {
///     format!("the invoices of {:?}", session.organization())
/// }
/// # fn assert_handler<H: axum::handler::Handler<T, ()>, T>(_: H) {}
/// # assert_handler(invoices);
/// ```
pub struct Guarded<P: Policy> {
    session: SessionAuth,
    policy: PhantomData<fn() -> P>,
}

impl<P: Policy> Guarded<P> {
    /// Returns the session.
    #[must_use]
    pub fn into_inner(self) -> SessionAuth {
        self.session
    }
}

impl<P: Policy> Clone for Guarded<P> {
    fn clone(&self) -> Self {
        Self {
            session: self.session.clone(),
            policy: PhantomData,
        }
    }
}

impl<P: Policy> fmt::Debug for Guarded<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guarded").field(&self.session).finish()
    }
}

impl<P: Policy> Deref for Guarded<P> {
    type Target = SessionAuth;

    fn deref(&self) -> &SessionAuth {
        &self.session
    }
}

/// For tests of handlers; the policy is asked.
impl<P: Policy> TryFrom<clerk_core::Auth> for Guarded<P> {
    type Error = ClerkRejection;

    fn try_from(auth: clerk_core::Auth) -> Result<Self, ClerkRejection> {
        Ok(Self {
            session: auth.protect(&P::require())?.clone(),
            policy: PhantomData,
        })
    }
}

impl<S: Send + Sync, P: Policy> FromRequestParts<S> for Guarded<P> {
    type Rejection = ClerkRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClerkRejection> {
        Ok(Self {
            session: auth_context(&parts.extensions)?.guarded::<P>()?.clone(),
            policy: PhantomData,
        })
    }
}
