//! Typical uses of `jsonwebtoken` in an application with its own keys.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair,
};
use clerk_emulator::{Emulator, UserSeed};
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde_json::{Value, json};

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm) -> EncodingKey {
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    EncodingKey::from_ec_der(der.as_ref())
}

fn rsa() -> EncodingKey {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    // The PKCS#8 header is followed by the PKCS#1 key, which jsonwebtoken accepts.
    EncodingKey::from_rsa_der(&der.as_ref()[26..])
}

pub(crate) fn signs_and_verifies_with_every_algorithm() {
    let hmac = EncodingKey::from_secret(b"a secret of the application");
    // jsonwebtoken reads only PKCS#8 version 1 here.
    let ed25519 = Ed25519KeyPair::generate().unwrap().to_pkcs8v1().unwrap();
    let rsa = rsa();
    let keys = [
        (Algorithm::HS256, hmac.clone()),
        (Algorithm::HS384, hmac.clone()),
        (Algorithm::HS512, hmac),
        (Algorithm::RS256, rsa.clone()),
        (Algorithm::RS384, rsa.clone()),
        (Algorithm::RS512, rsa.clone()),
        (Algorithm::PS256, rsa.clone()),
        (Algorithm::PS384, rsa.clone()),
        (Algorithm::PS512, rsa),
        (Algorithm::ES256, ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING)),
        (Algorithm::ES384, ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING)),
        (Algorithm::EdDSA, EncodingKey::from_ed_der(ed25519.as_ref())),
    ];
    for (algorithm, key) in keys {
        let claims = json!({ "sub": "somebody", "exp": 4_102_444_800_i64 });
        let token = encode(&Header::new(algorithm), &claims, &key).unwrap();
        // The public half as a JWK, which requires the provider to extract the components of the
        // key.
        let jwk = Jwk::from_encoding_key(&key, algorithm).unwrap();
        let public = DecodingKey::from_jwk(&jwk).unwrap();
        let validation = Validation::new(algorithm);
        let read = decode::<Value>(&token, &public, &validation).unwrap();
        assert_eq!(read.claims, claims, "{algorithm:?}");
        let forged = format!(
            "{}A.{}",
            &token[..token.rfind('.').unwrap()],
            "c2lnbmF0dXJl"
        );
        assert!(
            decode::<Value>(&forged, &public, &validation).is_err(),
            "{algorithm:?}"
        );
        for hash in [
            ThumbprintHash::SHA256,
            ThumbprintHash::SHA384,
            ThumbprintHash::SHA512,
        ] {
            assert!(!jwk.thumbprint(hash).unwrap().is_empty(), "{algorithm:?}");
        }
    }
}

pub(crate) fn starts_an_emulator_and_reads_its_tokens() {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .start_blocking()
        .unwrap();
    let token = emulator.session_token("ada@example.com").mint().unwrap();
    assert_eq!(decode_header(&token).unwrap().alg, Algorithm::RS256);
    let public = DecodingKey::from_rsa_pem(emulator.jwt_public_key_pem().as_bytes()).unwrap();
    let read = decode::<Value>(&token, &public, &Validation::new(Algorithm::RS256)).unwrap();
    assert_eq!(
        read.claims["sub"],
        emulator.user_id("ada@example.com").unwrap().as_str()
    );
}
