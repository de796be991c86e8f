//! Webhooks.

use axum_core::extract::{FromRef, FromRequest, Request};
use bytes::Bytes;
use clerk_core::{Clerk, Refusal, WebhookEvent};

use crate::rejection::ClerkRejection;

/// A webhook whose signature was verified over the raw body (Clerk docs: "Webhooks overview"). Consumes the body.
///
/// Takes the [`Clerk`] from the router's state and needs no [`ClerkLayer`](crate::ClerkLayer): webhooks carry a
/// signature of their own. A webhook that does not verify is answered with 400, and 500 without a signing secret.
///
/// ```
/// use clerk_axum::{Clerk, VerifiedWebhook};
///
/// async fn receive(VerifiedWebhook(event): VerifiedWebhook) {
///     println!("{:?}", event.event_type());
/// }
/// # fn assert_handler<H: axum::handler::Handler<T, Clerk>, T>(_: H) {}
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
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|_| Refusal::webhook())?;
        let header = |name: &str| headers.get(name).map(http::HeaderValue::as_bytes);
        Ok(Self(Clerk::from_ref(state).verify_webhook(header, &body)?))
    }
}
