//! The verification of tokens, in the order that Clerk specifies: form, category, key, type, algorithm, signature, claims.
//!
//! The signature is checked before the claims, so that a forged token reveals nothing about the configuration.

use std::sync::Arc;

use serde_json::Value;

use super::claims::{ClaimRules, Claims, TokenTimes};
use super::error::TokenError;
use super::organization::check_organization_claims;
use super::parse::{Category, ParsedToken, TypeHeader};
use super::signature::{SigningKey, VerifyingKeyError};
use super::weight;
use crate::crypto::Algorithm;
use crate::reason::Reason;

/// A session token whose signature and claims were verified.
#[derive(Debug)]
pub(crate) struct VerifiedSession {
    pub(crate) token: ParsedToken,
    pub(crate) claims: Claims,
    pub(crate) times: TokenTimes,
    /// The key that verified the token, or `None` if the application vouched for its claims.
    pub(crate) key: Option<Arc<SigningKey>>,
    /// Whether the session has tasks that the user must complete. Read once, because every request asks.
    pub(crate) is_pending: bool,
    /// Whether the token names a user. Read once, because every guard asks.
    pub(crate) has_user: bool,
}

impl VerifiedSession {
    fn new(
        token: ParsedToken,
        claims: Claims,
        times: TokenTimes,
        key: Option<Arc<SigningKey>>,
    ) -> Self {
        Self {
            is_pending: claims.text("sts") == Some("pending"),
            has_user: claims.text("sub").is_some_and(|user| !user.is_empty()),
            token,
            claims,
            times,
            key,
        }
    }

    /// Creates a session without a token, from claims that the application vouches for.
    pub(crate) fn vouched_for(claims: Claims) -> Self {
        let times = TokenTimes {
            expires: i64::MAX,
            not_before: None,
            issued: None,
        };
        Self::new(ParsedToken::without_text(), claims, times, None)
    }

    /// Returns an upper estimate of the size of the session, in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.token.heap_bytes() + weight::of_members(self.claims.as_map())
    }
}

/// The `typ` header that a token must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AllowedType {
    /// `JWT`, or none.
    Jwt,
    /// One of the OAuth access token types (RFC 9068).
    OAuth,
}

/// Refuses machine tokens, which needs no key.
pub(crate) fn check_session_category(token: &ParsedToken) -> Result<(), TokenError> {
    if token.category() == Category::M2m {
        return Err(TokenError::new(
            Reason::TokenInvalid,
            "a machine token is not a session token",
        ));
    }
    Ok(())
}

/// Verifies a session token with its key. All callers verify session tokens with this function.
pub(crate) fn verify_session(
    token: &ParsedToken,
    key: &Arc<SigningKey>,
    rules: &ClaimRules,
    now: i64,
) -> Result<VerifiedSession, TokenError> {
    check_session_category(token)?;
    check_signature(
        token,
        key,
        AllowedType::Jwt,
        "the token's signature is not valid",
    )?;
    let claims = token.build_claims()?;
    rules.check_parties(&claims)?;
    let times = rules.check_time_claims(&claims, now)?;
    check_organization_claims(&claims)?;
    let key = Some(Arc::clone(key));
    Ok(VerifiedSession::new(token.to_text(), claims, times, key))
}

/// Verifies a handshake token and returns its cookie directives. As in the reference, its times are not checked, because the
/// session token in it has its own.
pub(crate) fn verify_handshake(
    token: &ParsedToken,
    key: &SigningKey,
) -> Result<Vec<Value>, TokenError> {
    check_type(token, AllowedType::Jwt)?;
    let algorithm = check_algorithm(token)?;
    if token.category().is_non_session() {
        return Err(TokenError::new(
            Reason::TokenInvalid,
            "a token of this category cannot be a handshake token, because only Clerk issues these",
        ));
    }
    check_signature_with(
        token,
        key,
        algorithm,
        "the handshake token's signature is not valid",
    )?;
    Ok(match token.build_claims()?.get("handshake") {
        Some(Value::Array(directives)) => directives.clone(),
        _ => Vec::new(),
    })
}

