use serde::{Deserialize, Deserializer};

use crate::secret::{Secret, SessionToken};

/// The replacement of an expired session token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionRefresh {
    /// A new session token.
    Token(SessionToken),
    /// `Set-Cookie` values to hand to the browser.
    Cookies(Vec<Secret>),
}

/// The key `jwt` or `cookies` determines the variant. A response with neither is an error.
impl<'de> Deserialize<'de> for SessionRefresh {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Answer {
            jwt: Option<SessionToken>,
            cookies: Option<Vec<Option<Secret>>>,
        }
        match Answer::deserialize(deserializer)? {
            Answer { jwt: Some(jwt), .. } => Ok(Self::Token(jwt)),
            Answer {
                cookies: Some(cookies),
                ..
            } => Ok(Self::Cookies(cookies.into_iter().flatten().collect())),
            Answer { .. } => Err(serde::de::Error::missing_field("jwt")),
        }
    }
}
