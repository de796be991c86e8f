//! RSA keys of aws-lc-rs, which are parsed once.

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RsaParameters,
};

use super::Algorithm;

/// An RSA key that verifies signatures of one algorithm.
pub(crate) struct RsaPublicKey(ParsedPublicKey);

impl RsaPublicKey {
    /// Creates a key from a modulus and an exponent, which are big-endian without leading zeros.
    pub(crate) fn from_components(algorithm: Algorithm, n: &[u8], e: &[u8]) -> Option<Self> {
        PublicKeyComponents { n, e }
            .to_parsed_public_key(parameters(algorithm))
            .ok()
            .map(Self)
    }

    /// Reads a key in DER format, a `SubjectPublicKeyInfo` (RFC 5280 section 4.1).
    pub(crate) fn from_der(algorithm: Algorithm, der: &[u8]) -> Option<Self> {
        ParsedPublicKey::new(parameters(algorithm), der)
            .ok()
            .map(Self)
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

fn parameters(algorithm: Algorithm) -> &'static RsaParameters {
    match algorithm {
        Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
    }
}
