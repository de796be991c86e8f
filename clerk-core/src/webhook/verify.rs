//! The check that a webhook comes from Clerk.

use std::fmt;
use std::time::Duration;

use base64_simd::STANDARD;
use http::HeaderMap;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::error::WebhookError;
use super::event::WebhookEvent;
use super::secret::WebhookSecret;
use crate::crypto::hmac;
use crate::ecma::parse_decimal_int;

/// The default tolerance for the age of messages, in seconds.
const TOLERANCE: i64 = 300;

/// The names of the headers that are signed: id, timestamp, signatures.
type Headers = [&'static str; 3];

const SVIX: Headers = ["svix-id", "svix-timestamp", "svix-signature"];
const STANDARD_WEBHOOKS: Headers = ["webhook-id", "webhook-timestamp", "webhook-signature"];

/// Verifies that webhooks come from Clerk, and reads them.
///
/// The signature covers the exact bytes of the body: pass them as they arrived, before any JSON parser.
///
/// # Examples
///
/// ```no_run
/// use clerk_core::{WebhookEventType, WebhookVerifier};
///
/// # fn handle(headers: &http::HeaderMap, body: &[u8], now_ms: i64) -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = WebhookVerifier::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")?;
/// let event = verifier.verify(headers, body, now_ms)?;
/// if event.event_type() == Some(WebhookEventType::UserDeleted) {
///     println!("gone: {}", event.data()["id"]);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct WebhookVerifier {
    keys: Vec<hmac::Key>,
    tolerance: i64,
    families: &'static [Headers],
}

impl WebhookVerifier {
    /// Creates a verifier from the signing secret of an endpoint.
    ///
    /// # Errors
    ///
    /// Fails with [`WebhookError::MissingSecret`] if the secret is empty, and with [`WebhookError::InvalidSecret`] if it is
    /// not base64 of the standard alphabet.
    pub fn new(secret: impl Into<WebhookSecret>) -> Result<Self, WebhookError> {
        Ok(Self {
            keys: vec![key(&secret.into())?],
            tolerance: TOLERANCE,
            families: &[SVIX],
        })
    }

    /// Accepts signatures made with another secret as well, such as the old one during a rotation.
    ///
    /// # Errors
    ///
    /// Fails as [`new`](Self::new) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use clerk_core::WebhookVerifier;
    ///
    /// # fn run() -> Result<(), clerk_core::WebhookError> {
    /// let verifier = WebhookVerifier::new("whsec_bmV3IHNlY3JldA==")?.or_secret("whsec_b2xkIHNlY3JldA==")?;
    /// # Ok(())
    /// # }
    /// # run().unwrap();
    /// ```
    pub fn or_secret(mut self, secret: impl Into<WebhookSecret>) -> Result<Self, WebhookError> {
        self.keys.push(key(&secret.into())?);
        Ok(self)
    }

