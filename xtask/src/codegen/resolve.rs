//! Puts the document and the overlay together: which types and operations there are, and how they
//! are documented.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    document::{Call, Document, Node},
    names::{pascal, snake},
    overlay::{
        Docs, Field as FieldEntry, Key, Operation as OperationEntry, Overlay, Retry, Schema, Used,
    },
};

type Result<T> = std::result::Result<T, String>;

/// The type of a value, in an answer or in a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Text,
    Bool,
    Integer,
    /// A whole number in a request that cannot be negative.
    Unsigned,
    Float,
    Timestamp,
    /// A number of seconds in a request.
    Seconds,
    /// A text that is kept secret, by the name of its type.
    Secret(String),
    Enum(String),
    /// An object with a type of its own.
    Named(String),
    Metadata,
    /// An object without known keys.
    Object,
    /// An object whose values are texts.
    Texts,
    /// Anything.
    Value,
    File,
    List(Box<Self>),
}

/// A field of an answer's object.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) wire: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
    pub(crate) strict: bool,
    pub(crate) seconds: bool,
    pub(crate) doc: String,
}

/// An object of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) schemas: Vec<String>,
    pub(crate) fields: Vec<Field>,
    pub(crate) doc: String,
    /// How many schemas it was made of, named or not.
    sources: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Enum {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
    pub(crate) doc: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Body,
    Form,
}

/// A value of a request.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) wire: String,
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) nullable: bool,
    pub(crate) repeat: bool,
    /// Several values travel as one, with commas.
    pub(crate) joined: bool,
    pub(crate) doc: String,
    /// Set when deprecated: what to use instead.
    pub(crate) deprecated: Option<String>,
    /// Rust expression of a sample value.
    pub(crate) sample: String,
}

/// An object inside a request's body.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) required: Vec<Parameter>,
    pub(crate) optional: Vec<Parameter>,
    pub(crate) doc: String,
}

/// How a list goes on to its next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paging {
    Offset,
    Cursor,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Nothing,
    Text,
    Count,
    Value,
    Named(String),
    List(String),
    Page(String),
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    /// An object. When it is needed, it is sent even when nothing is set.
    Object {
        needed: bool,
    },
    Form,
    /// A list of inputs.
    Items,
}

#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) key: String,
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) function: String,
    pub(crate) request: String,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) answer: Answer,
    pub(crate) retry: Retry,
    pub(crate) credential: Key,
    pub(crate) deprecated: Option<String>,
    pub(crate) doc: String,
    pub(crate) args: Vec<Parameter>,
    /// Name of the struct that holds the arguments of the body, when there are too many.
    pub(crate) input: Option<String>,
    pub(crate) setters: Vec<Parameter>,
    pub(crate) exclusive: Vec<String>,
    /// Constant body values: name and Rust expression.
    pub(crate) fixed: Vec<(String, String)>,
    pub(crate) generated: Vec<String>,
    pub(crate) body: Body,
    pub(crate) paging: Option<Paging>,
    pub(crate) page_size: u64,
    /// The list is asked for as a page with a total count.
    pub(crate) paginated: bool,
}

pub(crate) struct Group {
    pub(crate) accessor: String,
    pub(crate) handle: String,
    pub(crate) feature: Option<String>,
    pub(crate) doc: String,
}

/// Everything that is generated.
pub(crate) struct Api {
    pub(crate) groups: Vec<Group>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) models: Vec<Model>,
    pub(crate) enums: Vec<Enum>,
    pub(crate) inputs: Vec<Input>,
    /// Group of each type.
    pub(crate) homes: BTreeMap<String, String>,
    /// Public items that nobody has described.
    pub(crate) undocumented: Vec<String>,
}

impl Api {
    pub(crate) fn group(&self, accessor: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.accessor == accessor)
    }

    pub(crate) fn feature_of_type(&self, name: &str) -> Option<&str> {
        self.group(self.homes.get(name)?)?.feature.as_deref()
    }
}

pub(crate) fn resolve(document: &Document, overlay: &Overlay, docs: &Docs) -> Result<Api> {
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
    /// Named schemas that are part of their model already.
    seen: BTreeSet<String>,
    /// Types, and the groups and types that mention them.
    users: BTreeMap<String, BTreeSet<User>>,
    undocumented: Vec<String>,
    problems: Vec<String>,
}

/// What mentions a type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum User {
    Group(String),
    Type(String),
}

