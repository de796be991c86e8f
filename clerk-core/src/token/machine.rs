//! API keys, M2M tokens and OAuth access tokens.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::claims::{ClaimRules, Claims};
use super::error::TokenError;
use super::kind::TokenType;
use super::parse::{Category, ParsedToken};
use super::raw::RawToken;
use super::signature::SigningKey;
use super::verify;
use crate::reason::Reason;

/// How a machine token is verified.
#[derive(Debug)]
pub(crate) enum Route<'a> {
    /// Locally, with a signing key.
    Jwt(TokenType, &'a ParsedToken),
    /// By the Backend API.
    Opaque(TokenType),
}

/// Determines how a token is verified.
pub(crate) fn route(token: &RawToken, kind: TokenType) -> Result<Route<'_>, MachineTokenError> {
    if token.is_too_long() {
        return Err(MachineTokenError::new(
            kind,
            Reason::TokenInvalid,
            "the token is too long",
        ));
    }
    if !token.is_jwt_shaped() {
        return Ok(Route::Opaque(kind));
    }
    let parsed = token.parsed().map_err(|error| {
        MachineTokenError::new(
            TokenType::M2mToken,
            Reason::TokenInvalid,
            error.message().to_owned(),
        )
    })?;
    if parsed.is_m2m() {
        if !matches!(parsed.category(), Category::M2m | Category::Absent) {
            return Err(MachineTokenError::new(
                TokenType::M2mToken,
                Reason::TokenInvalid,
                "the token's category is not that of a machine token",
            ));
        }
        Ok(Route::Jwt(TokenType::M2mToken, parsed))
    } else if parsed.is_oauth() {
        Ok(Route::Jwt(TokenType::OAuthToken, parsed))
    } else {
        Err(MachineTokenError::new(
            TokenType::OAuthToken,
            Reason::TokenVerificationFailed,
            "the token is neither an OAuth access token (typ at+jwt) nor a machine token (sub mch_...)",
        ))
    }
}

/// The data of a verified machine token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct VerifiedMachineToken {
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) name: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) claims: Option<Value>,
    pub(crate) client_id: Option<String>,
    /// For OAuth tokens.
    pub(crate) actor: Option<Value>,
    pub(crate) audience: Vec<String>,
    /// The type that the Backend API reports for an OAuth token (`type`).
    pub(crate) token_kind: Option<String>,
    /// When the token expires, in Unix milliseconds, if known.
    pub(crate) expires: Option<i64>,
}

/// The verdict of the Backend API on an opaque token.
pub(crate) type MachineTokenVerdict = Result<Arc<VerifiedMachineToken>, MachineTokenError>;

