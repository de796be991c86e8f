//! API keys, machine-to-machine tokens and OAuth access tokens.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::claims::Claims;
use super::parse::{ParsedToken, oauth_type};
use super::verify;
use crate::token::{ClaimRules, KeyEntry, TokenError};

/// The kinds of tokens that a request can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenType {
    /// The short-lived JWT of a signed-in person.
    SessionToken,
    /// An API key (`ak_...`), acting for a user or an organization.
    ApiKey,
    /// A machine-to-machine token (`mt_...` or a JWT).
    M2mToken,
    /// An OAuth access token (`oat_...` or a JWT).
    OAuthToken,
}

impl TokenType {
    /// The name that Clerk's SDKs use: `session_token`, `api_key`, `m2m_token`, `oauth_token`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionToken => "session_token",
            Self::ApiKey => "api_key",
            Self::M2mToken => "m2m_token",
            Self::OAuthToken => "oauth_token",
        }
    }
}

impl fmt::Display for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The machine type that a token claims to be, by prefix or by its unverified content; `None` for everything else.
pub(crate) fn classify(token: &str) -> Option<TokenType> {
    let (m2m, oauth) = if ParsedToken::is_strictly_jwt_shaped(token) {
        match ParsedToken::parse(token) {
            Ok(parsed) => (is_m2m_jwt(&parsed), oauth_type(parsed.header("typ"))),
            Err(_) => (false, false),
        }
    } else {
        (false, false)
    };
    if token.starts_with("mt_") || m2m {
        Some(TokenType::M2mToken)
    } else if token.starts_with("oat_") || oauth {
        Some(TokenType::OAuthToken)
    } else if token.starts_with("ak_") {
        Some(TokenType::ApiKey)
    } else {
        None
    }
}

/// Whether a decoded token must not count as a session: another category, or a machine token's form.
pub(crate) fn is_not_a_session(token: &ParsedToken) -> bool {
    token.category().is_non_session()
        || (ParsedToken::is_strictly_jwt_shaped(token.as_str())
            && (is_m2m_jwt(token) || oauth_type(token.header("typ"))))
}

fn is_m2m_jwt(token: &ParsedToken) -> bool {
    token
        .claims()
        .text("sub")
        .is_some_and(|sub| sub.starts_with("mch_"))
}

/// How a machine token is verified.
#[derive(Debug)]
pub(crate) enum Route {
    /// Here, with a signing key.
    Jwt(TokenType, Box<ParsedToken>),
    /// By the Backend API.
    Opaque(TokenType),
}

/// Chooses the way of verification.
pub(crate) fn route(token: &str, kind: TokenType) -> Result<Route, MachineTokenError> {
    if !ParsedToken::is_strictly_jwt_shaped(token) {
        return Ok(Route::Opaque(kind));
    }
    let parsed = ParsedToken::parse(token).map_err(|error| {
        MachineTokenError::new(
            TokenType::M2mToken,
            MachineTokenErrorCode::TokenInvalid,
            error.message().to_owned(),
        )
    })?;
    if is_m2m_jwt(&parsed) {
        if !matches!(
            parsed.category(),
            super::parse::Category::M2m | super::parse::Category::Absent
        ) {
            return Err(MachineTokenError::new(
                TokenType::M2mToken,
                MachineTokenErrorCode::TokenInvalid,
                "the token's category is not that of a machine token",
            ));
        }
        Ok(Route::Jwt(TokenType::M2mToken, Box::new(parsed)))
    } else if oauth_type(parsed.header("typ")) {
        Ok(Route::Jwt(TokenType::OAuthToken, Box::new(parsed)))
    } else {
        Err(MachineTokenError::new(
            TokenType::OAuthToken,
            MachineTokenErrorCode::TokenVerificationFailed,
            "the token is neither an OAuth access token (typ at+jwt) nor a machine token (sub mch_...)",
        ))
    }
}

/// A verified machine token, reduced to what the auth object shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct VerifiedMachineToken {
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) name: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) claims: Option<Value>,
    pub(crate) client_id: Option<String>,
    /// Unix milliseconds after which the token is no longer valid, when known.
    pub(crate) expires: Option<i64>,
}