    /// Sets how much older or newer than the clock a message may be, in whole seconds: five minutes unless set.
    ///
    /// # Security
    ///
    /// The tolerance limits for how long a recorded message can be replayed.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = i64::try_from(tolerance.as_secs()).unwrap_or(i64::MAX);
        self
    }

    /// Reads the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` of the
    /// [Standard Webhooks](https://www.standardwebhooks.com) specification where the `svix-…` headers are incomplete.
    ///
    /// Clerk sends `svix-…` headers. This is for gateways that rename them. The two families are never mixed.
    #[must_use]
    pub fn standard_webhooks_headers(mut self) -> Self {
        self.families = &[SVIX, STANDARD_WEBHOOKS];
        self
    }

    /// Verifies a request and reads its event. `now` is in milliseconds since 1970.
    ///
    /// Repeated headers count as one list.
    ///
    /// # Errors
    ///
    /// [`WebhookError`] says which check failed. The body is parsed only after its signature was verified.
    pub fn verify(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: i64,
    ) -> Result<WebhookEvent, WebhookError> {
        self.verify_with(
            |name| {
                let values: Vec<&str> = headers
                    .get_all(name)
                    .iter()
                    .filter_map(|value| value.to_str().ok())
                    .collect();
                (!values.is_empty()).then(|| values.join(", "))
            },
            body,
            now,
        )
    }

    /// Verifies a request like [`verify`](Self::verify), for headers of another type: `header` returns the value of a header
    /// by its lower-case name.
    ///
    /// # Errors
    ///
    /// Fails as [`verify`](Self::verify) does.
    pub fn verify_with(
        &self,
        header: impl Fn(&str) -> Option<String>,
        body: &[u8],
        now: i64,
    ) -> Result<WebhookEvent, WebhookError> {
        let [id, timestamp, signatures] = self.read_headers(header)?;
        let timestamp = parse_decimal_int(&timestamp).ok_or(WebhookError::InvalidTimestamp)? as i64;
        let now = now.div_euclid(1000);
        if now.saturating_sub(timestamp) > self.tolerance {
            return Err(WebhookError::TooOld);
        }
        if timestamp.saturating_sub(now) > self.tolerance {
            return Err(WebhookError::TooNew);
        }
        if !self.is_signed(&id, timestamp, body, &signatures) {
            return Err(WebhookError::NoMatchingSignature);
        }
        let payload = read_body(body).ok_or(WebhookError::InvalidBody)?;
        let sent_at = timestamp.saturating_mul(1000);
        Ok(WebhookEvent::new(id, sent_at, payload))
    }

    /// Reads the first complete family of headers. Without one, the headers that the first family lacks are reported.
    fn read_headers(
        &self,
        header: impl Fn(&str) -> Option<String>,
    ) -> Result<[String; 3], WebhookError> {
        let mut problem = WebhookError::MissingHeaders(SVIX.to_vec());
        for (index, names) in self.families.iter().enumerate() {
            let values = names.map(|name| {
                header(name)
                    .map(|value| value.trim().to_owned())
                    .unwrap_or_default()
            });
            let missing: Vec<&'static str> = names
                .iter()
                .zip(&values)
                .filter(|(_, value)| value.is_empty())
                .map(|(name, _)| *name)
                .collect();
            if missing.is_empty() {
                return Ok(values);
            }
            // Some of a family is more telling than none of the first one.
            if index == 0 || missing.len() < names.len() {
                problem = WebhookError::MissingHeaders(missing);
            }
        }
        Err(problem)
    }

    fn is_signed(&self, id: &str, timestamp: i64, body: &[u8], signatures: &str) -> bool {
        let prefix = format!("{id}.{timestamp}.");
        self.keys.iter().any(|key| {
            let mut context = hmac::Context::with_key(key);
            context.update(prefix.as_bytes());
            context.update(body);
            let expected = STANDARD.encode_to_string(context.sign());
            signatures
                .split(' ')
                .filter_map(|signature| {
                    let mut parts = signature.split(',');
                    (parts.next() == Some("v1")).then(|| parts.next().unwrap_or_default())
                })
                .any(|signature| bool::from(signature.as_bytes().ct_eq(expected.as_bytes())))
        })
    }
}

fn key(secret: &WebhookSecret) -> Result<hmac::Key, WebhookError> {
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &secret.decode()?))
}

/// Reads a body as the client of the Backend API reads answers: halves of surrogate pairs, which anyone can put into a
/// name, are no reason to refuse it.
fn read_body(body: &[u8]) -> Option<Value> {
    std::str::from_utf8(body).ok()?;
    let payload: Value = clerk_backend_api::from_json(body).ok()?;
    (!payload.is_null()).then_some(payload)
}

