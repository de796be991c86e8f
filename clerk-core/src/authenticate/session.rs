//! Session tokens in the header, and refused session tokens.

use super::context::{Context, Interrupt, Verification};
use super::handshake;
use super::notice::Notice;
use super::outcome::Outcome;
use super::refresh::{self, Attempt};
use crate::reason::Reason;
use crate::token::{RawToken, TokenError};

/// The part of the request that contains a token.
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

    /// Returns the text for `x-clerk-auth-message`: the message of the error with the reason and the carrier.
    fn message(self, error: &TokenError) -> String {
        format!(
            "{} (reason={}, token-carrier={})",
            error.message(),
            error.reason(),
            self.as_str()
        )
    }
}

/// Decides on a session token in the header.
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

/// Returns true if a token whose signature was verified has no authorized party (`azp`).
fn names_no_party(token: &RawToken) -> bool {
    token.parsed().is_ok_and(|token| {
        token
            .build_claims()
            .is_ok_and(|claims| claims.get("azp").is_none())
    })
}

/// Decides on a request whose session token was refused: a refresh, a handshake, or signed out.
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
