//! Models of the responses of operations.

use super::*;

impl<'a> Resolver<'a> {
    pub(super) fn answer(&mut self, call: &Call<'a>, entry: &OperationEntry) -> Result<Answer> {
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
                Err(format!("the document has no response of {text}"))
            };
        }
        let schema =
            schema.ok_or_else(|| format!("the document has an empty response, not {text}"))?;
        let inner = |outer: &str| {
            text.strip_prefix(outer)?
                .strip_suffix('>')
                .map(str::to_owned)
        };
        let (answer, name, item) = if let Some(name) = inner("Page<") {
            let key = entry.entries.as_deref().unwrap_or("data");
            let item = self
                .entries(schema, key)
                .ok_or("the response is not a list")?;
            (Answer::Page(name.clone()), name, item)
        } else {
            (Answer::Named(text.to_owned()), text.to_owned(), schema)
        };
        let user = User::Group(entry.group.clone());
        match Self::reference(item) {
            Some(schema) => {
                let (rust, handwritten) = self.schema_type(schema);
                if rust != name {
                    return Err(format!(
                        "the response is {schema}, which is {rust}, not {name}"
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
                // A response without a name may spell out a schema that has one.
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

    /// Returns the schema of the entries of a list or a page.
    pub(super) fn entries(&self, schema: &'a Node, key: &str) -> Option<&'a Node> {
        let schema = self.document.resolve(schema);
        if let Some(items) = schema.get("items") {
            return Some(items);
        }
        let properties = schema.get("properties")?;
        self.document.resolve(properties.get(key)?).get("items")
    }

    /// Returns the type of a field in a response.
    pub(super) fn answer_kind(
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
                None if schema.text_at("format") == Some("date-time") => Kind::Timestamp,
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
    pub(super) fn named_model(&mut self, name: &'a str) -> Result<()> {
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
    pub(super) fn model(
        &mut self,
        name: &str,
        schema_name: Option<&'a str>,
        schema: &'a Node,
    ) -> Result<()> {
        let entry = match schema_name {
            Some(schema) => self.overlay.schemas.get(schema),
            None => self.overlay.types.get(name),
        };
        if schema_name.is_none() {
            self.used.tick(format!("types.{name}"));
        }
        let named = schema_name.map_or("types", |_| "schemas");
        let entry_name = schema_name.unwrap_or(name);
        // Reserved before its fields are read, because a model may refer to itself.
        let index = match self.models.iter().position(|model| model.name == name) {
            Some(index) => index,
            None => {
                self.models.push(Model {
                    name: name.to_owned(),
                    schemas: Vec::new(),
                    base: None,
                    fields: Vec::new(),
                    doc: String::new(),
                    sources: 0,
                });
                self.models.len() - 1
            }
        };
        let mut properties = self.document.properties(schema);
        if let Some(field) = entry.and_then(|entry| entry.base.as_ref()) {
            let members = schema.get("allOf").map_or(&[][..], Node::items);
            let base = members.iter().find_map(Self::reference);
            let base = base.ok_or_else(|| format!("{name} extends nothing"))?;
            self.named_model(base)?;
            let (rust, _) = self.schema_type(base);
            self.mention(&rust, User::Type(name.to_owned()));
            self.models[index].base = Some((field.clone(), rust));
            let base = self
                .document
                .schema(base)
                .map(|base| self.document.properties(base));
            let known: BTreeSet<_> = base.iter().flatten().map(|(wire, ..)| *wire).collect();
            properties.retain(|(wire, ..)| !known.contains(wire));
        }
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
            let doc = with_source(doc, node.addition().as_deref());
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
                return Err(format!("{name}.{wire} is now in the document"));
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
        let doc = match doc.is_empty() {
            true => doc,
            false => with_source(doc, schema.addition().as_deref()),
        };
        let model = &mut self.models[index];
        if model.doc.is_empty() {
            model.doc = doc;
        }
        model.schemas.extend(schema_name.map(str::to_owned));
        merge(model, fields).map_err(|problem| format!("{name}.{problem}"))
    }

    /// Returns true for an `object` with one possible value, which carries no information.
    pub(super) fn is_constant(&self, wire: &str, node: &Node) -> bool {
        let values = node.get("enum").map(Node::items);
        wire == "object" && values.is_some_and(|values| values.len() == 1)
    }

    pub(super) fn field_doc(
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

    pub(super) fn named_kind(&self, name: &str) -> Kind {
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
}

/// Adds the fields of another schema to a model.
pub(super) fn merge(model: &mut Model, fields: Vec<Field>) -> Result<()> {
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