/// Verifies a machine token in JWT form.
pub(crate) fn verify_jwt(
    kind: TokenType,
    token: &ParsedToken,
    key: &KeyEntry,
    rules: &ClaimRules,
    now: i64,
) -> Result<VerifiedMachineToken, MachineTokenError> {
    let failed = |message: String| {
        MachineTokenError::new(
            kind,
            MachineTokenErrorCode::TokenVerificationFailed,
            message,
        )
    };
    let verified = match kind {
        TokenType::M2mToken => verify::verify_m2m(token, key, rules, now),
        _ => verify::verify_oauth(token, key, rules, now),
    };
    let times = verified.map_err(|error| failed(error.message().to_owned()))?;
    let claims = token.claims();
    if kind == TokenType::OAuthToken {
        check_oauth_audience(claims.get("aud"), &rules.audience).map_err(failed)?;
    }
    let text = |name: &str| claims.text(name).unwrap_or_default().to_owned();
    Ok(VerifiedMachineToken {
        id: text("jti"),
        subject: text("sub"),
        name: None,
        scopes: jwt_scopes(kind, claims),
        claims: (kind == TokenType::M2mToken)
            .then(|| custom_claims(claims))
            .flatten(),
        client_id: (kind == TokenType::OAuthToken).then(|| text("client_id")),
        expires: Some(times.expires),
    })
}

fn jwt_scopes(kind: TokenType, claims: &Claims) -> Vec<String> {
    let (list, line) = match kind {
        TokenType::M2mToken => ("aud", "scopes"),
        _ => ("scp", "scope"),
    };
    let listed = || match claims.get(list) {
        Some(Value::Array(scopes)) => Some(texts(scopes)),
        Some(Value::String(scope)) => Some(vec![scope.clone()]),
        _ => None,
    };
    let spaced = || {
        claims
            .text(line)
            .map(|scopes| scopes.split(' ').map(str::to_owned).collect())
    };
    let scopes = if kind == TokenType::M2mToken {
        spaced().or_else(listed)
    } else {
        listed().or_else(spaced)
    };
    scopes.unwrap_or_default()
}

fn texts(values: &[Value]) -> Vec<String> {
    values
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn custom_claims(claims: &Claims) -> Option<Value> {
    let custom: Map<String, Value> = claims
        .as_map()
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "iss" | "sub" | "exp" | "nbf" | "iat" | "jti"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (!custom.is_empty()).then_some(Value::Object(custom))
}

/// Reads the Backend API's answer about an opaque token.
///
/// An answer without an id or a subject, or one that calls the token revoked or expired, is a refusal, whatever its
/// HTTP status was.
pub(crate) fn verified_from_api(
    kind: TokenType,
    answer: &Value,
    rules: &ClaimRules,
) -> Result<VerifiedMachineToken, MachineTokenError> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    let flag = |name: &str| {
        !matches!(
            answer.get(name),
            None | Some(Value::Null | Value::Bool(false))
        )
    };
    let refused = |message: &'static str| {
        Err(MachineTokenError::new(
            kind,
            MachineTokenErrorCode::TokenInvalid,
            message,
        ))
    };
    let (Some(id), Some(subject)) = (
        text("id").filter(|id| !id.is_empty()),
        text("subject").filter(|s| !s.is_empty()),
    ) else {
        return refused("the verification answer names no id or no subject");
    };
    if kind == TokenType::OAuthToken {
        check_oauth_audience(answer.get("aud"), &rules.audience).map_err(|message| {
            MachineTokenError::new(
                kind,
                MachineTokenErrorCode::TokenVerificationFailed,
                message,
            )
        })?;
    }
    if flag("revoked") || flag("expired") {
        return refused("the verification answer calls the token revoked or expired");
    }
    Ok(VerifiedMachineToken {
        id,
        subject,
        name: text("name"),
        scopes: answer
            .get("scopes")
            .and_then(Value::as_array)
            .map(|scopes| texts(scopes))
            .unwrap_or_default(),
        claims: answer
            .get("claims")
            .filter(|claims| !claims.is_null())
            .cloned(),
        client_id: text("client_id"),
        expires: answer.get("expiration").and_then(Value::as_f64).map(|at| {
            // The document says milliseconds, its examples and some answers are seconds: a value below the year 5138
            // in seconds is taken as seconds only where milliseconds would mean the 1970s.
            let millis = if at < 100_000_000_000.0 {
                at * 1000.0
            } else {
                at
            };
            millis as i64
        }),
    })
}

