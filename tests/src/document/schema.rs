//! Simplifies OpenAPI 3.0 schemas: follows references, merges `allOf`, and converts the result to JSON Schema.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::DocumentError;

/// The key under which an inlined schema keeps its name from the document.
pub(super) const NAME: &str = "x-name";

/// Keywords that describe but do not constrain.
const SILENT: &[&str] = &[
    NAME,
    "default",
    "deprecated",
    "description",
    "discriminator",
    "example",
    "externalDocs",
    "readOnly",
    "title",
    "writeOnly",
    "x-date",
    "x-source",
    "x-speakeasy-name-override",
    "x-speakeasy-unknown-values",
];

/// Formats that JSON Schema defines and checks; the others only describe how a number is stored.
const CHECKED_FORMATS: &[&str] = &["date", "date-time", "email", "uri", "uuid"];
const STORAGE_FORMATS: &[&str] = &["binary", "double", "float", "int32", "int64"];

/// The schemas of one document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schemas<'a> {
    root: &'a Value,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        Self { root }
    }

    /// Returns the value itself, or the target of its `$ref`.
    pub(super) fn follow(&self, value: &'a Value) -> Result<&'a Value, DocumentError> {
        let mut value = value;
        // A chain this long is a cycle.
        for _ in 0..16 {
            let Some(reference) = reference(value) else {
                return Ok(value);
            };
            value = reference
                .strip_prefix('#')
                .and_then(|pointer| self.root.pointer(pointer))
                .ok_or_else(|| DocumentError::new(reference, "leads nowhere"))?;
        }
        Err(DocumentError::new(
            reference(value).unwrap_or_default(),
            "is a cycle of references",
        ))
    }

    /// Returns the schema without references and `allOf`.
    pub(super) fn inline(&self, schema: &'a Value, place: &str) -> Result<Value, DocumentError> {
        self.inline_within(schema, place, &mut Vec::new())
    }

    fn inline_within(
        &self,
        schema: &'a Value,
        place: &str,
        trail: &mut Vec<&'a str>,
    ) -> Result<Value, DocumentError> {
        if let Some(reference) = reference(schema) {
            if trail.contains(&reference) {
                return Err(DocumentError::new(place, "contains itself"));
            }
            trail.push(reference);
            let mut inlined = self.inline_within(self.follow(schema)?, reference, trail)?;
            trail.pop();
            let name = reference.rsplit('/').next().unwrap_or_default();
            if let Some(keys) = inlined.as_object_mut() {
                keys.insert(NAME.to_owned(), name.into());
            }
            return Ok(inlined);
        }
        let keys = schema
            .as_object()
            .ok_or_else(|| DocumentError::new(place, "is not a schema"))?;
        let mut inlined = Map::new();
        for (key, value) in keys {
            let value = match (key.as_str(), value) {
                ("allOf", _) => continue,
                ("properties", Value::Object(properties)) => {
                    let mut inner = Map::new();
                    for (name, property) in properties {
                        let place = format!("{place}.{name}");
                        inner.insert(name.clone(), self.inline_within(property, &place, trail)?);
                    }
                    Value::Object(inner)
                }
                ("items" | "not", _) | ("additionalProperties", Value::Object(_)) => {
                    self.inline_within(value, &format!("{place}.{key}"), trail)?
                }
                ("oneOf" | "anyOf", Value::Array(members)) => members
                    .iter()
                    .map(|member| self.inline_within(member, &format!("{place}.{key}"), trail))
                    .collect::<Result<_, _>>()?,
                _ => value.clone(),
            };
            inlined.insert(key.clone(), value);
        }
        for member in keys
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let Value::Object(member) = self.inline_within(member, place, trail)? else {
                continue;
            };
            merge(&mut inlined, member);
        }
        Ok(Value::Object(inlined))
    }

    /// Compiles an inlined schema.
    pub(super) fn compile(&self, inlined: &Value, place: &str) -> Result<Validator, DocumentError> {
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .build(&to_json_schema(inlined, place)?)
            .map_err(|error| DocumentError::new(place, error.to_string()))
    }
}

