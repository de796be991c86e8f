//! Combines the document and the overlay: which types and operations there are, and their
//! documentation.

mod answers;
mod checks;
mod events;
mod homes;
mod requests;
mod samples;
mod subjects;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    api::{
        Answer, Api, Body, Enum, Event, Field, Group, Input, Kind, Model, Operation, Paging,
        Parameter, Place, Subject,
    },
    document::{Call, Document, Node},
    names::{pascal, snake, variant},
    overlay::{Docs, Field as FieldEntry, Key, Operation as OperationEntry, Overlay, Schema, Used},
};

type Result<T> = std::result::Result<T, String>;

/// The file of types that only webhook events use; in place of a group.
pub(crate) const WEBHOOKS: &str = "webhook events";

pub(crate) fn resolve(
    document: &Document,
    webhooks: &Document,
    overlay: &Overlay,
    docs: &Docs,
) -> Result<Api> {
    let mut resolver = Resolver {
        document,
        overlay,
        docs,
        used: Used::default(),
        models: Vec::new(),
        enums: Vec::new(),
        inputs: Vec::new(),
        seen: BTreeSet::new(),
        users: BTreeMap::new(),
        undocumented: Vec::new(),
        problems: Vec::new(),
    };
    let mut operations = Vec::new();
    for call in document.calls() {
        match resolver.operation(&call) {
            Ok(operation) => operations.push(operation),
            Err(problem) => resolver.problems.push(format!("{}: {problem}", call.key())),
        }
    }
    let events = resolver.events(webhooks);
    let groups = resolver.groups(&operations);
    let homes = resolver.homes(&operations);
    resolver.check_entries();
    if !resolver.problems.is_empty() {
        return Err(resolver.problems.join("\n"));
    }
    let mut api = Api {
        groups,
        operations,
        models: resolver.models,
        enums: resolver.enums,
        inputs: resolver.inputs,
        events,
        homes,
        undocumented: resolver.undocumented,
    };
    api.operations
        .sort_by_key(|operation| operation.group.clone());
    Ok(api)
}

struct Resolver<'a> {
    document: &'a Document,
    overlay: &'a Overlay,
    docs: &'a Docs,
    used: Used,
    models: Vec<Model>,
    enums: Vec<Enum>,
    inputs: Vec<Input>,
    /// Named schemas that are already part of their model.
    seen: BTreeSet<String>,
    /// Types, and the groups and types that refer to them.
    users: BTreeMap<String, BTreeSet<User>>,
    undocumented: Vec<String>,
    problems: Vec<String>,
}

/// What refers to a type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum User {
    Group(String),
    Type(String),
}
impl<'a> Resolver<'a> {
    fn type_doc(&mut self, name: &str, entry: Option<&Schema>) -> String {
        match entry.and_then(|entry| entry.doc.as_ref()) {
            Some(doc) => doc.trim().to_owned(),
            None => {
                let missing = format!("type {name}");
                if !self.undocumented.contains(&missing) {
                    self.undocumented.push(missing);
                }
                format!("`{name}`.")
            }
        }
    }

    fn enumeration(&mut self, name: &str, values: &Node, owner: &Owner<'_>, wire: &str) {
        self.mention(name, owner.user());
        self.used.tick(format!("types.{name}"));
        let values = values
            .items()
            .iter()
            .filter_map(Node::text)
            .map(str::to_owned);
        let index = self.enums.iter().position(|known| known.name == name);
        let known = match index {
            Some(index) => &mut self.enums[index],
            None => {
                let given = self
                    .overlay
                    .types
                    .get(name)
                    .and_then(|entry| entry.doc.clone());
                self.enums.push(Enum {
                    name: name.to_owned(),
                    values: Vec::new(),
                    doc: given.unwrap_or_else(|| owner.enum_doc(wire)),
                });
                let last = self.enums.len() - 1;
                &mut self.enums[last]
            }
        };
        for value in values {
            if !known.values.contains(&value) {
                known.values.push(value);
            }
        }
    }

