//! Tokens: their types, format, signatures and claims.

mod accepted;
mod cache;
mod claims;
mod error;
mod json_scan;
mod kind;
pub(crate) mod machine;
mod organization;
mod parse;
mod raw;
mod signature;
mod verify;
mod weight;

pub use accepted::AcceptedTokens;
pub(crate) use cache::TokenCache;
pub(crate) use claims::ClaimRules;
pub use claims::Claims;
pub use error::TokenError;
pub use kind::TokenType;
pub(crate) use organization::{
    OrganizationClaims, RoleClaim, check_organization_claims, permissions, scoped_names,
};
#[cfg(test)]
pub(crate) use parse::DECODED_PARTS;
pub(crate) use parse::{
    DEFAULT_MAX_TOKEN_BYTES, KeyRequest, MAX_HANDSHAKE_TOKEN_BYTES, ParsedToken,
};
pub(crate) use raw::RawToken;
pub use signature::JwtKeyError;
pub(crate) use signature::{JwtKey, SigningKey};
pub(crate) use verify::{
    VerifiedSession, check_session_category, verify_handshake, verify_session,
};
