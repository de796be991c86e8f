//! The claims of tokens, and the key that signs them.

pub(crate) mod crypto_provider;
mod entitlements;

pub(crate) mod machine_claims;
pub(crate) mod session_claims;
pub(crate) mod signing_key;
pub(crate) mod template_claims;
mod validity;