impl<'a> Resolver<'a> {
    fn operation(&mut self, call: &Call<'a>) -> Result<Operation> {
        let key = call.key();
        let entry = self
            .overlay
            .operations
            .get(&key)
            .ok_or("overlay.toml has no entry for it: give group, fn and answer")?;
        self.used.tick(format!("operations.{key}"));
        let group = self
            .overlay
            .groups
            .get(&entry.group)
            .ok_or_else(|| format!("overlay.toml has no group {}", entry.group))?;
        let singular = pascal(&group.singular, &self.overlay.words);
        let plural = group.plural.as_deref().unwrap_or(&entry.group);
        let plural = pascal(plural, &self.overlay.words);
        let request = entry
            .request
            .clone()
            .unwrap_or_else(|| self.request_name(&entry.function, &singular, &plural));
        let answer = self.answer(call, entry)?;
        let doc = self.operation_doc(&key);
        let mut operation = Operation {
            id: call.node.text_at("operationId").unwrap_or(&key).to_owned(),
            group: entry.group.clone(),
            function: entry.function.clone(),
            method: call.method,
            path: call.path.to_owned(),
            retry: entry.retry,
            credential: entry.key,
            deprecated: self.deprecation(call.node, entry.instead.as_deref(), &key)?,
            doc,
            args: Vec::new(),
            input: entry.input.clone(),
            setters: Vec::new(),
            exclusive: entry.exclusive.clone(),
            fixed: Vec::new(),
            generated: entry.generated.clone(),
            body: Body::None,
            paging: None,
            page_size: 500,
            paginated: false,
            key,
            request,
            answer,
        };
        let open = call
            .node
            .get("security")
            .is_some_and(|list| list.items().is_empty());
        if open != (entry.key == Key::None) {
            return Err("the document's security and the overlay's key differ".to_owned());
        }
        self.parameters(call, entry, &mut operation)?;
        self.body(call, entry, &mut operation)?;
        for name in entry
            .args
            .iter()
            .chain(&entry.generated)
            .chain(&entry.exclusive)
        {
            let known = |parameter: &Parameter| parameter.wire == *name;
            if !operation.args.iter().any(known) && !operation.setters.iter().any(known) {
                self.problems
                    .push(format!("{}: there is no {name}", operation.key));
            }
        }
        if operation.args.len() > 3 && operation.input.is_none() {
            let names: Vec<_> = operation.args.iter().map(|arg| arg.wire.as_str()).collect();
            return Err(format!(
                "more than three arguments, name an input: {names:?}"
            ));
        }
        if matches!(operation.answer, Answer::Page(_)) {
            let has = |name| operation.setters.iter().any(|setter| setter.wire == name);
            if has("starting_after") {
                operation.paging = Some(Paging::Cursor);
            } else if has("limit") && has("offset") {
                operation.paging = Some(Paging::Offset);
            }
        }
        Ok(operation)
    }

    /// `ListUsers` for `list`, `DeleteUserProfileImage` for `delete_profile_image`.
    fn request_name(&self, function: &str, singular: &str, plural: &str) -> String {
        let words = &self.overlay.words;
        let (verb, rest) = function.split_once('_').unwrap_or((function, ""));
        let verb = pascal(verb, words);
        match (verb.as_str(), rest) {
            ("List", "") => format!("List{plural}"),
            ("List", "all") => format!("ListAll{plural}"),
            (_, "bulk") => format!("{verb}{plural}"),
            _ => format!("{verb}{singular}{}", pascal(rest, words)),
        }
    }

    fn operation_doc(&mut self, key: &str) -> String {
        match self.docs.operations.get(key) {
            Some(entry) if !entry.doc.trim().is_empty() => entry.doc.trim().to_owned(),
            _ => {
                self.undocumented.push(key.to_owned());
                format!("`{key}`.")
            }
        }
    }

    fn deprecation(
        &self,
        node: &Node,
        instead: Option<&str>,
        what: &str,
    ) -> Result<Option<String>> {
        match (node.is_true("deprecated"), instead) {
            (false, None) => Ok(None),
            (true, instead) => Ok(Some(
                instead.unwrap_or("Clerk advises against it").to_owned(),
            )),
            (false, Some(_)) => Err(format!("{what} is not deprecated")),
        }
    }

