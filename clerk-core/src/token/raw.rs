//! A token as it stood in a request, decoded once.

use std::sync::Arc;

use super::error::TokenError;
use super::kind::TokenType;
use super::parse::ParsedToken;
use super::verify::VerifiedSession;

/// A token as it stood in a request, with all that can be known of it without a signing key.
#[derive(Clone, Debug)]
pub(crate) struct RawToken {
    form: Form,
    is_jwt_shaped: bool,
    machine_type: Option<TokenType>,
}

#[derive(Clone, Debug)]
enum Form {
    /// A session token that was verified before, and still holds.
    Verified(Arc<VerifiedSession>),
    Decoded(Box<ParsedToken>),
    Undecodable(String, TokenError),
    /// The beginning of a token that is longer than accepted.
    TooLong(String, TokenError),
}

/// Returns what is kept of a token that is too long: enough to tell the kinds apart.
fn beginning(text: &str) -> String {
    text.chars().take(8).collect()
}

impl RawToken {
    /// Decodes a token of at most `max_bytes`. Of a longer one only the beginning is kept.
    pub(crate) fn decode(text: String, max_bytes: usize) -> Self {
        match ParsedToken::parse(&text, max_bytes) {
            Ok(parsed) => Self::of(Form::Decoded(Box::new(parsed))),
            Err(error) if text.len() > max_bytes => {
                Self::of(Form::TooLong(beginning(&text), error))
            }
            Err(error) => Self::of(Form::Undecodable(text, error)),
        }
    }

    /// Lets go of what was decoded, before a wait: nothing but the text remains, and what was read of it.
    pub(crate) fn let_go_of_decoded(&mut self) {
        if let Form::Decoded(parsed) = &mut self.form {
            parsed.let_go_of_decoded();
        }
    }

    /// A session token that was verified before, and still holds: nothing needs to be decoded.
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

    /// The machine type that a token claims to be, by prefix or by its unverified content.
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

    /// The machine type that the token claims to be; `None` for everything else.
    pub(crate) fn machine_type(&self) -> Option<TokenType> {
        self.machine_type
    }

    /// Whether the token is longer than accepted.
    pub(crate) fn is_too_long(&self) -> bool {
        matches!(self.form, Form::TooLong(..))
    }

    /// Whether the text is a JWT, or has the form of one.
    pub(crate) fn is_jwt_shaped(&self) -> bool {
        self.is_jwt_shaped
    }

    /// Whether the token can be decoded and must not count as a session.
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

    /// The session, when the token was verified before.
    pub(crate) fn session(&self) -> Option<&Arc<VerifiedSession>> {
        match &self.form {
            Form::Verified(session) => Some(session),
            Form::Decoded(_) | Form::Undecodable(..) | Form::TooLong(..) => None,
        }
    }
}
