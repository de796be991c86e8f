//! Webhooks that are signed like those of Clerk.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::hmac;
use base64_simd::STANDARD;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use serde_json::{Value, json};

use crate::clock::{Clock, SystemClock};

/// Signs webhooks that a [`Clerk`](crate::Clerk) with the same [`secret`](Self::secret) accepts.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use clerk_core::testing::WebhookSigner;
/// use clerk_core::{Clock, SystemClock, WebhookVerifier};
///
/// let signer = WebhookSigner::new();
/// let request = signer.event("user.deleted", serde_json::json!({ "id": "user_1", "deleted": true }));
/// let verifier = WebhookVerifier::new(signer.secret())?;
/// let event = verifier.verify(request.headers(), request.body(), SystemClock::default().now())?;
/// assert_eq!(event.data()["id"], "user_1");
/// # Ok(()) }
/// ```
pub struct WebhookSigner {
    key: Vec<u8>,
    messages: AtomicU64,
}

impl WebhookSigner {
    /// Creates a signer with a new secret.
    ///
    /// # Panics
    /// Panics if the system provides no randomness.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "a test cannot continue without a secret"
    )]
    pub fn new() -> Self {
        let mut key = vec![0; 24];
        aws_lc_rs::rand::fill(&mut key).expect("the system has randomness");
        Self {
            key,
            messages: AtomicU64::new(0),
        }
    }

    /// Returns the signing secret (`whsec_...`), for
    /// [`ClerkBuilder::webhook_signing_secret`](crate::ClerkBuilder::webhook_signing_secret) or
    /// `CLERK_WEBHOOK_SIGNING_SECRET`.
    #[must_use]
    pub fn secret(&self) -> String {
        format!("whsec_{}", STANDARD.encode_to_string(&self.key))
    }

    /// Creates the request for an event that happens now: `POST /` with the signed headers and the body. Every request has a
    /// new message ID.
    #[must_use]
    pub fn event(&self, event_type: &str, data: impl Into<Value>) -> Request<Vec<u8>> {
        let now = SystemClock::default().now();
        let event = json!({
            "data": data.into(),
            "event_attributes": { "http_request": { "client_ip": "", "user_agent": "" } },
            "instance_id": "ins_test",
            "object": "event",
            "timestamp": now,
            "type": event_type,
        });
        let body = event.to_string().into_bytes();
        let message = self.messages.fetch_add(1, Ordering::Relaxed);
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.headers_mut() = self.sign(
            &format!("msg_test{message}"),
            now.div_euclid(1000),
            request.body(),
        );
        request
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request
    }

    /// Creates the headers of a message with this ID and exactly this body, sent at this time in Unix seconds.
    ///
    /// # Panics
    /// Panics if the ID contains a character that is not valid in a header.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the author of a test chose the id")]
    pub fn sign(&self, id: &str, sent_at: i64, body: &[u8]) -> HeaderMap {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.key);
        let mut context = hmac::Context::with_key(&key);
        context.update(format!("{id}.{sent_at}.").as_bytes());
        context.update(body);
        let signature = STANDARD.encode_to_string(context.sign());
        [
            ("svix-id", id.to_owned()),
            ("svix-timestamp", sent_at.to_string()),
            ("svix-signature", format!("v1,{signature}")),
        ]
        .into_iter()
        .map(|(name, value)| {
            let value = HeaderValue::try_from(value).expect("the ID is valid in a header");
            (HeaderName::from_static(name), value)
        })
        .collect()
    }
}

impl Default for WebhookSigner {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for WebhookSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookSigner").finish_non_exhaustive()
    }
}
