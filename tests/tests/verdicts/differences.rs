//! The intended differences between both judges.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use clerk_test_support::forge::{Signer, unsigned};
use serde_json::{Value, json};

use crate::judges::{ISSUERS, NOW, Setting};

/// The last second that a JavaScript date can represent.
const DATES_END: f64 = 8.64e12;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Which of the two accepts the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    WeAccept,
    WeRefuse,
}

/// A token on which the judges disagree, parsed as far as possible.
pub(crate) struct Case<'t> {
    pub(crate) token: &'t str,
    pub(crate) setting: Setting,
    /// The text of the header and the payload; empty if a part cannot be decoded.
    pub(crate) texts: [Vec<u8>; 2],
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

impl<'t> Case<'t> {
    pub(crate) fn read(token: &'t str, setting: Setting) -> Self {
        const LENIENT: GeneralPurposeConfig =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let engine = GeneralPurpose::new(&URL_SAFE, LENIENT);
        let mut parts = token.split('.');
        let texts = [(); 2].map(|()| {
            let part = parts.next().unwrap_or_default();
            engine
                .decode(part.trim_end_matches('='))
                .unwrap_or_default()
        });
        let [header, claims] = [0, 1].map(|at: usize| {
            let text = texts[at]
                .strip_prefix(BYTE_ORDER_MARK)
                .unwrap_or(&texts[at]);
            serde_json::from_str(&String::from_utf8_lossy(text)).unwrap_or_default()
        });
        Self {
            token,
            setting,
            texts,
            header,
            claims,
        }
    }

    fn time(&self, name: &str) -> Option<f64> {
        self.claims.get(name).and_then(Value::as_f64)
    }

    /// The times at which a token without leeway would have to expire, or become valid, exactly now.
    fn limits(&self) -> (f64, f64) {
        let (now, leeway) = (NOW as f64, self.setting.leeway as f64);
        (now - leeway, now + leeway)
    }

    /// Returns true if a name occurs twice in the header or in the payload.
    fn repeats_a_member(&self) -> bool {
        let repeats = |text: &[u8], value: &Value| {
            let text = String::from_utf8_lossy(text);
            value.as_object().is_some_and(|members| {
                let mut names = members.keys();
                names.any(|name| text.matches(&format!("{name:?}:")).count() > 1)
            })
        };
        repeats(&self.texts[0], &self.header) || repeats(&self.texts[1], &self.claims)
    }

    /// The header and payload, encoded again and without what the judges treat differently in this direction.
    pub(crate) fn mended(&self, direction: Direction) -> String {
        let (mut header, mut claims) = (self.header.clone(), self.claims.clone());
        for difference in DIFFERENCES {
            if difference.direction == direction && (difference.applies)(self) {
                (difference.mend)(&mut header, &mut claims);
            }
        }
        unsigned(&header.to_string(), &claims.to_string())
    }
}

/// Returns true if this member of the header is one that we do not read, with a different type than in its RFC.
fn is_unread_and_of_another_type(name: &str, value: &Value) -> bool {
    let is_right = match name {
        "cty" | "kid" | "zip" => value.is_string(),
        "jwk" => value.get("kty").is_some(),
        "x5c" => value
            .as_array()
            .is_some_and(|list| list.iter().all(Value::is_string)),
        _ => true,
    };
    !is_right && !value.is_null()
}

fn remove(object: &mut Value, name: &str) {
    if let Some(members) = object.as_object_mut() {
        members.remove(name);
    }
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            token,
            setting,
            header,
            claims,
            ..
        } = self;
        write!(f, "{token} {header} {claims} {setting:?}")
    }
}

