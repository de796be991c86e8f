//! The operations: their parameters, and the names of their requests.

use super::samples::input_sample;
use super::*;

impl<'a> Resolver<'a> {
    pub(super) fn operation(&mut self, call: &Call<'a>) -> Result<Operation> {
        let key = call.key();
        let entry = self
            .overlay
            .operations
            .get(&key)
            .ok_or("overlay.toml has no entry for it: set group, fn and answer")?;
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
            entries: entry.entries.clone().unwrap_or("data".to_owned()),
            addition: call.addition(),
            subject: None,
            key,
            request,
            answer,
        };
        let open = call
            .node
            .get("security")
            .is_some_and(|list| list.items().is_empty());
        if open != (entry.key == Key::None) {
            return Err("the document's security and the overlay's key are different".to_owned());
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
        operation.subject = self.subject(&operation, entry)?;
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

    /// Returns `ListUsers` for `list`, `DeleteUserProfileImage` for `delete_profile_image`.
    pub(super) fn request_name(&self, function: &str, singular: &str, plural: &str) -> String {
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

    pub(super) fn operation_doc(&mut self, key: &str) -> String {
        match self.docs.operations.get(key) {
            Some(entry) if !entry.doc.trim().is_empty() => entry.doc.trim().to_owned(),
            _ => {
                self.undocumented.push(key.to_owned());
                format!("`{key}`.")
            }
        }
    }

    pub(super) fn deprecation(
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

    pub(super) fn parameters(
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
            parameter.addition = node.addition();
            parameter.doc = with_source(parameter.doc, parameter.addition.as_deref());
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
        // Path arguments are in the order of the path.
        let path = operation.path.clone();
        let position = |wire: &str| path.find(&format!("{{{wire}}}")).unwrap_or(usize::MAX);
        operation.args.sort_by_key(|arg| position(&arg.wire));
        Ok(())
    }

    pub(super) fn operation_field(
        &self,
        operation: &Operation,
        entry: &'a OperationEntry,
        wire: &str,
    ) -> Option<&'a FieldEntry> {
        self.used
            .tick(format!("operations.{}.fields.{wire}", operation.key));
        entry.fields.get(wire)
    }

    pub(super) fn body(
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
            let name = entry
                .items
                .clone()
                .ok_or("set the name of the type of the items")?;
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
                addition: None,
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
            if node.is_gone() || field.is_some_and(|field| field.skip) {
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

    pub(super) fn parameter(
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
        let addition = node.addition();
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
            doc: with_source(doc, addition.as_deref()),
            deprecated: None,
            addition,
            sample,
        })
    }

    pub(super) fn parameter_doc(
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

    /// Returns the type of a value in a request.
    pub(super) fn request_kind(
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
            Some("string") if schema.text_at("format") == Some("date-time") || is_time(wire) => {
                Kind::DateTime
            }
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
            Some("object") | None
                if schema.get("properties").is_some() || schema.get("allOf").is_some() =>
            {
                let name = name();
                self.input(&name, schema, owner.key())?;
                self.mention(&name, owner.user());
                Kind::Named(name)
            }
            _ => Kind::Value,
        })
    }

    /// Defines an object in a request body.
    pub(super) fn input(&mut self, name: &str, schema: &'a Node, key: &str) -> Result<Input> {
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
            Some(_) => return Err(format!("two different objects have the name {name}")),
            None => self.inputs.push(input.clone()),
        }
        Ok(input)
    }
}

/// The properties that two inputs with the same name must have in common.
pub(super) fn shape(input: &Input) -> Vec<(&str, &Kind, bool)> {
    let all = input.required.iter().chain(&input.optional);
    all.map(|parameter| (parameter.wire.as_str(), &parameter.kind, parameter.nullable))
        .collect()
}

pub(super) fn fixed(value: &toml::Value) -> Result<String> {
    match value {
        toml::Value::Boolean(value) => Ok(value.to_string()),
        toml::Value::String(value) => Ok(format!("{value:?}.to_owned()")),
        other => Err(format!(
            "a fixed value is neither a string nor a boolean: {other:?}"
        )),
    }
}
