//! Cases of the kind `route_match`.

use clerk_core::RouteMatcher;
use serde_json::{Value, json};

use super::required;

/// Runs a case.
#[must_use]
pub(super) fn answer(case: &Value) -> Value {
    let patterns = case["patterns"].as_array().map_or(&[][..], Vec::as_slice);
    let Ok(matcher) = RouteMatcher::new(patterns.iter().filter_map(Value::as_str)) else {
        return json!({ "error": "invalid-pattern" });
    };
    match matcher.is_match(required(case, "path")) {
        Ok(result) => json!({ "result": result }),
        Err(_) => json!({ "error": "malformed" }),
    }
}
