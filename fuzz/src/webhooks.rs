//! Webhooks: forged ones, and signed bodies of any form.

use std::sync::OnceLock;

use clerk_core::WebhookVerifier;
use clerk_core::testing::WebhookSigner;
use clerk_test_support::forge::NOW;
use http::{HeaderMap, HeaderValue};

use crate::parts;

/// Nothing is accepted without a signature, and every signed body is read or refused.
///
/// The lines of the input are the ID, the timestamp and the signature; the rest is the body.
pub fn webhooks(input: &[u8]) {
    static SIGNER: OnceLock<(WebhookSigner, WebhookVerifier)> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "a signer has a valid secret")]
    let (signer, verifier) = SIGNER.get_or_init(|| {
        let signer = WebhookSigner::new();
        let verifier = WebhookVerifier::new(signer.secret()).expect("the secret is valid");
        (signer, verifier)
    });
    let now = NOW * 1000;
    let [id, timestamp, signature, body] = parts(input);
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("svix-id", id),
        ("svix-timestamp", timestamp),
        ("svix-signature", signature),
    ] {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert(name, value);
        }
    }
    assert!(verifier.verify(&headers, body, now).is_err());

    for body in [input, body] {
        let signed = signer.sign("msg_1", NOW, body);
        let Ok(event) = verifier.verify(&signed, body, now) else {
            continue;
        };
        assert_eq!(event.message_id(), "msg_1");
        let _ = (
            event.occurred_at(),
            event.instance_id(),
            event.event_attributes(),
        );
        if let Ok(data) = event.typed() {
            assert_eq!(event.event_type(), Some(data.event_type()));
        }
    }
}
