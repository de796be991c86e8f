//! Cases of the kind `redirect`.

use clerk_core::{PublishableKey, Redirect, ReturnBack};
use serde_json::{Value, json};

use super::{required, text};

/// Runs a case. An absent return URL stays absent: only the adapters default to the URL of the request.
#[must_use]
pub(super) fn answer(case: &Value) -> Value {
    let key = PublishableKey::parse(required(case, "publishable_key")).ok();
    let redirect = Redirect::new(required(case, "base_url"))
        .publishable_key(key.as_ref())
        .sign_in_url(text(case, "sign_in_url"))
        .sign_up_url(text(case, "sign_up_url"))
        .dev_browser_token(text(case, "dev_browser_token"))
        .pending_session(case["session_status"] == "pending")
        .satellite(case["is_satellite"] == true);
    let return_back = text(case, "return_back_url").map_or(ReturnBack::Nowhere, ReturnBack::To);
    let url = match required(case, "to") {
        "sign_up" => redirect.sign_up(return_back),
        _ => redirect.sign_in(return_back),
    };
    match url {
        Ok(url) => json!({ "url": url }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}
