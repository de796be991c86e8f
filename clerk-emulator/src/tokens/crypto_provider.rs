//! The cryptography of the `jsonwebtoken` crate, on aws-lc-rs.
//!
//! That crate uses one cryptography provider for the whole process, which it derives from its cargo
//! features; a build that enables both backends panics at the first token. The emulator enables none and
//! installs this complete provider instead, so that an application's own `jsonwebtoken` keeps
//! working no matter which backend it chose and which of the two is used first.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self as aws, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
    RsaPublicKeyComponents, VerificationAlgorithm,
};
use aws_lc_rs::{digest, hmac, rsa};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::jwk::{EllipticCurve, ThumbprintHash};
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey};

use crate::error::Error;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory,
    verifier_factory,
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key,
        rsa_pub_components_from_public_key,
        ec_pub_components_from_private_key,
        ed_pub_components_from_private_key,
        compute_digest,
    },
};

/// Makes this provider the process's default, unless one is already installed, which is then kept.
///
/// # Errors
///
/// [`Error::CryptoProvider`] when the installed provider cannot sign: an application whose `jsonwebtoken`
/// has both backends enabled used it, and failed, before the emulator started.
pub(crate) fn install() -> std::result::Result<(), Error> {
    if PROVIDER.install_default().is_ok() {
        return Ok(());
    }
    // The provider that jsonwebtoken installs when it cannot choose panics at every use.
    let trial = std::panic::catch_unwind(|| {
        jsonwebtoken::crypto::sign(
            b"trial",
            &EncodingKey::from_secret(b"key"),
            Algorithm::HS256,
        )
    });
    match trial {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Error::CryptoProvider),
    }
}

type Outcome<T> = std::result::Result<T, SignatureError>;

fn ecdsa(algorithm: Algorithm) -> Result<&'static EcdsaSigningAlgorithm> {
    match algorithm {
        Algorithm::ES256 => Ok(&aws::ECDSA_P256_SHA256_FIXED_SIGNING),
        Algorithm::ES384 => Ok(&aws::ECDSA_P384_SHA384_FIXED_SIGNING),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

fn hmac_key(algorithm: Algorithm, secret: &[u8]) -> Result<hmac::Key> {
    let hash = match algorithm {
        Algorithm::HS256 => hmac::HMAC_SHA256,
        Algorithm::HS384 => hmac::HMAC_SHA384,
        Algorithm::HS512 => hmac::HMAC_SHA512,
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    };
    Ok(hmac::Key::new(hash, secret))
}

type Rsa = (&'static dyn aws::RsaEncoding, &'static aws::RsaParameters);

fn rsa(algorithm: Algorithm) -> Result<Rsa> {
    Ok(match algorithm {
        Algorithm::RS256 => (&aws::RSA_PKCS1_SHA256, &aws::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => (&aws::RSA_PKCS1_SHA384, &aws::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => (&aws::RSA_PKCS1_SHA512, &aws::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => (&aws::RSA_PSS_SHA256, &aws::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => (&aws::RSA_PSS_SHA384, &aws::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => (&aws::RSA_PSS_SHA512, &aws::RSA_PSS_2048_8192_SHA512),
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    })
}

/// Signs with a parsed key.
struct AwsSigner<F>(Algorithm, F);

impl<F: Fn(&[u8]) -> Outcome<Vec<u8>>> Signer<Vec<u8>> for AwsSigner<F> {
    fn try_sign(&self, message: &[u8]) -> Outcome<Vec<u8>> {
        self.1(message)
    }
}

impl<F: Fn(&[u8]) -> Outcome<Vec<u8>>> JwtSigner for AwsSigner<F> {
    fn algorithm(&self) -> Algorithm {
        self.0
    }
}

fn signer_factory(&algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidKeyFormat.into());
    }
    let der = key.as_bytes();
    Ok(match algorithm.family() {
        AlgorithmFamily::Hmac => {
            let key = hmac_key(algorithm, der)?;
            Box::new(AwsSigner(algorithm, move |message: &[u8]| {
                Ok(hmac::sign(&key, message).as_ref().to_vec())
            }))
        }
        AlgorithmFamily::Rsa => {
            let pair = RsaKeyPair::from_der(der).map_err(invalid_rsa)?;
            let (encoding, _) = rsa(algorithm)?;
            Box::new(AwsSigner(algorithm, move |message: &[u8]| {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &SystemRandom::new(), message, &mut signature)
                    .map_err(SignatureError::from_source)?;
                Ok(signature)
            }))
        }
        AlgorithmFamily::Ec => {
            let pair = ec_pair(der, algorithm)?;
            Box::new(AwsSigner(algorithm, move |message: &[u8]| {
                pair.sign(&SystemRandom::new(), message)
                    .map(|signature| signature.as_ref().to_vec())
                    .map_err(SignatureError::from_source)
            }))
        }
        AlgorithmFamily::Ed => {
            let pair = ed_pair(der)?;
            Box::new(AwsSigner(algorithm, move |message: &[u8]| {
                Ok(pair.sign(message).as_ref().to_vec())
            }))
        }
    })
}

struct AwsVerifier(Algorithm, DecodingKey);

fn verifier_factory(&algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidKeyFormat.into());
    }
    Ok(Box::new(AwsVerifier(algorithm, key.clone())))
}

impl Verifier<Vec<u8>> for AwsVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Outcome<()> {
        let algorithm: &dyn VerificationAlgorithm = match (self.0, self.1.kind()) {
            (Algorithm::ES256, _) => &aws::ECDSA_P256_SHA256_FIXED,
            (Algorithm::ES384, _) => &aws::ECDSA_P384_SHA384_FIXED,
            (Algorithm::EdDSA, _) => &aws::ED25519,
            (Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512, _) => {
                let secret = self.1.try_get_as_bytes();
                let key = secret.and_then(|secret| hmac_key(self.0, secret));
                return hmac::verify(
                    &key.map_err(SignatureError::from_source)?,
                    message,
                    signature,
                )
                .map_err(SignatureError::from_source);
            }
            (_, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                let (_, parameters) = rsa(self.0).map_err(SignatureError::from_source)?;
                return RsaPublicKeyComponents { n, e }
                    .verify(parameters, message, signature)
                    .map_err(SignatureError::from_source);
            }
            _ => rsa(self.0).map_err(SignatureError::from_source)?.1,
        };
        let key = self
            .1
            .try_get_as_bytes()
            .map_err(SignatureError::from_source)?;
        algorithm
            .verify_sig(key, message, signature)
            .map_err(SignatureError::from_source)
    }
}