    fn parameters(
        &mut self,
        call: &Call<'a>,
        entry: &'a OperationEntry,
        operation: &mut Operation,
    ) -> Result<()> {
        for node in self.document.parameters(call) {
            let wire = node.text_at("name").ok_or("a parameter has no name")?;
            let schema = node.get("schema").ok_or("a parameter has no schema")?;
            let place = match node.text_at("in") {
                Some("path") => Place::Path,
                Some("query") => Place::Query,
                other => return Err(format!("{wire} is in {other:?}")),
            };
            if wire == "paginated" {
                operation.paginated = true;
                continue;
            }
            if let Some(max) = schema.number_at("maximum").filter(|_| wire == "limit") {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a page size is small and positive"
                )]
                let max = max as u64;
                operation.page_size = max;
            }
            let field = self.operation_field(operation, entry, wire);
            if field.is_some_and(|field| field.skip) {
                continue;
            }
            let owner = Owner::Request(operation);
            let mut parameter = self.parameter(&owner, place, wire, schema, field)?;
            parameter.nullable = false;
            parameter.joined = node.get("explode") == Some(&Node::Bool(false));
            parameter.deprecated =
                self.deprecation(node, field.and_then(|field| field.instead.as_deref()), wire)?;
            if place == Place::Path
                || node.is_true("required")
                || entry.args.iter().any(|arg| arg == wire)
            {
                operation.args.push(parameter);
            } else {
                operation.setters.push(parameter);
            }
        }
        // Path arguments come in the order of the path.
        let path = operation.path.clone();
        let position = |wire: &str| path.find(&format!("{{{wire}}}")).unwrap_or(usize::MAX);
        operation.args.sort_by_key(|arg| position(&arg.wire));
        Ok(())
    }

    fn operation_field(
        &self,
        operation: &Operation,
        entry: &'a OperationEntry,
        wire: &str,
    ) -> Option<&'a FieldEntry> {
        self.used
            .tick(format!("operations.{}.fields.{wire}", operation.key));
        entry.fields.get(wire)
    }

    fn body(
        &mut self,
        call: &Call<'a>,
        entry: &'a OperationEntry,
        operation: &mut Operation,
    ) -> Result<()> {
        let Some((media_type, schema)) = self.document.body(call) else {
            return Ok(());
        };
        let schema = self.document.resolve(schema);
        if let Some(items) = schema.get("items") {
            let name = entry.items.clone().ok_or("name the type of the items")?;
            let input = self.input(&name, items, &operation.key)?;
            self.mention(&name, User::Group(operation.group.clone()));
            operation.body = Body::Items;
            let sample = format!("[{}]", input_sample(&input));
            operation.args.push(Parameter {
                wire: "items".to_owned(),
                name: self.overlay.groups[&entry.group]
                    .plural
                    .clone()
                    .unwrap_or(entry.group.clone()),
                place: Place::Body,
                kind: Kind::List(Box::new(Kind::Named(name))),
                nullable: false,
                repeat: false,
                joined: false,
                doc: String::new(),
                deprecated: None,
                sample,
            });
            return Ok(());
        }
        let form = media_type == "multipart/form-data";
        let place = if form { Place::Form } else { Place::Body };
        let mut needed = call
            .node
            .get("requestBody")
            .is_some_and(|body| body.is_true("required"));
        for (wire, node, required) in self.document.properties(schema) {
            needed |= required;
            let field = self.operation_field(operation, entry, wire);
            if field.is_some_and(|field| field.skip) {
                continue;
            }
            if let Some(value) = entry.fixed.get(wire) {
                self.used
                    .tick(format!("operations.{}.fixed.{wire}", operation.key));
                operation.fixed.push((wire.to_owned(), fixed(value)?));
                continue;
            }
            let owner = Owner::Request(operation);
            let mut parameter = self.parameter(&owner, place, wire, node, field)?;
            let deprecated = self.document.resolve(node);
            parameter.deprecated = self.deprecation(
                if node.is_true("deprecated") {
                    node
                } else {
                    deprecated
                },
                field.and_then(|field| field.instead.as_deref()),
                wire,
            )?;
            let asked = entry.args.iter().any(|arg| arg == wire);
            let generated = entry.generated.iter().any(|name| name == wire);
            if (required && !generated) || asked {
                parameter.nullable &= !asked;
                operation.args.push(parameter);
            } else {
                operation.setters.push(parameter);
            }
        }
        operation.body = if form {
            Body::Form
        } else {
            Body::Object { needed }
        };
        Ok(())
    }

    fn parameter(
        &mut self,
        owner: &Owner<'_>,
        place: Place,
        wire: &str,
        node: &'a Node,
        field: Option<&'a FieldEntry>,
    ) -> Result<Parameter> {
        let schema = self.document.resolve(node);
        let kind = self.request_kind(owner, wire, node, field)?;
        let name = field.and_then(|field| field.rename.clone());
        let name = name
            .or_else(|| self.overlay.renames.get(wire).cloned())
            .unwrap_or_else(|| snake(wire));
        let doc = match place {
            Place::Path => String::new(),
            _ => self.parameter_doc(owner, wire, field),
        };
        let nullable = node.is_true("nullable") || schema.is_true("nullable");
        let sample = self.sample(&kind, schema, wire, nullable && place != Place::Query)?;
        Ok(Parameter {
            wire: wire.to_owned(),
            name,
            place,
            kind,
            nullable,
            repeat: field.is_some_and(|field| field.repeat),
            joined: false,
            doc,
            deprecated: None,
            sample,
        })
    }

    fn parameter_doc(
        &mut self,
        owner: &Owner<'_>,
        wire: &str,
        field: Option<&FieldEntry>,
    ) -> String {
        let key = owner.key();
        let own = self
            .docs
            .operations
            .get(key)
            .and_then(|entry| entry.params.get(wire));
        let text = own
            .or_else(|| field.and_then(|field| field.doc.as_ref()))
            .or_else(|| self.docs.fields.get(wire));
        match text {
            Some(text) => text.trim().to_owned(),
            None => {
                self.undocumented.push(format!("{key} {wire}"));
                format!("`{wire}`.")
            }
        }
    }

    /// The type of a value in a request.
    fn request_kind(
        &mut self,
        owner: &Owner<'_>,
        wire: &str,
        node: &'a Node,
        field: Option<&'a FieldEntry>,
    ) -> Result<Kind> {
        if let Some(kind) = field.and_then(|field| field.kind.as_deref()) {
            let kind = self.named_kind(kind);
            self.mention_kind(&kind, &owner.user());
            return Ok(kind);
        }
        let schema = self.single(node);
        let name = || {
            let given = field.and_then(|field| field.name.clone());
            given.unwrap_or_else(|| owner.name() + &pascal(wire, &self.overlay.words))
        };
        if let Some(values) = schema
            .get("enum")
            .filter(|_| schema.text_at("type") == Some("string"))
        {
            let name = name();
            self.enumeration(&name, values, owner, wire);
            return Ok(Kind::Enum(name));
        }
        Ok(match schema.text_at("type") {
            Some("string") if schema.text_at("format") == Some("binary") => Kind::File,
            Some("string") => Kind::Text,
            Some("boolean") => Kind::Bool,
            Some("integer" | "number") => {
                if self.overlay.durations.contains(wire) {
                    self.used.tick(format!("durations.{wire}"));
                    Kind::Seconds
                } else if is_time(wire) {
                    Kind::Timestamp
                } else if schema
                    .number_at("minimum")
                    .is_some_and(|minimum| minimum >= 0.0)
                {
                    Kind::Unsigned
                } else {
                    Kind::Integer
                }
            }
            Some("array") => {
                let items = schema.get("items").ok_or("a list has no items")?;
                Kind::List(Box::new(self.request_kind(owner, wire, items, field)?))
            }
            Some("object") if schema.get("properties").is_some() => {
                let name = name();
                self.input(&name, schema, owner.key())?;
                self.mention(&name, owner.user());
                Kind::Named(name)
            }
            _ => Kind::Value,
        })
    }

    /// Defines an object of a request's body.
    fn input(&mut self, name: &str, schema: &'a Node, key: &str) -> Result<Input> {
        let entry = self.overlay.types.get(name);
        self.used.tick(format!("types.{name}"));
        let owner = Owner::Input { name, key };
        let mut input = Input {
            name: name.to_owned(),
            required: Vec::new(),
            optional: Vec::new(),
            doc: self.type_doc(name, entry),
        };
        for (wire, node, required) in self.document.properties(schema) {
            self.used.tick(format!("types.{name}.fields.{wire}"));
            let field = entry.and_then(|entry| entry.fields.get(wire));
            if field.is_some_and(|field| field.skip) {
                continue;
            }
            let parameter = self.parameter(&owner, Place::Body, wire, node, field)?;
            if required {
                input.required.push(parameter);
            } else {
                input.optional.push(parameter);
            }
        }
        match self.inputs.iter().find(|known| known.name == name) {
            Some(known) if shape(known) == shape(&input) => {}
            Some(_) => return Err(format!("two different objects are called {name}")),
            None => self.inputs.push(input.clone()),
        }
        Ok(input)
    }

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

    /// Unwraps `oneOf` and `allOf` with one member, the idiom for a reference that may be null.
    fn single(&self, node: &'a Node) -> &'a Node {
        let node = self.document.resolve(node);
        for key in ["oneOf", "allOf"] {
            if let Some([member]) = node.get(key).map(Node::items) {
                return self.document.resolve(member);
            }
        }
        node
    }

    /// The name of the schema that a node refers to, directly or as its only member.
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

    /// The Rust type of a named schema.
    fn schema_type(&self, name: &str) -> (String, bool) {
        let entry = self.overlay.schemas.get(name);
        let rename = entry.and_then(|entry| entry.rename.clone());
        let handwritten = entry.is_some_and(|entry| entry.handwritten);
        (rename.unwrap_or_else(|| name.to_owned()), handwritten)
    }

    /// The type of a field of an answer.
    fn answer_kind(
        &mut self,
        model: &str,
        wire: &str,
        node: &'a Node,
        field: Option<&'a FieldEntry>,
    ) -> Result<Kind> {
        if let Some(kind) = field.and_then(|field| field.kind.as_deref()) {
            let kind = self.named_kind(kind);
            self.mention_kind(&kind, &User::Type(model.to_owned()));
            return Ok(kind);
        }
        if let Some(name) = Self::reference(node) {
            let schema = self
                .document
                .schema(name)
                .ok_or_else(|| format!("no schema {name}"))?;
            let (rust, handwritten) = self.schema_type(name);
            if handwritten {
                self.used.tick(format!("schemas.{name}"));
                return Ok(Kind::Named(rust));
            }
            if let Some(items) = schema.get("items") {
                return Ok(Kind::List(Box::new(
                    self.answer_kind(model, wire, items, field)?,
                )));
            }
            if schema.get("properties").is_some() || schema.get("allOf").is_some() {
                self.named_model(name)?;
                self.mention(&rust, User::Type(model.to_owned()));
                return Ok(Kind::Named(rust));
            }
        }
        let schema = self.single(node);
        if let Some(members) = schema.get("oneOf") {
            let types: BTreeSet<_> = members
                .items()
                .iter()
                .filter_map(Self::reference)
                .map(|name| {
                    self.used.tick(format!("schemas.{name}"));
                    self.schema_type(name)
                })
                .collect();
            return match types.into_iter().collect::<Vec<_>>().as_slice() {
                [(name, true)] => Ok(Kind::Named(name.clone())),
                _ => Err(format!(
                    "{model}.{wire} is one of several types: write one by hand"
                )),
            };
        }
        if let Some(values) = schema
            .get("enum")
            .filter(|_| schema.text_at("type") == Some("string"))
        {
            let name = field.and_then(|field| field.name.clone());
            let name =
                name.unwrap_or_else(|| model.to_owned() + &pascal(wire, &self.overlay.words));
            let owner = Owner::Model(model);
            self.enumeration(&name, values, &owner, wire);
            return Ok(Kind::Enum(name));
        }
        Ok(match schema.text_at("type") {
            Some("string") => match self.overlay.secrets.get(wire) {
                Some(secret) => {
                    self.used.tick(format!("secrets.{wire}"));
                    Kind::Secret(secret.clone())
                }
                None => Kind::Text,
            },
            Some("boolean") => Kind::Bool,
            Some("number") if matches!(schema.text_at("format"), Some("float" | "double")) => {
                Kind::Float
            }
            Some("integer" | "number") => {
                if is_time(wire) {
                    Kind::Timestamp
                } else if self.overlay.timestamps.contains(wire) {
                    self.used.tick(format!("timestamps.{wire}"));
                    Kind::Timestamp
                } else {
                    Kind::Integer
                }
            }
            Some("array") => {
                let items = schema.get("items").ok_or("a list has no items")?;
                Kind::List(Box::new(self.answer_kind(model, wire, items, field)?))
            }
            Some("object") if schema.get("properties").is_some() => {
                let name = field.and_then(|field| field.name.clone());
                let name =
                    name.unwrap_or_else(|| model.to_owned() + &pascal(wire, &self.overlay.words));
                self.model(&name, None, schema)?;
                self.mention(&name, User::Type(model.to_owned()));
                Kind::Named(name)
            }
            Some("object") if wire.ends_with("_metadata") => Kind::Metadata,
            Some("object")
                if matches!(schema.get("additionalProperties"), Some(Node::Object(_))) =>
            {
                Kind::Texts
            }
            Some("object") => Kind::Object,
            _ => Kind::Value,
        })
    }

    /// Defines the model of a named schema, once.
    fn named_model(&mut self, name: &'a str) -> Result<()> {
        self.used.tick(format!("schemas.{name}"));
        if !self.seen.insert(name.to_owned()) {
            return Ok(());
        }
        let schema = self
            .document
            .schema(name)
            .ok_or_else(|| format!("no schema {name}"))?;
        let (rust, _) = self.schema_type(name);
        self.model(&rust, Some(name), schema)
    }

    /// Defines a model, or adds the fields of another schema to it.
    fn model(&mut self, name: &str, schema_name: Option<&'a str>, schema: &'a Node) -> Result<()> {
        let entry = match schema_name {
            Some(schema) => self.overlay.schemas.get(schema),
            None => self.overlay.types.get(name),
        };
        if schema_name.is_none() {
            self.used.tick(format!("types.{name}"));
        }
        let named = schema_name.map_or("types", |_| "schemas");
        let entry_name = schema_name.unwrap_or(name);
        // Reserved before its fields are read: a model may mention itself.
        let index = match self.models.iter().position(|model| model.name == name) {
            Some(index) => index,
            None => {
                self.models.push(Model {
                    name: name.to_owned(),
                    schemas: Vec::new(),
                    fields: Vec::new(),
                    doc: String::new(),
                    sources: 0,
                });
                self.models.len() - 1
            }
        };
        let properties = self.document.properties(schema);
        let whole = properties.iter().any(|(wire, ..)| *wire == "object");
        let mut fields = Vec::new();
        for (wire, node, required) in properties {
            self.used
                .tick(format!("{named}.{entry_name}.fields.{wire}"));
            let field = entry.and_then(|entry| entry.fields.get(wire));
            if field.is_some_and(|field| field.skip) || self.is_constant(wire, node) {
                continue;
            }
            let resolved = self.document.resolve(node);
            let nullable = node.is_true("nullable") || resolved.is_true("nullable");
            let optional = field.and_then(|field| field.optional);
            let optional = optional.unwrap_or(!required || nullable);
            let kind = self.answer_kind(name, wire, node, field)?;
            let rename = field.and_then(|field| field.rename.clone());
            let mut doc = self.field_doc(name, schema_name, wire, field);
            if node.is_true("deprecated") && !doc.to_lowercase().contains("deprecated") {
                doc.push_str("\n\nDeprecated by Clerk.");
            }
            fields.push(Field {
                wire: wire.to_owned(),
                name: rename
                    .or_else(|| self.overlay.renames.get(wire).cloned())
                    .unwrap_or_else(|| snake(wire)),
                kind,
                optional,
                strict: field.is_some_and(|field| field.strict)
                    || (wire == "id" && whole && !optional),
                seconds: field.is_some_and(|field| field.seconds),
                doc,
            });
        }
        for (wire, added) in entry.map(|entry| &entry.add).into_iter().flatten() {
            self.used.tick(format!("{named}.{entry_name}.add.{wire}"));
            if fields.iter().any(|field| field.wire == *wire) {
                return Err(format!("{name}.{wire} is in the document now"));
            }
            let kind = added
                .kind
                .as_deref()
                .ok_or_else(|| format!("{name}.{wire} needs a type"))?;
            let kind = self.named_kind(kind);
            self.mention_kind(&kind, &User::Type(name.to_owned()));
            fields.push(Field {
                wire: wire.clone(),
                name: snake(wire),
                kind,
                optional: true,
                strict: false,
                seconds: false,
                doc: self.field_doc(name, schema_name, wire, Some(added)),
            });
        }
        let doc = match schema_name {
            Some(schema) => match self.docs.schemas.get(schema) {
                Some(docs) if !docs.doc.trim().is_empty() => docs.doc.trim().to_owned(),
                _ => match entry.and_then(|entry| entry.doc.clone()) {
                    Some(doc) => doc,
                    None if self.models[index].doc.is_empty() => {
                        self.undocumented.push(format!("schema {schema}"));
                        format!("`{name}`.")
                    }
                    None => String::new(),
                },
            },
            None if self.models[index].doc.is_empty() => self.type_doc(name, entry),
            None => String::new(),
        };
        let model = &mut self.models[index];
        if model.doc.is_empty() {
            model.doc = doc;
        }
        model.schemas.extend(schema_name.map(str::to_owned));
        merge(model, fields).map_err(|problem| format!("{name}.{problem}"))
    }

    /// `object` with one possible value says nothing.
    fn is_constant(&self, wire: &str, node: &Node) -> bool {
        let values = node.get("enum").map(Node::items);
        wire == "object" && values.is_some_and(|values| values.len() == 1)
    }

    fn field_doc(
        &mut self,
        model: &str,
        schema: Option<&str>,
        wire: &str,
        field: Option<&FieldEntry>,
    ) -> String {
        let docs = self.docs.schemas.get(schema.unwrap_or(model));
        let own = docs.and_then(|docs| docs.fields.get(wire));
        let text = own
            .or_else(|| field.and_then(|field| field.doc.as_ref()))
            .or_else(|| self.docs.fields.get(wire));
        match text {
            Some(text) => text.trim().to_owned(),
            None => {
                self.undocumented
                    .push(format!("{}.{wire}", schema.unwrap_or(model)));
                format!("`{wire}`.")
            }
        }
    }

    fn named_kind(&self, name: &str) -> Kind {
        match name {
            "text" => Kind::Text,
            "bool" => Kind::Bool,
            "integer" => Kind::Integer,
            "timestamp" => Kind::Timestamp,
            "seconds" => Kind::Seconds,
            "value" => Kind::Value,
            "object" => Kind::Object,
            "texts" => Kind::List(Box::new(Kind::Text)),
            "Secret" | "SessionToken" | "MachineToken" | "MachineSecretKey" => {
                Kind::Secret(name.to_owned())
            }
            _ => match name.strip_prefix("enum ") {
                Some(name) => Kind::Enum(name.to_owned()),
                None => Kind::Named(name.to_owned()),
            },
        }
    }

    fn answer(&mut self, call: &Call<'a>, entry: &OperationEntry) -> Result<Answer> {
        let schema = self.document.answer(call);
        let text = entry.answer.as_str();
        let simple = match text {
            "()" => Some((Answer::Nothing, false)),
            "String" => Some((Answer::Text, false)),
            "u64" => Some((Answer::Count, true)),
            "Value" => Some((Answer::Value, true)),
            _ => None,
        };
        if let Some((answer, with_body)) = simple {
            return if with_body == schema.is_some() {
                Ok(answer)
            } else {
                Err(format!("the document does not answer {text}"))
            };
        }
        let schema = schema.ok_or_else(|| format!("the document answers nothing, not {text}"))?;
        let inner = |outer: &str| {
            text.strip_prefix(outer)?
                .strip_suffix('>')
                .map(str::to_owned)
        };
        let (answer, name, item) = if let Some(name) = inner("Page<") {
            let item = self.entries(schema).ok_or("the answer is no list")?;
            (Answer::Page(name.clone()), name, item)
        } else if let Some(name) = inner("Vec<") {
            let item = self.entries(schema).ok_or("the answer is no list")?;
            (Answer::List(name.clone()), name, item)
        } else {
            (Answer::Named(text.to_owned()), text.to_owned(), schema)
        };
        let user = User::Group(entry.group.clone());
        match Self::reference(item) {
            Some(schema) => {
                let (rust, handwritten) = self.schema_type(schema);
                if rust != name {
                    return Err(format!(
                        "the answer is {schema}, which is {rust}, not {name}"
                    ));
                }
                self.used.tick(format!("schemas.{schema}"));
                if handwritten {
                    return Ok(answer);
                }
                self.named_model(schema)?;
            }
            None => {
                let known = self.overlay.types.get(&name);
                self.used.tick(format!("types.{name}"));
                if known.is_some_and(|entry| entry.handwritten) {
                    return Ok(answer);
                }
                // An answer without a name may spell out a schema that has one.
                let owner =
                    self.overlay.schemas.iter().find(|(_, entry)| {
                        entry.handwritten && entry.rename.as_ref() == Some(&name)
                    });
                if owner.is_some() {
                    return Ok(answer);
                }
                self.model(&name, None, item)?;
            }
        }
        self.mention(&name, user);
        Ok(answer)
    }

    /// The schema of the entries of a list or of a page of one.
    fn entries(&self, schema: &'a Node) -> Option<&'a Node> {
        let schema = self.document.resolve(schema);
        if let Some(items) = schema.get("items") {
            return Some(items);
        }
        let properties = schema.get("properties")?;
        let list = properties
            .get("data")
            .or_else(|| properties.get("m2m_tokens"))?;
        self.document.resolve(list).get("items")
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

    fn groups(&mut self, operations: &[Operation]) -> Vec<Group> {
        let mut groups = Vec::new();
        for (accessor, entry) in &self.overlay.groups {
            if !operations
                .iter()
                .any(|operation| operation.group == *accessor)
            {
                self.problems
                    .push(format!("overlay.toml: group {accessor} has no operations"));
            }
            let doc = self.docs.groups.get(accessor).map(|docs| docs.doc.trim());
            let doc = match doc {
                Some(doc) if !doc.is_empty() => doc.to_owned(),
                _ => {
                    self.undocumented.push(format!("group {accessor}"));
                    format!("`{accessor}`.")
                }
            };
            groups.push(Group {
                accessor: accessor.clone(),
                handle: pascal(accessor, &self.overlay.words) + "Api",
                feature: entry.feature.clone(),
                doc,
            });
        }
        groups
    }

    /// In which group's file each type stands: where it is used; when that is several places, in
    /// one that is always there.
    fn homes(&mut self, operations: &[Operation]) -> BTreeMap<String, String> {
        let mut homes = BTreeMap::new();
        for operation in operations {
            homes.insert(operation.request.clone(), operation.group.clone());
            if let Some(input) = &operation.input {
                homes.insert(input.clone(), operation.group.clone());
            }
        }
        let given = self
            .overlay
            .schemas
            .iter()
            .map(|(schema, entry)| (self.schema_type(schema).0, entry));
        let given = given.chain(
            self.overlay
                .types
                .iter()
                .map(|(name, entry)| (name.clone(), entry)),
        );
        for (name, entry) in given {
            if let Some(group) = &entry.group {
                homes.insert(name, group.clone());
            }
        }
        let mut waiting: Vec<String> = self.users.keys().cloned().collect();
        loop {
            let mut left = Vec::new();
            for name in &waiting {
                if homes.contains_key(name) {
                    continue;
                }
                let groups: Option<Vec<String>> = self.users[name]
                    .iter()
                    .map(|user| match user {
                        User::Group(group) => Some(group.clone()),
                        User::Type(owner) => homes.get(owner).cloned(),
                    })
                    .collect();
                match groups.and_then(|groups| self.home(name, &groups)) {
                    Some(home) => {
                        homes.insert(name.clone(), home);
                    }
                    None => left.push(name.clone()),
                }
            }
            if left.is_empty() {
                return homes;
            }
            if left.len() == waiting.len() {
                self.problems
                    .push(format!("overlay.toml: give these types a group: {left:?}"));
                return homes;
            }
            waiting = left;
        }
    }

    fn home(&self, name: &str, groups: &[String]) -> Option<String> {
        let entry = |group: &String| self.overlay.groups.get(group);
        let namesake = groups.iter().find(|group| {
            entry(group).is_some_and(|entry| pascal(&entry.singular, &self.overlay.words) == name)
        });
        let open = |group: &&String| entry(group).is_some_and(|entry| entry.feature.is_none());
        namesake
            .or_else(|| groups.iter().find(open))
            .or(groups.first())
            .cloned()
    }

    /// Entries of overlay and documentation that match nothing.
    fn check_entries(&mut self) {
        let mut idle = Vec::new();
        let overlay = self.overlay;
        for (key, entry) in &overlay.operations {
            let fields = entry.fields.keys().map(|field| format!(".fields.{field}"));
            let fixed = entry.fixed.keys().map(|field| format!(".fixed.{field}"));
            for part in [String::new()].into_iter().chain(fields).chain(fixed) {
                idle.push(format!("operations.{key}{part}"));
            }
        }
        for (kind, entries) in [("schemas", &overlay.schemas), ("types", &overlay.types)] {
            for (name, entry) in entries {
                let fields = entry.fields.keys().map(|field| format!(".fields.{field}"));
                let add = entry.add.keys().map(|field| format!(".add.{field}"));
                for part in [String::new()].into_iter().chain(fields).chain(add) {
                    idle.push(format!("{kind}.{name}{part}"));
                }
            }
        }
        idle.extend(
            overlay
                .timestamps
                .iter()
                .map(|name| format!("timestamps.{name}")),
        );
        idle.extend(
            overlay
                .durations
                .iter()
                .map(|name| format!("durations.{name}")),
        );
        idle.extend(overlay.secrets.keys().map(|name| format!("secrets.{name}")));
        idle.extend(overlay.samples.keys().map(|name| format!("samples.{name}")));
        idle.retain(|entry| !self.used.has(entry));
        let idle = idle
            .into_iter()
            .map(|entry| format!("overlay.toml: {entry} matches nothing"));
        self.problems.extend(idle);
        self.check_docs();
    }

    fn check_docs(&mut self) {
        let docs = self.docs;
        let calls: BTreeMap<String, Call<'_>> = self
            .document
            .calls()
            .map(|call| (call.key(), call))
            .collect();
        let mut wires = BTreeSet::new();
        let mut problems = Vec::new();
        for call in calls.values() {
            wires.extend(self.call_names(call));
        }
        for (_, schema) in self.document.schemas() {
            collect_names(schema, &mut wires);
        }
        let added = self
            .overlay
            .schemas
            .values()
            .chain(self.overlay.types.values());
        wires.extend(added.flat_map(|entry| entry.add.keys().cloned()));
        for (key, entry) in &docs.operations {
            match calls.get(key) {
                None => problems.push(format!("operations.{key}")),
                Some(call) => {
                    let names = self.call_names(call);
                    let idle = entry.params.keys().filter(|name| !names.contains(*name));
                    problems.extend(idle.map(|name| format!("operations.{key}.params.{name}")));
                }
            }
        }
        for (name, entry) in &docs.schemas {
            match self.document.schema(name) {
                None => problems.push(format!("schemas.{name}")),
                Some(schema) => {
                    let mut names = BTreeSet::new();
                    collect_names(schema, &mut names);
                    for (member, ..) in self.document.properties(schema) {
                        names.insert(member.to_owned());
                    }
                    let added = self.overlay.schemas.get(name).into_iter();
                    names.extend(added.flat_map(|entry| entry.add.keys().cloned()));
                    let idle = entry.fields.keys().filter(|field| !names.contains(*field));
                    problems.extend(idle.map(|field| format!("schemas.{name}.fields.{field}")));
                }
            }
        }
        problems.extend(
            docs.fields
                .keys()
                .filter(|name| !wires.contains(*name))
                .map(|name| format!("fields.{name}")),
        );
        let groups = docs
            .groups
            .keys()
            .filter(|name| !self.overlay.groups.contains_key(*name));
        problems.extend(groups.map(|name| format!("groups.{name}")));
        let problems = problems
            .into_iter()
            .map(|entry| format!("docs.toml: {entry} matches nothing"));
        self.problems.extend(problems);
    }

    /// Names of the parameters, body properties and answer fields of a call.
    fn call_names(&self, call: &Call<'_>) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for parameter in self.document.parameters(call) {
            names.extend(parameter.text_at("name").map(str::to_owned));
        }
        if let Some((_, schema)) = self.document.body(call) {
            collect_names(self.document.resolve(schema), &mut names);
        }
        if let Some(schema) = self.document.answer(call) {
            collect_names(schema, &mut names);
        }
        names
    }

    /// A Rust expression for a legal value.
    fn sample(&self, kind: &Kind, schema: &'a Node, wire: &str, nullable: bool) -> Result<String> {
        let schema = self.single(schema);
        Ok(match kind {
            Kind::Text => format!("{:?}", self.sample_text(schema, wire)?),
            Kind::Secret(_) => format!("{:?}.into()", self.sample_text(schema, wire)?),
            Kind::Enum(name) => {
                let values = schema.get("enum").map(Node::items).unwrap_or_default();
                let known = self.enums.iter().find(|known| known.name == *name);
                let value = values.first().and_then(Node::text).map(str::to_owned);
                let value = value.or_else(|| known?.values.first().cloned());
                let value =
                    value.unwrap_or_else(|| self.sample_text(schema, wire).unwrap_or_default());
                if nullable {
                    format!("{name}::from({value:?})")
                } else {
                    format!("{value:?}")
                }
            }
            Kind::Bool => "true".to_owned(),
            Kind::Integer | Kind::Unsigned => bounded(schema, 10.0).to_string(),
            Kind::Float => "1.5".to_owned(),
            Kind::Timestamp => "Timestamp::from_millis(1_700_690_400_000)".to_owned(),
            Kind::Seconds => format!("Duration::from_secs({})", bounded(schema, 3600.0)),
            Kind::File => "image()".to_owned(),
            Kind::Named(name) => match self.inputs.iter().find(|input| input.name == *name) {
                Some(input) => input_sample(input),
                None => format!("{name}::default()"),
            },
            Kind::List(inner) => {
                let items = schema
                    .get("items")
                    .map(|items| self.document.resolve(items));
                let item = self.sample(inner, items.unwrap_or(schema), wire, nullable)?;
                format!("[{item}]")
            }
            Kind::Metadata | Kind::Object | Kind::Value | Kind::Texts => {
                match schema.get("additionalProperties") {
                    Some(Node::Object(_)) => "json!({ \"a\": \"b\" })".to_owned(),
                    _ => "json!({ \"plan\": \"pro\" })".to_owned(),
                }
            }
        })
    }

    fn sample_text(&self, schema: &Node, wire: &str) -> Result<String> {
        let sample = |key: &str| {
            let sample = self.overlay.samples.get(key)?;
            self.used.tick(format!("samples.{key}"));
            Some(sample.clone())
        };
        if let Some(pattern) = schema.text_at("pattern") {
            return sample(pattern)
                .ok_or_else(|| format!("give a sample for the pattern {pattern}"));
        }
        if let Some(format) = schema.text_at("format") {
            return sample(format).ok_or_else(|| format!("give a sample for the format {format}"));
        }
        Ok(sample(wire).unwrap_or_else(|| "example".to_owned()))
    }
}

/// Whose value is looked at.
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
        format!("What `{wire}` of `{}` can be.", self.name())
    }
}

