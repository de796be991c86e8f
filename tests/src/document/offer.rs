//! The values that an operation accepts, and those that a request used.

use std::collections::BTreeSet;

use serde_json::Value;
use url::form_urlencoded;

use super::{
    operation::Operation,
    request::{Content, Part},
};

impl Operation {
    /// Returns the name of every query parameter, as `query limit`, and of every described key of the body, as `body
    /// verification.status`; `[]` represents the elements of a list.
    #[must_use]
    pub fn offered(&self) -> BTreeSet<String> {
        let parameters = self
            .parameters
            .iter()
            .filter(|parameter| !parameter.in_path);
        let mut names: BTreeSet<_> = parameters
            .map(|parameter| format!("query {}", parameter.name))
            .collect();
        if let Some(body) = &self.body {
            described(&body.schema, "body ", &mut names);
        }
        names
    }
}

fn described(schema: &Value, place: &str, names: &mut BTreeSet<String>) {
    if let Some(items) = schema.get("items") {
        described(items, &format!("{place}[]"), names);
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let place = inside(place, name);
        described(property, &place, names);
        names.insert(place);
    }
}

/// Returns the names that a request used, in the same format.
pub(super) fn used(query: &str, body: &Content<'_>) -> BTreeSet<String> {
    let query = form_urlencoded::parse(query.as_bytes());
    let mut names: BTreeSet<_> = query.map(|(name, _)| format!("query {name}")).collect();
    match body {
        Content::Bytes(bytes) => {
            if let Ok(body) = serde_json::from_slice(bytes) {
                present(&body, "body ", &mut names);
            }
        }
        Content::Parts(parts) => {
            names.extend(parts.iter().map(|Part { name, .. }| inside("body ", name)));
        }
    }
    names
}

fn present(value: &Value, place: &str, names: &mut BTreeSet<String>) {
    match value {
        Value::Array(elements) => {
            for element in elements {
                present(element, &format!("{place}[]"), names);
            }
        }
        Value::Object(keys) => {
            for (name, value) in keys {
                let place = inside(place, name);
                present(value, &place, names);
                names.insert(place);
            }
        }
        _ => {}
    }
}

fn inside(place: &str, name: &str) -> String {
    let separator = if place.ends_with(' ') { "" } else { "." };
    format!("{place}{separator}{name}")
}
