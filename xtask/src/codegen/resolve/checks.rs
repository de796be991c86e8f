//! Finds entries of the overlay and the documentation that match nothing.

use super::*;

impl<'a> Resolver<'a> {
    /// Returns the entries of the overlay and the documentation that match nothing.
    pub(super) fn check_entries(&mut self) {
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

    pub(super) fn check_docs(&mut self) {
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

    /// Returns the names of the parameters, body properties and response fields of an operation.
    pub(super) fn call_names(&self, call: &Call<'_>) -> BTreeSet<String> {
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
}

/// Returns all property names anywhere in a schema.
pub(super) fn collect_names(node: &Node, names: &mut BTreeSet<String>) {
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
