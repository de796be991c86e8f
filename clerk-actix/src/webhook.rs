//! The extractor for webhooks.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use clerk_core::adapter::WebhookBody;
use clerk_core::{Clerk, Refusal, WebhookEvent};

use crate::convert::View;
use crate::rejection::ClerkRejection;

/// A webhook whose signature was verified over the raw body (Clerk docs: "Webhooks overview"). Consumes the body.
///
/// Takes the [`Clerk`] from the application's data and needs no [`ClerkMiddleware`](crate::ClerkMiddleware), because
/// webhooks carry a signature of their own. A webhook that does not verify is answered with 400, one that is longer than
/// [`webhook_body_limit`](clerk_core::ClerkBuilder::webhook_body_limit) with 413, and every webhook with 500 if no signing
/// secret is configured or the application has no `web::Data<Clerk>`. The body of the answer says why.
///
/// ```
/// use actix_web::{App, HttpResponse, web};
/// use clerk_actix::{Clerk, VerifiedWebhook, WebhookData};
///
/// async fn receive(VerifiedWebhook(event): VerifiedWebhook) -> HttpResponse {
///     match event.typed() {
///         Ok(WebhookData::UserCreated(user)) => println!("store {}", user.id),
///         Ok(WebhookData::UserDeleted(user)) => println!("remove {:?}", user.id),
///         Ok(_) => {}
///         Err(error) => println!("message {} is not understood: {error}", event.message_id()),
///     }
///     HttpResponse::Ok().finish()
/// }
///
/// # fn main() -> Result<(), clerk_actix::ConfigError> {
/// # let clerk = Clerk::builder().secret_key("sk_test_example")
/// #     .publishable_key("pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk").build()?;
/// let app = App::new()
///     .app_data(web::Data::new(clerk))
///     .route("/webhooks", web::post().to(receive));
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct VerifiedWebhook(pub WebhookEvent);

impl FromRequest for VerifiedWebhook {
    type Error = ClerkRejection;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ClerkRejection>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let body = web::Payload::from_request(&request, payload);
        Box::pin(async move {
            let Some(clerk) = request.app_data::<web::Data<Clerk>>() else {
                tracing::error!(
                    "a webhook arrived, but the application has no web::Data<Clerk> to verify it with"
                );
                return Err(Refusal::misconfigured().into());
            };
            let body = match body.await {
                Ok(body) => body.to_bytes_limited(clerk.webhook_body_limit()).await,
                Err(error) => Ok(Err(error)),
            };
            let body = match &body {
                Ok(Ok(body)) => WebhookBody::Whole(body),
                Ok(Err(_)) => WebhookBody::Broken,
                Err(_) => WebhookBody::TooLong,
            };
            Ok(Self(
                clerk.verify_webhook(&View::of_request(&request), body)?,
            ))
        })
    }
}
