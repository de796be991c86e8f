#![allow(missing_docs, dead_code, clippy::all)]
#[derive(Debug)]
pub struct WebhookVerifier;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct WebhookError;
impl WebhookVerifier {
    pub fn new(_: impl Into<secrecy::SecretString>) -> Result<Self, WebhookError> {
        Ok(Self)
    }
}
