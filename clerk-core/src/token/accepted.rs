//! The types of tokens that are accepted.

use super::kind::TokenType;

/// The types of tokens that are accepted (`acceptsToken` in the official SDKs).
///
/// ```
/// use clerk_core::{AcceptedTokens, TokenType};
///
/// let people_and_keys = AcceptedTokens::list([TokenType::SessionToken, TokenType::ApiKey]);
/// assert!(people_and_keys.accepts(TokenType::ApiKey));
/// assert!(!AcceptedTokens::default().accepts(TokenType::ApiKey));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedTokens(Accepted);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Accepted {
    One(TokenType),
    Any,
    List(Vec<TokenType>),
}

impl Default for AcceptedTokens {
    /// Accepts session tokens only.
    fn default() -> Self {
        Self(Accepted::One(TokenType::SessionToken))
    }
}

impl From<TokenType> for AcceptedTokens {
    fn from(kind: TokenType) -> Self {
        Self(Accepted::One(kind))
    }
}

impl AcceptedTokens {
    /// Accepts every type.
    #[must_use]
    pub fn any() -> Self {
        Self(Accepted::Any)
    }

    /// Accepts each of these types. An empty list accepts nothing.
    #[must_use]
    pub fn list(kinds: impl IntoIterator<Item = TokenType>) -> Self {
        Self(Accepted::List(kinds.into_iter().collect()))
    }

    /// Returns true if tokens of this type are accepted.
    #[must_use]
    pub fn accepts(&self, kind: TokenType) -> bool {
        match &self.0 {
            Accepted::One(one) => *one == kind,
            Accepted::Any => true,
            Accepted::List(list) => list.contains(&kind),
        }
    }

    /// Returns the type if a single one is accepted that was not given as a list.
    pub(crate) fn single(&self) -> Option<TokenType> {
        match &self.0 {
            Accepted::One(one) => Some(*one),
            Accepted::Any | Accepted::List(_) => None,
        }
    }

    pub(crate) fn is_list(&self) -> bool {
        matches!(self.0, Accepted::List(_))
    }
}