/// An intended difference.
pub(crate) struct Difference {
    pub(crate) name: &'static str,
    pub(crate) direction: Direction,
    /// Returns true if a token has the property that the judges treat differently.
    pub(crate) applies: fn(&Case<'_>) -> bool,
    /// Removes it from the header and the claims. Differences of the encoding are already gone after parsing.
    pub(crate) mend: fn(&mut Value, &mut Value),
}

/// The intended differences between the judges, with their reasons.
pub(crate) const DIFFERENCES: &[Difference] = &[
    // Clerk's SDKs decode text as browsers do, which drops a byte order mark ...
    Difference {
        name: "a byte order mark",
        direction: Direction::WeAccept,
        applies: |case| {
            case.texts
                .iter()
                .any(|text| text.starts_with(BYTE_ORDER_MARK))
        },
        mend: |_, _| {},
    },
    // ... and replaces invalid UTF-8 with U+FFFD.
    Difference {
        name: "text that is not UTF-8",
        direction: Direction::WeAccept,
        applies: |case| {
            case.texts
                .iter()
                .any(|text| std::str::from_utf8(text).is_err())
        },
        mend: |_, _| {},
    },
    // The last one counts, as in JavaScript. RFC 7519 section 4 allows either behavior.
    Difference {
        name: "repeated members",
        direction: Direction::WeAccept,
        applies: |case| case.repeats_a_member(),
        mend: |_, _| {},
    },
    // These members are not used, so their values do not matter. With a PEM key, the key ID is one of them.
    Difference {
        name: "types of header members that are not read",
        direction: Direction::WeAccept,
        applies: |case| {
            let mut members = case.header.as_object().into_iter().flatten();
            members.any(|(name, value)| is_unread_and_of_another_type(name, value))
        },
        mend: |header, _| {
            if let Some(members) = header.as_object_mut() {
                members.retain(|name, value| !is_unread_and_of_another_type(name, value));
            }
        },
    },
    // A date like any other.
    Difference {
        name: "not before a time before 1970",
        direction: Direction::WeAccept,
        applies: |case| case.time("nbf").is_some_and(|nbf| nbf < 0.0),
        mend: |_, claims| claims["nbf"] = json!(0),
    },
    // RFC 7519 section 4.1.4: a token is not accepted at or after its expiration time.
    Difference {
        name: "an expiry of exactly now",
        direction: Direction::WeRefuse,
        applies: |case| case.time("exp").is_some_and(|exp| exp == case.limits().0),
        mend: |_, claims| claims["exp"] = json!(NOW + 1),
    },
    // Clerk's SDKs truncate fractions; jsonwebtoken rounds them.
    Difference {
        name: "a beginning within the current second",
        direction: Direction::WeAccept,
        applies: |case| {
            let (_, begins) = case.limits();
            case.time("nbf")
                .is_some_and(|nbf| nbf.trunc() <= begins && begins < nbf.round())
        },
        mend: |_, claims| claims["nbf"] = json!(NOW),
    },
    Difference {
        name: "an expiry within the current second",
        direction: Direction::WeRefuse,
        applies: |case| {
            let (expires, _) = case.limits();
            case.time("exp")
                .is_some_and(|exp| exp.trunc() <= expires && expires <= exp.round())
        },
        mend: |_, claims| claims["exp"] = json!(NOW + 1),
    },
    // Clerk's SDKs accept a token without an audience for every audience, and treat an empty one as absent.
    Difference {
        name: "an empty audience",
        direction: Direction::WeAccept,
        applies: |case| match &case.claims["aud"] {
            Value::String(audience) => audience.is_empty(),
            Value::Array(audiences) => audiences.iter().all(|audience| audience == ""),
            _ => false,
        },
        mend: |_, claims| remove(claims, "aud"),
    },
    // RFC 7519 section 4.1.1: the issuer is a single string.
    Difference {
        name: "a list of issuers",
        direction: Direction::WeRefuse,
        applies: |case| case.setting.issuer && case.claims["iss"].is_array(),
        mend: |_, claims| claims["iss"] = json!(ISSUERS[0]),
    },
    // jsonwebtoken does not check it.
    Difference {
        name: "a time of issue that is no number or lies in the future",
        direction: Direction::WeRefuse,
        applies: |case| {
            let (_, begins) = case.limits();
            case.claims
                .get("iat")
                .is_some_and(|iat| iat.as_f64().is_none_or(|iat| iat.trunc() > begins))
        },
        mend: |_, claims| remove(claims, "iat"),
    },
    // Beyond the range of JavaScript dates (docs/deviations.md).
    Difference {
        name: "times outside the range of a date",
        direction: Direction::WeRefuse,
        applies: |case| {
            ["exp", "nbf", "iat"]
                .iter()
                .any(|name| case.time(name).is_some_and(|time| time.abs() > DATES_END))
        },
        mend: |_, claims| {
            for name in ["exp", "nbf", "iat"] {
                if let Some(time) = claims.get(name).and_then(Value::as_f64) {
                    claims[name] = json!(time.clamp(-DATES_END, DATES_END));
                }
            }
        },
    },
    // RFC 8725 section 3.11: explicit types, so that one kind of token cannot be used as another.
    Difference {
        name: "types other than JWT",
        direction: Direction::WeRefuse,
        applies: |case| case.header.get("typ").is_some_and(|kind| kind != "JWT"),
        mend: |header, _| remove(header, "typ"),
    },
    // RFC 7515 section 4.1.11: extensions that are not understood must not be ignored.
    Difference {
        name: "critical extensions",
        direction: Direction::WeRefuse,
        applies: |case| case.header.get("crit").is_some(),
        mend: |header, _| remove(header, "crit"),
    },
    Difference {
        name: "machine tokens, which are no sessions",
        direction: Direction::WeRefuse,
        applies: |case| case.header["cat"] == "cl_B7d4PD333AAA",
        mend: |header, _| remove(header, "cat"),
    },
    // jsonwebtoken is given the key; we look it up in the set by its ID.
    Difference {
        name: "the id of another key, or none",
        direction: Direction::WeRefuse,
        applies: |case| case.setting.key_set && case.header["kid"] != Signer::instance().kid(),
        mend: |header, _| header["kid"] = json!(Signer::instance().kid()),
    },
    Difference {
        name: "tokens longer than 16 KiB",
        direction: Direction::WeRefuse,
        applies: |case| case.token.len() > 16 * 1024,
        mend: |_, claims| remove(claims, "other"),
    },
];
