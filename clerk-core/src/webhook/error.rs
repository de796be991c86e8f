//! Webhooks that are refused.

use std::fmt;

use crate::error_chain::write_with_causes;

/// Why a webhook, or the secret to check it with, was refused.
///
/// Answer a refused webhook with status 400; the sender tries again later.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// No signing secret, or an empty one.
    #[error(
        "webhook signing secret is missing, or nothing but a prefix: set CLERK_WEBHOOK_SIGNING_SECRET to the secret shown with the endpoint in the Clerk Dashboard"
    )]
    MissingSecret,
    /// The signing secret is not base64.
    #[error(
        "webhook signing secret is not valid (expected whsec_...): copy CLERK_WEBHOOK_SIGNING_SECRET again from the endpoint in the Clerk Dashboard"
    )]
    InvalidSecret,
    /// Headers are absent or empty.
    #[error("webhook request lacks the headers {}", .0.join(", "))]
    MissingHeaders(Vec<&'static str>),
    /// The timestamp header holds no number.
    #[error("webhook header svix-timestamp is not a number")]
    InvalidTimestamp,
    /// The message was sent more than five minutes ago.
    #[error("webhook message is too old: it was sent more than 5 minutes ago")]
    TooOld,
    /// The message was sent more than five minutes from now.
    #[error(
        "webhook message is too new: it was sent more than 5 minutes from now, check the clock"
    )]
    TooNew,
    /// No signature fits.
    #[error(
        "webhook signature does not match: check that the secret belongs to this endpoint and that the body is unchanged"
    )]
    NoMatchingSignature,
    /// The body is authentic but not a JSON document.
    #[error("webhook body is not a JSON document")]
    InvalidBody,
}

/// As `main` shows it when it returns the error.
impl fmt::Debug for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(self, f)
    }
}