fn is_time(wire: &str) -> bool {
    ["_at", "_at_before", "_at_after", "_at_since"]
        .iter()
        .any(|end| wire.ends_with(end))
}

/// Adds the fields of one more schema to a model.
fn merge(model: &mut Model, fields: Vec<Field>) -> Result<()> {
    let first = model.sources == 0;
    model.sources += 1;
    for known in &mut model.fields {
        if !fields.iter().any(|field| field.wire == known.wire) {
            known.optional = true;
            known.strict = false;
        }
    }
    for field in fields {
        match model
            .fields
            .iter_mut()
            .find(|known| known.wire == field.wire)
        {
            Some(known) if known.kind != field.kind => {
                return Err(format!(
                    "{} is {:?} in one schema and {:?} in another",
                    field.wire, known.kind, field.kind
                ));
            }
            Some(known) => {
                known.optional |= field.optional;
                known.strict &= field.strict;
            }
            None => model.fields.push(Field {
                optional: field.optional || !first,
                strict: field.strict && first,
                ..field
            }),
        }
    }
    Ok(())
}

/// What two inputs of one name must have in common.
fn shape(input: &Input) -> Vec<(&str, &Kind, bool)> {
    let all = input.required.iter().chain(&input.optional);
    all.map(|parameter| (parameter.wire.as_str(), &parameter.kind, parameter.nullable))
        .collect()
}

