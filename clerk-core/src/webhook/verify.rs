//! The check that a webhook comes from Clerk.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64_simd::STANDARD;
use http::HeaderMap;
use serde_json::Value;

use super::error::WebhookError;
use super::event::WebhookEvent;
use super::secret::WebhookSecret;
use crate::ecma::parse_decimal_int;

/// Messages may be this much older or newer than the clock, in seconds.
const TOLERANCE: i64 = 300;
const ID: &str = "svix-id";
const TIMESTAMP: &str = "svix-timestamp";
const SIGNATURE: &str = "svix-signature";

/// Checks that webhooks come from Clerk, and reads them.
///
/// The signature covers the exact bytes of the body: hand them over as they arrived, before any JSON parser.
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
    key: hmac::Key,
}

impl WebhookVerifier {
    /// Prepares the key of an endpoint's signing secret.
    ///
    /// # Errors
    ///
    /// [`WebhookError::MissingSecret`] for an empty secret, [`WebhookError::InvalidSecret`] for one that is not base64 of
    /// the standard alphabet.
    pub fn new(secret: impl Into<WebhookSecret>) -> Result<Self, WebhookError> {
        let key = secret.into().decode()?;
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
        })
    }

    /// Checks a request and reads the event in it. `now` is in milliseconds since 1970.
    ///
    /// Repeated headers count as one list. Only the `svix-…` headers are read.
    ///
    /// # Errors
    ///
    /// [`WebhookError`] says which check failed. The body is parsed only after its signature was found right.
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

    /// As [`verify`](Self::verify), for headers of another type: `header` returns the value of a header by its lower-case
    /// name.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_with(
        &self,
        header: impl Fn(&str) -> Option<String>,
        body: &[u8],
        now: i64,
    ) -> Result<WebhookEvent, WebhookError> {
        let [id, timestamp, signatures] = read_headers(header)?;
        let timestamp = parse_decimal_int(&timestamp).ok_or(WebhookError::InvalidTimestamp)? as i64;
        let now = now.div_euclid(1000);
        if now.saturating_sub(timestamp) > TOLERANCE {
            return Err(WebhookError::TooOld);
        }
        if timestamp.saturating_sub(now) > TOLERANCE {
            return Err(WebhookError::TooNew);
        }
        if !self.is_signed(&id, timestamp, body, &signatures) {
            return Err(WebhookError::NoMatchingSignature);
        }
        let payload: Value = serde_json::from_slice(body).map_err(|_| WebhookError::InvalidBody)?;
        if payload.is_null() {
            return Err(WebhookError::InvalidBody);
        }
        Ok(WebhookEvent::new(payload))
    }

    fn is_signed(&self, id: &str, timestamp: i64, body: &[u8], signatures: &str) -> bool {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        let expected = STANDARD.encode_to_string(context.sign());
        signatures
            .split(' ')
            .filter_map(|signature| {
                let mut parts = signature.split(',');
                (parts.next() == Some("v1")).then(|| parts.next().unwrap_or_default())
            })
            .any(|signature| {
                verify_slices_are_equal(signature.as_bytes(), expected.as_bytes()).is_ok()
            })
    }
}

impl fmt::Debug for WebhookVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookVerifier").finish_non_exhaustive()
    }
}

fn read_headers(header: impl Fn(&str) -> Option<String>) -> Result<[String; 3], WebhookError> {
    let names = [ID, TIMESTAMP, SIGNATURE];
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
        Ok(values)
    } else {
        Err(WebhookError::MissingHeaders(missing))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::event::WebhookEventType;
    use super::*;

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
    fn event_types_are_written_as_read() {
        for name in [
            "user.created",
            "subscriptionItem.freeTrialEnding",
            "session.pending",
            "new.kind",
        ] {
            assert_eq!(WebhookEventType::from(name).as_str(), name);
        }
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
