//! Keys and tokens for tests: tokens as Clerk would sign them, and tokens as it never would.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The publishable key of a development instance whose Frontend API is `foo-bar-13.clerk.accounts.dev`.
pub const DEVELOPMENT_KEY: &str = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk";
/// The publishable key of a production instance whose Frontend API is `clerk.example.com`.
pub const PRODUCTION_KEY: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";
/// The category of session tokens.
pub const SESSION_CATEGORY: &str = "cl_B7d4PD111AAA";
/// When the forged tokens are issued, in Unix seconds.
pub const NOW: i64 = 1_750_000_000;

/// An RSA key pair that signs anything.
pub struct Signer {
    kid: &'static str,
    pair: KeyPair,
    public_der: Vec<u8>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// Generates a new key pair of 2048 bits.
    #[expect(clippy::expect_used, reason = "tests need the key")]
    #[must_use]
    pub fn generate(kid: &'static str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key can be generated");
        let public_der = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())
            .expect("a public key has a DER form")
            .as_ref()
            .to_vec();
        Self {
            kid,
            pair,
            public_der,
        }
    }

    /// Returns the key of the instance under test.
    pub fn instance() -> &'static Self {
        static INSTANCE: OnceLock<Signer> = OnceLock::new();
        INSTANCE.get_or_init(|| Self::generate("ins_under_test"))
    }

    /// Returns the key of another instance.
    pub fn stranger() -> &'static Self {
        static STRANGER: OnceLock<Signer> = OnceLock::new();
        STRANGER.get_or_init(|| Self::generate("ins_stranger"))
    }

    /// Returns the key ID.
    #[must_use]
    pub fn kid(&self) -> &'static str {
        self.kid
    }

    /// Returns the public key as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(&self.public_der)
        )
    }

    /// Returns the public key as an entry of a key set.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        json!({
            "use": "sig", "kty": "RSA", "alg": "RS256", "kid": self.kid,
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        })
    }

    /// Returns the DER encoding of the public key, the bytes that an algorithm confusion attack uses as a shared
    /// secret.
    #[must_use]
    pub fn public_der(&self) -> &[u8] {
        &self.public_der
    }

    /// Returns the header of a session token.
    #[must_use]
    pub fn header(&self) -> Value {
        json!({ "alg": "RS256", "kid": self.kid, "typ": "JWT", "cat": SESSION_CATEGORY })
    }

    /// Signs a token with this header and these claims with RS256.
    #[must_use]
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// Signs a token with these strings as header and payload with RS256.
    #[must_use]
    pub fn sign_text(&self, header: &str, payload: &str) -> String {
        self.sign_parts(256, &unsigned(header, payload))
    }

    /// Signs a session token with these claims with RS384 or RS512, which its header names.
    #[must_use]
    pub fn sign_longer(&self, bits: u16, claims: &Value) -> String {
        let mut header = self.header();
        header["alg"] = json!(format!("RS{bits}"));
        self.sign_parts(bits, &unsigned(&header.to_string(), &claims.to_string()))
    }

    /// Signs a token with an encoded header and payload with RS256, RS384 or RS512.
    #[expect(clippy::expect_used, reason = "tests need the signature")]
    #[must_use]
    pub fn sign_parts(&self, bits: u16, signed: &str) -> String {
        let encoding: &'static dyn RsaEncoding = match bits {
            384 => &RSA_PKCS1_SHA384,
            512 => &RSA_PKCS1_SHA512,
            _ => &RSA_PKCS1_SHA256,
        };
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                encoding,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .expect("the key signs");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Returns a session token as Clerk would issue it now.
    #[must_use]
    pub fn session(&self) -> String {
        self.sign(&self.header(), &claims())
    }

    /// Returns a session token with these changes to the usual claims; `null` removes a claim.
    #[must_use]
    pub fn session_with(&self, changes: &Value) -> String {
        self.sign(&self.header(), &claims_with(changes))
    }
}

/// Returns the encoded header and payload without a signature.
#[must_use]
pub fn unsigned(header: &str, payload: &str) -> String {
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    )
}

/// Returns the claims of a session that was issued at [`NOW`].
#[must_use]
pub fn claims() -> Value {
    json!({
        "azp": "https://app.example.com", "exp": NOW + 60, "fva": [0, -1], "iat": NOW,
        "iss": "https://clerk.example.com", "nbf": NOW - 10, "sid": "sess_forged", "sub": "user_forged", "v": 2,
    })
}

/// Returns [`claims`] with changes; `null` removes a claim.
#[must_use]
pub fn claims_with(changes: &Value) -> Value {
    let mut claims = claims();
    if let (Some(claims), Some(changes)) = (claims.as_object_mut(), changes.as_object()) {
        for (name, value) in changes {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
    }
    claims
}
