//! The outcome of request authentication.

use std::borrow::Cow;
use std::sync::Arc;

use http::HeaderMap;

use crate::headers::append_headers;
use crate::reason::Reason;
use crate::token::machine::VerifiedMachineToken;
use crate::token::{TokenType, VerifiedSession};

/// The outcome of request authentication, as plain data.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Session {
        session: Arc<VerifiedSession>,
        headers: HeaderMap,
    },
    Machine {
        token_type: TokenType,
        token: Arc<str>,
        verified: Arc<VerifiedMachineToken>,
    },
    SignedOut {
        /// `None` if the request has a token of a type that is not accepted.
        token_type: Option<TokenType>,
        reason: Reason,
        message: Cow<'static, str>,
        headers: HeaderMap,
    },
    Handshake {
        reason: Reason,
        message: Cow<'static, str>,
        /// `Location`, and the cookie that counts redirects.
        headers: HeaderMap,
    },
}

impl Outcome {
    /// Creates the outcome of a request without a valid session.
    pub(crate) fn signed_out(reason: Reason, message: impl Into<Cow<'static, str>>) -> Self {
        Self::signed_out_of(Some(TokenType::SessionToken), reason, message)
    }

    /// Adds headers to the response.
    pub(crate) fn with_headers(mut self, more: HeaderMap) -> Self {
        match &mut self {
            Self::Session { headers, .. }
            | Self::SignedOut { headers, .. }
            | Self::Handshake { headers, .. } => append_headers(more, |name, value| {
                headers.append(name, value);
            }),
            // Requests with machine tokens have no cookies.
            Self::Machine { .. } => {}
        }
        self
    }

    pub(crate) fn signed_out_of(
        token_type: Option<TokenType>,
        reason: Reason,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::SignedOut {
            token_type,
            reason,
            message: message.into(),
            headers: HeaderMap::new(),
        }
    }
}
