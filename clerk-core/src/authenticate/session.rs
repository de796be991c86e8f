//! Session tokens from the header, and what follows when a session token is refused.

use super::context::{Context, Interrupt, Verification};
use super::handshake;
use super::notice::Notice;
use super::outcome::Outcome;
use super::refresh::{self, Attempt};
use crate::reason::Reason;
use crate::token::{RawToken, TokenError};

/// Where a token stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenCarrier {
    Header,
    Cookie,
}

impl TokenCarrier {
    fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }

    /// Returns the message with the reason and the place where the token stood, as it goes into `x-clerk-auth-message`.
    fn message(self, error: &TokenError) -> String {
        format!(
            "{} (reason={}, token-carrier={})",
            error.message(),
            error.reason(),
            self.as_str()
        )
    }
}

/// Decides about a session token in the header.
pub(crate) fn from_header(
    context: &mut Context<'_>,
    token: &RawToken,
) -> Result<Outcome, Interrupt> {
    if token.is_not_a_session() {
        return Ok(Outcome::signed_out(Reason::TokenTypeMismatch, ""));
    }
    match context.verify(token)? {
        Verification::Verified(session) => Ok(Outcome::Session {
            session,
            headers: http::HeaderMap::new(),
        }),
        Verification::Refused(error) => refused(context, token, &error, TokenCarrier::Header),
    }
}

/// Whether a token whose signature was verified names no authorized party (`azp`).
fn names_no_party(token: &RawToken) -> bool {
    token.parsed().is_ok_and(|token| {
        token
            .build_claims()
            .is_ok_and(|claims| claims.get("azp").is_none())
    })
}

/// Decides what follows when a session token is refused: a refresh, a handshake, or signed out.
pub(crate) fn refused(
    context: &mut Context<'_>,
    token: &RawToken,
    error: &TokenError,
    carrier: TokenCarrier,
) -> Result<Outcome, Interrupt> {
    if *error.reason() == Reason::TokenInvalidAuthorizedParties
        && carrier == TokenCarrier::Cookie
        && names_no_party(token)
    {
        context.notices.push(Notice::AuthorizedPartyMissing);
    }
    let reason = match error.reason() {
        Reason::UnexpectedError => return Ok(Outcome::signed_out(Reason::UnexpectedError, "")),
        Reason::TokenExpired => match refresh::attempt(context)? {
            Attempt::SignedIn(outcome) => return Ok(outcome),
            Attempt::Failed(reason) => reason,
        },
        Reason::TokenNotActiveYet => Reason::SessionTokenNbf,
        Reason::TokenIatInTheFuture => Reason::SessionTokenIatInTheFuture,
        reason => return Ok(Outcome::signed_out(reason.clone(), carrier.message(error))),
    };
    Ok(handshake::start(
        context,
        reason,
        carrier.message(error),
        None,
    ))
}
