//! The form of a token: three parts, decoded once.
//!
//! Until a token is verified, its claims are checked as JSON but not built: only what authentication needs to choose its
//! way is read from them.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::claims::Claims;
use super::error::TokenError;
use super::json_scan;
use super::signature::Algorithm;
use super::weight::ALLOCATION;
use crate::reason::Reason;

/// The longest token that is read unless the application says otherwise. Browsers cap a cookie at 4 KiB, so no session
/// token of a browser comes near it.
pub(crate) const DEFAULT_MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The longest handshake token that is read: it carries whole cookies, with session tokens in them.
pub(crate) const MAX_HANDSHAKE_TOKEN_BYTES: usize = 64 * 1024;

/// What a token was issued for, read from the protected header `cat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Category {
    /// No `cat`: issued before the header existed.
    Absent,
    /// Session and handshake tokens.
    Session,
    /// The instance opted out; says nothing.
    Ignore,
    /// Machine-to-machine tokens.
    M2m,
    /// JWT templates, and every value that we do not know.
    Other,
}

impl Category {
    fn read(cat: Option<&Value>) -> Self {
        match cat {
            None => Self::Absent,
            Some(Value::String(cat)) => match cat.as_str() {
                "cl_B7d4PD111AAA" => Self::Session,
                "cl_I7d4PD111III" => Self::Ignore,
                "cl_B7d4PD333AAA" => Self::M2m,
                _ => Self::Other,
            },
            Some(_) => Self::Other,
        }
    }

    /// Whether a token of this category must not count as a session.
    pub(crate) fn is_non_session(self) -> bool {
        matches!(self, Self::M2m | Self::Other)
    }
}

/// What kind of token the protected header `typ` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeHeader {
    Absent,
    Jwt,
    /// An OAuth access token (RFC 9068 section 2.1).
    OAuth,
    Other,
}

impl TypeHeader {
    fn read(typ: Option<&Value>) -> Self {
        match typ {
            None => Self::Absent,
            Some(Value::String(typ)) => match typ.as_str() {
                "JWT" => Self::Jwt,
                "at+jwt" | "application/at+jwt" => Self::OAuth,
                _ => Self::Other,
            },
            Some(_) => Self::Other,
        }
    }
}

/// The protected header, as far as it is read (RFC 7515 section 4.1).
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// `None` when `alg` is missing or not one that is accepted.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) category: Category,
    pub(crate) typ: TypeHeader,
    /// Whether `crit` demands extensions.
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
                .and_then(Value::as_str)
                .and_then(Algorithm::from_name),
            category: Category::read(cat.as_ref()),
            typ: TypeHeader::read(typ.as_ref()),
            is_critical: crit.is_some(),
            kid: match kid {
                Some(Value::String(kid)) => Some(kid),
                _ => None,
            },
        })
    }
}

/// What is read from a token's claims without a key. Nothing in it may be trusted. Lists and objects read as empty ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnverifiedClaims {
    pub(crate) iss: Option<Value>,
    pub(crate) iat: Option<Value>,
    pub(crate) exp: Option<Value>,
    pub(crate) sid: Option<Value>,
    /// Whether `sub` names a machine.
    is_machine: bool,
}

impl UnverifiedClaims {
    fn read(json: &str) -> Option<Self> {
        let [sub, iss, iat, exp, sid] =
            json_scan::members(json, ["sub", "iss", "iat", "exp", "sid"])?;
        Some(Self {
            iss,
            iat,
            exp,
            sid,
            is_machine: matches!(sub, Some(Value::String(sub)) if sub.starts_with("mch_")),
        })
    }
}

/// Which key a token asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyRequest {
    pub(crate) kid: Option<String>,
    /// When the token says that it was issued, in Unix milliseconds.
    pub(crate) issued: Option<i64>,
}

/// Payload and signature of a token.
#[derive(Clone, Debug)]
struct Decoded {
    payload: String,
    signature: Vec<u8>,
}

/// A token whose form was read. Nothing in it may be trusted: it has not been verified.
#[derive(Clone, Debug)]
pub(crate) struct ParsedToken {
    raw: Arc<str>,
    /// Where the payload ends.
    signed_len: usize,
    header: Header,
    unverified: UnverifiedClaims,
    /// Kept for the verification that follows at once, and for nothing else.
    decoded: Option<Decoded>,
}

impl ParsedToken {
    /// Reads the three parts of a token of at most `max_bytes` (RFC 7515 section 7.1).
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

    /// A token that never was one, for claims that the application vouches for.
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

    /// Lets go of what was decoded, before a wait or in a cache: nothing but the text remains, and what was read of it.
    pub(crate) fn let_go_of_decoded(&mut self) {
        self.decoded = None;
    }

    /// Returns a copy without what was decoded.
    pub(super) fn to_text(&self) -> Self {
        Self {
            raw: Arc::clone(&self.raw),
            signed_len: self.signed_len,
            header: self.header.clone(),
            unverified: self.unverified.clone(),
            decoded: None,
        }
    }

    /// Builds all claims. Only for a token whose signature was verified.
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
            // Any other JSON value has no members: it fails at the missing subject.
            Ok(_) => Ok(Claims::default()),
            Err(_) => Err(undecodable()),
        }
    }

    /// The token as it was received.
    pub(crate) fn as_str(&self) -> &str {
        &self.raw
    }

    /// The bytes that the signature covers.
    pub(super) fn signed_bytes(&self) -> &[u8] {
        &self.raw.as_bytes()[..self.signed_len]
    }

    pub(super) fn signature(&self) -> Cow<'_, [u8]> {
        match &self.decoded {
            Some(decoded) => Cow::Borrowed(&decoded.signature),
            None => {
                let signature = self.raw.get(self.signed_len + 1..).unwrap_or_default();
                // It was decoded before, so it can be.
                Cow::Owned(decode_base64url(signature).unwrap_or_default())
            }
        }
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// What is read from the claims without a key.
    pub(crate) fn unverified(&self) -> &UnverifiedClaims {
        &self.unverified
    }

    /// Whether the subject is a machine. Such a token is never a session, whatever its header says.
    pub(crate) fn is_m2m(&self) -> bool {
        self.unverified.is_machine
    }

    /// Whether this is an OAuth access token.
    pub(crate) fn is_oauth(&self) -> bool {
        self.header.typ == TypeHeader::OAuth
    }

    pub(crate) fn category(&self) -> Category {
        self.header.category
    }

    /// Whether the token must not count as a session: another category, or a machine token's content.
    pub(crate) fn is_not_a_session(&self) -> bool {
        self.category().is_non_session() || self.is_m2m() || self.is_oauth()
    }

    /// The key id. A token without one matches no key.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// Which key the token asks for.
    pub(crate) fn key_request(&self) -> KeyRequest {
        let issued = self.unverified.iat.as_ref().and_then(Value::as_f64);
        KeyRequest {
            kid: self.header.kid.clone(),
            // Cut off at the ends of the scale.
            issued: issued.map(|seconds| (seconds * 1000.0) as i64),
        }
    }

    /// Estimates the heap bytes behind a token whose decoded parts were let go.
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

    /// Whether the three parts consist of the base64url alphabet only, without padding, and none is empty.
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

/// Base64url without padding (RFC 7515 section 2). Left-over bits that are not zero are an error, so that a token has one
/// spelling only.
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
