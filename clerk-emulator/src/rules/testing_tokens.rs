//! Tokens that let automated browsers pass bot detection. They have the form `<unix seconds>-<opaque>` and are
//! authenticated with the secret key, so that nothing needs to be stored.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::api_error::ApiError;
use crate::random;

const LIFETIME_SECONDS: i64 = 3600;
/// The number of characters that distinguish two tokens created in the same second.
const NONCE_LENGTH: usize = 16;

/// A token and its expiration time in seconds.
#[derive(Debug)]
pub(crate) struct TestingToken {
    pub(crate) token: String,
    pub(crate) expires_at: i64,
}

/// Creates a token.
pub(crate) fn mint(secret_key: &str, now: i64) -> TestingToken {
    let expires_at = now / 1_000 + LIFETIME_SECONDS;
    let claims = format!("{expires_at}-{}", random::alphanumeric(NONCE_LENGTH));
    let tag = hmac::sign(&key(secret_key), claims.as_bytes());
    TestingToken {
        token: format!("{claims}{}", URL_SAFE_NO_PAD.encode(tag)),
        expires_at,
    }
}

/// Rejects tokens that this instance did not create or that are too old.
pub(crate) fn check(secret_key: &str, token: &str, now: i64) -> Result<(), ApiError> {
    let refusal = |why: &str| {
        Err(ApiError::bad_request(
            "testing_token_invalid",
            format!(
                "The testing token {why}. Create one with POST /v1/testing_tokens of the same instance."
            ),
        ))
    };
    let Some((expires_at, rest)) = token.split_once('-') else {
        return refusal("has another form than <seconds>-<text>");
    };
    let Some((nonce, tag)) = rest.split_at_checked(NONCE_LENGTH) else {
        return refusal("has another form than <seconds>-<text>");
    };
    let claims = format!("{expires_at}-{nonce}");
    let is_ours = URL_SAFE_NO_PAD
        .decode(tag)
        .is_ok_and(|tag| hmac::verify(&key(secret_key), claims.as_bytes(), &tag).is_ok());
    if !is_ours {
        return refusal("is not one of this instance");
    }
    if expires_at.parse::<i64>().is_ok_and(|at| now / 1_000 < at) {
        Ok(())
    } else {
        refusal("has expired")
    }
}

fn key(secret_key: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret_key.as_bytes())
}