/// Verifies a machine token that is a JWT.
pub(crate) fn verify_jwt(
    kind: TokenType,
    token: &ParsedToken,
    key: &SigningKey,
    rules: &ClaimRules,
    now: i64,
) -> Result<VerifiedMachineToken, MachineTokenError> {
    let failed =
        |message: String| MachineTokenError::new(kind, Reason::TokenVerificationFailed, message);
    let verified = match kind {
        TokenType::M2mToken => verify::verify_m2m(token, key, rules, now),
        _ => verify::verify_oauth(token, key, rules, now),
    };
    let (times, claims) = verified.map_err(|error| failed(error.message().to_owned()))?;
    if kind == TokenType::OAuthToken {
        check_oauth_audience(claims.get("aud"), &rules.audience).map_err(failed)?;
    }
    let text = |name: &str| claims.text(name).unwrap_or_default().to_owned();
    let is_oauth = kind == TokenType::OAuthToken;
    Ok(VerifiedMachineToken {
        id: text("jti"),
        subject: text("sub"),
        name: None,
        scopes: jwt_scopes(kind, &claims),
        claims: (kind == TokenType::M2mToken)
            .then(|| custom_claims(&claims))
            .flatten(),
        client_id: is_oauth.then(|| text("client_id")),
        actor: claims
            .get("act")
            .filter(|actor| is_oauth && actor.is_object())
            .cloned(),
        audience: audience(claims.get("aud").filter(|_| is_oauth)),
        token_kind: None,
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

/// Reads an audience, which is one string or several (RFC 7519 section 4.1.3).
fn audience(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(audience)) => vec![audience.clone()],
        Some(Value::Array(list)) => texts(list),
        _ => Vec::new(),
    }
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

/// Reads the response of the Backend API about an opaque token.
///
/// The token is refused if the response has no ID or subject, or says that the token is revoked or expired, regardless of
/// the HTTP status.
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
    let refused =
        |message: &'static str| Err(MachineTokenError::new(kind, Reason::TokenInvalid, message));
    let (Some(id), Some(subject)) = (
        text("id").filter(|id| !id.is_empty()),
        text("subject").filter(|s| !s.is_empty()),
    ) else {
        return refused("the verification answer names no id or no subject");
    };
    if kind == TokenType::OAuthToken {
        check_oauth_audience(answer.get("aud"), &rules.audience).map_err(|message| {
            MachineTokenError::new(kind, Reason::TokenVerificationFailed, message)
        })?;
    }
    if flag("revoked") || flag("expired") {
        return refused("the verification answer calls the token revoked or expired");
    }
    let is_oauth = kind == TokenType::OAuthToken;
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
        actor: answer
            .get("act")
            .filter(|actor| is_oauth && actor.is_object())
            .cloned(),
        audience: audience(answer.get("aud").filter(|_| is_oauth)),
        token_kind: text("type").filter(|_| is_oauth),
        expires: answer.get("expiration").and_then(Value::as_f64).map(|at| {
            // The document says milliseconds, but its examples and some responses have seconds. Treat a value as seconds if
            // it would be in the 1970s as milliseconds.
            let millis = if at < 100_000_000_000.0 {
                at * 1000.0
            } else {
                at
            };
            millis as i64
        }),
    })
}

/// Checks the audience of an OAuth access token (RFC 9068 section 4), strictly if an audience is configured.
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
                    "the audience (aud) of the OAuth token contains none of the configured audiences"
                        .to_owned(),
                )
            }
        }
        _ => Err("the audience (aud) of the OAuth token is missing or malformed".to_owned()),
    }
}

/// Why a machine token could not be verified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct MachineTokenError {
    pub(crate) token_type: TokenType,
    pub(crate) reason: Reason,
    /// The status of the Backend API's response.
    status: Option<u16>,
    message: Cow<'static, str>,
}

impl MachineTokenError {
    fn new(token_type: TokenType, reason: Reason, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            token_type,
            reason,
            status: None,
            message: message.into(),
        }
    }

    /// Creates the error for a token whose signing key does not exist or could not be loaded.
    pub(crate) fn without_key(token_type: TokenType, error: &TokenError) -> Self {
        let reason = if error.reason().is_undecided() {
            Reason::TokenUnverifiable
        } else {
            Reason::TokenVerificationFailed
        };
        Self::new(token_type, reason, error.message().to_owned())
    }

    /// Creates the error for a refusal of the Backend API with this status, or for a missing response.
    pub(crate) fn from_api(token_type: TokenType, status: Option<u16>) -> Self {
        let (reason, message) = match status {
            Some(401) => (Reason::SecretKeyInvalid, "Clerk refused the secret key"),
            Some(404) => (Reason::TokenInvalid, "Clerk does not know this token"),
            _ => (Reason::UnexpectedError, "Clerk could not verify the token"),
        };
        Self {
            status,
            ..Self::new(token_type, reason, message)
        }
    }

    /// Creates the error for a token that is unknown to Clerk.
    pub(crate) fn unknown(token_type: TokenType) -> Self {
        Self::from_api(token_type, Some(404))
    }

    /// Returns true if the token is unknown to Clerk.
    pub(crate) fn is_unknown_token(&self) -> bool {
        self.status == Some(404)
    }

    /// Returns the text for `x-clerk-auth-message`: the message with code and status.
    pub(crate) fn full_message(&self) -> String {
        let status = self
            .status
            .map_or_else(|| "n/a".to_owned(), |status| status.to_string());
        format!("{} (code={}, status={status})", self.message, self.reason)
    }
}
