//! The extractors that read what [`ClerkMiddleware`](crate::ClerkMiddleware) found out.

use std::fmt;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use clerk_core::{Policy, SessionAuth};

use crate::context::with_auth_context;
use crate::rejection::ClerkRejection;

/// Extracts who sent the request, signed in or not.
///
/// Never refuses a signed-out request. Responds with 500 if no [`ClerkMiddleware`](crate::ClerkMiddleware) wraps the
/// route.
///
/// ```
/// use clerk_actix::{Auth, ClerkRejection, Require};
///
/// async fn report(auth: Auth) -> Result<String, ClerkRejection> {
///     let session = auth.protect(&Require::permission("org:reports:read"))?;
///     Ok(format!("the report for {}", session.user_id()))
/// }
/// # let _ = actix_web::web::get().to(report);
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

impl FromRequest for Auth {
    type Error = ClerkRejection;
    type Future = Ready<Result<Self, ClerkRejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(with_auth_context(request, |context| {
            Ok(Self(context.auth().clone()))
        }))
    }
}

/// Extracts the session of a signed-in user, and refuses every other request.
///
/// Page requests are redirected to the sign-in page, and other requests get 401. A request that could not be
/// authenticated gets 503.
///
/// actix-web's `Option<SignedIn>` is `None` for every refusal. If signing in is optional, extract [`Auth`], or extract
/// `Result<SignedIn, ClerkRejection>` and call [`ClerkRejection::optional`].
///
/// ```
/// use clerk_actix::{ClerkRejection, Require, SignedIn};
///
/// async fn me(session: SignedIn) -> String {
///     session.user_id().to_owned()
/// }
///
/// async fn invite(session: SignedIn) -> Result<&'static str, ClerkRejection> {
///     session.protect(&Require::permission("org:members:invite"))?;
///     Ok("invited")
/// }
/// # let _ = actix_web::web::get().to(me);
/// # let _ = actix_web::web::get().to(invite);
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
/// use clerk_actix::SignedIn;
/// use clerk_actix::testing::session;
///
/// async fn me(session: SignedIn) -> String {
///     session.user_id().to_owned()
/// }
///
/// # #[actix_web::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
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

impl FromRequest for SignedIn {
    type Error = ClerkRejection;
    type Future = Ready<Result<Self, ClerkRejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(with_auth_context(request, |context| {
            Ok(Self(context.signed_in()?.clone()))
        }))
    }
}

/// Extracts the session of a signed-in user who satisfies a [`Policy`].
///
/// Every other request is refused before the handler runs: like [`SignedIn`] if it is not signed in, and with 403 if the
/// session does not satisfy the policy.
///
/// ```
/// use clerk_actix::{Guarded, Policy, Require};
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
/// # let _ = actix_web::web::get().to(invoices);
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

impl<P: Policy + 'static> FromRequest for Guarded<P> {
    type Error = ClerkRejection;
    type Future = Ready<Result<Self, ClerkRejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(with_auth_context(request, |context| {
            Ok(Self {
                session: context.guarded::<P>()?.clone(),
                policy: PhantomData,
            })
        }))
    }
}
