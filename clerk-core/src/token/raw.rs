//! A token in a request, decoded once.

use std::sync::Arc;

use super::error::TokenError;
use super::kind::TokenType;
use super::parse::ParsedToken;
use super::verify::VerifiedSession;

/// A token in a request, with everything that can be known about it without a signing key.
#[derive(Clone, Debug)]
pub(crate) struct RawToken {
    form: Form,
    is_jwt_shaped: bool,
    machine_type: Option<TokenType>,
}

#[derive(Clone, Debug)]
enum Form {
    /// A session token that was verified before and is still valid.
    Verified(Arc<VerifiedSession>),
    Decoded(Box<ParsedToken>),
    Undecodable(String, TokenError),
    /// The beginning of a token that is too long.
    TooLong(String, TokenError),
}

/// Returns the beginning of a token that is too long, which is enough to determine its type.
fn beginning(text: &str) -> String {
    text.chars().take(8).collect()
}

impl RawToken {
    /// Decodes a token of at most `max_bytes`. Only the beginning of a longer token is kept.
    pub(crate) fn decode(text: String, max_bytes: usize) -> Self {
        match ParsedToken::parse(&text, max_bytes) {
            Ok(parsed) => Self::of(Form::Decoded(Box::new(parsed))),
            Err(error) if text.len() > max_bytes => {
                Self::of(Form::TooLong(beginning(&text), error))
            }
            Err(error) => Self::of(Form::Undecodable(text, error)),
        }
    }

    /// Drops the decoded parts before a wait. Only the text and what was read from it remain.
    pub(crate) fn let_go_of_decoded(&mut self) {
        if let Form::Decoded(parsed) = &mut self.form {
            parsed.let_go_of_decoded();
        }
    }

    /// Creates the token of a session that was verified before and is still valid. Nothing is decoded.
    pub(crate) fn verified(session: Arc<VerifiedSession>) -> Self {
        Self::of(Form::Verified(session))
    }

    fn of(form: Form) -> Self {
        let mut token = Self {
            form,
            is_jwt_shaped: false,
            machine_type: None,
        };
        token.is_jwt_shaped =
            token.parsed().is_ok() || ParsedToken::is_strictly_jwt_shaped(token.as_str());
        token.machine_type = token.classify();
        token
    }

    /// Returns the type of machine token that the token claims to be, by its prefix or its unverified content.
    fn classify(&self) -> Option<TokenType> {
        let jwt = self.parsed().ok();
        let text = self.as_str();
        if text.starts_with("mt_") || jwt.is_some_and(|jwt| jwt.is_m2m()) {
            Some(TokenType::M2mToken)
        } else if text.starts_with("oat_") || jwt.is_some_and(|jwt| jwt.is_oauth()) {
            Some(TokenType::OAuthToken)
        } else if text.starts_with("ak_") {
            Some(TokenType::ApiKey)
        } else {
            None
        }
    }

    /// Returns the type of machine token that the token claims to be, or `None` for other tokens.
    pub(crate) fn machine_type(&self) -> Option<TokenType> {
        self.machine_type
    }

    /// Returns true if the token is too long.
    pub(crate) fn is_too_long(&self) -> bool {
        matches!(self.form, Form::TooLong(..))
    }

    /// Returns true if the text is a JWT or has the form of one.
    pub(crate) fn is_jwt_shaped(&self) -> bool {
        self.is_jwt_shaped
    }

    /// Returns true if the token can be decoded and must not be accepted as a session.
    pub(crate) fn is_not_a_session(&self) -> bool {
        self.parsed().is_ok_and(|token| token.is_not_a_session())
    }

    pub(crate) fn as_str(&self) -> &str {
        match &self.form {
            Form::Verified(session) => session.token.as_str(),
            Form::Decoded(parsed) => parsed.as_str(),
            Form::Undecodable(text, _) | Form::TooLong(text, _) => text,
        }
    }

    pub(crate) fn parsed(&self) -> Result<&ParsedToken, &TokenError> {
        match &self.form {
            Form::Verified(session) => Ok(&session.token),
            Form::Decoded(parsed) => Ok(parsed),
            Form::Undecodable(_, error) | Form::TooLong(_, error) => Err(error),
        }
    }

    /// Returns the session if the token was verified before.
    pub(crate) fn session(&self) -> Option<&Arc<VerifiedSession>> {
        match &self.form {
            Form::Verified(session) => Some(session),
            Form::Decoded(_) | Form::Undecodable(..) | Form::TooLong(..) => None,
        }
    }
}
