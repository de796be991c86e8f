//! The user and the organization behind the session.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use clerk_core::Refusal;
use clerk_core::adapter::AuthContext;
use clerk_core::api::{Organization, User};

use crate::context::with_auth_context;
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
/// need no look-up. actix-web makes `None` of every refusal, also of the 500 where no middleware is.
///
/// What a [`User`] serializes to is its public part: private metadata leaves the server only when a handler says so.
///
/// ```
/// use actix_web::web::Json;
/// use clerk_actix::{ClerkRejection, CurrentUser, RefusalKind, User};
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
/// # let _ = actix_web::web::get().to(me);
/// # let _ = actix_web::web::get().to(home);
/// # let _ = actix_web::web::get().to(header);
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
/// use clerk_actix::CurrentOrganization;
///
/// async fn team(CurrentOrganization(organization): CurrentOrganization) -> String {
///     organization.name
/// }
/// # let _ = actix_web::web::get().to(team);
/// ```
#[derive(Clone, Debug)]
pub struct CurrentOrganization(pub Organization);

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, ClerkRejection>>>>;

impl FromRequest for CurrentUser {
    type Error = ClerkRejection;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = context(request);
        Box::pin(async move {
            let user = context?.current_user().await?;
            Ok(Self(Arc::unwrap_or_clone(user)))
        })
    }
}

impl FromRequest for CurrentOrganization {
    type Error = ClerkRejection;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = context(request);
        Box::pin(async move {
            let organization = context?.current_organization().await?;
            Ok(Self(Arc::unwrap_or_clone(organization)))
        })
    }
}

/// A copy: no borrow of the extensions may be held while waiting.
fn context(request: &HttpRequest) -> Result<AuthContext, Refusal> {
    with_auth_context(request, |context| Ok(context.clone()))
}
