//! The instance, its tokens, and requests with them.

use clerk_core::{Clerk, ClerkBuilder, ManualClock, cookie_suffix};
use clerk_test_support::forge::{NOW, PRODUCTION_KEY, Signer};
use http::Request;
use serde_json::json;

/// Returns an instance that needs no network.
pub fn clerk() -> ClerkBuilder {
    Clerk::builder()
        .publishable_key(PRODUCTION_KEY)
        .secret_key("sk_live_bench")
        .jwt_key(Signer::instance().pem())
        .token_cache_bytes(64 * 1024 * 1024)
        .clock(ManualClock::new(NOW * 1000))
}

/// Returns different session tokens of the same length.
#[must_use]
pub fn tokens(count: usize) -> Vec<String> {
    let signer = Signer::instance();
    (0..count)
        .map(|number| signer.session_with(&json!({ "jti": format!("{number:020}") })))
        .collect()
}

fn request(headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::get("https://app.example.com/").header("host", "app.example.com");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

/// Returns a request with a bearer token.
#[must_use]
pub fn bearer(token: &str) -> Request<()> {
    request(&[("authorization", &format!("Bearer {token}"))])
}

/// Returns what a browser sends with a session, for whose cookies the SDK uses names with and without a suffix.
pub(crate) fn with_cookies(token: &str) -> Request<()> {
    let suffix = cookie_suffix(PRODUCTION_KEY);
    let issued = NOW - 100;
    request(&[
        ("accept", "text/html"),
        (
            "cookie",
            &format!(
                "theme=dark; __session_{suffix}={token}; __client_uat_{suffix}={issued}; __session={token}; \
                 __client_uat={issued}"
            ),
        ),
    ])
}

pub(crate) fn signed_out() -> Request<()> {
    request(&[("accept", "application/json")])
}

/// Returns a request for a page by a browser whose session token has expired.
pub(crate) fn for_handshake() -> Request<()> {
    request(&[
        ("accept", "text/html"),
        ("sec-fetch-dest", "document"),
        ("cookie", &format!("__client_uat={}", NOW - 100)),
    ])
}

/// Returns a request with an M2M token that is a JWT, which is verified without a call to Clerk.
pub(crate) fn of_machine() -> Request<()> {
    let signer = Signer::instance();
    bearer(&signer.sign(
        &json!({ "alg": "RS256", "kid": signer.kid(), "typ": "JWT", "cat": "cl_B7d4PD333AAA" }),
        &json!({ "sub": "mch_bench", "iat": NOW, "nbf": NOW - 10, "exp": NOW + 60, "jti": "mt_1" }),
    ))
}
