//! Parsing of tokens, whose three parts are decoded once.
//!
//! The claims of an unverified token are validated as JSON but not built. Only those that authentication needs for its
//! decisions are read.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::claims::Claims;
use super::error::TokenError;
use super::json_scan::{self, Scanned};
use super::weight::ALLOCATION;
use crate::crypto::Algorithm;
use crate::reason::Reason;

/// The default maximum length of tokens. Browsers limit a cookie to 4 KiB, so session tokens of browsers are far shorter.
pub(crate) const DEFAULT_MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The maximum length of handshake tokens, which contain whole cookies with session tokens.
pub(crate) const MAX_HANDSHAKE_TOKEN_BYTES: usize = 64 * 1024;

/// The category of a token, from the protected header `cat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Category {
    /// There is no `cat`; the token was issued before the header existed.
    Absent,
    /// Session and handshake tokens.
    Session,
    /// The instance opted out of categories.
    Ignore,
    /// M2M tokens.
    M2m,
    /// Tokens of JWT templates, and every unknown value.
    Other,
}

impl Category {
    fn read(cat: Option<&Scanned<'_>>) -> Self {
        match cat.map(Scanned::text) {
            None => Self::Absent,
            Some(Some("cl_B7d4PD111AAA")) => Self::Session,
            Some(Some("cl_I7d4PD111III")) => Self::Ignore,
            Some(Some("cl_B7d4PD333AAA")) => Self::M2m,
            Some(_) => Self::Other,
        }
    }

    /// Returns true if a token of this category must not be accepted as a session.
    pub(crate) fn is_non_session(self) -> bool {
        matches!(self, Self::M2m | Self::Other)
    }
}

/// The type of a token, from the protected header `typ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeHeader {
    Absent,
    Jwt,
    /// An OAuth access token (RFC 9068 section 2.1).
    OAuth,
    Other,
}

impl TypeHeader {
    fn read(typ: Option<&Scanned<'_>>) -> Self {
        match typ.map(Scanned::text) {
            None => Self::Absent,
            Some(Some("JWT")) => Self::Jwt,
            Some(Some("at+jwt" | "application/at+jwt")) => Self::OAuth,
            Some(_) => Self::Other,
        }
    }
}

/// The parts of the protected header that are read (RFC 7515 section 4.1).
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// `None` if `alg` is missing or not accepted.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) category: Category,
    pub(crate) typ: TypeHeader,
    /// Whether `crit` requires extensions.
    pub(crate) is_critical: bool,
    kid: Option<String>,
}

impl Header {
    fn read(json: &str) -> Option<Self> {
        let [alg, cat, crit, kid, typ] =
            json_scan::members(json, ["alg", "cat", "crit", "kid", "typ"])?;
        Some(Self {
            algorithm: alg
                .as_ref()
                .and_then(Scanned::text)
                .and_then(Algorithm::from_name),
            category: Category::read(cat.as_ref()),
            typ: TypeHeader::read(typ.as_ref()),
            is_critical: crit.is_some(),
            kid: kid.as_ref().and_then(Scanned::text).map(str::to_owned),
        })
    }
}

/// The claims that are read before verification. They must not be trusted. Arrays and objects are read as empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnverifiedClaims {
    pub(crate) iss: Option<Value>,
    pub(crate) iat: Option<Value>,
    pub(crate) exp: Option<Value>,
    pub(crate) sid: Option<Value>,
    /// Whether `sub` is the ID of a machine.
    is_machine: bool,
}

impl UnverifiedClaims {
    fn read(json: &str) -> Option<Self> {
        let [sub, iss, iat, exp, sid] =
            json_scan::members(json, ["sub", "iss", "iat", "exp", "sid"])?;
        Some(Self {
            iss: iss.map(Value::from),
            iat: iat.map(Value::from),
            exp: exp.map(Value::from),
            sid: sid.map(Value::from),
            is_machine: sub
                .as_ref()
                .and_then(Scanned::text)
                .is_some_and(|sub| sub.starts_with("mch_")),
        })
    }
}

/// The key that a token needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyRequest {
    pub(crate) kid: Option<String>,
    /// The unverified `iat` of the token, in Unix milliseconds.
    pub(crate) issued: Option<i64>,
}

/// The decoded payload and signature of a token.
#[derive(Clone, Debug)]
struct Decoded {
    payload: String,
    signature: Vec<u8>,
}

/// A parsed token. It is not verified, and nothing in it may be trusted.
#[derive(Clone, Debug)]
pub(crate) struct ParsedToken {
    raw: Arc<str>,
    /// The end of the payload in the text.
    signed_len: usize,
    header: Header,
    unverified: UnverifiedClaims,
    /// The decoded parts, kept only for a verification that follows immediately.
    decoded: Option<Decoded>,
}

