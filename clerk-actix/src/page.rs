//! The extractor for pages with Clerk's components.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use clerk_core::components::Page;

use crate::context::with_auth_context;
use crate::convert::View;
use crate::rejection::ClerkRejection;

/// Extracts what a page with Clerk's components needs: script tags, places of components, and what the visitor may see
/// ([`components`](crate::components)).
///
/// This extractor never refuses a signed-out request. The response is sent with `Cache-Control: private, no-store`
/// unless the handler sets its own.
///
/// ```
/// use actix_web::web::Html;
/// use clerk_actix::ClerkPage;
/// use clerk_actix::components::{SignInButton, UserButton};
///
/// async fn home(page: ClerkPage) -> Html {
///     let visitor = if page.is_signed_in() {
///         page.mount(UserButton::new())
///     } else {
///         page.button(SignInButton::new("Sign in"))
///     };
///     Html::new(format!(
///         "<!doctype html><title>Home</title>{}<header>{visitor}</header>",
///         page.scripts()
///     ))
/// }
/// # let _ = actix_web::web::get().to(home);
/// ```
#[derive(Clone, Debug)]
pub struct ClerkPage(Page);

impl ClerkPage {
    /// Returns the underlying [`Page`].
    #[must_use]
    pub fn into_inner(self) -> Page {
        self.0
    }
}

impl Deref for ClerkPage {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.0
    }
}

impl FromRequest for ClerkPage {
    type Error = ClerkRejection;
    type Future = Ready<Result<Self, ClerkRejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(with_auth_context(request, |context| {
            Ok(Self(context.page(&View::of_request(request))))
        }))
    }
}
