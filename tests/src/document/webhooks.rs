use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

use super::schema::Schemas;
use super::{DocumentError, parse};

/// The document of the events that webhooks bring, as a judge of their payloads.
#[derive(Debug)]
pub struct WebhookDocument {
    events: BTreeMap<String, Validator>,
}

impl WebhookDocument {
    fn path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/openapi/webhooks/2025-04-15.yml")
    }

    /// Reads the document beside the workspace; `None` where there is none.
    ///
    /// # Errors
    /// When the file cannot be read, or says something that this module does not understand.
    pub fn beside_workspace() -> Result<Option<Self>, DocumentError> {
        let path = Self::path();
        if !path.exists() {
            return Ok(None);
        }
        let root = parse(&path)?;
        let schemas = Schemas::new(&root);
        let described = root.get("x-webhooks").and_then(Value::as_object);
        let mut events = BTreeMap::new();
        for (event, item) in described.into_iter().flatten() {
            let schema = item
                .pointer("/post/requestBody/content/application~1json/schema")
                .ok_or_else(|| DocumentError::new(event, "has no schema"))?;
            let validator = schemas.compile(&schemas.inline(schema, event)?, event)?;
            events.insert(event.clone(), validator);
        }
        Ok(Some(Self { events }))
    }

    /// The types of events, as in `user.created`.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.events.keys().map(String::as_str)
    }

    /// What is wrong with a payload. A type that the document does not have is wrong, too.
    #[must_use]
    pub fn complaints(&self, payload: &Value) -> Vec<String> {
        let event = payload["type"].as_str().unwrap_or_default();
        match self.events.get(event) {
            None => vec![format!("the document has no event {event:?}")],
            Some(validator) => validator
                .iter_errors(payload)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect(),
        }
    }
}
