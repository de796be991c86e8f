//! The instance's key pair: the only file that signs.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use aws_lc_rs::{digest, rsa::PublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::error::Error;
use crate::random;

/// Length of an RSA-2048 modulus.
const MODULUS_BYTES: usize = 256;
/// DER of the exponent 65537, at the end of every key of ours: INTEGER, three bytes, 01 00 01.
const EXPONENT_DER: [u8; 5] = [0x02, 0x03, 0x01, 0x00, 0x01];

/// An RSA-2048 key pair with the names it is published under.
pub(crate) struct SigningKey {
    pair: KeyPair,
    kid: String,
    modulus: String,
    spki: Vec<u8>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    pub(crate) fn generate() -> Result<Self, Error> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| Error::KeyGeneration)?;
        let public: &PublicKey = pair.public_key();
        let modulus = modulus(public.as_ref()).ok_or(Error::KeyGeneration)?;
        let spki = AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(public)
            .map_err(|_| Error::KeyGeneration)?
            .as_ref()
            .to_vec();
        // Server SDKs cache keys by id for minutes: a new key must have a new id.
        let fingerprint = random::hex_of(digest::digest(&digest::SHA256, &spki).as_ref());
        Ok(Self {
            kid: format!("ins_{}", &fingerprint[..27]),
            modulus: URL_SAFE_NO_PAD.encode(modulus),
            spki,
            pair,
        })
    }

    /// The public key as an entry of a JWKS.
    pub(crate) fn jwk(&self) -> Value {
        json!({
            "use": "sig",
            "kty": "RSA",
            "kid": self.kid,
            "alg": "RS256",
            "n": self.modulus,
            "e": "AQAB",
        })
    }

    /// The public key as PEM (SubjectPublicKeyInfo).
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

    /// A compact JWS (RFC 7515) with RS256. `header` gains `alg` and `kid`.
    pub(crate) fn sign(&self, mut header: Value, payload: &Value) -> Result<String, Error> {
        header["alg"] = json!("RS256");
        header["kid"] = json!(self.kid);
        let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(payload.to_string()));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                token.as_bytes(),
                &mut signature,
            )
            .map_err(|_| Error::Signing)?;
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(token)
    }
}

/// The modulus inside the DER of a PKCS#1 public key of 2048 bits with exponent 65537.
fn modulus(der: &[u8]) -> Option<&[u8]> {
    let before_exponent = der.strip_suffix(&EXPONENT_DER)?;
    before_exponent.get(before_exponent.len().checked_sub(MODULUS_BYTES)?..)
}
