//! The extractor for pages with Clerk's components.

use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use clerk_core::components::Page;
use http::request::Parts;

use crate::context::auth_context;
use crate::original_request::OriginalRequest;
use crate::rejection::ClerkRejection;

/// Extracts what a page with Clerk's components needs: script tags, places of components, and what the visitor may see
/// ([`components`](crate::components)).
///
/// This extractor never refuses a signed-out request. The response is sent with `Cache-Control: private, no-store`
/// unless the handler sets its own.
///
/// ```
/// use axum::response::Html;
/// use clerk_axum::ClerkPage;
/// use clerk_axum::components::{SignInButton, UserButton};
///
/// async fn home(page: ClerkPage) -> Html<String> {
///     let visitor = if page.is_signed_in() {
///         page.mount(UserButton::new())
///     } else {
///         page.button(SignInButton::new("Sign in"))
///     };
///     Html(format!(
///         "<!doctype html><title>Home</title>{}<header>{visitor}</header>",
///         page.scripts()
///     ))
/// }
/// # fn assert_handler<H: axum::handler::Handler<T, ()>, T>(_: H) {}
/// # assert_handler(home);
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

impl<S: Send + Sync> FromRequestParts<S> for ClerkPage {
    type Rejection = ClerkRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClerkRejection> {
        let context = auth_context(&parts.extensions)?;
        Ok(Self(context.page(&OriginalRequest::of_parts(parts))))
    }
}
