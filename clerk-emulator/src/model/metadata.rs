use serde_json::{Map, Value};

/// Free-form metadata of a user, an organization, a membership or an invitation.
pub(crate) type Metadata = Map<String, Value>;

/// The largest size of one metadata object, in bytes of its JSON text.
pub(crate) const MOST_METADATA_BYTES: usize = 8 * 1024;

/// Merges `patch` into `target` as Clerk does: objects are merged deeply, and null removes a key.
pub(crate) fn merge(target: &mut Metadata, patch: Metadata) {
    for (key, value) in patch {
        match value {
            Value::Null => {
                target.remove(&key);
            }
            Value::Object(patch) => match target.get_mut(&key) {
                Some(Value::Object(current)) => merge(current, patch),
                _ => {
                    let mut fresh = Map::new();
                    merge(&mut fresh, patch);
                    target.insert(key, Value::Object(fresh));
                }
            },
            other => {
                target.insert(key, other);
            }
        }
    }
}

/// Returns the size of metadata as Clerk counts it.
pub(crate) fn size(metadata: &Metadata) -> usize {
    serde_json::to_string(metadata).map_or(usize::MAX, |text| text.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Metadata {
        match value {
            Value::Object(object) => object,
            other => panic!("{other} is not an object"),
        }
    }

    #[test]
    fn merging_is_deep_and_null_removes() {
        let mut target = object(json!({ "a": { "b": 1, "c": 2 }, "d": [1], "e": "x" }));
        merge(
            &mut target,
            object(json!({ "a": { "b": null, "f": { "g": null, "h": 3 } }, "d": [2], "e": null })),
        );
        assert_eq!(
            target,
            object(json!({ "a": { "c": 2, "f": { "h": 3 } }, "d": [2] }))
        );
    }
}
