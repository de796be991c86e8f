//! Custom signing keys of JWT templates, used instead of the instance's key.

use std::str::FromStr as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, AlgorithmFamily, EncodingKey, Header};

use crate::secret::Secret;

/// The bytes that precede the RSAPrivateKey (RFC 8017) in the PKCS#8 form of a key of 1024 bits or more: two headers of
/// four bytes, the version, and the name of the algorithm.
pub(crate) const PKCS8_PREFIX_BYTES: usize = 26;
/// The algorithms that a template may use for signing.
pub(crate) const ALGORITHMS: &[&str] = &[
    "ES256", "ES384", "EdDSA", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512",
];

/// Reads the key of a template. Returns `None` if the key does not fit the algorithm.
pub(crate) fn read(algorithm: &str, key: &Secret) -> Option<(Algorithm, EncodingKey)> {
    let algorithm = Algorithm::from_str(algorithm).ok()?;
    let key = match algorithm.family() {
        AlgorithmFamily::Hmac => EncodingKey::from_secret(key.0.as_bytes()),
        AlgorithmFamily::Rsa => EncodingKey::from_rsa_der(&rsa_der(&key.0)?),
        AlgorithmFamily::Ec => EncodingKey::from_ec_der(&der(&key.0)?),
        AlgorithmFamily::Ed => EncodingKey::from_ed_der(&der(&key.0)?),
    };
    Some((algorithm, key))
}

/// Returns true if a key can be used for signing.
pub(crate) fn fits(algorithm: &str, key: &Secret) -> bool {
    let can_sign =
        |(algorithm, key)| jsonwebtoken::encode(&Header::new(algorithm), &(), &key).is_ok();
    !key.0.is_empty() && read(algorithm, key).is_some_and(can_sign)
}

/// Decodes a private RSA key to the form defined by RFC 8017.
fn rsa_der(pem: &str) -> Option<Vec<u8>> {
    let der = der(pem)?;
    if pem.contains("-----BEGIN RSA PRIVATE KEY-----") {
        return Some(der);
    }
    der.get(PKCS8_PREFIX_BYTES..).map(<[u8]>::to_vec)
}

/// Decodes the first private key of a PEM file.
fn der(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let body: String = body.split_ascii_whitespace().collect();
    label
        .ends_with("PRIVATE KEY")
        .then(|| STANDARD.decode(body).ok())?
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::encoding::Pkcs8V1Der;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};

    use super::*;
    use crate::tokens::crypto_provider;

    fn pem(der: &[u8]) -> Secret {
        let body = STANDARD.encode(der);
        Secret(format!(
            "-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
        ))
    }

    #[test]
    fn keys_sign_with_their_own_algorithms_only() {
        crypto_provider::install().unwrap();
        let random = aws_lc_rs::rand::SystemRandom::new();
        let rsa = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let rsa: Pkcs8V1Der<'_> = rsa.as_der().unwrap();
        let ec = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let ed = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let keys = [
            ("RSA", pem(rsa.as_ref())),
            ("EC", pem(ec.as_ref())),
            ("Ed", pem(ed.as_ref())),
        ];
        for algorithm in ALGORITHMS {
            for (kind, key) in &keys {
                let expected = match *kind {
                    "RSA" => algorithm.starts_with("RS"),
                    "EC" => *algorithm == "ES256",
                    _ => *algorithm == "EdDSA",
                };
                // Any text is a valid secret.
                let expected = expected || algorithm.starts_with("HS");
                assert_eq!(fits(algorithm, key), expected, "{algorithm} {kind}");
            }
            assert!(!fits(algorithm, &Secret(String::new())), "{algorithm}");
            assert_eq!(
                fits(algorithm, &Secret("no pem".to_owned())),
                algorithm.starts_with("HS")
            );
        }
        assert!(!fits("none", &keys[0].1));
    }
}
