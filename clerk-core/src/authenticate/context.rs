//! The inputs of a decision, which are plain data.

use std::sync::Arc;

use super::error::AuthenticateError;
use super::facts::Facts;
use super::notice::Notice;
use crate::config::Config;
use crate::reason::Reason;
use crate::token::machine::MachineTokenVerdict;
use crate::token::{
    ClaimRules, KeyRequest, ParsedToken, RawToken, SigningKey, TokenError, TokenType,
    VerifiedSession, check_session_category, verify_session,
};

/// The one piece of I/O that a decision needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Look up a signing key.
    SigningKey(KeyRequest),
    /// Exchange a handshake nonce for cookies.
    HandshakePayload(String),
    /// Refresh the cookies of an expired session.
    Refresh { session_id: String },
    /// Ask the Backend API about an opaque token.
    MachineToken(TokenType, String),
}

/// The reason why there is no outcome yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Interrupt {
    Need(Need),
    Raise(AuthenticateError),
}

/// The result of a lookup of a signing key.
#[derive(Clone, Debug)]
pub(crate) enum KeyLookup {
    Found(Arc<SigningKey>),
    Failed(TokenError),
}

/// The result of exchanging a handshake nonce or token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HandshakePayload {
    /// Cookie directives.
    Directives(Vec<String>),
    /// Anything other than a list of strings.
    NoDirectives,
    /// The nonce is unknown to Clerk or was used before.
    Unknown,
    /// Clerk could not be reached.
    Unavailable,
}

/// The result of refreshing an expired session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refreshed {
    Cookies(Vec<String>),
    Failed(Reason),
}

/// The results of I/O so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    pub(crate) signing_keys: Vec<(KeyRequest, KeyLookup)>,
    pub(crate) handshake: Option<HandshakePayload>,
    pub(crate) refreshed: Option<Refreshed>,
    /// The verdict of the Backend API on an opaque token.
    pub(crate) machine_token: Option<MachineTokenVerdict>,
}

/// The verdict on a session token.
#[derive(Clone, Debug)]
pub(crate) enum Verification {
    Verified(Arc<VerifiedSession>),
    Refused(TokenError),
}

/// All inputs of a decision, and its notices for the log.
pub(crate) struct Context<'a> {
    pub(crate) config: &'a Config,
    pub(crate) facts: &'a Facts,
    pub(crate) answers: &'a Answers,
    /// In Unix milliseconds.
    pub(crate) now: i64,
    pub(crate) notices: Vec<Notice>,
}

impl Context<'_> {
    /// Looks up the signing key of a token in the results of I/O.
    pub(crate) fn signing_key(&self, token: &ParsedToken) -> Result<KeyLookup, Interrupt> {
        let request = token.key_request();
        self.answers
            .signing_keys
            .iter()
            .find(|(known, _)| *known == request)
            .map(|(_, lookup)| lookup.clone())
            .ok_or(Interrupt::Need(Need::SigningKey(request)))
    }

    /// Verifies a session token by the configured rules.
    pub(crate) fn verify(&self, token: &RawToken) -> Result<Verification, Interrupt> {
        match token.session() {
            Some(session) => Ok(Verification::Verified(Arc::clone(session))),
            None => self.verify_by(token, &self.config.rules),
        }
    }

    /// Verifies a session token by these rules.
    pub(crate) fn verify_by(
        &self,
        token: &RawToken,
        rules: &ClaimRules,
    ) -> Result<Verification, Interrupt> {
        let parsed = match token.parsed() {
            Ok(parsed) => parsed,
            Err(error) => return Ok(Verification::Refused(error.clone())),
        };
        if parsed.is_m2m() {
            return Ok(Verification::Refused(TokenError::new(
                Reason::TokenInvalid,
                "the token's subject is a machine, which has no sessions",
            )));
        }
        if let Err(error) = check_session_category(parsed) {
            return Ok(Verification::Refused(error));
        }
        let verified = match self.signing_key(parsed)? {
            KeyLookup::Found(key) => verify_session(parsed, &key, rules, self.now),
            KeyLookup::Failed(error) => Err(error),
        };
        Ok(match verified {
            Ok(session) => Verification::Verified(Arc::new(session)),
            Err(error) => Verification::Refused(error),
        })
    }
}
