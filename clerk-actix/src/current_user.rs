//! The extractors for the signed-in user and the active organization.

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

/// Extracts the signed-in user, looked up through the Backend API and cached for a short time
/// ([`Clerk::users`](crate::Clerk::users)).
///
/// | form | use | signed out | Clerk cannot be reached |
/// |---|---|---|---|
/// | `CurrentUser` | handlers that need the user | 401, or a redirect | 503 |
/// | `Option<CurrentUser>` | pages that show the user if there is one | `None` | `None` |
/// | `Result<CurrentUser, ClerkRejection>` | pages that also show why there is no user | `Err` | `Err` |
///
/// The optional forms let every request through, and [`ClerkRejection::kind`] says why there is no user. Use them only for
/// what a page shows. To decide what a user may see or do, extract [`SignedIn`](crate::SignedIn) or
/// [`Guarded`](crate::Guarded), which need no lookup. `Option` is also `None` where the middleware is missing, since
/// actix-web converts every refusal to `None`.
///
/// A [`User`] serializes without its private metadata, which leaves the server only if a handler sends it explicitly.
///
/// ```
/// use actix_web::web::Json;
/// use clerk_actix::{ClerkRejection, CurrentUser, RefusalKind, User};
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
/// # let _ = actix_web::web::get().to(me);
/// # let _ = actix_web::web::get().to(home);
/// # let _ = actix_web::web::get().to(header);
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

/// Clones the context, because the extensions must not stay borrowed across an await point.
fn context(request: &HttpRequest) -> Result<AuthContext, Refusal> {
    with_auth_context(request, |context| Ok(context.clone()))
}
