//! Tokens: their form, their signature, their claims.

mod cache;
mod claims;
mod error;
pub(crate) mod machine;
mod parse;
mod signature;
mod verify;

pub(crate) use cache::TokenCache;
pub(crate) use claims::ClaimRules;
pub use claims::Claims;
pub use error::{TokenError, TokenErrorReason};
pub use machine::TokenType;
pub(crate) use parse::ParsedToken;
pub(crate) use signature::JwtKey;
pub use signature::JwtKeyError;
pub(crate) use signature::KeyEntry;
pub(crate) use verify::{
    VerifiedSession, check_session_category, verify_handshake, verify_session,
};
