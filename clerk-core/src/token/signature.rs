//! Signatures of tokens, and the keys that verify them.

use std::fmt;

use serde_json::Value;

use crate::crypto::{Algorithm, RsaPublicKey};
use crate::error_chain::write_with_causes;

/// Why a key cannot verify a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VerifyingKeyError {
    /// The key is not a usable RSA signing key.
    Unusable,
    /// The key is bound to another algorithm than the token's.
    AlgorithmMismatch,
}

/// A parsed public key. It is bound to one algorithm or, if it is a JWK without `alg`, can be used with all three.
pub(crate) struct VerifyingKey {
    keys: Vec<(Algorithm, RsaPublicKey)>,
}

impl VerifyingKey {
    /// Returns true if `signature` is the key's signature of `message`.
    pub(crate) fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, VerifyingKeyError> {
        let (_, key) = self
            .keys
            .iter()
            .find(|(bound, _)| *bound == algorithm)
            .ok_or(VerifyingKeyError::AlgorithmMismatch)?;
        Ok(key.verify(message, signature))
    }

    fn from_components(n: &[u8], e: &[u8], algorithm: Option<Algorithm>) -> Option<Self> {
        let bound = match &algorithm {
            Some(one) => std::slice::from_ref(one),
            None => &[Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512],
        };
        // Numbers are big-endian; the library expects them without leading zeros.
        let (n, e) = (trim_zeros(n), trim_zeros(e));
        // RFC 7518 section 3.3 requires at least 2048 bits.
        if n.len() < 256 {
            return None;
        }
        let keys = bound
            .iter()
            .map(|&algorithm| {
                RsaPublicKey::from_components(algorithm, n, e).map(|key| (algorithm, key))
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self { keys })
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field(
                "algorithms",
                &self
                    .keys
                    .iter()
                    .map(|(algorithm, _)| algorithm)
                    .collect::<Vec<_>>(),
            )
            .finish()
    }
}

fn trim_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    &number[zeros..]
}

/// A signing key of an instance: a member of its JWK set (RFC 7517), reduced to what is needed to identify and use it.
#[derive(Debug)]
pub(crate) struct SigningKey {
    material: KeyMaterial,
    key: Option<VerifyingKey>,
}

/// The members of a JWK that determine what it verifies. Keys with equal material are the same signing key.
#[derive(Debug, Default, PartialEq, Eq)]
struct KeyMaterial {
    kty: Option<String>,
    usage: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl SigningKey {
    pub(crate) fn from_jwk(jwk: &Value) -> Self {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str).map(str::to_owned);
        let material = KeyMaterial {
            kty: text("kty"),
            usage: text("use"),
            alg: text("alg"),
            n: text("n"),
            e: text("e"),
        };
        Self {
            key: Self::parse(jwk, &material),
            material,
        }
    }

    fn parse(jwk: &Value, material: &KeyMaterial) -> Option<VerifyingKey> {
        if material.kty.as_deref() != Some("RSA")
            || material
                .usage
                .as_deref()
                .is_some_and(|usage| usage != "sig")
        {
            return None;
        }
        if let Some(operations) = jwk.get("key_ops")
            && !operations
                .as_array()?
                .iter()
                .any(|operation| operation == "verify")
        {
            return None;
        }
        let algorithm = match jwk.get("alg") {
            None => None,
            Some(_) => Some(Algorithm::from_name(material.alg.as_deref()?)?),
        };
        let number = |text: &str| {
            base64_simd::URL_SAFE_NO_PAD
                .decode_to_vec(text.trim_end_matches('='))
                .ok()
        };
        let n = number(material.n.as_deref()?)?;
        let e = number(material.e.as_deref()?)?;
        VerifyingKey::from_components(&n, &e, algorithm)
    }

    /// Returns true if both are the same key, so that a token that one verified is valid for the other.
    pub(crate) fn is_same_key(&self, other: &Self) -> bool {
        self.material == other.material
    }

    /// Returns true if this key, given as PEM, is that of a JWK: if its DER form contains the modulus.
    pub(crate) fn is_pem_of(&self, jwk: &Value) -> bool {
        let der = self.material.n.as_deref();
        let der = der.and_then(|der| base64_simd::STANDARD.decode_to_vec(der).ok());
        let modulus = jwk["n"].as_str().map(|n| n.trim_end_matches('='));
        let modulus = modulus.and_then(|n| base64_simd::URL_SAFE_NO_PAD.decode_to_vec(n).ok());
        match (der, modulus) {
            (Some(der), Some(modulus)) if !modulus.is_empty() => {
                der.windows(modulus.len()).any(|window| window == modulus)
            }
            _ => false,
        }
    }

    pub(crate) fn key(&self) -> Result<&VerifyingKey, VerifyingKeyError> {
        self.key.as_ref().ok_or(VerifyingKeyError::Unusable)
    }
}

/// A public key in PEM format that verifies tokens without network access: Clerk's "JWT public key", `CLERK_JWT_KEY`.
///
/// It verifies RS256 only, like PEM keys in the official SDKs.
pub(crate) struct JwtKey {
    pub(crate) signing_key: std::sync::Arc<SigningKey>,
}

impl JwtKey {
    /// Parses a PEM `PUBLIC KEY` (RFC 7468 section 13).
    ///
    /// Line breaks may be missing, CRLF, or the two characters `\n`, and the header and footer lines may be missing, because
    /// environment files produce all of these forms.
    ///
    /// # Errors
    /// Returns [`JwtKeyError`] if it is not an RSA public key of 2048 to 8192 bits.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, JwtKeyError> {
        let body: String = pem
            .replace("\\r", "")
            .replace("\\n", "")
            .replace("-----BEGIN PUBLIC KEY-----", "")
            .replace("-----END PUBLIC KEY-----", "")
            .split_ascii_whitespace()
            .collect();
        if body.is_empty() {
            return Err(JwtKeyError {
                problem: "it is empty",
            });
        }
        let der = base64_simd::STANDARD
            .decode_to_vec(&body)
            .map_err(|_| JwtKeyError {
                problem: "it is not base64 between PUBLIC KEY lines",
            })?;
        let key = RsaPublicKey::from_der(Algorithm::Rs256, &der).ok_or(JwtKeyError {
            problem: "it does not contain an RSA public key of at least 2048 bits",
        })?;
        // A modulus of 2048 bits takes 256 bytes. A shorter key would fail every verification.
        if der.len() < 270 {
            return Err(JwtKeyError {
                problem: "its RSA key has fewer than 2048 bits",
            });
        }
        Ok(Self {
            signing_key: std::sync::Arc::new(SigningKey {
                material: KeyMaterial {
                    n: Some(body),
                    ..KeyMaterial::default()
                },
                key: Some(VerifyingKey {
                    keys: vec![(Algorithm::Rs256, key)],
                }),
            }),
        })
    }
}

impl fmt::Debug for JwtKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtKey")
    }
}

/// The error for an unusable `CLERK_JWT_KEY`.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the JWT key is not a usable PEM public key: {problem}; copy it again from the API keys page of the Clerk \
     Dashboard into CLERK_JWT_KEY, or leave it out to load keys from Clerk"
)]
pub struct JwtKeyError {
    problem: &'static str,
}

/// As `main` shows it when it returns the error.
impl fmt::Debug for JwtKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(self, f)
    }
}