impl JwtVerifier for AwsVerifier {
    fn algorithm(&self) -> Algorithm {
        self.0
    }
}

fn invalid_rsa(error: aws_lc_rs::error::KeyRejected) -> ErrorKind {
    ErrorKind::InvalidRsaKey(error.to_string())
}

fn ec_pair(der: &[u8], algorithm: Algorithm) -> Result<EcdsaKeyPair> {
    EcdsaKeyPair::from_pkcs8(ecdsa(algorithm)?, der).map_err(|_| ErrorKind::InvalidEcdsaKey.into())
}

fn ed_pair(der: &[u8]) -> Result<Ed25519KeyPair> {
    Ed25519KeyPair::from_pkcs8(der).map_err(|_| ErrorKind::InvalidEddsaKey.into())
}

fn rsa_pub_components_from_private_key(der: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let pair = RsaKeyPair::from_der(der).map_err(invalid_rsa)?;
    let components = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    Ok((components.n, components.e))
}

fn rsa_pub_components_from_public_key(der: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let key = rsa::PublicKey::from_der(der).map_err(invalid_rsa)?;
    let components = RsaPublicKeyComponents::<Vec<u8>>::from(&key);
    Ok((components.n, components.e))
}

fn ec_pub_components_from_private_key(
    der: &[u8],
    algorithm: Algorithm,
) -> Result<(EllipticCurve, Vec<u8>, Vec<u8>)> {
    let pair =
        EcdsaKeyPair::from_pkcs8(ecdsa(algorithm)?, der).map_err(|_| ErrorKind::InvalidEcdsaKey)?;
    // An uncompressed point: 4, x, y.
    let point = pair.public_key().as_ref();
    let (curve, half) = match (algorithm, point) {
        (Algorithm::ES256, [4, rest @ ..]) if rest.len() == 64 => (EllipticCurve::P256, rest),
        (_, [4, rest @ ..]) if rest.len() == 96 => (EllipticCurve::P384, rest),
        _ => return Err(ErrorKind::InvalidEcdsaKey.into()),
    };
    let (x, y) = half.split_at(half.len() / 2);
    Ok((curve, x.to_vec(), y.to_vec()))
}

fn ed_pub_components_from_private_key(der: &[u8], curve: &EllipticCurve) -> Result<Vec<u8>> {
    if *curve != EllipticCurve::Ed25519 {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    Ok(ed_pair(der)?.public_key().as_ref().to_vec())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that the provider has"
)]
fn compute_digest(data: &[u8], hash: ThumbprintHash) -> Result<Vec<u8>> {
    let algorithm = match hash {
        ThumbprintHash::SHA256 => &digest::SHA256,
        ThumbprintHash::SHA384 => &digest::SHA384,
        ThumbprintHash::SHA512 => &digest::SHA512,
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    };
    Ok(digest::digest(algorithm, data).as_ref().to_vec())
}
