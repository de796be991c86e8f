//! The claims of a token, and the rules that they are checked against.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::TokenError;
use crate::authorized_parties::AuthorizedParties;
use crate::discreet::shown;
use crate::reason::Reason;

/// The claims of a verified token (RFC 7519 section 4).
///
/// [`SessionAuth`](crate::SessionAuth) has accessors for standard claims and those of Clerk. Use this type for other claims.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    pub(crate) fn new(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// Returns a claim, or `None` if it is absent. A claim that is JSON `null` is `Some(Value::Null)`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Returns a claim if it is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Returns all claims.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Deserializes the claims into a type of the application.
    ///
    /// # Errors
    /// Returns an error if a claim that `T` needs is missing or has the wrong type.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(Value::Object(self.0.clone()))
    }

    /// Returns a claim if it is a number.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name).and_then(Value::as_f64)
    }
}

/// The rules that the claims of a session token or a machine token are checked against.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClaimRules {
    pub(crate) authorized_parties: AuthorizedParties,
    pub(crate) audience: Vec<String>,
    pub(crate) issuer: Vec<String>,
    /// The tolerated clock difference in milliseconds.
    pub(crate) clock_skew: i64,
}

/// The largest distance from 1970 that a date can have, in milliseconds (ECMA-262, "Time Values and Time Range").
const MAX_DATE_MILLIS: f64 = 8.64e15;

/// The times of a token in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenTimes {
    pub(crate) expires: i64,
    pub(crate) not_before: Option<i64>,
    pub(crate) issued: Option<i64>,
}

impl ClaimRules {
    /// Checks the claims that do not depend on the time: `sub`, `aud`, `azp` and `iss`.
    pub(crate) fn check_parties(&self, claims: &Claims) -> Result<(), TokenError> {
        if !matches!(claims.get("sub"), Some(Value::String(_))) {
            return Err(failed("the subject claim (sub) is missing or not a string"));
        }
        self.check_audience(claims.get("aud"))?;
        self.check_authorized_party(claims)?;
        self.check_issuer(claims.get("iss"))
    }

    /// Checks that the token was issued to an authorized party, if any are configured.
    pub(crate) fn check_authorized_party(&self, claims: &Claims) -> Result<(), TokenError> {
        if self.authorized_parties.is_empty() {
            return Ok(());
        }
        match claims.text("azp") {
            Some(azp) if !azp.is_empty() && self.authorized_parties.contains(azp) => Ok(()),
            azp => Err(TokenError::new(
                Reason::TokenInvalidAuthorizedParties,
                format!(
                    "the authorized party claim (azp), {}, is not one of the configured authorized parties",
                    azp.map_or_else(|| "which is missing".to_owned(), shown)
                ),
            )),
        }
    }

    fn check_audience(&self, aud: Option<&Value>) -> Result<(), TokenError> {
        let expected = |aud: &str| self.audience.iter().any(|audience| audience == aud);
        if self.audience.iter().all(String::is_empty) {
            return Ok(());
        }
        let accepted = match aud {
            Some(Value::String(aud)) => aud.is_empty() || expected(aud),
            Some(Value::Array(list)) => {
                let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
                match texts {
                    Some(texts) => {
                        texts.iter().all(|aud| aud.is_empty())
                            || texts.iter().any(|&aud| !aud.is_empty() && expected(aud))
                    }
                    None => true,
                }
            }
            // Like the reference, accept a token without an audience, or with an audience of another type.
            _ => true,
        };
        if accepted {
            Ok(())
        } else {
            Err(failed(
                "the audience claim (aud) contains none of the configured audiences",
            ))
        }
    }

    fn check_issuer(&self, iss: Option<&Value>) -> Result<(), TokenError> {
        if self.issuer.iter().all(String::is_empty) {
            return Ok(());
        }
        match iss {
            Some(Value::String(iss)) if !iss.is_empty() && self.issuer.contains(iss) => Ok(()),
            _ => Err(TokenError::new(
                Reason::TokenInvalidIssuer,
                "the issuer claim (iss) is not one of the configured issuers",
            )),
        }
    }

    /// Reads and checks `exp`, `nbf` and `iat`, in this order.
    pub(crate) fn check_time_claims(
        &self,
        claims: &Claims,
        now: i64,
    ) -> Result<TokenTimes, TokenError> {
        let Some(expires) = time_claim(claims, "exp")? else {
            return Err(failed("the expiry claim (exp) is missing"));
        };
        let mut times = TokenTimes {
            expires,
            not_before: None,
            issued: None,
        };
        check_times(times, self.clock_skew, now)?;
        times.not_before = time_claim(claims, "nbf")?;
        check_times(times, self.clock_skew, now)?;
        times.issued = time_claim(claims, "iat")?;
        check_times(times, self.clock_skew, now)?;
        Ok(times)
    }
}

/// Compares the times of a token with the clock, with a tolerance of `skew` milliseconds.
pub(crate) fn check_times(times: TokenTimes, skew: i64, now: i64) -> Result<(), TokenError> {
    let ahead = |time: i64| (time.saturating_sub(now).saturating_add(999)) / 1000;
    if times.expires <= now.saturating_sub(skew) {
        return Err(TokenError::new(
            Reason::TokenExpired,
            "the token has expired (exp)",
        ));
    }
    let latest = now.saturating_add(skew);
    if let Some(not_before) = times.not_before.filter(|time| *time > latest) {
        return Err(TokenError::new(
            Reason::TokenNotActiveYet,
            format!(
                "the token is not active yet (nbf): compared with the token, this machine's clock is {} s behind",
                ahead(not_before)
            ),
        ));
    }
    if let Some(issued) = times.issued.filter(|time| *time > latest) {
        return Err(TokenError::new(
            Reason::TokenIatInTheFuture,
            format!(
                "the token was issued in the future (iat): compared with the token, this machine's clock is {} s behind",
                ahead(issued)
            ),
        ));
    }
    Ok(())
}

/// Returns a NumericDate (RFC 7519 section 2) in milliseconds, without fractions of a second.
fn time_claim(claims: &Claims, name: &'static str) -> Result<Option<i64>, TokenError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let Some(seconds) = value.as_f64() else {
        return Err(failed(format!("the time claim ({name}) is not a number")));
    };
    let millis = seconds.trunc() * 1000.0;
    if millis.abs() > MAX_DATE_MILLIS {
        return Err(failed(format!(
            "the time claim ({name}) is outside the range of a date"
        )));
    }
    // The check above ensures that the number is in the range of `i64`.
    Ok(Some(millis as i64))
}

fn failed(message: impl Into<std::borrow::Cow<'static, str>>) -> TokenError {
    TokenError::new(Reason::TokenVerificationFailed, message)
}