/// Verifies an M2M token that is a JWT. Its audience and times are checked, but not its authorized party and issuer.
pub(crate) fn verify_m2m(
    token: &ParsedToken,
    key: &SigningKey,
    rules: &ClaimRules,
    now: i64,
) -> Result<(TokenTimes, Claims), TokenError> {
    check_signature(
        token,
        key,
        AllowedType::Jwt,
        "the token's signature is not valid",
    )?;
    let rules = ClaimRules {
        audience: rules.audience.clone(),
        clock_skew: rules.clock_skew,
        ..ClaimRules::default()
    };
    let claims = token.build_claims()?;
    rules.check_parties(&claims)?;
    let times = rules.check_time_claims(&claims, now)?;
    Ok((times, claims))
}

/// Verifies an OAuth access token that is a JWT (RFC 9068). The caller checks its audience.
pub(crate) fn verify_oauth(
    token: &ParsedToken,
    key: &SigningKey,
    rules: &ClaimRules,
    now: i64,
) -> Result<(TokenTimes, Claims), TokenError> {
    check_signature(
        token,
        key,
        AllowedType::OAuth,
        "the token's signature is not valid",
    )?;
    let rules = ClaimRules {
        clock_skew: rules.clock_skew,
        ..ClaimRules::default()
    };
    let claims = token.build_claims()?;
    rules.check_parties(&claims)?;
    let times = rules.check_time_claims(&claims, now)?;
    Ok((times, claims))
}

fn check_signature(
    token: &ParsedToken,
    key: &SigningKey,
    allowed: AllowedType,
    refusal: &'static str,
) -> Result<(), TokenError> {
    check_type(token, allowed)?;
    let algorithm = check_algorithm(token)?;
    check_signature_with(token, key, algorithm, refusal)
}

fn check_type(token: &ParsedToken, allowed: AllowedType) -> Result<(), TokenError> {
    let typ = token.header().typ;
    let accepted = match allowed {
        AllowedType::Jwt => matches!(typ, TypeHeader::Absent | TypeHeader::Jwt),
        AllowedType::OAuth => typ == TypeHeader::OAuth,
    };
    if !accepted {
        return Err(TokenError::new(
            Reason::TokenInvalid,
            "the token's type (typ) is not the expected one",
        ));
    }
    // Unsupported extensions must not be ignored (RFC 7515 section 4.1.11), and none is supported.
    if token.header().is_critical {
        return Err(TokenError::new(
            Reason::TokenInvalid,
            "the token requires header extensions (crit) that are not supported",
        ));
    }
    Ok(())
}

fn check_algorithm(token: &ParsedToken) -> Result<Algorithm, TokenError> {
    token.header().algorithm.ok_or_else(|| {
        TokenError::new(
            Reason::TokenInvalidAlgorithm,
            "the token's algorithm (alg) is not one of RS256, RS384 and RS512",
        )
    })
}

fn check_signature_with(
    token: &ParsedToken,
    key: &SigningKey,
    algorithm: Algorithm,
    refusal: &'static str,
) -> Result<(), TokenError> {
    let verified = key
        .key()
        .and_then(|key| key.verify(algorithm, token.signed_bytes(), &token.signature()))
        .map_err(|problem| {
            TokenError::new(
                Reason::TokenVerificationFailed,
                match problem {
                    VerifyingKeyError::Unusable => "the signing key of this token is not an RSA signing key",
                    VerifyingKeyError::AlgorithmMismatch => {
                        "the signing key of this token is bound to an algorithm other than the token's"
                    }
                },
            )
        })?;
    if verified {
        Ok(())
    } else {
        Err(TokenError::new(Reason::TokenInvalidSignature, refusal))
    }
}
