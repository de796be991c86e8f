use std::borrow::Cow;
use std::fmt;

use crate::authenticate::TokenCarrier;

/// Why a token was refused, in the words that Clerk's SDKs put on the wire.
///
/// The text of [`as_str`](Self::as_str) is what stands in `x-clerk-auth-reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenErrorReason {
    /// `exp` has passed.
    Expired,
    /// Not a JWT, not a session token, or a header that cannot be accepted.
    Invalid,
    /// `alg` is not RS256, RS384 or RS512.
    InvalidAlgorithm,
    /// `azp` is not one of the authorized parties.
    InvalidAuthorizedParties,
    /// `iss` is not one of the configured issuers.
    InvalidIssuer,
    /// The signature does not belong to the token and the key.
    InvalidSignature,
    /// `nbf` lies in the future.
    NotActiveYet,
    /// `iat` lies in the future.
    IssuedInTheFuture,
    /// A claim is missing or has the wrong type, or the key cannot check the signature.
    VerificationFailed,
    /// Clerk refused the secret key while the signing keys were loaded.
    SecretKeyInvalid,
    /// The signing keys could not be loaded.
    JwksFailedToLoad,
    /// Neither a PEM key nor a secret key is configured.
    JwkFailedToResolve,
    /// No signing key has the token's `kid`.
    JwkKidMismatch,
    /// The signing keys could not be loaded, and the server said nothing that can be understood.
    Unexpected,
}

impl TokenErrorReason {
    /// The reason as Clerk's SDKs spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "token-expired",
            Self::Invalid => "token-invalid",
            Self::InvalidAlgorithm => "token-invalid-algorithm",
            Self::InvalidAuthorizedParties => "token-invalid-authorized-parties",
            Self::InvalidIssuer => "token-invalid-issuer",
            Self::InvalidSignature => "token-invalid-signature",
            Self::NotActiveYet => "token-not-active-yet",
            Self::IssuedInTheFuture => "token-iat-in-the-future",
            Self::VerificationFailed => "token-verification-failed",
            Self::SecretKeyInvalid => "secret-key-invalid",
            Self::JwksFailedToLoad => "jwk-remote-failed-to-load",
            Self::JwkFailedToResolve => "jwk-failed-to-resolve",
            Self::JwkKidMismatch => "jwk-kid-mismatch",
            Self::Unexpected => "unexpected-error",
        }
    }

    /// Whether the token could not be judged at all, because the signing keys were out of reach.
    ///
    /// Such a request is neither signed in nor refused for good: guards answer 503 instead of 401.
    #[must_use]
    pub fn is_undecided(self) -> bool {
        matches!(
            self,
            Self::SecretKeyInvalid
                | Self::JwksFailedToLoad
                | Self::JwkFailedToResolve
                | Self::Unexpected
        )
    }
}

impl fmt::Display for TokenErrorReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A token that did not verify.
///
/// The message never contains the token or a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TokenError {
    reason: TokenErrorReason,
    message: Cow<'static, str>,
}

impl TokenError {
    pub(crate) fn new(reason: TokenErrorReason, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }

    /// Why the token was refused.
    #[must_use]
    pub fn reason(&self) -> TokenErrorReason {
        self.reason
    }

    /// What is wrong, for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The message with the reason and the place where the token stood, as it goes into `x-clerk-auth-message`.
    pub(crate) fn full_message(&self, carrier: TokenCarrier) -> String {
        format!(
            "{} (reason={}, token-carrier={})",
            self.message,
            self.reason,
            carrier.as_str()
        )
    }
}
