//! Cases of the kinds `publishable_key` and `cookie_suffix`.

use clerk_core::{InstanceType, PublishableKey, cookie_suffix};
use serde_json::{Value, json};

use super::{required, text};

/// Runs a case of either kind.
#[must_use]
pub(super) fn answer(case: &Value) -> Value {
    let key = required(case, "key");
    if case["kind"] == "cookie_suffix" {
        return json!({ "suffix": cookie_suffix(key) });
    }
    let Ok(key) = PublishableKey::parse(key) else {
        return json!({ "result": null });
    };
    let frontend_api = key.effective_frontend_api(
        text(case, "proxy_url"),
        text(case, "domain").filter(|_| case["is_satellite"] == true),
    );
    let instance_type = match key.instance_type() {
        InstanceType::Production => "production",
        _ => "development",
    };
    json!({ "result": { "frontend_api": frontend_api, "instance_type": instance_type } })
}