impl fmt::Debug for WebhookVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookVerifier").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use clerk_backend_api::webhooks::WebhookEventType;
    use proptest::prelude::*;

    use super::*;

    const ID: &str = SVIX[0];
    const TIMESTAMP: &str = SVIX[1];
    const SIGNATURE: &str = SVIX[2];

    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const NOW: i64 = 1_700_000_000;
    const BODY: &str = r#"{"type":"user.created","object":"event","data":{"id":"user_1"},"timestamp":5,"instance_id":"ins_1"}"#;

    fn sign(id: &str, timestamp: i64, body: &[u8]) -> String {
        let key = WebhookSecret::from(SECRET).decode().unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let text = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
        format!("v1,{}", STANDARD.encode_to_string(hmac::sign(&key, &text)))
    }

    fn verify(headers: &[(&str, &str)], body: &[u8]) -> Result<WebhookEvent, WebhookError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                http::HeaderName::try_from(*name).unwrap(),
                value.parse().unwrap(),
            );
        }
        WebhookVerifier::new(SECRET)?.verify(&map, body, NOW * 1000 + 999)
    }

    fn verify_at(timestamp: &str, signed: i64) -> Result<WebhookEvent, WebhookError> {
        let signature = sign("msg_1", signed, BODY.as_bytes());
        verify(
            &[
                (ID, "msg_1"),
                (TIMESTAMP, timestamp),
                (SIGNATURE, &signature),
            ],
            BODY.as_bytes(),
        )
    }

    #[test]
    fn an_authentic_event_is_read() {
        let event = verify_at(&NOW.to_string(), NOW).unwrap();
        assert_eq!(event.event_type(), Some(WebhookEventType::UserCreated));
        assert_eq!(event.data()["id"], "user_1");
        assert_eq!(event.timestamp(), Some(5));
        assert_eq!(event.occurred_at(), Some(5000));
        assert_eq!((event.message_id(), event.sent_at()), ("msg_1", NOW * 1000));
        assert_eq!(event.instance_id(), Some("ins_1"));
        assert_eq!(event.event_attributes(), None);
        let data: std::collections::HashMap<String, String> = event.data_as().unwrap();
        assert_eq!(data["id"], "user_1");
    }

    #[test]
    fn timestamps() {
        for (offset, expected) in [
            (-301, Err(WebhookError::TooOld)),
            (-300, Ok(())),
            (300, Ok(())),
            (301, Err(WebhookError::TooNew)),
        ] {
            let timestamp = NOW + offset;
            assert_eq!(
                verify_at(&timestamp.to_string(), timestamp).map(drop),
                expected,
                "{offset}"
            );
        }
        for spelling in [
            format!("{NOW}.5"),
            format!("{NOW}abc"),
            format!("+{NOW}"),
            format!("000{NOW}"),
        ] {
            assert!(verify_at(&spelling, NOW).is_ok(), "{spelling}");
        }
        assert_eq!(
            verify_at("yesterday", NOW),
            Err(WebhookError::InvalidTimestamp)
        );
        assert_eq!(verify_at("-", NOW), Err(WebhookError::InvalidTimestamp));
        assert_eq!(
            verify_at("99999999999999999999", NOW),
            Err(WebhookError::TooNew)
        );
        assert_eq!(
            verify_at("-99999999999999999999", NOW),
            Err(WebhookError::TooOld)
        );
    }

    #[test]
    fn signatures() {
        let timestamp = NOW.to_string();
        let good = sign("msg_1", NOW, BODY.as_bytes());
        let other = sign("msg_2", NOW, BODY.as_bytes());
        let check = |signature: &str, body: &str| {
            verify(
                &[
                    (ID, "msg_1"),
                    (TIMESTAMP, &timestamp),
                    (SIGNATURE, signature),
                ],
                body.as_bytes(),
            )
            .map(drop)
        };
        for signature in [
            good.clone(),
            format!("{other} {good}"),
            format!("v2,x  {good}"),
            format!("{good},more"),
        ] {
            assert_eq!(check(&signature, BODY), Ok(()), "{signature}");
        }
        let bare = good.strip_prefix("v1,").unwrap();
        for signature in [
            other,
            bare.to_owned(),
            format!("v2,{bare}"),
            format!("V1,{bare}"),
            format!("v1{bare}"),
            format!("v1,{}", bare.to_lowercase()),
            "v1,".to_owned(),
            "v1".to_owned(),
        ] {
            assert_eq!(
                check(&signature, BODY),
                Err(WebhookError::NoMatchingSignature),
                "{signature}"
            );
        }
        assert_eq!(
            check(&good, &BODY.replace("user_1", "user_2")),
            Err(WebhookError::NoMatchingSignature)
        );
    }

    #[test]
    fn headers_are_required_and_joined() {
        assert_eq!(
            verify(&[(ID, " "), ("webhook-signature", "v1,x")], b"{}"),
            Err(WebhookError::MissingHeaders(vec![ID, TIMESTAMP, SIGNATURE]))
        );
        let good = sign("msg_1", NOW, BODY.as_bytes());
        let timestamp = NOW.to_string();
        let twice = [
            (ID, "msg_1"),
            (TIMESTAMP, &*timestamp),
            (SIGNATURE, "v1,x"),
            (SIGNATURE, &*good),
        ];
        assert!(verify(&twice, BODY.as_bytes()).is_ok());
    }

    #[test]
    fn bodies() {
        let check = |body: &[u8]| {
            let signature = sign("m", NOW, body);
            verify(
                &[
                    (ID, "m"),
                    (TIMESTAMP, &NOW.to_string()),
                    (SIGNATURE, &signature),
                ],
                body,
            )
        };
        for body in [&b""[..], b"null", b"hello", b"{type:1}", b"\"\xff\""] {
            assert_eq!(check(body), Err(WebhookError::InvalidBody), "{body:?}");
        }
        for body in [&b"[1]"[..], b"12", b"{}", br#"{"type":1}"#] {
            assert_eq!(check(body).unwrap().event_type(), None, "{body:?}");
        }
        let future = check(br#"{"type":"robot.created"}"#).unwrap();
        assert_eq!(
            future.event_type(),
            Some(WebhookEventType::Other("robot.created".to_owned()))
        );
    }

    #[test]
    fn secrets() {
        for (secret, expected) in [
            ("whsec_QQ==", Ok(())),
            ("QUI", Ok(())),
            ("", Err(WebhookError::MissingSecret)),
            ("whsec_", Err(WebhookError::MissingSecret)),
            ("whsec_not base64!", Err(WebhookError::InvalidSecret)),
            ("whsec_QQ =", Err(WebhookError::InvalidSecret)),
            ("whsec_Q-_Q", Err(WebhookError::InvalidSecret)),
            ("whsec_=", Err(WebhookError::InvalidSecret)),
        ] {
            assert_eq!(WebhookVerifier::new(secret).map(drop), expected, "{secret}");
        }
        let printed = format!(
            "{:?} {:?}",
            WebhookSecret::from(SECRET),
            WebhookVerifier::new(SECRET)
        );
        assert!(!printed.contains("C2FV"), "{printed}");
    }

    #[test]
    fn halves_of_surrogate_pairs_are_read() {
        let body = br#"{"type":"user.updated","data":{"id":"user_1","first_name":"\ud83d"}}"#;
        let signature = sign("m", NOW, body);
        let headers = [
            (ID, "m"),
            (TIMESTAMP, &*NOW.to_string()),
            (SIGNATURE, &*signature),
        ];
        let event = verify(&headers, body).unwrap();
        assert_eq!(event.data()["first_name"], "\u{fffd}");
    }

    #[test]
    fn any_of_several_secrets_is_good_while_one_replaces_the_other() {
        let other = "whsec_b3RoZXI=";
        let signature = sign("msg_1", NOW, BODY.as_bytes());
        let header = |name: &str| {
            Some(match name {
                "svix-id" => "msg_1".to_owned(),
                "svix-timestamp" => NOW.to_string(),
                _ => signature.clone(),
            })
        };
        let check = |verifier: WebhookVerifier| {
            let verified = verifier.verify_with(header, BODY.as_bytes(), NOW * 1000);
            verified.map(drop)
        };
        let new = || WebhookVerifier::new(other).unwrap();
        assert_eq!(check(new()), Err(WebhookError::NoMatchingSignature));
        assert_eq!(check(new().or_secret(SECRET).unwrap()), Ok(()));
        let old = WebhookVerifier::new(SECRET).unwrap();
        assert_eq!(check(old.or_secret(other).unwrap()), Ok(()));
        assert!(matches!(
            new().or_secret("whsec_!").map(drop),
            Err(WebhookError::InvalidSecret)
        ));
    }

    #[test]
    fn the_tolerance_can_be_set() {
        let signature = sign("msg_1", NOW, BODY.as_bytes());
        let header = |name: &str| {
            Some(match name {
                "svix-id" => "msg_1".to_owned(),
                "svix-timestamp" => NOW.to_string(),
                _ => signature.clone(),
            })
        };
        let verifier = WebhookVerifier::new(SECRET).unwrap();
        let verifier = verifier.tolerance(Duration::from_secs(10));
        for (now, expected) in [
            (NOW + 10, Ok(())),
            (NOW + 11, Err(WebhookError::TooOld)),
            (NOW - 10, Ok(())),
            (NOW - 11, Err(WebhookError::TooNew)),
        ] {
            let verified = verifier.verify_with(header, BODY.as_bytes(), now * 1000);
            assert_eq!(verified.map(drop), expected, "{now}");
        }
        let forever = verifier.tolerance(Duration::MAX);
        assert!(
            forever
                .verify_with(header, BODY.as_bytes(), i64::MAX)
                .is_ok()
        );
    }

    #[test]
    fn standard_webhooks_headers_are_read_only_when_asked_for_and_never_mixed() {
        let signature = sign("msg_1", NOW, BODY.as_bytes());
        let check = |names: [&str; 3], verifier: WebhookVerifier| {
            let values = ["msg_1".to_owned(), NOW.to_string(), signature.clone()];
            let header = |name: &str| {
                let index = names.iter().position(|known| *known == name)?;
                Some(values[index].clone())
            };
            let verified = verifier.verify_with(header, BODY.as_bytes(), NOW * 1000);
            verified.map(drop)
        };
        let plain = || WebhookVerifier::new(SECRET).unwrap();
        let both = || plain().standard_webhooks_headers();
        assert_eq!(check(SVIX, plain()), Ok(()));
        assert_eq!(check(SVIX, both()), Ok(()));
        assert_eq!(check(STANDARD_WEBHOOKS, both()), Ok(()));
        assert_eq!(
            check(STANDARD_WEBHOOKS, plain()),
            Err(WebhookError::MissingHeaders(SVIX.to_vec()))
        );
        let mixed = ["webhook-id", "webhook-timestamp", "svix-signature"];
        assert_eq!(
            check(mixed, both()),
            Err(WebhookError::MissingHeaders(vec!["webhook-signature"]))
        );
    }

    #[cfg(feature = "webhooks")]
    #[test]
    fn events_are_typed() {
        use clerk_backend_api::webhooks::WebhookData;
        let event = verify_at(&NOW.to_string(), NOW).unwrap();
        match event.typed().unwrap() {
            WebhookData::UserCreated(user) => assert_eq!(user.id, "user_1"),
            other => panic!("{other:?}"),
        }
        let untyped = WebhookEvent::new(String::new(), 0, serde_json::json!({ "data": {} }));
        assert!(untyped.typed().is_err());
    }

    proptest! {
        #[test]
        fn hostile_headers_and_bodies_are_refused(
            id in "\\PC{0,8}", timestamp in "[-+0-9a-z.]{0,24}", signature in "[v1, a-z=]{0,24}",
            body in proptest::collection::vec(any::<u8>(), 0..16), now in any::<i64>(),
        ) {
            let header = |name: &str| Some(match name {
                ID => id.clone(),
                TIMESTAMP => timestamp.clone(),
                _ => signature.clone(),
            });
            prop_assert!(WebhookVerifier::new(SECRET).unwrap().verify_with(header, &body, now).is_err());
        }
    }
}
