//! The OpenAPI document, with its order of keys kept and references resolved.

use std::{fmt, path::Path};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// One value of the document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Node {
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    pub(crate) fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Object(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.get(key) == Some(&Self::Bool(true))
    }

    pub(crate) fn number_at(&self, key: &str) -> Option<f64> {
        match self.get(key)? {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "bounds and lengths are small")]
    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "bounds and lengths are small")]
    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some((Key(key), value)) = map.next_entry()? {
            entries.push((key, value));
        }
        Ok(Node::Object(entries))
    }
}

/// Status codes are unquoted keys, so a key need not be a string.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Node::deserialize(deserializer)? {
            Node::Text(text) => Ok(Self(text)),
            Node::Number(number) => Ok(Self(number.to_string())),
            other => Err(serde::de::Error::custom(format!(
                "a key is neither a string nor a number: {other:?}"
            ))),
        }
    }
}

/// The methods that the document may use, in the order of output.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

pub(crate) struct Document {
    root: Node,
}

/// One operation of the document.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'static str,
    pub(crate) path: &'a str,
    pub(crate) node: &'a Node,
    common: Option<&'a Node>,
}

impl Call<'_> {
    /// Source and date of an added operation.
    pub(crate) fn addition(&self) -> Option<String> {
        self.node.addition()
    }

    /// The name of the operation in the overlay and the documentation: `GET /users`.
    pub(crate) fn key(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }
}

/// The keys of an addition for its source and date.
const SOURCE: &str = "x-source";
const DATE: &str = "x-date";

/// The key that marks something that the document still has but the service does not.
const GONE: &str = "x-gone";

impl Node {
    /// Returns the source and date of something that the document lacks.
    pub(crate) fn addition(&self) -> Option<String> {
        let source = self.text_at(SOURCE)?;
        Some(format!("{source}, {}", self.text_at(DATE)?))
    }

    /// Returns true if the service no longer has what the document describes.
    pub(crate) fn is_gone(&self) -> bool {
        self.is_true(GONE)
    }

    /// Returns true if everything in here has a source and a date.
    fn is_sourced(&self) -> bool {
        match self {
            Self::Object(entries) if !entries.is_empty() => {
                self.addition().is_some() || entries.iter().all(|(_, node)| node.is_sourced())
            }
            Self::List(items) => !items.is_empty() && items.iter().all(Self::is_sourced),
            _ => false,
        }
    }
}

/// Merges an addition into the document, at every depth.
fn merge(place: &str, known: &mut Node, added: Node) -> Result<(), String> {
    match (known, added) {
        (Node::Object(known), added @ Node::Object(_)) => {
            let gone = added.is_gone() && added.addition().is_some();
            let Node::Object(entries) = added else {
                return Ok(());
            };
            for (key, value) in entries {
                let place = format!("{place} {key}").trim_start().to_owned();
                match known.iter_mut().find(|(name, _)| *name == key) {
                    Some((_, known)) => merge(&place, known, value)?,
                    None if value.is_gone() => {
                        return Err(format!(
                            "additions: {place} is gone from the document as well"
                        ));
                    }
                    None if value.is_sourced() || (gone && key.starts_with("x-")) => {
                        known.push((key, value));
                    }
                    None => {
                        return Err(format!("additions: {place} has no {SOURCE} or no {DATE}"));
                    }
                }
            }
            Ok(())
        }
        (Node::List(known), Node::List(items)) => {
            for item in items {
                let name = item.text_at("name");
                if name.is_none() || known.iter().any(|known| known.text_at("name") == name) {
                    return Err(format!("additions: {place} now has {name:?}"));
                }
                if !item.is_sourced() {
                    return Err(format!(
                        "additions: {place} {} has no {SOURCE} or no {DATE}",
                        name.unwrap_or_default()
                    ));
                }
                known.push(item);
            }
            Ok(())
        }
        // Members of a list without names are identified by their index.
        (Node::List(known), Node::Object(entries)) => {
            for (key, value) in entries {
                let member = key
                    .parse()
                    .ok()
                    .and_then(|index: usize| known.get_mut(index));
                let member =
                    member.ok_or_else(|| format!("additions: {place} has no member {key}"))?;
                merge(&format!("{place} {key}"), member, value)?;
            }
            Ok(())
        }
        _ => Err(format!("additions: {place} is now in the document")),
    }
}

