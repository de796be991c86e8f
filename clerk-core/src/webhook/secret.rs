//! The signing secret of a webhook endpoint.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::error::WebhookError;

/// The signing secret of a webhook endpoint. Its text is never printed.
#[derive(Clone)]
pub struct WebhookSecret(SecretString);

impl WebhookSecret {
    /// Creates a secret from its text in the Clerk Dashboard: `whsec_` followed by base64. The prefix may be missing.
    pub fn new(secret: impl Into<SecretString>) -> Self {
        Self(secret.into())
    }

    pub(super) fn decode(&self) -> Result<Vec<u8>, WebhookError> {
        let secret = self.0.expose_secret();
        let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
        if encoded.is_empty() {
            return Err(WebhookError::MissingSecret);
        }
        if encoded.bytes().any(|byte| byte.is_ascii_whitespace()) {
            return Err(WebhookError::InvalidSecret);
        }
        base64_simd::forgiving_decode_to_vec(encoded.as_bytes())
            .ok()
            .filter(|key| !key.is_empty())
            .ok_or(WebhookError::InvalidSecret)
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(whsec_…)")
    }
}

impl<T: Into<SecretString>> From<T> for WebhookSecret {
    fn from(secret: T) -> Self {
        Self::new(secret)
    }
}