fn reference(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()
}

/// Merges a member of `allOf`.
///
/// Taken literally, two members of which one forbids additional properties could never both match; the document means
/// their union. If both describe a property, the later one narrows it.
fn merge(into: &mut Map<String, Value>, member: Map<String, Value>) {
    for (key, value) in member {
        match (key.as_str(), into.get_mut(&key), value) {
            ("properties", Some(Value::Object(present)), Value::Object(added)) => {
                present.extend(added);
            }
            ("required", Some(Value::Array(present)), Value::Array(added)) => {
                present.extend(added);
                present.sort_by_key(Value::to_string);
                present.dedup();
            }
            // `nullable` is next to `allOf`, not inside.
            ("nullable", ..) | (_, Some(_), _) => {}
            (_, None, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// Returns an inlined schema as JSON Schema 2020-12.
pub(super) fn to_json_schema(schema: &Value, place: &str) -> Result<Value, DocumentError> {
    let keys = schema
        .as_object()
        .ok_or_else(|| DocumentError::new(place, "is not a schema"))?;
    let flag = |name| keys.get(name) == Some(&Value::Bool(true));
    let mut written = Map::new();
    for (key, value) in keys {
        match (key.as_str(), value) {
            ("nullable" | "exclusiveMinimum" | "exclusiveMaximum", Value::Bool(_)) => {}
            (
                "type" | "enum" | "pattern" | "minLength" | "maxLength" | "minItems" | "maxItems"
                | "uniqueItems" | "minProperties" | "maxProperties" | "multipleOf",
                _,
            ) => {
                written.insert(key.clone(), value.clone());
            }
            ("minimum", _) if flag("exclusiveMinimum") => {
                written.insert("exclusiveMinimum".to_owned(), value.clone());
            }
            ("maximum", _) if flag("exclusiveMaximum") => {
                written.insert("exclusiveMaximum".to_owned(), value.clone());
            }
            ("minimum" | "maximum", _) => {
                written.insert(key.clone(), value.clone());
            }
            ("format", Value::String(format)) if CHECKED_FORMATS.contains(&format.as_str()) => {
                written.insert(key.clone(), value.clone());
            }
            ("format", Value::String(format)) if STORAGE_FORMATS.contains(&format.as_str()) => {}
            ("required", Value::Array(names)) => {
                written.insert(key.clone(), declared(names, keys).into());
            }
            ("properties", Value::Object(properties)) => {
                let mut inner = Map::new();
                for (name, property) in properties {
                    let place = format!("{place}.{name}");
                    inner.insert(name.clone(), to_json_schema(property, &place)?);
                }
                written.insert(key.clone(), inner.into());
            }
            ("additionalProperties", Value::Bool(_)) => {
                written.insert(key.clone(), value.clone());
            }
            ("items" | "not" | "additionalProperties", _) => {
                let inner = to_json_schema(value, &format!("{place}.{key}"))?;
                written.insert(key.clone(), inner);
            }
            // The members overlap (several verifications match the same object), so "exactly one" cannot be meant.
            ("oneOf" | "anyOf", Value::Array(members)) => {
                let members = members
                    .iter()
                    .map(|member| to_json_schema(member, &format!("{place}.{key}")))
                    .collect::<Result<Vec<_>, _>>()?;
                written.insert("anyOf".to_owned(), members.into());
            }
            (silent, _) if SILENT.contains(&silent) => {}
            (unknown, _) => {
                let what = format!("has the unsupported keyword {unknown}: {value}");
                return Err(DocumentError::new(place, what));
            }
        }
    }
    let written = Value::Object(written);
    Ok(if flag("nullable") {
        or_null(written)
    } else {
        written
    })
}

/// Required names that are not described cannot be distinguished from mistakes where additional properties are
/// forbidden; the document has some.
fn declared(names: &[Value], keys: &Map<String, Value>) -> Vec<Value> {
    let Some(properties) = keys.get("properties").and_then(Value::as_object) else {
        return names.to_vec();
    };
    let declared = |name: &&Value| {
        name.as_str()
            .is_some_and(|name| properties.contains_key(name))
    };
    names.iter().filter(declared).cloned().collect()
}

fn or_null(mut schema: Value) -> Value {
    // Written as a list of types where possible, so that complaints name the member.
    match schema.as_object_mut() {
        Some(keys) if keys.contains_key("anyOf") => {
            json!({ "anyOf": [schema, { "type": "null" }] })
        }
        Some(keys) => {
            if let Some(kind) = keys.get_mut("type") {
                *kind = json!([kind, "null"]);
            }
            if let Some(Value::Array(values)) = keys.get_mut("enum")
                && !values.contains(&Value::Null)
            {
                values.push(Value::Null);
            }
            schema
        }
        None => schema,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid(document: &Value, value: &Value) -> bool {
        let schemas = Schemas::new(document);
        let inlined = schemas.inline(&document["schema"], "schema").unwrap();
        schemas.compile(&inlined, "schema").unwrap().is_valid(value)
    }

    #[test]
    fn null_is_allowed_where_the_document_allows_it() {
        for schema in [
            json!({ "type": "string", "nullable": true }),
            json!({ "type": "string", "enum": ["a"], "nullable": true }),
            json!({ "type": "object", "nullable": true, "oneOf": [{ "$ref": "#/named" }] }),
            json!({ "nullable": true, "allOf": [{ "$ref": "#/named" }] }),
            json!({ "nullable": true }),
        ] {
            let named = json!({ "type": "object" });
            assert!(
                valid(&json!({ "schema": schema, "named": named }), &Value::Null),
                "{schema}"
            );
        }
        let nullable_member = json!({ "type": "object", "nullable": true });
        for schema in [
            json!({ "type": "string" }),
            json!({ "type": "string", "enum": ["a"], "nullable": false }),
            json!({ "allOf": [{ "$ref": "#/named" }] }),
        ] {
            let document = json!({ "schema": schema, "named": nullable_member });
            assert!(!valid(&document, &Value::Null), "{schema}");
        }
    }

    #[test]
    fn bounds_may_be_exclusive() {
        let document =
            json!({ "schema": { "type": "number", "minimum": 0, "exclusiveMinimum": true } });
        assert!(valid(&document, &json!(1)) && !valid(&document, &json!(0)));
        let document =
            json!({ "schema": { "type": "number", "minimum": 0, "exclusiveMinimum": false } });
        assert!(valid(&document, &json!(0)) && !valid(&document, &json!(-1)));
    }

    #[test]
    fn all_of_is_a_union_that_stays_closed() {
        let document = json!({
            "named": { "type": "object", "additionalProperties": false, "required": ["a"],
                       "properties": { "a": { "type": "string" } } },
            "schema": { "allOf": [{ "$ref": "#/named" },
                                  { "required": ["b"], "properties": { "b": { "type": "integer" } } }] },
        });
        assert!(valid(&document, &json!({ "a": "x", "b": 1 })));
        assert!(!valid(&document, &json!({ "a": "x" })));
        assert!(!valid(&document, &json!({ "b": 1 })));
        assert!(!valid(&document, &json!({ "a": "x", "b": 1, "c": 2 })));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let error = to_json_schema(
            &json!({ "type": "string", "patternProperties": {} }),
            "here",
        )
        .unwrap_err()
        .to_string();
        assert!(
            error.contains("here") && error.contains("patternProperties"),
            "{error}"
        );
        let circle = json!({ "schema": { "properties": { "a": { "$ref": "#/schema" } } } });
        assert!(
            Schemas::new(&circle)
                .inline(&circle["schema"], "schema")
                .is_err()
        );
        let nowhere = json!({ "schema": { "$ref": "#/absent" } });
        assert!(
            Schemas::new(&nowhere)
                .inline(&nowhere["schema"], "schema")
                .is_err()
        );
    }
}
