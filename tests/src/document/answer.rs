//! Generates responses from a schema, with every property present and every value of the described
//! type.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value, json};

use super::schema::NAME;

/// A generated response, and every value in it that may be mutated.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The response.
    pub value: Value,
    /// Each value inside, outermost first.
    pub places: Vec<Place>,
}

/// One value inside a response.
#[derive(Clone, Debug)]
pub struct Place {
    /// The path from the root of the response.
    pub steps: Vec<Step>,
    /// The path in the schema, which is the same for all values that one part of the schema
    /// describes.
    pub location: String,
    /// The name of the schema that has this value as a property; empty if that has no name.
    pub owner: String,
    /// Whether that schema requires the property.
    pub required: bool,
    /// Whether the schema lists the possible values.
    pub enumerated: bool,
    /// Whether this is an integer.
    pub whole_number: bool,
    /// Whether this object has free keys, so that its content is undefined.
    pub free: bool,
}

/// One step into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// To the value of a key.
    Key(String),
    /// To an element of a list.
    Index(usize),
}

/// The maximum number of variants that are distinguished.
const MAX_VARIANTS: usize = 64;

/// A time in 2024, in milliseconds.
const INSTANT: i64 = 1_716_883_200_000;

/// The part of an ID after its prefix.
const ID_BODY: &str = "2xhFjEI5X2qWRvtV13BzSj8H6Dk";

/// Returns the number of variants after which each alternative and each enum value has occurred.
pub(super) fn variants(schema: &Value) -> usize {
    let alternatives = alternatives(schema);
    let count = if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        values.iter().filter(|value| !value.is_null()).count()
    } else if alternatives.is_empty() {
        let properties = schema.get("properties").and_then(Value::as_object);
        let properties = properties.into_iter().flat_map(Map::values);
        let inner = ["items", "additionalProperties"].map(|key| schema.get(key));
        properties
            .chain(inner.into_iter().flatten())
            .map(variants)
            .max()
            .unwrap_or(1)
    } else {
        alternatives.len()
            * alternatives
                .iter()
                .copied()
                .map(variants)
                .max()
                .unwrap_or(1)
    };
    count.clamp(1, MAX_VARIANTS)
}

/// Returns the members of `oneOf` or `anyOf` that describe a value; some only restrict combinations
/// of keys.
fn alternatives(schema: &Value) -> Vec<&Value> {
    ["oneOf", "anyOf"]
        .iter()
        .filter_map(|key| schema.get(*key)?.as_array())
        .flatten()
        .filter(|member| member.get("type").is_some() || member.get("properties").is_some())
        .collect()
}

impl Answer {
    pub(super) fn make(schema: &Value, variant: usize) -> Result<Self, String> {
        let mut maker = Maker::default();
        maker.enter(schema, String::new(), true);
        let value = maker.value(schema, variant, "")?;
        Ok(Self {
            value,
            places: maker.places,
        })
    }
}

#[derive(Default)]
struct Maker {
    places: Vec<Place>,
    steps: Vec<Step>,
    location: String,
}

impl Maker {
    /// Records the value that is generated next.
    fn enter(&mut self, schema: &Value, owner: String, required: bool) {
        self.places.push(Place {
            steps: self.steps.clone(),
            location: self.location.clone(),
            owner,
            required,
            enumerated: schema.get("enum").is_some() && kind(schema) == Some("string"),
            whole_number: is_whole(schema),
            free: is_free(schema),
        });
    }

    fn value(&mut self, schema: &Value, variant: usize, name: &str) -> Result<Value, String> {
        let alternatives = alternatives(schema);
        if !alternatives.is_empty() {
            let chosen = variant % alternatives.len();
            let length = self.location.len();
            self.location.push_str(&format!("<{chosen}>"));
            let value = self.value(alternatives[chosen], variant / alternatives.len(), name);
            self.location.truncate(length);
            return value;
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            let values: Vec<_> = values.iter().filter(|value| !value.is_null()).collect();
            let value = values.get(variant % values.len().max(1));
            return value
                .map(|value| (*value).clone())
                .ok_or_else(|| self.error("has an empty enum"));
        }
        match kind(schema) {
            Some("object") => self.object(schema, variant),
            None if schema.get("properties").is_some() => self.object(schema, variant),
            Some("array") => self.array(schema, variant, name),
            Some("string") => self.string(schema, variant, name).map(Value::String),
            Some("boolean") => {
                let example = schema.get("example").filter(|example| example.is_boolean());
                Ok(example
                    .cloned()
                    .unwrap_or_else(|| variant.is_multiple_of(2).into()))
            }
            Some("integer" | "number") => Ok(number(schema, name)),
            None => Ok(schema.get("example").cloned().unwrap_or_else(free_object)),
            Some(other) => Err(self.error(&format!("is a {other}"))),
        }
    }

