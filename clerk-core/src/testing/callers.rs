//! The authentication state of requests with machine tokens.

use std::sync::Arc;

use crate::auth::Auth;
use crate::token::TokenType;
use crate::token::machine::VerifiedMachineToken;

/// Creates the state of a request with an API key of this user or organization (`user_...` or `org_...`).
///
/// ```
/// let auth = clerk_core::testing::api_key("user_1", &["read"]);
/// assert_eq!(auth.user_id(), Some("user_1"));
/// ```
#[must_use]
pub fn api_key(subject: &str, scopes: &[&str]) -> Auth {
    machine(TokenType::ApiKey, "ak_test", subject, None, scopes)
}

/// Creates the state of a request with an M2M token of this machine (`mch_...`).
#[must_use]
pub fn m2m(machine_id: &str, scopes: &[&str]) -> Auth {
    machine(TokenType::M2mToken, "mt_test", machine_id, None, scopes)
}

/// Creates the state of a request of an OAuth client that acts for this user.
#[must_use]
pub fn oauth(user_id: &str, client_id: &str, scopes: &[&str]) -> Auth {
    let client_id = Some(client_id);
    machine(
        TokenType::OAuthToken,
        "oat_test",
        user_id,
        client_id,
        scopes,
    )
}

fn machine(
    token_type: TokenType,
    id: &str,
    subject: &str,
    client_id: Option<&str>,
    scopes: &[&str],
) -> Auth {
    let verified = VerifiedMachineToken {
        id: id.to_owned(),
        subject: subject.to_owned(),
        name: None,
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        claims: None,
        client_id: client_id.map(str::to_owned),
        actor: None,
        audience: Vec::new(),
        token_kind: None,
        expires: None,
    };
    Auth::machine(token_type, "".into(), Arc::new(verified), false)
}
