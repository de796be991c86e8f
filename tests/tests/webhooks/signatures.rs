//! Our verifier compared with those of the crates `svix` and `standardwebhooks`: all three accept what the others
//! signed, and reject what was tampered with.

use clerk_core::{Clerk, Clock as _, SystemClock, WebhookError, WebhookVerifier};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::json;

/// One signed message.
#[derive(Clone, Debug)]
struct Message {
    secret: String,
    id: String,
    timestamp: String,
    signatures: String,
    body: Vec<u8>,
}

/// The headers with Clerk's `svix-` prefix, and the standard ones.
const SVIX: [&str; 3] = ["svix-id", "svix-timestamp", "svix-signature"];
const STANDARD: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

impl Message {
    fn headers(&self, names: [&'static str; 3]) -> HeaderMap {
        let values = [&self.id, &self.timestamp, &self.signatures];
        let entries = names.iter().zip(values);
        entries
            .map(|(name, value)| {
                let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
                (HeaderName::from_static(name), value)
            })
            .collect()
    }

    /// The verdicts: ours for both sets of headers, that of `svix`, and that of `standardwebhooks`.
    fn verdicts(&self, now: i64) -> [bool; 4] {
        let ours = WebhookVerifier::new(self.secret.clone()).unwrap();
        let standard = ours.clone().standard_webhooks_headers();
        let (branded, other) = (self.headers(SVIX), self.headers(STANDARD));
        let svix = svix::webhooks::Webhook::new(&self.secret).unwrap();
        let standardwebhooks = standardwebhooks::Webhook::new(&self.secret).unwrap();
        [
            ours.verify(&branded, &self.body, now).is_ok(),
            standard.verify(&other, &self.body, now).is_ok(),
            svix.verify(&self.body, &branded).is_ok(),
            standardwebhooks.verify(&self.body, &other).is_ok(),
        ]
    }
}

/// The implementation that signs.
#[derive(Clone, Copy, Debug)]
enum Signer {
    Svix,
    Standardwebhooks,
}

fn sign(signer: Signer, secret: &str, id: &str, timestamp: i64, body: &[u8]) -> String {
    match signer {
        Signer::Svix => {
            let webhook = svix::webhooks::Webhook::new(secret).unwrap();
            webhook.sign(id, timestamp, body).unwrap()
        }
        Signer::Standardwebhooks => {
            let webhook = standardwebhooks::Webhook::new(secret).unwrap();
            webhook.sign(id, timestamp, body).unwrap()
        }
    }
}

/// The other verifiers read the system clock, so messages use the current time.
fn now() -> i64 {
    SystemClock::default().now()
}

fn messages() -> impl Strategy<Value = Message> {
    let signer = prop_oneof![Just(Signer::Svix), Just(Signer::Standardwebhooks)];
    let secret = vec(any::<u8>(), 1..64);
    (
        signer,
        secret,
        "[!-~]([ -~]{0,30}[!-~])?",
        -60..=60_i64,
        "\\PC{0,40}",
        "[ \n]{0,3}",
        0..3_usize,
    )
        .prop_map(|(signer, key, id, ago, name, blank, others)| {
            use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
            let secret = format!("whsec_{}", BASE64.encode(key));
            let timestamp = now() / 1000 - ago;
            let body = json!({ "type": "user.created", "data": { "id": "user_1", "name": name } });
            let body = format!("{body}{blank}").into_bytes();
            let good = sign(signer, &secret, &id, timestamp, &body);
            // Signatures with old or new secrets during a rotation, before or after the valid one.
            let other = sign(signer, "whsec_b3RoZXI=", &id, timestamp, &body);
            let signatures = match others {
                0 => good,
                1 => format!("{other} {good}"),
                _ => format!("{good} v2,{other} {other}"),
            };
            Message {
                secret,
                id,
                timestamp: timestamp.to_string(),
                signatures,
                body,
            }
        })
}

/// The attacker's change.
#[derive(Clone, Debug)]
enum Tampering {
    /// Flips one bit of the body.
    Body(Index, u8),
    /// Appends a byte to the body.
    Longer(u8),
    /// Removes a byte from the body.
    Shorter,
    /// Changes a character of the ID.
    Id(Index),
    /// Changes the seconds of the timestamp.
    Timestamp(i64),
    /// Changes a character of every signature.
    Signature(Index),
    /// Changes the version of every signature.
    Version,
    /// Replaces all signatures with those of another secret.
    OtherSecret,
    /// Moves the separator between ID and timestamp.
    Boundary,
}

fn tamperings() -> impl Strategy<Value = Tampering> {
    prop_oneof![
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Tampering::Body(at, bit)),
        any::<u8>().prop_map(Tampering::Longer),
        Just(Tampering::Shorter),
        any::<Index>().prop_map(Tampering::Id),
        prop_oneof![-100..=-1_i64, 1..=100_i64].prop_map(Tampering::Timestamp),
        any::<Index>().prop_map(Tampering::Signature),
        Just(Tampering::Version),
        Just(Tampering::OtherSecret),
        Just(Tampering::Boundary),
    ]
}

