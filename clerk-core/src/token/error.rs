//! The error of token verification.

use std::borrow::Cow;

use crate::reason::Reason;

/// Why a token could not be verified.
///
/// The message never contains the token or a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TokenError {
    reason: Reason,
    message: Cow<'static, str>,
}

impl TokenError {
    pub(crate) fn new(reason: Reason, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }

    /// Returns why the token was refused.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// Returns a description of the problem.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}
