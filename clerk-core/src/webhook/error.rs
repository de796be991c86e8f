//! Webhooks that are refused.

use std::fmt;

use crate::error_chain::write_with_causes;

/// Why a webhook, or the secret that verifies it, was refused.
///
/// Respond to a refused webhook with status 400; Clerk sends it again later.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The signing secret is missing or empty.
    #[error(
        "webhook signing secret is missing, or contains only a prefix: set CLERK_WEBHOOK_SIGNING_SECRET to the secret shown with the endpoint in the Clerk Dashboard"
    )]
    MissingSecret,
    /// The signing secret is not base64.
    #[error(
        "webhook signing secret is not valid (expected whsec_...): copy CLERK_WEBHOOK_SIGNING_SECRET again from the endpoint in the Clerk Dashboard"
    )]
    InvalidSecret,
    /// Headers are missing or empty.
    #[error("webhook request lacks the headers {}", .0.join(", "))]
    MissingHeaders(Vec<&'static str>),
    /// The timestamp header is not a number.
    #[error("webhook timestamp header is not a number")]
    InvalidTimestamp,
    /// The message was sent longer ago than the tolerance allows.
    #[error("webhook message is too old: it was sent longer ago than is tolerated")]
    TooOld,
    /// The timestamp is further in the future than the tolerance allows.
    #[error(
        "webhook message is too new: its timestamp is further in the future than is tolerated, check the clock"
    )]
    TooNew,
    /// No signature matches.
    #[error(
        "webhook signature does not match: check that the secret belongs to this endpoint and that the body is unchanged"
    )]
    NoMatchingSignature,
    /// The connection ended before the body did.
    #[error("webhook body could not be read to its end")]
    IncompleteBody,
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
