//! The document of webhooks: its events, their examples, and validation of payloads.

use std::collections::BTreeMap;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::{DocumentError, parse, schema::Schemas};

/// Reads the document next to the workspace. Returns `None` if there is none.
pub(super) fn parsed() -> Result<Option<Value>, DocumentError> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/openapi/webhooks/2025-04-15.yml");
    match path.exists() {
        true => parse(&path).map(Some),
        false => Ok(None),
    }
}

/// Converts the document to operations whose responses are the payloads of the events.
pub(super) fn as_operations(root: &Value) -> Value {
    let paths: Map<String, Value> = events(root)
        .map(|(name, content)| {
            let operation = json!({ "responses": { "200": { "content": content } } });
            (format!("/{name}"), json!({ "post": operation }))
        })
        .collect();
    json!({
        "info": { "version": "webhooks" },
        "servers": [{ "url": "https://example.com/" }],
        "paths": paths,
        "components": root["components"],
    })
}

/// Returns the examples in the document next to the workspace, with the types of their events; `None` if there is none.
///
/// # Errors
/// Fails if the file cannot be read, or a reference to an example cannot be resolved.
pub fn examples() -> Result<Option<Vec<(String, Value)>>, DocumentError> {
    let Some(root) = parsed()? else {
        return Ok(None);
    };
    let schemas = Schemas::new(&root);
    let mut examples = Vec::new();
    for (name, content) in events(&root) {
        let content = &content["application/json"];
        if let Some(example) = content.get("example") {
            examples.push((name.to_owned(), example.clone()));
        }
        let named = content.get("examples").and_then(Value::as_object);
        for example in named.into_iter().flat_map(Map::values) {
            let example = schemas.follow(example)?;
            examples.push((name.to_owned(), example["value"].clone()));
        }
    }
    Ok(Some(examples))
}

/// Returns the types of events, each with the content of its request.
fn events(root: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let events = root.get("x-webhooks").and_then(Value::as_object);
    events.into_iter().flatten().filter_map(|(name, item)| {
        let content = item.pointer("/post/requestBody/content")?;
        Some((name.as_str(), content))
    })
}

/// The document of webhook events, which validates their payloads.
#[derive(Debug)]
pub struct WebhookDocument {
    validators: BTreeMap<String, Validator>,
}

impl WebhookDocument {
    /// Reads the document next to the workspace. Returns `None` if there is none.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or contains something that this module does not understand.
    pub fn beside_workspace() -> Result<Option<Self>, DocumentError> {
        let Some(root) = parsed()? else {
            return Ok(None);
        };
        let schemas = Schemas::new(&root);
        let mut validators = BTreeMap::new();
        for (event, content) in events(&root) {
            let schema = content
                .pointer("/application~1json/schema")
                .ok_or_else(|| DocumentError::new(event, "has no schema"))?;
            let validator = schemas.compile(&schemas.inline(schema, event)?, event)?;
            validators.insert(event.to_owned(), validator);
        }
        Ok(Some(Self { validators }))
    }

    /// Returns the types of events, such as `user.created`.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.validators.keys().map(String::as_str)
    }

    /// Returns all problems of a payload. A type that is not in the document is a problem, too.
    #[must_use]
    pub fn complaints(&self, payload: &Value) -> Vec<String> {
        let event = payload["type"].as_str().unwrap_or_default();
        match self.validators.get(event) {
            None => vec![format!("the document has no event {event:?}")],
            Some(validator) => validator
                .iter_errors(payload)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect(),
        }
    }
}