/// Returns another character of the base64 alphabet, or of an ID.
fn other(c: char) -> char {
    if c == 'A' { 'B' } else { 'A' }
}

fn replaced(text: &str, at: Index) -> String {
    let at = at.index(text.len());
    let changed = |(index, c)| if index == at { other(c) } else { c };
    text.chars().enumerate().map(changed).collect()
}

fn tampered(mut message: Message, tampering: &Tampering) -> Message {
    match tampering {
        Tampering::Body(at, bit) => {
            let at = at.index(message.body.len());
            message.body[at] ^= 1 << bit;
        }
        Tampering::Longer(byte) => message.body.push(*byte),
        Tampering::Shorter => drop(message.body.pop()),
        Tampering::Id(at) => message.id = replaced(&message.id, *at),
        Tampering::Timestamp(by) => {
            let timestamp: i64 = message.timestamp.parse().unwrap();
            message.timestamp = (timestamp + by).to_string();
        }
        Tampering::Signature(at) => {
            let parts = message.signatures.split(' ').map(|signature| {
                let (version, text) = signature.split_once(',').unwrap();
                format!("{version},{}", replaced(text, *at))
            });
            message.signatures = parts.collect::<Vec<_>>().join(" ");
        }
        Tampering::Version => message.signatures = message.signatures.replace("v1,", "v2,"),
        Tampering::OtherSecret => {
            let timestamp = message.timestamp.parse().unwrap();
            message.signatures = sign(
                Signer::Svix,
                "whsec_bm90IHRoaXM=",
                &message.id,
                timestamp,
                &message.body,
            );
        }
        Tampering::Boundary => message.id.push_str(".1"),
    }
    message
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_others_signed_is_accepted(message in messages()) {
        prop_assert_eq!(message.verdicts(now()), [true; 4]);
    }

    #[test]
    fn every_tampering_is_refused(message in messages(), tampering in tamperings()) {
        let changed = tampered(message, &tampering);
        prop_assert_eq!(changed.verdicts(now()), [false; 4], "{:?}", tampering);
    }

    #[test]
    fn a_message_that_is_signed_by_one_of_two_secrets_is_accepted(message in messages()) {
        let verifier = WebhookVerifier::new("whsec_bmV3ZXI=").unwrap();
        let headers = message.headers(SVIX);
        let refused = verifier.verify(&headers, &message.body, now());
        prop_assert_eq!(refused.err(), Some(WebhookError::NoMatchingSignature));
        let both = verifier.or_secret(message.secret.clone()).unwrap();
        let event = both.verify(&headers, &message.body, now()).unwrap();
        prop_assert_eq!(event.message_id(), &message.id);
    }
}

/// A handle verifies with the settings of its builder.
#[test]
fn an_instance_may_have_two_secrets() {
    let [old, new] = ["whsec_b2xk", "whsec_bmV3"];
    let verifier = WebhookVerifier::new(new).unwrap().or_secret(old).unwrap();
    let clerk = Clerk::builder()
        .publishable_key("pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk")
        .secret_key("sk_test_example")
        .webhook_verifier(verifier)
        .build()
        .unwrap();
    let body = br#"{"type":"user.created","data":{"id":"user_1"}}"#;
    let seconds = now() / 1000;
    for (secret, accepted) in [(old, true), (new, true), ("whsec_b3RoZXI=", false)] {
        let message = Message {
            secret: secret.to_owned(),
            id: "msg_1".to_owned(),
            timestamp: seconds.to_string(),
            signatures: sign(Signer::Svix, secret, "msg_1", seconds, body),
            body: body.to_vec(),
        };
        let verified = clerk
            .webhooks()
            .unwrap()
            .verify(&message.headers(SVIX), body, now());
        assert_eq!(verified.is_ok(), accepted, "{secret}");
    }
}

/// Accepts what the reference SDK accepts in these cases, too; all of them require the secret.
#[test]
fn known_differences_match_the_reference() {
    let seconds = now() / 1000;
    let body = br#"{"type":"user.created","data":{"id":"user_1"}}"#.to_vec();
    let secret = "whsec_QUJD".to_owned();
    let good = sign(Signer::Svix, &secret, "msg_1", seconds, &body);
    for (timestamp, signatures) in [
        // JavaScript parses the number at the beginning of a string.
        (format!("{seconds}.9"), good.clone()),
        // A signature ends at the second comma.
        (seconds.to_string(), format!("{good},more")),
    ] {
        let message = Message {
            secret: secret.clone(),
            id: "msg_1".to_owned(),
            timestamp,
            signatures,
            body: body.clone(),
        };
        assert_eq!(message.verdicts(now()), [true, true, false, false]);
    }
}
