//! Tokens: unsigned text, and signed documents of any form.

use clerk_core::Auth;
use clerk_core::adapter::AuthContext;
use clerk_test_support::forge::Signer;
use serde_json::Value;

use crate::instance::{assert_nobody, attach, page, production};
use crate::parts;

/// Text that nobody signed signs nobody in. A signed document signs in nobody but its subject.
///
/// The input is a token, or the header and the payload of one on two lines.
pub fn tokens(input: &[u8]) {
    let bearer = [b"Bearer ", input].concat();
    if let Some(request) = page("/", &[("authorization", &bearer)]) {
        assert_nobody(attach(production(), &request).as_ref());
    }
    let [header, payload] = parts(input).map(String::from_utf8_lossy);
    if payload.is_empty() {
        return;
    }
    let token = Signer::instance().sign_text(&header, &payload);
    let bearer = format!("Bearer {token}");
    let Some(request) = page("/", &[("authorization", bearer.as_bytes())]) else {
        return;
    };
    let context = attach(production(), &request).and_then(|passed| passed.context);
    if let Some(Auth::Session(session)) = context.as_ref().map(AuthContext::auth) {
        // Read by another parser.
        let claims: Value = serde_json::from_str(&payload).unwrap_or_default();
        assert_eq!(claims["sub"], session.user_id(), "{payload}");
        let header: Value = serde_json::from_str(&header).unwrap_or_default();
        assert_eq!(header["alg"], "RS256", "{header}");
    }
}
