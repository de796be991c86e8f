//! Cases of the kind `webhook`.

use clerk_core::{WebhookError, WebhookEvent, WebhookVerifier};
use serde_json::{Value, json};

use super::required;

/// Runs a case.
#[must_use]
pub(super) fn answer(case: &Value) -> Value {
    match verify(case) {
        Ok(event) => {
            let payload = event.payload();
            json!({ "event": {
                "type": payload["type"],
                "object": "event",
                "data": event.data(),
                "event_attributes": event.event_attributes(),
                "timestamp": payload["timestamp"],
                "instance_id": payload["instance_id"],
            } })
        }
        Err(error) => json!({ "error": error.to_string() }),
    }
}

fn verify(case: &Value) -> Result<WebhookEvent, WebhookError> {
    let now = (case["now"].as_f64().unwrap_or_default() * 1000.0).round();
    let headers = case["headers"].as_array().map_or(&[][..], Vec::as_slice);
    let header = |name: &str| {
        let values: Vec<&str> = headers
            .iter()
            .filter(|header| {
                header[0]
                    .as_str()
                    .is_some_and(|own| own.eq_ignore_ascii_case(name))
            })
            .filter_map(|header| header[1].as_str())
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    };
    // The milliseconds of any date fit.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the fraction was already rounded away"
    )]
    let now = now as i64;
    WebhookVerifier::new(required(case, "secret"))?.verify_with(
        header,
        required(case, "body").as_bytes(),
        now,
    )
}
