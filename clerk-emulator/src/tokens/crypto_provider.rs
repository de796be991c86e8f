//! The cryptography of the `jsonwebtoken` crate, on aws-lc-rs.
//!
//! That crate takes its cryptography from one provider for the whole process, which it derives from its cargo
//! features; a build that enables both backends panics at the first token. The emulator enables none and
//! installs this provider instead, which is complete, so that an application's own `jsonwebtoken` goes on
//! working whichever backend it chose and whichever of the two is asked first.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self as aws, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use aws_lc_rs::{digest, hmac, rsa};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::jwk::{EllipticCurve, ThumbprintHash};
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};

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

/// Makes this provider the process's default, unless there is one already, which then stays.
///
/// # Errors
///
/// [`Error::CryptoProvider`] when the provider that is there cannot sign: an application whose `jsonwebtoken`
/// has both backends enabled was refused by it before.
pub(crate) fn install() -> std::result::Result<(), Error> {
    if PROVIDER.install_default().is_ok() {
        return Ok(());
    }
    // What jsonwebtoken installs when it cannot choose panics at every use.
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

struct AwsSigner {
    algorithm: Algorithm,
    key: PrivateKey,
}

enum PrivateKey {
    Hmac(Box<hmac::Key>),
    Rsa(RsaKeyPair, &'static dyn aws::RsaEncoding),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

fn signer_factory(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidKeyFormat.into());
    }
    let rsa = |encoding| {
        RsaKeyPair::from_der(key.as_bytes())
            .map(|pair| PrivateKey::Rsa(pair, encoding))
            .map_err(|error| ErrorKind::InvalidRsaKey(error.to_string()))
    };
    let key = match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            PrivateKey::Hmac(Box::new(hmac_key(*algorithm, key.as_bytes())?))
        }
        Algorithm::RS256 => rsa(&aws::RSA_PKCS1_SHA256)?,
        Algorithm::RS384 => rsa(&aws::RSA_PKCS1_SHA384)?,
        Algorithm::RS512 => rsa(&aws::RSA_PKCS1_SHA512)?,
        Algorithm::PS256 => rsa(&aws::RSA_PSS_SHA256)?,
        Algorithm::PS384 => rsa(&aws::RSA_PSS_SHA384)?,
        Algorithm::PS512 => rsa(&aws::RSA_PSS_SHA512)?,
        Algorithm::ES256 | Algorithm::ES384 => PrivateKey::Ecdsa(
            EcdsaKeyPair::from_pkcs8(ecdsa(*algorithm)?, key.as_bytes())
                .map_err(|_| ErrorKind::InvalidEcdsaKey)?,
        ),
        Algorithm::EdDSA => PrivateKey::Ed25519(
            Ed25519KeyPair::from_pkcs8(key.as_bytes()).map_err(|_| ErrorKind::InvalidEddsaKey)?,
        ),
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    };
    Ok(Box::new(AwsSigner {
        algorithm: *algorithm,
        key,
    }))
}

impl Signer<Vec<u8>> for AwsSigner {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, SignatureError> {
        let random = SystemRandom::new();
        match &self.key {
            PrivateKey::Hmac(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
            PrivateKey::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature)
                    .map_err(SignatureError::from_source)?;
                Ok(signature)
            }
            PrivateKey::Ecdsa(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(SignatureError::from_source),
            PrivateKey::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

impl JwtSigner for AwsSigner {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

struct AwsVerifier {
    algorithm: Algorithm,
    key: DecodingKey,
}

fn verifier_factory(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidKeyFormat.into());
    }
    Ok(Box::new(AwsVerifier {
        algorithm: *algorithm,
        key: key.clone(),
    }))
}

impl Verifier<Vec<u8>> for AwsVerifier {
    fn verify(
        &self,
        message: &[u8],
        signature: &Vec<u8>,
    ) -> std::result::Result<(), SignatureError> {
        let bytes = || {
            self.key
                .try_get_as_bytes()
                .map_err(SignatureError::from_source)
        };
        let with = |algorithm: &'static dyn VerificationAlgorithm| {
            UnparsedPublicKey::new(algorithm, bytes()?)
                .verify(message, signature)
                .map_err(SignatureError::from_source)
        };
        let rsa = |parameters: &'static aws::RsaParameters| match self.key.kind() {
            DecodingKeyKind::RsaModulusExponent { n, e } => RsaPublicKeyComponents { n, e }
                .verify(parameters, message, signature)
                .map_err(SignatureError::from_source),
            DecodingKeyKind::SecretOrDer(_) => with(parameters),
        };
        match self.algorithm {
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
                let key =
                    hmac_key(self.algorithm, bytes()?).map_err(SignatureError::from_source)?;
                hmac::verify(&key, message, signature).map_err(SignatureError::from_source)
            }
            Algorithm::RS256 => rsa(&aws::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RS384 => rsa(&aws::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::RS512 => rsa(&aws::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::PS256 => rsa(&aws::RSA_PSS_2048_8192_SHA256),
            Algorithm::PS384 => rsa(&aws::RSA_PSS_2048_8192_SHA384),
            Algorithm::PS512 => rsa(&aws::RSA_PSS_2048_8192_SHA512),
            Algorithm::ES256 => with(&aws::ECDSA_P256_SHA256_FIXED),
            Algorithm::ES384 => with(&aws::ECDSA_P384_SHA384_FIXED),
            Algorithm::EdDSA => with(&aws::ED25519),
            _ => Err(SignatureError::new()),
        }
    }
}

impl JwtVerifier for AwsVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

fn invalid_rsa(error: aws_lc_rs::error::KeyRejected) -> ErrorKind {
    ErrorKind::InvalidRsaKey(error.to_string())
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
    let pair = Ed25519KeyPair::from_pkcs8(der).map_err(|_| ErrorKind::InvalidEddsaKey)?;
    Ok(pair.public_key().as_ref().to_vec())
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
