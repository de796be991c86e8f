//! The form of a token: three parts, decoded once.

use serde_json::{Map, Value};

use super::claims::Claims;
use super::error::TokenError;
use crate::reason::Reason;

/// Tokens longer than this are refused before they are decoded. Browsers cap a cookie at 4 KiB and servers a header
/// line at 8 to 64 KiB, so no session token of a real instance comes near it.
const MAX_TOKEN_BYTES: usize = 64 * 1024;

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
    fn read(header: &Map<String, Value>) -> Self {
        match header.get("cat") {
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

/// A decoded token. Nothing in it may be trusted: it has not been verified.
#[derive(Clone, Debug)]
pub(crate) struct ParsedToken {
    raw: String,
    signed_len: usize,
    header: Map<String, Value>,
    claims: Claims,
    signature: Vec<u8>,
}

impl ParsedToken {
    /// Decodes the three parts (RFC 7515 section 7.1).
    pub(crate) fn parse(raw: &str) -> Result<Self, TokenError> {
        let undecodable = || {
            TokenError::new(
                Reason::TokenInvalid,
                "the token is not a JWT: its header, payload or signature cannot be decoded",
            )
        };
        if raw.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::new(
                Reason::TokenInvalid,
                format!("the token is longer than {MAX_TOKEN_BYTES} bytes"),
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
        let header = match decode_json(header).ok_or_else(undecodable)? {
            Value::Object(header) => header,
            Value::Null => return Err(undecodable()),
            // Any other JSON value has no members: it fails at the algorithm, as an empty object does.
            _ => Map::new(),
        };
        let claims = match decode_json(payload).ok_or_else(undecodable)? {
            Value::Object(claims) => claims,
            Value::Null => return Err(undecodable()),
            // Likewise: it fails at the missing subject.
            _ => Map::new(),
        };
        let signature = decode_base64url(signature).ok_or_else(undecodable)?;
        Ok(Self {
            raw: raw.to_owned(),
            signed_len,
            header,
            claims: Claims::new(claims),
            signature,
        })
    }

    /// Claims that never stood in a token.
    pub(crate) fn without_text(claims: Claims) -> Self {
        Self {
            raw: String::new(),
            signed_len: 0,
            header: Map::new(),
            claims,
            signature: Vec::new(),
        }
    }

    /// The token as it was received.
    pub(crate) fn as_str(&self) -> &str {
        &self.raw
    }

    /// The bytes that the signature covers.
    pub(crate) fn signed_bytes(&self) -> &[u8] {
        &self.raw.as_bytes()[..self.signed_len]
    }

    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }

    pub(crate) fn header(&self, name: &str) -> Option<&Value> {
        self.header.get(name)
    }

    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Whether the subject is a machine. Such a token is never a session, whatever its header says.
    pub(crate) fn is_m2m(&self) -> bool {
        self.claims
            .text("sub")
            .is_some_and(|sub| sub.starts_with("mch_"))
    }

    /// Whether this is an OAuth access token.
    pub(crate) fn is_oauth(&self) -> bool {
        oauth_type(self.header("typ"))
    }

    pub(crate) fn category(&self) -> Category {
        Category::read(&self.header)
    }

    /// Whether the token must not count as a session: another category, or a machine token's content.
    pub(crate) fn is_not_a_session(&self) -> bool {
        self.category().is_non_session() || self.is_m2m() || self.is_oauth()
    }

    /// The key id. A token without one matches no key.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
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

/// Whether `typ` names an OAuth access token (RFC 9068 section 2.1).
pub(super) fn oauth_type(typ: Option<&Value>) -> bool {
    matches!(typ, Some(Value::String(typ)) if typ == "at+jwt" || typ == "application/at+jwt")
}

fn decode_json(part: &str) -> Option<Value> {
    let bytes = decode_base64url(part)?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text).ok(),
        Err(_) => serde_json::from_str(&String::from_utf8_lossy(bytes)).ok(),
    }
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