    fn object(&mut self, schema: &Value, variant: usize) -> Result<Value, String> {
        let mut made = Map::new();
        let named = schema.get(NAME).and_then(Value::as_str).unwrap_or_default();
        let required = schema.get("required").and_then(Value::as_array);
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                let required = required.is_some_and(|names| names.contains(&json!(name)));
                let length = self.location.len();
                self.location.push_str(&format!(".{name}"));
                self.steps.push(Step::Key(name.clone()));
                self.enter(property, named.to_owned(), required);
                let stem = if name == "id" { named } else { name };
                let value = self.value(property, variant, stem)?;
                made.insert(name.clone(), value);
                self.steps.pop();
                self.location.truncate(length);
            }
        } else if let Some(values) = schema
            .get("additionalProperties")
            .filter(|values| values.is_object())
        {
            let length = self.location.len();
            self.location.push_str(".*");
            self.steps.push(Step::Key("example".to_owned()));
            self.enter(values, String::new(), false);
            made.insert(
                "example".to_owned(),
                self.value(values, variant, "example")?,
            );
            self.steps.pop();
            self.location.truncate(length);
        } else {
            return Ok(schema.get("example").cloned().unwrap_or_else(free_object));
        }
        Ok(made.into())
    }

    fn array(&mut self, schema: &Value, variant: usize, name: &str) -> Result<Value, String> {
        let items = schema.get("items").unwrap_or(&Value::Null);
        let least = schema
            .get("minItems")
            .and_then(Value::as_u64)
            .unwrap_or(0)
            .max(1);
        let mut made = Vec::new();
        let length = self.location.len();
        self.location.push_str("[]");
        let mut index = 0;
        while (index as u64) < least {
            self.steps.push(Step::Index(index));
            self.enter(items, String::new(), false);
            made.push(self.value(items, variant + index, name)?);
            self.steps.pop();
            index += 1;
        }
        self.location.truncate(length);
        Ok(made.into())
    }

    fn string(&self, schema: &Value, variant: usize, name: &str) -> Result<String, String> {
        let text = |key| schema.get(key).and_then(Value::as_str);
        if let Some(example) = text("example") {
            return Ok(example.to_owned());
        }
        if let Some(pattern) = text("pattern") {
            let parsed =
                regex_syntax::parse(pattern).map_err(|error| self.error(&error.to_string()))?;
            let mut made = String::new();
            fit(&parsed, variant, &mut made);
            return Ok(made);
        }
        let bound = |key| schema.get(key).and_then(Value::as_u64);
        let made = match text("format") {
            Some("date") => "2026-05-12".to_owned(),
            Some("date-time") => "2026-05-12T09:30:00Z".to_owned(),
            Some("email") => "ada@example.com".to_owned(),
            Some("uri") => "https://example.com/page".to_owned(),
            _ => text_for(name),
        };
        match (bound("minLength"), bound("maxLength")) {
            (Some(least), _) if made.len() < usize::try_from(least).unwrap_or(0) => {
                Err(self.error(&format!("requires a string of at least {least} characters")))
            }
            (_, Some(most)) => Ok(made
                .chars()
                .take(usize::try_from(most).unwrap_or(usize::MAX))
                .collect()),
            _ => Ok(made),
        }
    }

    fn error(&self, what: &str) -> String {
        format!("the response's {}: {what}", self.location)
    }
}

fn kind(schema: &Value) -> Option<&str> {
    schema.get("type")?.as_str()
}

fn is_free(schema: &Value) -> bool {
    let typed_entries = schema
        .get("additionalProperties")
        .is_some_and(Value::is_object);
    matches!(kind(schema), Some("object") | None)
        && schema.get("properties").is_none()
        && !typed_entries
        && alternatives(schema).is_empty()
}

fn is_whole(schema: &Value) -> bool {
    let format = schema.get("format").and_then(Value::as_str);
    match kind(schema) {
        Some("integer") => true,
        Some("number") => !matches!(format, Some("float" | "double")),
        _ => false,
    }
}

fn number(schema: &Value, name: &str) -> Value {
    if let Some(example) = schema.get("example").filter(|example| example.is_number()) {
        return example.clone();
    }
    if !is_whole(schema) {
        return json!(12.5);
    }
    let is_time = name.ends_with("_at") || name.contains("expir");
    let made = if is_time { INSTANT } else { 3 };
    let bound = |key| schema.get(key).and_then(Value::as_i64);
    let least = bound("minimum").unwrap_or(i64::MIN);
    let most = bound("maximum").unwrap_or(i64::MAX);
    made.max(least).min(most).into()
}

/// An object whose keys are free.
fn free_object() -> Value {
    json!({ "plan": "pro", "seats": 5, "nested": { "flag": true, "list": [1, null, "two"] } })
}

/// Returns a string that suits a property of this name.
fn text_for(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let has = |part: &str| lower.contains(part);
    if has("email") {
        "ada@example.com".to_owned()
    } else if has("phone") {
        "+15555550100".to_owned()
    } else if has("url") || has("uri") {
        format!("https://example.com/{lower}")
    } else if has("currency") {
        "USD".to_owned()
    } else if let Some(stem) = lower.strip_suffix("_id") {
        format!("{stem}_{ID_BODY}")
    } else if name != lower || name.is_empty() {
        // The name of a schema, so this is an ID.
        format!("{lower}_{ID_BODY}")
    } else {
        format!("example {lower}")
    }
}

/// Generates a string that matches the pattern.
fn fit(pattern: &Hir, variant: usize, made: &mut String) {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => made.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => made.push(member(class)),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min.max(1) {
                fit(&repetition.sub, variant, made);
            }
        }
        HirKind::Capture(capture) => fit(&capture.sub, variant, made),
        HirKind::Concat(parts) => parts.iter().for_each(|part| fit(part, variant, made)),
        HirKind::Alternation(members) => fit(&members[variant % members.len()], variant, made),
    }
}

/// Returns a character of the class, preferably a letter.
fn member(class: &Class) -> char {
    let within = |c: char| match class {
        Class::Unicode(class) => class
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&c)),
        Class::Bytes(class) => {
            let byte = u8::try_from(c).unwrap_or(0);
            class
                .iter()
                .any(|range| (range.start()..=range.end()).contains(&byte))
        }
    };
    ('a'..='z')
        .chain('A'..='Z')
        .chain('!'..='~')
        .find(|c| within(*c))
        .unwrap_or(' ')
}