/// The audience of an OAuth access token (RFC 9068 section 4): strict once an audience is configured.
fn check_oauth_audience(aud: Option<&Value>, audience: &[String]) -> Result<(), String> {
    let expected: Vec<&str> = audience
        .iter()
        .map(String::as_str)
        .filter(|audience| !audience.is_empty())
        .collect();
    if expected.is_empty() {
        return Ok(());
    }
    let tokens: Option<Vec<&str>> = match aud {
        Some(Value::String(aud)) => Some(vec![aud.as_str()]),
        Some(Value::Array(list)) => list.iter().map(Value::as_str).collect(),
        _ => None,
    };
    match tokens {
        Some(tokens) if !tokens.is_empty() && tokens.iter().all(|aud| !aud.is_empty()) => {
            if tokens.iter().any(|aud| expected.contains(aud)) {
                Ok(())
            } else {
                Err(
                    "the audience (aud) of the OAuth token holds none of the configured audiences"
                        .to_owned(),
                )
            }
        }
        _ => Err("the audience (aud) of the OAuth token is missing or malformed".to_owned()),
    }
}

/// The codes with which a machine token can be refused, as Clerk's SDKs spell them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MachineTokenErrorCode {
    /// Unknown, malformed, revoked or expired.
    TokenInvalid,
    /// Clerk refused the key with which we asked.
    SecretKeyInvalid,
    /// Clerk could not be asked.
    UnexpectedError,
    /// The JWT did not verify.
    TokenVerificationFailed,
}

impl MachineTokenErrorCode {
    /// The code as it stands in `x-clerk-auth-reason`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::TokenInvalid => "token-invalid",
            Self::SecretKeyInvalid => "secret-key-invalid",
            Self::UnexpectedError => "unexpected-error",
            Self::TokenVerificationFailed => "token-verification-failed",
        }
    }
}

/// A machine token that did not verify.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct MachineTokenError {
    pub(crate) token_type: TokenType,
    pub(crate) code: MachineTokenErrorCode,
    pub(crate) status: Option<u16>,
    /// Whether the token could not be judged, because Clerk was out of reach.
    pub(crate) undecided: bool,
    message: Cow<'static, str>,
}

impl MachineTokenError {
    pub(crate) fn new(
        token_type: TokenType,
        code: MachineTokenErrorCode,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            token_type,
            code,
            status: None,
            undecided: false,
            message: message.into(),
        }
    }

    /// The signing key could not be had.
    pub(crate) fn unverifiable(token_type: TokenType, error: &TokenError) -> Self {
        Self {
            undecided: true,
            ..Self::refused(token_type, error)
        }
    }

    /// The token has no key, or its key refused it.
    pub(crate) fn refused(token_type: TokenType, error: &TokenError) -> Self {
        Self::new(
            token_type,
            MachineTokenErrorCode::TokenVerificationFailed,
            error.message().to_owned(),
        )
    }

    /// What the Backend API's refusal means.
    pub(crate) fn from_api(token_type: TokenType, status: Option<u16>) -> Self {
        let (code, message) = match status {
            Some(401) => (
                MachineTokenErrorCode::SecretKeyInvalid,
                "Clerk refused the secret key",
            ),
            Some(404) => (
                MachineTokenErrorCode::TokenInvalid,
                "Clerk does not know this token",
            ),
            _ => (
                MachineTokenErrorCode::UnexpectedError,
                "Clerk could not verify the token",
            ),
        };
        let undecided = code != MachineTokenErrorCode::TokenInvalid;
        Self {
            token_type,
            code,
            status,
            undecided,
            message: message.into(),
        }
    }

    pub(crate) fn full_message(&self) -> String {
        let status = self
            .status
            .map_or_else(|| "n/a".to_owned(), |status| status.to_string());
        format!(
            "{} (code={}, status={status})",
            self.message,
            self.code.as_str()
        )
    }
}
