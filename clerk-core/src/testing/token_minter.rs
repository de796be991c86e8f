//! Tokens that are signed like those of a Clerk instance.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64_simd::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::session::{FRONTEND_API, TestSession};
use crate::builder::ClerkBuilder;
use crate::clerk::Clerk;
use crate::clock::{Clock, SystemClock};

/// The category of session tokens.
const SESSION_CATEGORY: &str = "cl_B7d4PD111AAA";

/// Mints tokens with its own signing key, and configures a [`Clerk`] that accepts them without network access.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use clerk_core::testing::{TokenMinter, session};
///
/// let minter = TokenMinter::new();
/// let clerk = minter.clerk().build()?;
/// let token = minter.token(&session("user_1"));
/// let request = http::Request::get("https://example.com/").header("authorization", format!("Bearer {token}")).body(())?;
/// let state = clerk.authenticate_request(&request).await?;
/// assert_eq!(state.auth().user_id(), Some("user_1"));
/// # Ok(()) }
/// ```
pub struct TokenMinter {
    pair: KeyPair,
    key_id: String,
    public_der: Vec<u8>,
}

impl TokenMinter {
    /// Creates a minter with a new RSA key of 2048 bits, which takes about a tenth of a second.
    ///
    /// # Panics
    /// Panics if the system provides no randomness.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test cannot continue without a key")]
    pub fn new() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("the system has randomness");
        let public_der = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())
            .expect("a public key has a DER form")
            .as_ref()
            .to_vec();
        let mut random = [0_u8; 12];
        aws_lc_rs::rand::fill(&mut random).expect("the system has randomness");
        Self {
            pair,
            key_id: format!("ins_{}", URL_SAFE_NO_PAD.encode_to_string(random)),
            public_der,
        }
    }

    /// Creates a builder of a [`Clerk`] for a development instance that verifies this minter's tokens without network access.
    pub fn clerk(&self) -> ClerkBuilder {
        let key = STANDARD.encode_to_string(format!("{FRONTEND_API}$"));
        Clerk::builder()
            .publishable_key(format!("pk_test_{key}"))
            .secret_key("sk_test_testing")
            .jwt_key(self.pem())
    }

    /// Mints a session token.
    #[must_use]
    pub fn token(&self, session: &TestSession) -> String {
        self.sign(&self.header(), &Value::Object(session.claims()))
    }

    /// Mints an M2M token as a JWT for this machine (`mch_...`), valid for one minute.
    #[must_use]
    pub fn m2m_token(&self, machine_id: &str, scopes: &[&str]) -> String {
        let claims = json!({ "jti": "mt_test", "sub": machine_id, "scopes": scopes.join(" ") });
        let header = json!({ "alg": "RS256", "kid": self.key_id, "typ": "JWT" });
        self.sign(&header, &dated(claims))
    }

    /// Mints an OAuth access token as a JWT with which this client acts for this user, valid for one minute.
    #[must_use]
    pub fn oauth_token(&self, user_id: &str, client_id: &str, scopes: &[&str]) -> String {
        let claims = json!({
            "client_id": client_id, "jti": "oat_test", "scope": scopes.join(" "), "sub": user_id,
        });
        let header = json!({ "alg": "RS256", "kid": self.key_id, "typ": "at+jwt" });
        self.sign(&header, &dated(claims))
    }

    /// Signs an arbitrary header and arbitrary claims with RS256.
    ///
    /// # Panics
    /// Panics if the system provides no randomness.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "a test cannot continue without a signature"
    )]
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode_to_string(part.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .expect("the system has randomness");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode_to_string(signature))
    }

    /// Returns the header of a session token.
    #[must_use]
    pub fn header(&self) -> Value {
        json!({ "alg": "RS256", "cat": SESSION_CATEGORY, "kid": self.key_id, "typ": "JWT" })
    }

    /// Returns the ID of the key (`kid`).
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Returns the public key in PEM format, for `CLERK_JWT_KEY`.
    #[must_use]
    pub fn pem(&self) -> String {
        let body = STANDARD.encode_to_string(&self.public_der);
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }

    /// Returns the public key as a key set, like the response of `GET /v1/jwks`.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let public = self.pair.public_key();
        let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode_to_string(number);
        json!({ "keys": [{
            "alg": "RS256",
            "e": encode(public.exponent().big_endian_without_leading_zero()),
            "kid": self.key_id,
            "kty": "RSA",
            "n": encode(public.modulus().big_endian_without_leading_zero()),
            "use": "sig",
        }] })
    }
}

/// Adds times to the claims that make a token valid for one minute from now.
fn dated(claims: Value) -> Value {
    let now = SystemClock::default().now().div_euclid(1000);
    let mut all = match claims {
        Value::Object(all) => all,
        _ => Map::new(),
    };
    all.insert("iat".to_owned(), json!(now));
    all.insert("exp".to_owned(), json!(now.saturating_add(60)));
    Value::Object(all)
}

impl Default for TokenMinter {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TokenMinter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenMinter")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}