fn fixed(value: &toml::Value) -> Result<String> {
    match value {
        toml::Value::Boolean(value) => Ok(value.to_string()),
        toml::Value::String(value) => Ok(format!("{value:?}.to_owned()")),
        other => Err(format!(
            "a fixed value is neither text nor a truth value: {other:?}"
        )),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "bounds in the document are small"
)]
fn bounded(schema: &Node, wanted: f64) -> i64 {
    let min = schema.number_at("minimum").unwrap_or(0.0);
    let max = schema.number_at("maximum").unwrap_or(f64::MAX);
    wanted.max(min).min(max) as i64
}

/// A sample of an input, with all that can be set on it.
fn input_sample(input: &Input) -> String {
    let args: Vec<_> = input
        .required
        .iter()
        .map(|arg| arg.sample.as_str())
        .collect();
    let mut text = format!("{}::new({})", input.name, args.join(", "));
    for setter in &input.optional {
        text.push_str(&format!(".{}({})", setter.name, setter.sample));
    }
    text
}

/// All property names anywhere in a schema.
fn collect_names(node: &Node, names: &mut BTreeSet<String>) {
    if let Some(properties) = node.get("properties") {
        names.extend(properties.entries().iter().map(|(name, _)| name.clone()));
    }
    match node {
        Node::Object(entries) => entries
            .iter()
            .for_each(|(_, node)| collect_names(node, names)),
        Node::List(items) => items.iter().for_each(|node| collect_names(node, names)),
        _ => {}
    }
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
schemas = {}
types = {}

[groups.things]
singular = "thing"

[operations."PATCH /things/{thing_id}"]
group = "things"
fn = "update"
answer = "Thing"
"#;

    const DOCS: &str = r#"
fields = { id = "Id.", name = "Name.", size = "Size.", created_at = "Creation." }
groups.things.doc = "Things."
operations."PATCH /things/{thing_id}".doc = "Changes a thing."
schemas.Thing.doc = "A thing."
"#;

    fn resolved(document: &str, overlay: &str, docs: &str) -> Result<Api> {
        let document = Document::parse(document).unwrap();
        let overlay: Overlay = toml::from_str(overlay).unwrap();
        let docs: Docs = toml::from_str(docs).unwrap();
        resolve(&document, &overlay, &docs)
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
