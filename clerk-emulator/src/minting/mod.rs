//! Tokens made for tests.

pub(crate) mod machine_token;
pub(crate) mod session_token;
