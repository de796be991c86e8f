//! The extractor for webhooks.

use std::error::Error as _;

use axum::body::to_bytes;
use axum_core::extract::{FromRef, FromRequest, Request};
use clerk_core::adapter::WebhookBody;
use clerk_core::{Clerk, WebhookEvent};
use http_body_util::LengthLimitError;

use crate::rejection::ClerkRejection;

/// A webhook whose signature was verified over the raw body (Clerk docs: "Webhooks overview").
///
/// It consumes the body, so it must be the last argument of the handler. It takes the [`Clerk`] from the router's state: a
/// state of your own implements [`FromRef`] for it. It needs no [`ClerkLayer`](crate::ClerkLayer), because webhooks carry a
/// signature of their own.
///
/// A webhook that does not verify is answered with 400, one that is longer than
/// [`webhook_body_limit`](clerk_core::ClerkBuilder::webhook_body_limit) with 413, and every webhook with 500 if no signing
/// secret is configured. The body of the answer says why.
///
/// ```
/// use axum::extract::{FromRef, State};
/// use clerk_axum::{Clerk, VerifiedWebhook, WebhookData};
///
/// #[derive(Clone)]
/// struct AppState {
///     clerk: Clerk,
/// }
///
/// // Or `#[derive(FromRef)]`, with axum's feature `macros`.
/// impl FromRef<AppState> for Clerk {
///     fn from_ref(state: &AppState) -> Self {
///         state.clerk.clone()
///     }
/// }
///
/// async fn receive(State(_): State<AppState>, VerifiedWebhook(event): VerifiedWebhook) {
///     match event.typed() {
///         Ok(WebhookData::UserCreated(user)) => println!("store {}", user.id),
///         Ok(WebhookData::UserDeleted(user)) => println!("remove {:?}", user.id),
///         Ok(_) => {}
///         Err(error) => println!("message {} is not understood: {error}", event.message_id()),
///     }
/// }
/// # fn assert_handler<H: axum::handler::Handler<T, AppState>, T>(_: H) {}
/// # assert_handler(receive);
/// ```
#[derive(Clone, Debug)]
pub struct VerifiedWebhook(pub WebhookEvent);

impl<S> FromRequest<S> for VerifiedWebhook
where
    S: Send + Sync,
    Clerk: FromRef<S>,
{
    type Rejection = ClerkRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, ClerkRejection> {
        let clerk = Clerk::from_ref(state);
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, clerk.webhook_body_limit()).await;
        let body = match &body {
            Ok(body) => WebhookBody::Whole(body),
            Err(error)
                if error
                    .source()
                    .is_some_and(|source| source.is::<LengthLimitError>()) =>
            {
                WebhookBody::TooLong
            }
            Err(_) => WebhookBody::Broken,
        };
        Ok(Self(clerk.verify_webhook(&parts, body)?))
    }
}
