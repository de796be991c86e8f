//! The line of the log that explains a 401.

use crate::auth::Auth;
use crate::reason::Reason;

/// Why the response to a request is 401, and what to do. Contains nothing from the request but the type of its token.
#[derive(Clone, Debug)]
pub(crate) struct Explanation {
    reason: Option<Reason>,
    what: &'static str,
    advice: &'static str,
    token_type: Option<&'static str>,
    /// Whether the level is INFO instead of DEBUG.
    pub(crate) is_for_developers: bool,
}

impl Explanation {
    /// Returns `None` for a refused token, which was explained when it was refused.
    pub(crate) fn of(auth: &Auth) -> Option<Self> {
        let reason = auth.reason_of_refusal();
        if !auth.is_authenticated() && reason.is_bad_token() {
            return None;
        }
        let what = match reason {
            Reason::SessionPending => "the session is pending",
            Reason::TokenTypeMismatch => "the token is valid, but not accepted here",
            _ => "the request has no valid token",
        };
        Some(Self {
            what,
            advice: reason.advice(),
            reason: Some(reason.clone()),
            token_type: auth.token_type().map(|token_type| token_type.as_str()),
            is_for_developers: auth.is_of_development(),
        })
    }

    #[cfg(feature = "lookups")]
    pub(crate) fn user_not_found() -> Self {
        Self {
            reason: None,
            what: "the user of the session no longer exists",
            advice: "sign in again; the token of a deleted user remains valid until it expires",
            token_type: None,
            is_for_developers: false,
        }
    }

    pub(crate) fn log(&self) {
        let Self {
            what,
            advice,
            token_type,
            ..
        } = self;
        let reason = self.reason.as_ref().map(Reason::as_str);
        if self.is_for_developers {
            tracing::info!(
                clerk.reason = reason,
                clerk.token_type = token_type,
                "the response is 401: {what}: {advice}"
            );
        } else {
            tracing::debug!(
                clerk.reason = reason,
                clerk.token_type = token_type,
                "the response is 401: {what}: {advice}"
            );
        }
    }
}
