//! Merges a second document into the first, with the parts of the service that the first lacks.

use serde_json::{Map, Value};

/// The key that marks something the service no longer has.
const GONE: &str = "x-gone";

/// Returns the document with the additions, and without what they mark as gone.
pub(super) fn applied(mut document: Value, additions: Value) -> Value {
    merge(&mut document, additions);
    drop_gone(&mut document);
    document
}

/// Merges one value into another at every depth. Entries of lists are appended, or changed if they are identified by an
/// index.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(known), Value::Object(entries)) => {
            for (key, value) in entries {
                match known.get_mut(&key) {
                    Some(known) => merge(known, value),
                    None => {
                        known.insert(key, value);
                    }
                }
            }
        }
        (Value::Array(known), Value::Array(items)) => known.extend(items),
        (Value::Array(known), Value::Object(entries)) => {
            for (index, value) in entries {
                if let Some(known) = index.parse().ok().and_then(|i: usize| known.get_mut(i)) {
                    merge(known, value);
                }
            }
        }
        (known, value) => *known = value,
    }
}

fn drop_gone(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            let gone: Vec<String> = entries
                .iter()
                .filter(|(_, value)| is_gone(value.as_object()))
                .map(|(key, _)| key.clone())
                .collect();
            for key in gone {
                entries.remove(&key);
            }
            entries.values_mut().for_each(drop_gone);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_gone),
        _ => {}
    }
}

fn is_gone(entries: Option<&Map<String, Value>>) -> bool {
    entries.and_then(|entries| entries.get(GONE)) == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn additions_come_in_and_what_is_gone_goes_out() {
        let document = json!({
            "parameters": [{ "name": "limit" }],
            "anyOf": [{ "properties": { "id": {} } }],
            "properties": { "old": { "type": "boolean" }, "kept": { "type": "string" } },
        });
        let additions = json!({
            "parameters": [{ "name": "color" }],
            "anyOf": { "0": { "properties": { "aud": {} } } },
            "properties": { "old": { "x-gone": true }, "new": { "type": "string" } },
        });
        let expected = json!({
            "parameters": [{ "name": "limit" }, { "name": "color" }],
            "anyOf": [{ "properties": { "id": {}, "aud": {} } }],
            "properties": { "kept": { "type": "string" }, "new": { "type": "string" } },
        });
        assert_eq!(applied(document, additions), expected);
    }
}
