//! The instance's key pair.

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::random;
use crate::rules::template_keys::PKCS8_PREFIX_BYTES;
use crate::secret::Secret;

/// An RSA-2048 key pair with the names under which it is published.
pub(crate) struct SigningKey {
    key: EncodingKey,
    kid: String,
    modulus: String,
    exponent: String,
    spki: Vec<u8>,
    pkcs8: Vec<u8>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// The public half of a signing key, as the numbers of a JWKS (RFC 7518 section 6.3.1).
#[derive(Debug)]
pub(crate) struct PublicKey<'a> {
    pub(crate) kid: &'a str,
    pub(crate) modulus: &'a str,
    pub(crate) exponent: &'a str,
}

impl SigningKey {
    /// Generates a key pair.
    pub(crate) fn generate() -> Result<Self, Error> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| Error::KeyGeneration)?;
        Self::of(&pair)
    }

    /// Parses a private RSA key of 2048 bits, as PEM that begins with `BEGIN PRIVATE KEY`.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, Error> {
        let body = pem
            .trim()
            .strip_prefix("-----BEGIN PRIVATE KEY-----")
            .and_then(|rest| rest.strip_suffix("-----END PRIVATE KEY-----"))
            .ok_or_else(unusable)?;
        let body: String = body.split_ascii_whitespace().collect();
        Self::from_stored(&body)
    }

    /// Parses the result of [`stored`](Self::stored).
    pub(crate) fn from_stored(text: &str) -> Result<Self, Error> {
        let der = STANDARD.decode(text).map_err(|_| unusable())?;
        let pair = KeyPair::from_pkcs8(&der).map_err(|_| unusable())?;
        if pair.public_modulus_len() != 256 {
            return Err(unusable());
        }
        Self::of(&pair)
    }

    /// Returns the private key as text: the base64 of its PKCS#8 encoding.
    pub(crate) fn stored(&self) -> Secret {
        Secret(STANDARD.encode(&self.pkcs8))
    }

    fn of(pair: &KeyPair) -> Result<Self, Error> {
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map_err(|_| Error::KeyGeneration)?;
        let pkcs1 = pkcs8
            .as_ref()
            .get(PKCS8_PREFIX_BYTES..)
            .ok_or(Error::KeyGeneration)?;
        let key = EncodingKey::from_rsa_der(pkcs1);
        let jwk =
            Jwk::from_encoding_key(&key, Algorithm::RS256).map_err(|_| Error::KeyGeneration)?;
        let AlgorithmParameters::RSA(numbers) = jwk.algorithm else {
            return Err(Error::KeyGeneration);
        };
        let spki = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())
            .map_err(|_| Error::KeyGeneration)?
            .as_ref()
            .to_vec();
        // Server SDKs cache keys by ID for minutes, so a new key must have a new ID.
        let fingerprint = random::hex_of(digest::digest(&digest::SHA256, &spki).as_ref());
        Ok(Self {
            key,
            kid: format!("ins_{}", &fingerprint[..27]),
            modulus: numbers.n,
            exponent: numbers.e,
            spki,
            pkcs8: pkcs8.as_ref().to_vec(),
        })
    }

    /// Returns the public half.
    pub(crate) fn public(&self) -> PublicKey<'_> {
        PublicKey {
            kid: &self.kid,
            modulus: &self.modulus,
            exponent: &self.exponent,
        }
    }

    /// Returns the public key as PEM (SubjectPublicKeyInfo).
    pub(crate) fn public_pem(&self) -> String {
        let body = STANDARD.encode(&self.spki);
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        let mut rest = body.as_str();
        while !rest.is_empty() {
            let (line, tail) = rest.split_at(rest.len().min(64));
            pem.push_str(line);
            pem.push('\n');
            rest = tail;
        }
        pem.push_str("-----END PUBLIC KEY-----\n");
        pem
    }

    /// Signs claims with RS256.
    pub(crate) fn sign(
        &self,
        kind: TokenKind,
        claims: &Map<String, Value>,
    ) -> Result<String, Error> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.kid.clone());
        sign(kind, header, claims, &self.key)
    }

    /// Reads the claims of a token that this key signed, regardless of whether it is valid at this time.
    pub(crate) fn read(&self, token: &str) -> Option<Map<String, Value>> {
        let key = DecodingKey::from_rsa_components(&self.modulus, &self.exponent).ok()?;
        let mut signature_only = Validation::new(Algorithm::RS256);
        signature_only.required_spec_claims.clear();
        signature_only.validate_exp = false;
        signature_only.validate_nbf = false;
        signature_only.validate_aud = false;
        let read = jsonwebtoken::decode(token, &key, &signature_only).ok()?;
        Some(read.claims)
    }
}

/// Signs claims with any key; the header identifies the class of the token.
pub(crate) fn sign(
    kind: TokenKind,
    mut header: Header,
    claims: &Map<String, Value>,
    key: &EncodingKey,
) -> Result<String, Error> {
    header.typ = Some(kind.media_type().to_owned());
    if let Some(category) = kind.category() {
        header.extras.insert("cat", category);
    }
    jsonwebtoken::encode(&header, claims, key).map_err(|_| Error::Signing)
}

fn unusable() -> Error {
    Error::Invalid {
        what: "the signing key",
        value: "(not shown)".to_owned(),
        expected: "an rsa key of 2048 bits in its pkcs8 form (BEGIN PRIVATE KEY)",
    }
}

/// The classes of tokens, which are distinguished by the headers `typ` and `cat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Session,
    /// Made from a JWT template.
    Template,
    M2m,
    /// An OAuth access token (RFC 9068).
    OAuthAccess,
    /// A token without a category, like all tokens before categories existed.
    Uncategorized,
}

impl TokenKind {
    fn media_type(self) -> &'static str {
        match self {
            Self::OAuthAccess => "at+jwt",
            _ => "JWT",
        }
    }

    fn category(self) -> Option<&'static str> {
        match self {
            Self::Session => Some("cl_B7d4PD111AAA"),
            Self::Template => Some("cl_B7d4PD222AAA"),
            Self::M2m => Some("cl_B7d4PD333AAA"),
            Self::OAuthAccess | Self::Uncategorized => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::decode;
    use serde_json::json;

    use super::*;
    use crate::tokens::crypto_provider;

    #[test]
    fn what_is_signed_is_read_with_the_published_numbers() {
        crypto_provider::install().unwrap();
        let key = SigningKey::generate().unwrap();
        let claims = json!({ "sub": "user_1", "exp": 4_102_444_800_i64 });
        let token = key
            .sign(TokenKind::Session, claims.as_object().unwrap())
            .unwrap();
        let public = key.public();
        let numbers = DecodingKey::from_rsa_components(public.modulus, public.exponent).unwrap();
        let read = decode::<Value>(&token, &numbers, &Validation::new(Algorithm::RS256)).unwrap();
        assert_eq!(read.claims, claims);
        assert_eq!(read.header.kid.as_deref(), Some(public.kid));
        assert_eq!(
            serde_json::to_value(&read.header).unwrap()["cat"],
            "cl_B7d4PD111AAA"
        );
        assert_eq!(key.read(&token).as_ref(), claims.as_object());
        let other = SigningKey::generate().unwrap();
        assert_eq!(other.read(&token), None);
        assert_eq!(key.read("no token"), None);
        let numbers = DecodingKey::from_rsa_components(other.public().modulus, "AQAB").unwrap();
        assert!(decode::<Value>(&token, &numbers, &Validation::new(Algorithm::RS256)).is_err());
    }
}