    /// Unwraps `oneOf` and `allOf` with one member, the idiom for a nullable reference.
    fn single(&self, node: &'a Node) -> &'a Node {
        let node = self.document.resolve(node);
        for key in ["oneOf", "allOf"] {
            if let Some([member]) = node.get(key).map(Node::items) {
                return self.document.resolve(member);
            }
        }
        node
    }

    /// Returns the name of the schema that a node refers to, directly or as its only member.
    fn reference(node: &'a Node) -> Option<&'a str> {
        if let Some(reference) = node.text_at("$ref") {
            return reference.rsplit('/').next();
        }
        ["oneOf", "allOf"]
            .iter()
            .find_map(|key| match node.get(key).map(Node::items) {
                Some([member]) => Self::reference(member),
                _ => None,
            })
    }

    /// Returns the Rust type of a named schema.
    fn schema_type(&self, name: &str) -> (String, bool) {
        let entry = self.overlay.schemas.get(name);
        let rename = entry.and_then(|entry| entry.rename.clone());
        let handwritten = entry.is_some_and(|entry| entry.handwritten);
        (rename.unwrap_or_else(|| name.to_owned()), handwritten)
    }

    fn mention(&mut self, name: &str, user: User) {
        if user != User::Type(name.to_owned()) {
            self.users.entry(name.to_owned()).or_default().insert(user);
        }
    }

    fn mention_kind(&mut self, kind: &Kind, user: &User) {
        match kind {
            Kind::Enum(name) | Kind::Named(name) => self.mention(name, user.clone()),
            Kind::List(inner) => self.mention_kind(inner, user),
            _ => {}
        }
    }
}

/// The owner of the value under consideration.
enum Owner<'o> {
    Request(&'o Operation),
    Input { name: &'o str, key: &'o str },
    Model(&'o str),
}

impl Owner<'_> {
    fn name(&self) -> String {
        match self {
            Self::Request(operation) => operation.request.clone(),
            Self::Input { name, .. } | Self::Model(name) => (*name).to_owned(),
        }
    }

    fn key(&self) -> &str {
        match self {
            Self::Request(operation) => &operation.key,
            Self::Input { key, .. } => key,
            Self::Model(name) => name,
        }
    }

    fn user(&self) -> User {
        match self {
            Self::Request(operation) => User::Group(operation.group.clone()),
            Self::Input { name, .. } | Self::Model(name) => User::Type((*name).to_owned()),
        }
    }

    fn enum_doc(&self, wire: &str) -> String {
        format!("The values of `{wire}` of `{}`.", self.name())
    }
}

/// Returns the documentation of a value, with its source if the published document lacks it.
fn with_source(mut doc: String, source: Option<&str>) -> String {
    if let Some(source) = source {
        doc.push_str("\n\nNot in Clerk's published API document; known from ");
        doc.push_str(source);
        doc.push('.');
    }
    doc
}

fn is_time(wire: &str) -> bool {
    ["_at", "_at_before", "_at_after", "_at_since"]
        .iter()
        .any(|end| wire.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"
paths:
  /things/{thing_id}:
    patch:
      operationId: UpdateThing
      parameters:
        - { name: thing_id, in: path, required: true, schema: { type: string } }
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                name: { type: string, nullable: true }
                size: { type: integer, minimum: 0 }
      responses:
        "200":
          content:
            application/json:
              schema: { $ref: '#/components/schemas/Thing' }
components:
  schemas:
    Thing:
      type: object
      required: [object, id, name]
      properties:
        object: { type: string, enum: [thing] }
        id: { type: string }
        name: { type: string, nullable: true }
        created_at: { type: integer }
"#;

    const OVERLAY: &str = r#"
timestamps = []
durations = []
secrets = {}
renames = {}
words = {}
samples = {}
types = {}

[schemas.ThingEvent]
base = "thing"

[groups.things]
singular = "thing"

[operations."PATCH /things/{thing_id}"]
group = "things"
fn = "update"
answer = "Thing"
"#;

    const WEBHOOK_EVENTS: &str = r#"
x-webhooks:
  thing.created:
    post:
      requestBody:
        content:
          application/json:
            schema:
              allOf:
                - properties: { data: { $ref: '#/components/schemas/ThingEvent' } }
  thing.lost:
    post:
      requestBody:
        content: { application/json: { schema: { allOf: [{ properties: { data: {} } }] } } }
components:
  schemas:
    Thing: { type: object, properties: { id: { type: string } } }
    ThingEvent:
      allOf:
        - $ref: '#/components/schemas/Thing'
        - properties: { size: { type: integer } }
"#;

    const DOCS: &str = r#"
fields = { id = "Id.", name = "Name.", size = "Size.", created_at = "Creation." }
events = { "thing.created" = "A thing was made.", "thing.lost" = "A thing was lost." }
schemas.ThingEvent.doc = "A new thing."
schemas.ThingEvent.fields.size = "Size of the new thing."
groups.things.doc = "Things."
operations."PATCH /things/{thing_id}".doc = "Changes a thing."
schemas.Thing.doc = "A thing."
"#;

    fn resolved(document: &str, overlay: &str, docs: &str) -> Result<Api> {
        let document = Document::parse(document).unwrap();
        let overlay: Overlay = toml::from_str(overlay).unwrap();
        let docs: Docs = toml::from_str(docs).unwrap();
        let mut document = document;
        let webhooks = Document::parse(WEBHOOK_EVENTS).unwrap();
        document.add_schemas(&webhooks)?;
        resolve(&document, &webhooks, &overlay, &docs)
    }

    fn problem(document: &str, overlay: &str, docs: &str) -> String {
        resolved(document, overlay, docs).err().unwrap_or_default()
    }

    #[test]
    fn a_document_becomes_operations_and_models() {
        let api = resolved(DOCUMENT, OVERLAY, DOCS).unwrap();
        assert!(api.undocumented.is_empty(), "{:?}", api.undocumented);
        let operation = &api.operations[0];
        assert_eq!(operation.request, "UpdateThing");
        assert_eq!(operation.args[0].place, Place::Path);
        let setters: Vec<_> = operation
            .setters
            .iter()
            .map(|setter| (setter.name.as_str(), &setter.kind, setter.nullable))
            .collect();
        assert_eq!(
            setters,
            [
                ("name", &Kind::Text, true),
                ("size", &Kind::Unsigned, false)
            ]
        );
        let fields: Vec<_> = api.models[0]
            .fields
            .iter()
            .map(|field| {
                (
                    field.name.as_str(),
                    &field.kind,
                    field.optional,
                    field.strict,
                )
            })
            .collect();
        assert_eq!(
            fields,
            [
                ("id", &Kind::Text, false, true),
                ("name", &Kind::Text, true, false),
                ("created_at", &Kind::Timestamp, true, false),
            ]
        );
    }

    #[test]
    fn events_share_the_models_of_answers() {
        let api = resolved(DOCUMENT, OVERLAY, DOCS).unwrap();
        let events: Vec<_> = api
            .events
            .iter()
            .map(|event| (event.variant.as_str(), event.data.as_str()))
            .collect();
        assert_eq!(
            events,
            [("ThingCreated", "ThingEvent"), ("ThingLost", "Value")]
        );
        let event = &api.models[1];
        assert_eq!(event.base, Some(("thing".to_owned(), "Thing".to_owned())));
        let fields: Vec<_> = event
            .fields
            .iter()
            .map(|field| field.wire.as_str())
            .collect();
        assert_eq!(fields, ["size"]);
        assert_eq!(api.homes["Thing"], "things");
        assert_eq!(api.homes["ThingEvent"], WEBHOOKS);
    }

    #[test]
    fn what_nobody_described_is_reported() {
        let docs = DOCS
            .replace("size = \"Size.\", ", "")
            .replace("schemas.Thing.doc", "schemas.Thing.fields.id");
        let api = resolved(DOCUMENT, OVERLAY, &docs).unwrap();
        assert_eq!(
            api.undocumented,
            ["schema Thing", "PATCH /things/{thing_id} size"]
        );
    }

    #[test]
    fn entries_that_match_nothing_are_errors() {
        let more =
            |entry: &str| OVERLAY.replace("timestamps = []", "timestamps = [\"gone\"]") + entry;
        let overlay = more("fields.gone.skip = true\n");
        let found = problem(DOCUMENT, &overlay, DOCS);
        assert!(found.contains("timestamps.gone matches nothing"), "{found}");
        assert!(
            found.contains("PATCH /things/{thing_id}.fields.gone matches nothing"),
            "{found}"
        );
        let docs = DOCS.to_owned() + "schemas.Gone.doc = \"Gone.\"\n";
        assert!(
            problem(DOCUMENT, OVERLAY, &docs).contains("docs.toml: schemas.Gone matches nothing")
        );
    }

    #[test]
    fn unknown_keys_are_errors() {
        let overlay = OVERLAY.to_owned() + "colour = \"red\"\n";
        assert!(toml::from_str::<Overlay>(&overlay).is_err());
    }

    #[test]
    fn an_operation_without_an_entry_is_an_error() {
        let document = DOCUMENT.replace("  /things/{thing_id}:\n", "  /things/{thing_id}/more:\n");
        assert!(problem(&document, OVERLAY, DOCS).contains("overlay.toml has no entry for it"));
    }

    #[test]
    fn more_than_three_arguments_are_an_error() {
        let required = "properties:\n                name";
        let document = DOCUMENT.replacen(
            required,
            "required: [a, b, c]\n              properties:\n                a: { type: string }\n                b: { type: string }\n                c: { type: string }\n                name",
            1,
        );
        assert!(problem(&document, OVERLAY, DOCS).contains("more than three arguments"));
    }
}