impl Document {
    pub(crate) fn read(path: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?)
    }

    /// Adds the operations, parameters and fields of another document, each with its source and date.
    ///
    /// # Errors
    /// Fails if something is already in this document, lacks its source or date, or is marked as gone but is not in the
    /// document.
    pub(crate) fn add(&mut self, additions: Self) -> Result<(), String> {
        merge("", &mut self.root, additions.root)
    }

    /// Adds the schemas of another document. Schemas with the same name must describe the same object.
    ///
    /// # Errors
    /// Fails if the other document describes a property that this one does not.
    pub(crate) fn add_schemas(&mut self, other: &Self) -> Result<(), String> {
        let mut new = Vec::new();
        for (name, schema) in other.schemas() {
            let Some(known) = self.schema(name) else {
                new.push((name.clone(), schema.clone()));
                continue;
            };
            let known: Vec<_> = self
                .properties(known)
                .iter()
                .map(|(wire, ..)| *wire)
                .collect();
            for (wire, ..) in other.properties(schema) {
                if !known.contains(&wire) {
                    return Err(format!(
                        "webhooks: {name}.{wire} is not in the API's {name}"
                    ));
                }
            }
        }
        let place = ["components", "schemas"]
            .into_iter()
            .try_fold(&mut self.root, |node, key| {
                let Node::Object(entries) = node else {
                    return None;
                };
                entries
                    .iter_mut()
                    .find(|(name, _)| name == key)
                    .map(|(_, node)| node)
            });
        if let Some(Node::Object(schemas)) = place {
            schemas.extend(new);
        }
        Ok(())
    }

    /// Returns the event types that a document of webhooks describes, each with its operation and the schema of its
    /// data.
    pub(crate) fn events(&self) -> impl Iterator<Item = (&str, &Node, Option<&Node>)> {
        let events = self.root.get("x-webhooks").map_or(&[][..], Node::entries);
        events.iter().filter_map(|(name, item)| {
            let operation = item.get("post")?;
            let content = operation.get("requestBody")?.get("content")?;
            let schema = content.get("application/json")?.get("schema")?;
            let members = schema.get("allOf").map_or(&[][..], Node::items);
            let data = members
                .iter()
                .find_map(|member| member.get("properties")?.get("data"));
            Some((name.as_str(), operation, data))
        })
    }

    pub(crate) fn parse(text: &str) -> Result<Self, serde_saphyr::Error> {
        serde_saphyr::from_str(text).map(|root| Self { root })
    }

    pub(crate) fn calls(&self) -> impl Iterator<Item = Call<'_>> {
        let paths = self.root.get("paths").map_or(&[][..], Node::entries);
        paths.iter().flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                Some(Call {
                    method,
                    path,
                    node: item.get(method)?,
                    common: item.get("parameters"),
                })
            })
        })
    }

    pub(crate) fn parameters<'a>(&'a self, call: &Call<'a>) -> Vec<&'a Node> {
        let own = call.node.get("parameters");
        let both = call.common.into_iter().chain(own);
        both.flat_map(|list| list.items())
            .map(|node| self.resolve(node))
            .collect()
    }

    pub(crate) fn schemas(&self) -> &[(String, Node)] {
        let components = self.root.get("components");
        components
            .and_then(|components| components.get("schemas"))
            .map_or(&[], Node::entries)
    }

    pub(crate) fn schema(&self, name: &str) -> Option<&Node> {
        let schemas = self.schemas().iter();
        schemas
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, node)| node)
    }

    /// Follows `$ref` to its target. A dangling reference stays as it is.
    pub(crate) fn resolve<'a>(&'a self, node: &'a Node) -> &'a Node {
        let mut node = node;
        while let Some(target) = node.text_at("$ref").and_then(|text| self.target(text)) {
            node = target;
        }
        node
    }

    fn target(&self, reference: &str) -> Option<&Node> {
        let path = reference.strip_prefix("#/")?;
        path.split('/')
            .try_fold(&self.root, |node, key| node.get(key))
    }

    /// Returns the JSON schema of the successful response, if it has a body.
    pub(crate) fn answer<'a>(&'a self, call: &Call<'a>) -> Option<&'a Node> {
        let responses = call.node.get("responses")?.entries();
        let (_, response) = responses.iter().find(|(code, _)| code.starts_with('2'))?;
        let content = self.resolve(response).get("content")?;
        content.get("application/json")?.get("schema")
    }

    /// Returns the media type and schema of the body, if there is one.
    pub(crate) fn body<'a>(&'a self, call: &Call<'a>) -> Option<(&'a str, &'a Node)> {
        let content = call.node.get("requestBody")?.get("content")?;
        let (media_type, entry) = content.entries().first()?;
        Some((media_type, entry.get("schema")?))
    }

    /// Returns the properties of an object, including those of `allOf` members, and whether each is required.
    pub(crate) fn properties<'a>(&'a self, schema: &'a Node) -> Vec<(&'a str, &'a Node, bool)> {
        let mut all = Vec::new();
        self.collect(self.resolve(schema), &mut all);
        all
    }

    fn collect<'a>(&'a self, schema: &'a Node, all: &mut Vec<(&'a str, &'a Node, bool)>) {
        for member in schema.get("allOf").map_or(&[][..], Node::items) {
            self.collect(self.resolve(member), all);
        }
        let own = schema.get("properties").map_or(&[][..], Node::entries);
        for (name, node) in own {
            match all.iter_mut().find(|(known, ..)| known == name) {
                // A later member may only narrow what an earlier one said.
                Some(_) => {}
                None => all.push((name, node, false)),
            }
        }
        for name in schema.get("required").map_or(&[][..], Node::items) {
            for known in all
                .iter_mut()
                .filter(|(known, ..)| name.text() == Some(known))
            {
                known.2 = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"
paths:
  /things:
    get:
      operationId: ListThings
      parameters: [{ name: limit, in: query, schema: { type: integer } }]
components:
  schemas:
    Thing: { properties: { id: { type: string } } }
"#;

    fn added(operation: &str) -> Result<Document, String> {
        let mut document = Document::parse(DOCUMENT).unwrap();
        document.add(Document::parse(operation).unwrap())?;
        Ok(document)
    }

    #[test]
    fn added_operations_name_their_source() {
        let document = added(
            "paths: { /things: { post: { x-source: package 1.0, x-date: \"2026-11-28\" } } }",
        );
        let document = document.unwrap();
        let calls: Vec<_> = document
            .calls()
            .map(|call| (call.key(), call.addition()))
            .collect();
        let source = Some("package 1.0, 2026-11-28".to_owned());
        assert_eq!(
            calls,
            [
                ("GET /things".to_owned(), None),
                ("POST /things".to_owned(), source)
            ]
        );
    }

    #[test]
    fn parameters_and_fields_are_added_to_what_is_there() {
        let document = added(
            r#"
paths:
  /things:
    get:
      parameters:
        - { name: color, in: query, schema: { type: string }, x-source: a, x-date: b }
components:
  schemas:
    Thing: { properties: { size: { type: integer, x-source: a, x-date: b } } }
"#,
        );
        let document = document.unwrap();
        let call = document.calls().next().unwrap();
        let parameters = document.parameters(&call);
        let names: Vec<_> = parameters
            .iter()
            .map(|node| (node.text_at("name").unwrap(), node.addition()))
            .collect();
        assert_eq!(names, [("limit", None), ("color", Some("a, b".to_owned()))]);
        let thing = document.schema("Thing").unwrap();
        let fields: Vec<_> = document
            .properties(thing)
            .iter()
            .map(|(name, node, _)| (*name, node.addition().is_some(), node.is_gone()))
            .collect();
        assert_eq!(fields, [("id", false, false), ("size", true, false)]);
    }

    #[test]
    fn what_is_gone_stays_and_is_marked() {
        let gone = "components: { schemas: { Thing: { properties: { id: { x-gone: true, x-source: a, x-date: b } } } } }";
        let document = added(gone).unwrap();
        let thing = document.schema("Thing").unwrap();
        assert!(document.properties(thing)[0].1.is_gone());
        assert!(
            problem(&gone.replace("id:", "age:")).contains("age is gone from the document as well")
        );
    }

    fn problem(additions: &str) -> String {
        added(additions).err().unwrap_or_default()
    }

    #[test]
    fn additions_without_source_and_repetitions_are_errors() {
        for (additions, expected) in [
            (
                "paths: { /things: { post: { x-source: package 1.0 } } }",
                "paths /things post has no x-source or no x-date",
            ),
            (
                "paths: { /things: { get: { x-source: a, x-date: b } } }",
                "paths /things get x-source has no x-source",
            ),
            (
                "paths: { /things: { get: { operationId: ListThings } } }",
                "paths /things get operationId is now in the document",
            ),
            (
                "paths: { /things: { get: { parameters: [{ name: limit, x-source: a, x-date: b }] } } }",
                "paths /things get parameters now has Some(\"limit\")",
            ),
            (
                "paths: { /things: { get: { parameters: [{ name: color }] } } }",
                "paths /things get parameters color has no x-source",
            ),
            (
                "components: { schemas: { Thing: { properties: { id: { type: string } } } } }",
                "components schemas Thing properties id type is now in the document",
            ),
            (
                "components: { schemas: { Other: { properties: {} } } }",
                "components schemas Other has no x-source",
            ),
        ] {
            let found = problem(additions);
            assert!(found.contains(expected), "{additions}: {found}");
        }
    }
}
