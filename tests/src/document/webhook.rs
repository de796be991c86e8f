//! The document of webhooks: its events, and the examples of them.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{DocumentError, parse, schema::Schemas};

/// The document beside the workspace; `None` where there is none.
pub(super) fn parsed() -> Result<Option<Value>, DocumentError> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/openapi/webhooks/2025-04-15.yml");
    match path.exists() {
        true => parse(&path).map(Some),
        false => Ok(None),
    }
}

/// The same document with operations that answer what the events send.
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

/// The examples of the document beside the workspace, with the types of their events; `None` where there is none.
///
/// # Errors
/// When the file cannot be read, or an example leads nowhere.
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

/// The types of events, each with the content of its request.
fn events(root: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let events = root.get("x-webhooks").and_then(Value::as_object);
    events.into_iter().flatten().filter_map(|(name, item)| {
        let content = item.pointer("/post/requestBody/content")?;
        Some((name.as_str(), content))
    })
}