impl ParsedToken {
    /// Parses the three parts of a token of at most `max_bytes` (RFC 7515 section 7.1).
    pub(crate) fn parse(raw: &str, max_bytes: usize) -> Result<Self, TokenError> {
        if raw.len() > max_bytes {
            return Err(TokenError::new(
                Reason::TokenInvalid,
                format!("the token is longer than {max_bytes} bytes"),
            ));
        }
        let mut parts = raw.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::new(
                Reason::TokenInvalid,
                "the token is not a JWT: it does not consist of three parts separated by dots",
            ));
        };
        let signed_len = header.len() + 1 + payload.len();
        let header = decode_text(header).and_then(|json| Header::read(&json));
        let payload = decode_text(payload);
        let unverified = payload.as_deref().and_then(UnverifiedClaims::read);
        let (Some(header), Some(unverified), Some(payload), Some(signature)) =
            (header, unverified, payload, decode_base64url(signature))
        else {
            return Err(undecodable());
        };
        Ok(Self {
            raw: raw.into(),
            signed_len,
            header,
            unverified,
            decoded: Some(Decoded { payload, signature }),
        })
    }

    /// Creates a token without text, for claims that the application vouches for.
    pub(crate) fn without_text() -> Self {
        Self {
            raw: "".into(),
            signed_len: 0,
            header: Header {
                algorithm: None,
                category: Category::Absent,
                typ: TypeHeader::Absent,
                is_critical: false,
                kid: None,
            },
            unverified: UnverifiedClaims::default(),
            decoded: None,
        }
    }

    /// Drops the decoded parts, before a wait or for a cache. Only the text and what was read from it remain.
    pub(crate) fn let_go_of_decoded(&mut self) {
        self.decoded = None;
    }

    /// Returns a copy without the decoded parts.
    pub(super) fn to_text(&self) -> Self {
        Self {
            raw: Arc::clone(&self.raw),
            signed_len: self.signed_len,
            header: self.header.clone(),
            unverified: self.unverified.clone(),
            decoded: None,
        }
    }

    /// Builds all claims. Call it only for a token whose signature was verified.
    pub(crate) fn build_claims(&self) -> Result<Claims, TokenError> {
        let payload = match &self.decoded {
            Some(decoded) => Cow::Borrowed(&*decoded.payload),
            None => self.raw[..self.signed_len]
                .rsplit('.')
                .next()
                .and_then(decode_text)
                .map(Cow::Owned)
                .ok_or_else(undecodable)?,
        };
        match serde_json::from_str(&payload) {
            Ok(Value::Object(claims)) => Ok(Claims::new(claims)),
            // Any other JSON value has no members, and is refused because its subject is missing.
            Ok(_) => Ok(Claims::default()),
            Err(_) => Err(undecodable()),
        }
    }

    /// Returns the token as it was received.
    pub(crate) fn as_str(&self) -> &str {
        &self.raw
    }

    /// Returns the bytes that the signature covers.
    pub(super) fn signed_bytes(&self) -> &[u8] {
        &self.raw.as_bytes()[..self.signed_len]
    }

    pub(super) fn signature(&self) -> Cow<'_, [u8]> {
        match &self.decoded {
            Some(decoded) => Cow::Borrowed(&decoded.signature),
            None => {
                let signature = self.raw.get(self.signed_len + 1..).unwrap_or_default();
                // It was decoded before, so this cannot fail.
                Cow::Owned(decode_base64url(signature).unwrap_or_default())
            }
        }
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Returns the claims that are read before verification.
    pub(crate) fn unverified(&self) -> &UnverifiedClaims {
        &self.unverified
    }

    /// Returns true if the subject is a machine. Such a token is never a session, whatever its header says.
    pub(crate) fn is_m2m(&self) -> bool {
        self.unverified.is_machine
    }

    /// Returns true if this is an OAuth access token.
    pub(crate) fn is_oauth(&self) -> bool {
        self.header.typ == TypeHeader::OAuth
    }

    pub(crate) fn category(&self) -> Category {
        self.header.category
    }

    /// Returns true if the token must not be accepted as a session, because of its category or because it is a machine token.
    pub(crate) fn is_not_a_session(&self) -> bool {
        self.category().is_non_session() || self.is_m2m() || self.is_oauth()
    }

    /// Returns the key ID. A token without one matches no key.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// Returns the key that the token needs.
    pub(crate) fn key_request(&self) -> KeyRequest {
        let issued = self.unverified.iat.as_ref().and_then(Value::as_f64);
        KeyRequest {
            kid: self.header.kid.clone(),
            // The cast saturates.
            issued: issued.map(|seconds| (seconds * 1000.0) as i64),
        }
    }

    /// Estimates the heap size of a token without its decoded parts, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        let text = |value: &Option<Value>| match value {
            Some(Value::String(text)) => text.capacity() + ALLOCATION,
            _ => 0,
        };
        let unverified = &self.unverified;
        self.raw.len()
            + 2 * ALLOCATION
            + self
                .header
                .kid
                .as_ref()
                .map_or(0, |kid| kid.capacity() + ALLOCATION)
            + text(&unverified.iss)
            + text(&unverified.iat)
            + text(&unverified.exp)
            + text(&unverified.sid)
    }

    /// Returns true if the three parts are not empty and contain only characters of the base64url alphabet, without padding.
    pub(crate) fn is_strictly_jwt_shaped(raw: &str) -> bool {
        let mut parts = 0;
        raw.split('.').all(|part| {
            parts += 1;
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        }) && parts == 3
    }
}

fn undecodable() -> TokenError {
    TokenError::new(
        Reason::TokenInvalid,
        "the token is not a JWT: its header, payload or signature cannot be decoded",
    )
}

/// Decodes the JSON text of a part.
fn decode_text(part: &str) -> Option<String> {
    let mut bytes = decode_base64url(part)?;
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    Some(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// Decodes base64url without padding (RFC 7515 section 2). Trailing bits that are not zero are an error, so that a token has
/// only one spelling.
fn decode_base64url(part: &str) -> Option<Vec<u8>> {
    #[cfg(test)]
    DECODED_PARTS.set(DECODED_PARTS.get() + 1);
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(part).ok()
}

#[cfg(test)]
std::thread_local! {
    /// How many parts of tokens this thread has decoded, for tests that nothing is decoded twice.
    pub(crate) static DECODED_PARTS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}
